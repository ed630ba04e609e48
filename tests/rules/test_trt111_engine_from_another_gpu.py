"""TRT111 compares the stored engine's compute capability with that of the target's GPU."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt111_engine_from_another_gpu import engine_from_another_gpu

ASSET = "trt-serialized-engine.TRTEngineOp_000_000"


def test_example(example: Any) -> None:
    hint = example(engine_from_another_gpu, "load", engine="9.0", gpu="8.0", node="n", asset=ASSET).hint
    assert "Build on a GPU of compute capability 8.0" in hint


def test_static_is_a_warning(says: Any) -> None:
    finding = says(engine_from_another_gpu, "request", node="TRTEngineOp_0", asset="", static="yes")
    assert finding.severity == "warning"
    assert "crash" not in finding.message and "the first request builds it again" in finding.message


def test_fires(fires: Any, built: Any) -> None:
    model = built(version=(8, 4, 3, 1))
    (finding,) = fires(engine_from_another_gpu, model, "tensorflow/serving:2.14.1-gpu,gpu=sm_80")
    assert "compute capability 9.0, and the server's GPU has 8.0." in finding.message


def test_silent_on_its_own_gpu(silent: Any, built: Any) -> None:
    model = built(version=(8, 4, 3, 1), capability=8)
    silent(engine_from_another_gpu, model, "tensorflow/serving:2.14.1-gpu,gpu=sm_80")


def test_silent_where_nobody_names_the_gpu(silent: Any, built: Any) -> None:
    silent(engine_from_another_gpu, built(version=(8, 4, 3, 1)), "tensorflow/serving:2.14.1-gpu")
