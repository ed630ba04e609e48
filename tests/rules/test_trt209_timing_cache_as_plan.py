"""TRT209 fires on timing caches under an engine's name, and nowhere else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt209_timing_cache_as_plan import timing_cache_as_plan

PLANS = Path(__file__).resolve().parent.parent / "data" / "plans"


def test_example(example: Any) -> None:
    assert "--saveEngine" in example(timing_cache_as_plan, "file", file="resnet.plan").hint


@pytest.mark.parametrize("name", ["resnet.plan", "resnet.engine", "resnet.trt"])
def test_fires(fires: Any, tmp_path: Path, name: str) -> None:
    shutil.copy(PLANS / "timing.cache", tmp_path / name)
    (finding,) = fires(timing_cache_as_plan, tmp_path / name)
    assert finding.severity == "error"
    assert f"though it is called {name}:" in finding.message


def test_silent_under_its_own_name(silent: Any) -> None:
    silent(timing_cache_as_plan, PLANS / "timing.cache")


@pytest.mark.parametrize("plan", ["fp32", "rtx"])
def test_silent_on_plans(silent: Any, plan: str) -> None:
    silent(timing_cache_as_plan, PLANS / f"{plan}.plan")
