"""TRT201 fires where TensorFlow Serving is named, or where the folder is its own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pytest_trt_rules.trt201_plan_on_tensorflow_serving import plan_on_tensorflow_serving

PLANS = Path(__file__).resolve().parent.parent / "data" / "plans"


def test_example(example: Any) -> None:
    finding = example(plan_on_tensorflow_serving, "load", servers="tensorflow/serving:2.20.0", layout="")
    assert 'platform: "tensorrt_plan"' in finding.hint and "MODEL/1/model.plan" in finding.hint


def test_several_servers(says: Any) -> None:
    message = says(plan_on_tensorflow_serving, "load", servers="a:1, b:2, c:3", layout="").message
    assert "a:1, b:2 and c:3 have no loader" in message


def test_a_layout(says: Any) -> None:
    assert (
        "the versions beside it are SavedModels"
        in says(plan_on_tensorflow_serving, "file", servers="", layout="yes").message
    )


def test_fires(fires: Any) -> None:
    (finding,) = fires(
        plan_on_tensorflow_serving, PLANS / "fp32.plan", "tensorflow/serving:2.20.0", "tensorflow/serving:2.17.1-gpu"
    )
    assert finding.severity == "error"
    assert "tensorflow/serving:2.20.0 and tensorflow/serving:2.17.1-gpu have no loader" in finding.message


def test_fires_beside_saved_models(fires: Any, sample: Any) -> None:
    folder = sample("oracle/c00_v1_clean").parent / "2"
    folder.mkdir()
    shutil.copy(PLANS / "fp32.plan", folder / "model.plan")
    (finding,) = fires(plan_on_tensorflow_serving, folder / "model.plan")
    assert "the versions beside it are SavedModels" in finding.message


def test_silent_in_tritons_layout(silent: Any, sample: Any) -> None:
    folder = sample("oracle/c00_v1_clean").parent / "2"
    folder.mkdir()
    shutil.copy(PLANS / "fp32.plan", folder / "model.plan")
    (folder.parent / "config.pbtxt").write_text('platform: "tensorrt_plan"\n')
    silent(plan_on_tensorflow_serving, folder / "model.plan")


def test_silent_for_a_runtime(silent: Any) -> None:
    silent(plan_on_tensorflow_serving, PLANS / "fp32.plan", "tensorrt:8.6.0")


def test_silent_without_any_server(silent: Any) -> None:
    silent(plan_on_tensorflow_serving, PLANS / "fp32.plan")
