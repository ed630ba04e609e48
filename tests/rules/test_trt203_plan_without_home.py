"""TRT203 is a note about a plan whose server nobody names."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt203_plan_without_home import plan_without_home

PLANS = Path(__file__).resolve().parent.parent / "data" / "plans"


def test_example(example: Any) -> None:
    finding = example(plan_without_home, "file", version="8.6.1.6", product="tensorrt")
    assert "`--target tensorrt:8.6.1.6,gpu=sm_NN`" in finding.hint


def test_tensorrt_rtx(says: Any) -> None:
    finding = says(plan_without_home, "file", version="1.7.1.116", product="tensorrt-rtx")
    assert "a plan of TensorRT-RTX 1.7.1.116," in finding.message
    assert "tensorrt-rtx:1.7.1.116" in finding.hint


def test_version_unknown(says: Any) -> None:
    finding = says(plan_without_home, "file", version="", product="tensorrt")
    assert "a plan of TensorRT, and" in finding.message and "tensorrt:VERSION" in finding.hint


@pytest.mark.parametrize(("plan", "words"), [("fp32", "TensorRT 8.6.0.12"), ("rtx", "TensorRT-RTX 1.")])
def test_fires(fires: Any, plan: str, words: str) -> None:
    (finding,) = fires(plan_without_home, PLANS / f"{plan}.plan")
    assert finding.severity == "note"
    assert words in finding.message


@pytest.mark.parametrize("target", ["tensorrt:8.6.0", "tensorflow/serving:2.20.0"])
def test_silent_where_a_server_is_named(silent: Any, target: str) -> None:
    silent(plan_without_home, PLANS / "fp32.plan", target)


def test_silent_in_tritons_layout(silent: Any, tmp_path: Path) -> None:
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "m" / "config.pbtxt").write_text('platform: "tensorrt_plan"\n')
    shutil.copy(PLANS / "fp32.plan", tmp_path / "m" / "1" / "model.plan")
    silent(plan_without_home, tmp_path / "m" / "1" / "model.plan")
