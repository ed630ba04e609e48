"""TRT102 names the signatures and tells a request from a warm-up request."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt102_engine_op_fails_request import engine_op_fails_request

WHY = "TF-TRT's ops are only in the GPU images of TensorFlow Serving from 1.11.0 to 2.17"


def test_example(example: Any) -> None:
    facts = {"ops": "TRTEngineOp", "signatures": "serving_default", "function": "__inference_pruned_12", "why": WHY}
    assert "2.17.1-gpu" in example(engine_op_fails_request, "request", **facts).hint


def test_several_signatures(says: Any) -> None:
    facts = {"ops": "TRTEngineOp", "signatures": "serving_default, other", "function": "f", "why": WHY}
    message = says(engine_op_fails_request, "request", **facts).message
    assert "every request of signatures 'serving_default', 'other' will fail: each reaches TRTEngineOp" in message


def test_warmup(says: Any) -> None:
    facts = {"ops": "TRTEngineOp", "signatures": "serving_default", "function": "f", "why": WHY}
    message = says(engine_op_fails_request, "warmup", **facts).message
    assert message.startswith("The server will refuse to load this model, because its warm-up requests fail:")
    assert "assets.extra/tf_serving_warmup_requests reaches TRTEngineOp in function 'f'" in message


def test_fires(fires: Any, sample: Any) -> None:
    model = sample("oracle/tftrt_2.14.1_fp16_nobuild")
    (finding,) = fires(engine_op_fails_request, model, "tensorflow/serving:2.20.0")
    assert finding.message.startswith("The model will load, but every request of signature 'serving_default' will fail")
    assert "Op type not registered 'TRTEngineOp'" in finding.quote


def test_fires_at_warmup(fires: Any, sample: Any) -> None:
    model = sample("oracle/tftrt_2.14.1_fp16_nobuild")
    (model / "assets.extra").mkdir()
    (model / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"\0" * 16)
    (finding,) = fires(engine_op_fails_request, model, "tensorflow/serving:2.20.0")
    assert "warm-up" in finding.message


def test_the_other_signature_works(fires: Any, sample: Any) -> None:
    (finding,) = fires(engine_op_fails_request, sample("oracle/c40_v1_two_sigs_one_trt"), "tensorflow/serving:2.20.0")
    assert "'trt_sig'" in finding.message and "serving_default" not in finding.message
