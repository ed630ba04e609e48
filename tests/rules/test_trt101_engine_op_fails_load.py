"""TRT101 says what stands where, and fires on models that the server's own loader refuses."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt101_engine_op_fails_load import engine_op_fails_load

WHY = "TF-TRT's ops are only in the GPU images of TensorFlow Serving from 1.11.0 to 2.17"


def test_example(example: Any) -> None:
    finding = example(engine_op_fails_load, "load", ops="TRTEngineOp", where="main graph", why=WHY)
    assert "tensorflow/serving:2.17.1-gpu" in finding.hint


def test_initialisation(says: Any) -> None:
    ops = "CreateTRTResourceHandle, InitializeTRTResource"
    message = says(engine_op_fails_load, "load", ops=ops, where="initialisation", function="f", why=WHY).message
    assert f"initialisation runs {ops} in function 'f', and {WHY}." in message


def test_branch_of_a_lowered_if(says: Any) -> None:
    message = says(engine_op_fails_load, "load", ops="TRTEngineOp", where="main graph", function="f", why=WHY).message
    assert "function 'f', which becomes a part of the main graph, holds TRTEngineOp, and" in message


def test_restore(says: Any) -> None:
    message = says(engine_op_fails_load, "load", ops="TRTEngineOp", where="restore", why=WHY).message
    assert "restoring its variables runs TRTEngineOp, and" in message


@pytest.mark.parametrize(
    ("op", "cure"), [("TRTCalibOp", "calibration_input_fn"), ("CreateTRTEngineCacheHandle", "pre-releases")]
)
def test_ops_that_no_image_has(says: Any, op: str, cure: str) -> None:
    hint = says(engine_op_fails_load, "load", ops=f"TRTEngineOp, {op}", where="main graph", why=WHY).hint
    assert cure in hint and "2.17.1-gpu" not in hint


@pytest.mark.parametrize(
    "model",
    ["c02_v1_main_onpath", "c42_v2_restore_fn_trt", "serving_half_plus_two_gpu_trt_2019",
     "tftrt_2.14.1_fp32_built_stubengine"],
)  # fmt: skip
def test_fires(fires: Any, sample: Any, model: str) -> None:
    (finding,) = fires(engine_op_fails_load, sample(f"oracle/{model}"), "tensorflow/serving:2.20.0")
    assert "Op type not registered" in finding.quote


def test_one_cause_one_finding(fires: Any, sample: Any) -> None:
    model = sample("tftrt/conv_fp32_built")
    findings = fires(engine_op_fails_load, model, "tensorflow/serving:2.19.0", "tensorflow/serving:2.20.0")
    assert findings[0].targets == ["tensorflow/serving:2.19.0", "tensorflow/serving:2.20.0"]


def test_silent_where_the_ops_are(silent: Any, sample: Any) -> None:
    silent(engine_op_fails_load, sample("tftrt/conv_fp32_built"), "tensorflow/serving:2.17.1-gpu")
