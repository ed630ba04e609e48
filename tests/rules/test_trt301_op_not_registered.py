"""TRT301 names the op, where it stands, and the library that it belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt301_op_not_registered import op_not_registered


def test_example(example: Any) -> None:
    finding = example(op_not_registered, "load", op="MyCustomOp", where="main graph")
    assert "SUPPORTED_TENSORFLOW_OPS" in finding.hint


def test_library(says: Any) -> None:
    facts = {"op": "RaggedTensorToTensorX", "hint_library": "tensorflow-text", "where": "main graph"}
    assert says(op_not_registered, "load", **facts).hint.startswith("RaggedTensorToTensorX belongs to tensorflow-text:")


def test_why(says: Any) -> None:
    facts = {"op": "DecodeWebP", "function": "f", "signatures": "serving_default", "why": "2.18 brought it"}
    message = says(op_not_registered, "request", **facts).message
    assert message.endswith("will fail: the server does not know op DecodeWebP in function 'f' (2.18 brought it).")


def test_unknown(says: Any) -> None:
    """The lists of the TensorFlow versions around this one disagree."""
    facts = {"op": "X", "where": "main graph", "certain": "no", "why": "no list of TensorFlow 2.3 is at hand"}
    message = says(op_not_registered, "load", **facts).message
    assert message.startswith("The server may refuse to load this model: the server may not know op X")


def test_called_by_initialisation(says: Any) -> None:
    message = says(op_not_registered, "load", op="X", function="f", where="initialisation").message
    assert "op X in function 'f' (which initialisation calls)." in message


def test_fires(fires: Any, sample: Any) -> None:
    (finding,) = fires(op_not_registered, sample("oracle/c15_v1_custom_op"), "tensorflow/serving:2.20.0")
    assert "MyCustomOp" in finding.message and "Op type not registered 'MyCustomOp'" in finding.quote


@pytest.mark.parametrize("name", ["func.PartitionedCall", "untaken.If", "legacy.saved_model_main_op", "restore"])
def test_fires_in_functions(fires: Any, product: Any, name: str) -> None:
    fires(op_not_registered, product(f"{name}.op.unregistered"), "tensorflow/serving:2.20.0")


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(op_not_registered, sample("oracle/c00_v1_clean"))
