"""TRT302 tells ops that a GPU could run from those that no server can."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt302_op_without_kernel import op_without_kernel


def test_example(example: Any) -> None:
    finding = example(op_without_kernel, "load", op="CudnnRNNParamsSize", devices="GPU", where="main graph")
    assert "-gpu image" in finding.hint


def test_no_device(says: Any) -> None:
    finding = says(op_without_kernel, "load", op="TPUReplicatedInput", devices="", where="main graph")
    assert "has no kernel in this server for any of its devices" in finding.message
    assert "-gpu" not in finding.hint


def test_fires(fires: Any, product: Any) -> None:
    model = product("main.dangling.kernel.none-stateless")
    (finding,) = fires(op_without_kernel, model, "tensorflow/serving:2.20.0")
    assert "CudnnRNNParamsSize" in finding.message and "No OpKernel was registered" in finding.quote


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(op_without_kernel, sample("oracle/c00_v1_clean"))


def test_unknown(says: Any) -> None:
    message = says(op_without_kernel, "load", op="X", devices="GPU", where="main graph", certain="no").message
    assert message.startswith("The server may refuse to load this model: op X in the main graph may not be known")
