"""TRT206 fires where the capability differs; the GPU is told from the plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt206_plan_for_another_gpu import plan_for_another_gpu

PLANS = Path(__file__).resolve().parent.parent / "data" / "plans"


EXPECTING = ': in its message "expecting" is the GPU, "got" the plan.'
CAPABILITY = bytes.fromhex("078001000900000007800100")


def test_example(example: Any) -> None:
    finding = example(plan_for_another_gpu, "load", plan="9.0", runtime="8.6")
    assert "AMPERE_PLUS" in finding.hint and "on a GPU of compute capability 8.6" in finding.hint


@pytest.mark.parametrize(("plan", "runtime"), [("7.5", "8.6"), ("9.0", "7.5"), ("8.0 and above", "7.5")])
def test_hardware_compatibility_is_offered_where_it_helps(says: Any, plan: str, runtime: str) -> None:
    finding = says(plan_for_another_gpu, "load", plan=plan, runtime=runtime)
    assert "AMPERE_PLUS" not in finding.hint
    assert (EXPECTING in finding.message) is ("above" not in plan)


def test_tensorrt_rtx(says: Any) -> None:
    finding = says(plan_for_another_gpu, "load", plan="8.6, 8.9", runtime="9.0")
    assert finding.message.endswith("which was built for 8.6, 8.9.")
    assert "set_compute_capability" in finding.hint


@pytest.mark.parametrize("plan", ["fp32", "fp16", "int8", "refit"])
@pytest.mark.parametrize("gpu", ["8.6", "7.5", "10.0", "12.0"])
def test_fires(fires: Any, plan: str, gpu: str) -> None:
    target = f"tensorrt:8.6.0,gpu=sm_{gpu.replace('.', '')}"
    (finding,) = fires(plan_for_another_gpu, PLANS / f"{plan}.plan", target)
    assert finding.severity == "error" and finding.targets == [target]
    assert f"compute capability {gpu} will refuse this plan, which was built for 9.0{EXPECTING}" in finding.message


@pytest.mark.parametrize(("capability", "offset", "value"), [("8.0", 4, 8), ("9.9", 12, 9)])
def test_fires_in_the_runtimes_words(fires: Any, tmp_path: Path, capability: str, offset: int, value: int) -> None:
    said = json.loads((PLANS / "runtime.json").read_text())[f"fp32.capability-{capability}"]["log"][0]
    plan = bytearray((PLANS / "fp32.plan").read_bytes())
    plan[plan.index(CAPABILITY) + offset] = value
    (tmp_path / "x.plan").write_bytes(plan)
    (finding,) = fires(plan_for_another_gpu, tmp_path / "x.plan", "tensorrt:8.6.0.12,gpu=sm_90")
    assert said.endswith(finding.quote)


def test_fires_on_hardware_compatible_plans_before_ampere(fires: Any) -> None:
    (finding,) = fires(plan_for_another_gpu, PLANS / "hardware-compatible.plan", "tensorrt:8.6.0,gpu=sm_75")
    assert "8.0 and above" in finding.message


def test_fires_on_tensorrt_rtx(fires: Any) -> None:
    (finding,) = fires(plan_for_another_gpu, PLANS / "rtx.plan", f"tensorrt-rtx:{rtx_version()},gpu=sm_90")
    assert "Supported compute capabilities" in finding.quote and "set_compute_capability" in finding.hint


def rtx_version() -> str:
    return ".".join(map(str, (PLANS / "rtx.plan").read_bytes()[0x18:0x1B]))


@pytest.mark.parametrize("target", ["tensorrt:8.6.0,gpu=sm_90", "tensorrt:8.6.0"])
def test_silent_on_its_own_gpu_or_none(silent: Any, target: str) -> None:
    silent(plan_for_another_gpu, PLANS / "fp32.plan", target)


@pytest.mark.parametrize("gpu", ["80", "86", "90", "120"])
def test_silent_on_hardware_compatible_plans(silent: Any, gpu: str) -> None:
    silent(plan_for_another_gpu, PLANS / "hardware-compatible.plan", f"tensorrt:8.6.0,gpu=sm_{gpu}")
