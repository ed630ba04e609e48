"""TRT312 names the function that is not there, and who calls it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt312_function_undefined import function_undefined


def test_example(example: Any) -> None:
    example(function_undefined, "load", function="no_such_fn", where="main graph")


def test_called_by_a_request(says: Any) -> None:
    facts = {"function": "no_such_fn", "where": "request"}
    message = says(function_undefined, "request", signature="s", **facts).message
    assert "signature 's' will fail: it calls function 'no_such_fn'" in message


def test_called_by_a_function(says: Any) -> None:
    facts = {"function": "no_such_fn", "where": "function f", "signatures": "serving_default"}
    assert "will fail: function f calls function 'no_such_fn'" in says(function_undefined, "request", **facts).message


@pytest.mark.parametrize(
    "name", ["main.path.undefined.f", "main.init.undefined.f", "init-itself.PartitionedCall.undefined.f"]
)
def test_fires(fires: Any, product: Any, name: str) -> None:
    (finding,) = fires(function_undefined, product(name), "tensorflow/serving:2.20.0")
    assert "no_such_fn" in finding.message


def test_silent_on_calls_that_are_defined(silent: Any, product: Any) -> None:
    silent(function_undefined, product("func.PartitionedCall.clean"), "tensorflow/serving:2.20.0")
