"""TRT110 warns, and is an error where no engine is stored either."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt110_no_native_segment import no_native_segment


def test_example(example: Any) -> None:
    finding = example(no_native_segment, "request", node="TRTEngineOp_0", engine="yes")
    assert finding.severity == "" and "TrtGraphConverterV2" in finding.hint


def test_without_an_engine(says: Any) -> None:
    finding = says(no_native_segment, "request", node="TRTEngineOp_0", signature="serving_default")
    assert finding.severity == "error"
    assert finding.message.startswith("The model will load, but every request of signature 'serving_default' will fail")


def test_fires(fires: Any, product: Any) -> None:
    model = product("func.PartitionedCall.op.trt")
    (finding,) = fires(no_native_segment, model, "tensorflow/serving:2.17.1-gpu")
    assert finding.severity == "error"


def test_silent_where_there_is_one(silent: Any, built: Any) -> None:
    silent(no_native_segment, built(), "tensorflow/serving:2.17.1-gpu")
