"""TRT313 fires on the ops that call back into Python."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt313_python_function import python_function


def test_example(example: Any) -> None:
    assert "tf.py_function" in example(python_function, "load", op="EagerPyFunc", where="main graph").hint


@pytest.mark.parametrize("op", ["PyFunc", "PyFuncStateless", "EagerPyFunc"])
@pytest.mark.parametrize("place", ["main.path", "func.PartitionedCall"])
def test_fires(fires: Any, product: Any, place: str, op: str) -> None:
    (finding,) = fires(python_function, product(f"{place}.python.{op}"), "tensorflow/serving:2.20.0")
    assert f"{op} in " in finding.message
    assert finding.message.startswith("The server will refuse" if place == "main.path" else "The model will load, but")


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(python_function, sample("oracle/c00_v1_clean"))
