"""TRT108 fires where a built model lost its engine file."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt108_engine_asset_missing import engine_asset_missing


def test_example(example: Any) -> None:
    asset = "trt-serialized-engine.TRTEngineOp_006_000"
    assert asset in example(engine_asset_missing, "load", asset=asset, node="TRTEngineOp_006_000").hint


def test_fires(fires: Any, built: Any) -> None:
    model = built()
    (asset,) = (model / "assets").iterdir()
    asset.unlink()
    (finding,) = fires(engine_asset_missing, model, "tensorflow/serving:2.14.1-gpu")
    assert "TRTEngineOp_006_000" in finding.message and "No such file or directory" in finding.quote


def test_silent_where_it_is(silent: Any, built: Any) -> None:
    silent(engine_asset_missing, built(), "tensorflow/serving:2.14.1-gpu")
