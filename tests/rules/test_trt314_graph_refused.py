"""TRT314 fires on graphs that the loader itself refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt314_graph_refused import graph_refused


def test_example(example: Any) -> None:
    example(graph_refused, "load", what="node 'const_1' is a Const without a value", node="const_1")


def test_function(says: Any) -> None:
    message = says(graph_refused, "load", what="node 'n' has no attribute T", node="n", function="f").message
    assert message.endswith("(node 'n' has no attribute T in function 'f').")


def test_the_loaders_own_words(says: Any) -> None:
    message = says(graph_refused, "request", what="Duplicated ret name: twin: ", function="f", signature="s").message
    assert message.endswith("(Duplicated ret name: twin in function 'f').")


def test_function_said_once(says: Any) -> None:
    message = says(graph_refused, "load", what="function 'f' calls itself", function="f").message
    assert message.endswith("(function 'f' calls itself).")


REFUSED = [
    "const.no-value",
    "node.duplicate",
    "node.input-missing",
    "node.control-missing",
]


@pytest.mark.parametrize("what", REFUSED)
def test_fires(fires: Any, product: Any, what: str) -> None:
    fires(graph_refused, product(f"main.path.{what}"), "tensorflow/serving:2.20.0")


def test_fires_on_a_function_that_calls_itself(fires: Any, models: Any, tmp_path: Path) -> None:
    draft = models.product.Draft()
    draft.named("again", lambda body, x: body.add("again", x, out="r"))
    models.product.MAIN["main.path"](draft, models.product.clean)
    draft.write(tmp_path / "m" / "1")
    (finding,) = fires(graph_refused, tmp_path / "m" / "1", "tensorflow/serving:2.20.0")
    assert "calls itself" in finding.message and "self recursive" in finding.quote


def test_no_single_init_op(says: Any) -> None:
    assert "(init)" not in says(graph_refused, "load", what="init").message


def test_silent_on_a_clean_model(silent: Any, product: Any) -> None:
    silent(graph_refused, product("main.path.attr.unknown"), "tensorflow/serving:2.20.0")
