"""TRT109 fires on engines that are cut or none."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt109_engine_damaged import engine_damaged


def test_example(example: Any) -> None:
    asset = "trt-serialized-engine.TRTEngineOp_006_000"
    what = "cut: header says 355,000 bytes, 1,000 are there"
    assert "git lfs pull" in example(engine_damaged, "load", asset=asset, node="n", what=what).hint


def test_without_an_asset(says: Any) -> None:
    assert "the engine of 'TRTEngineOp_0' is damaged." in says(engine_damaged, "load", node="TRTEngineOp_0").message


def test_static_is_a_warning(says: Any) -> None:
    finding = says(engine_damaged, "request", node="TRTEngineOp_0", asset="", static="yes")
    assert finding.severity == "warning"
    assert "crash" not in finding.message and "the first request builds it again" in finding.message


def test_fires_on_a_cut_file(fires: Any, built: Any) -> None:
    (finding,) = fires(engine_damaged, built(cut=150_000), "tensorflow/serving:2.14.1-gpu")
    assert "crash" in finding.message and "cut:" in finding.message


def test_fires_on_a_placeholder(fires: Any, sample: Any) -> None:
    fires(engine_damaged, sample("oracle/tftrt_2.14.1_fp32_built_stubengine"), "tensorflow/serving:2.17.1-gpu")


def test_silent_on_a_whole_engine(silent: Any, built: Any) -> None:
    silent(engine_damaged, built(), "tensorflow/serving:2.14.1-gpu")
