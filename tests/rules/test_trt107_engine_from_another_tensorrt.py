"""TRT107 compares the stored engine's TensorRT with the image's, in the parts that are known."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt107_engine_from_another_tensorrt import engine_from_another_tensorrt

ASSET = "trt-serialized-engine.TRTEngineOp_000_000"


def test_example(example: Any) -> None:
    finding = example(engine_from_another_tensorrt, "load", engine="8.5.3.1", image="8.4.3", asset=ASSET, node="n")
    assert finding.severity == ""
    assert "environment with TensorRT 8.4.3" in finding.hint and "image that has TensorRT 8.5.3.1" in finding.hint


def test_static_is_a_warning(says: Any) -> None:
    facts = {"engine": "4 or 5", "image": "7.2.2", "node": "TRTEngineOp_0", "static": "yes"}
    finding = says(engine_from_another_tensorrt, "request", **facts)
    assert finding.severity == "warning"
    assert "crash" not in finding.message and "the first request builds it again" in finding.message


def test_fires(fires: Any, built: Any) -> None:
    (finding,) = fires(engine_from_another_tensorrt, built(), "tensorflow/serving:2.14.1-gpu")
    assert finding.severity == "error"
    assert "was built by TensorRT 8.5.3.1, and the server has 8.4.3." in finding.message


def test_fires_on_the_last_part(fires: Any, built: Any) -> None:
    fires(engine_from_another_tensorrt, built(version=(8, 6, 1, 2)), "tensorflow/serving:2.17.1-gpu")


def test_fires_on_a_static_engine(fires: Any, sample: Any) -> None:
    model = sample("oracle/serving_half_plus_two_gpu_trt_2019")
    findings = fires(engine_from_another_tensorrt, model, "tensorflow/serving:2.11.0-gpu")
    assert {finding.severity for finding in findings} == {"warning"}


def test_silent_where_versions_agree(silent: Any, built: Any) -> None:
    silent(engine_from_another_tensorrt, built(version=(8, 4, 3, 1)), "tensorflow/serving:2.14.1-gpu")
