"""TRT205 fires on plans of another version, platform or product; the runtime is told from the plan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt205_plan_for_another_tensorrt import plan_for_another_tensorrt

PLANS = Path(__file__).resolve().parent.parent / "data" / "plans"


EXPECTING = ': in its message "expecting" is the runtime, "got" the plan.'


def test_example(example: Any) -> None:
    finding = example(plan_for_another_tensorrt, "load", kind="version", plan="8.6.1.6", runtime="10.3.0")
    assert "VERSION_COMPATIBLE" in finding.hint and finding.hint.startswith(
        "Build the plan again with TensorRT 10.3.0,"
    )


@pytest.mark.parametrize(
    ("plan", "runtime", "carried"),
    [
        ("8.6.1.6", "8.6.2", True),
        ("8.6.1.6", "10.0.1", True),
        ("10.3.0.26", "11.4.0", True),
        ("8.6.1.6", "11.4.0", False),
        ("8.5.3.1", "8.6.1", False),
        ("8.6.1.6", "9.3.0", False),
        ("10.3.0.26", "8.6.1", False),
        ("8.6.1.6", "8.6.1.5", False),
    ],
)
def test_version_compatible_is_offered_where_it_helps(says: Any, plan: str, runtime: str, carried: bool) -> None:
    finding = says(plan_for_another_tensorrt, "load", kind="version", plan=plan, runtime=runtime)
    assert finding.message == f"TensorRT {runtime} will refuse this plan, which TensorRT {plan} built{EXPECTING}"
    assert ("VERSION_COMPATIBLE" in finding.hint) is carried


def test_version_of_tensorrt_rtx(says: Any) -> None:
    finding = says(plan_for_another_tensorrt, "load", kind="version", plan="1.4.0.1", runtime="1.7.1")
    assert finding.message == "TensorRT-RTX 1.7.1 will refuse this plan, which TensorRT-RTX 1.4.0.1 built."
    assert "VERSION_COMPATIBLE" not in finding.hint


def test_version_that_the_plan_does_not_hold(says: Any) -> None:
    finding = says(plan_for_another_tensorrt, "load", kind="version", plan="4 or 5", runtime="8.6.1")
    assert finding.message == "TensorRT 8.6.1 will refuse this plan, which TensorRT 4 or 5 built."


def test_platform(says: Any) -> None:
    finding = says(plan_for_another_tensorrt, "load", kind="platform", plan="linux-aarch64", runtime="linux-x86_64")
    assert finding.message == "The runtime on linux-x86_64 will refuse this plan, which was built for linux-aarch64."
    assert "WINDOWS_AMD64" not in finding.hint
    finding = says(plan_for_another_tensorrt, "load", kind="platform", plan="linux-x86_64", runtime="windows-x86_64")
    assert "WINDOWS_AMD64" in finding.hint


def test_product(says: Any) -> None:
    finding = says(plan_for_another_tensorrt, "load", kind="product", plan="tensorrt-rtx", runtime="tensorrt")
    assert finding.message.startswith("TensorRT will refuse this plan, which TensorRT-RTX built:")


@pytest.mark.parametrize("target", ["tensorrt:8.6.1", "tensorrt:10.3.0,gpu=sm_90", "tensorrt:8.6.0.13", "tensorrt:8.5"])
def test_fires(fires: Any, target: str) -> None:
    (finding,) = fires(plan_for_another_tensorrt, PLANS / "fp32.plan", target)
    assert finding.severity == "error" and finding.targets == [target]
    runtime = target.partition(":")[2].partition(",")[0]
    assert finding.message == f"TensorRT {runtime} will refuse this plan, which TensorRT 8.6.0.12 built{EXPECTING}"
    assert f"expecting library version {runtime} got 8.6.0.12" in finding.quote


@pytest.mark.parametrize("version", [(8, 6, 1, 12), (8, 5, 0, 12)])
def test_fires_in_the_runtimes_words(fires: Any, tmp_path: Path, version: tuple[int, ...]) -> None:
    name = ".".join(map(str, version))
    said = json.loads((PLANS / "runtime.json").read_text())[f"fp32.inner-{name}"]["log"][0]
    plan = (PLANS / "fp32.plan").read_bytes()
    records = [b"".join(b"\x02\x80\x01\x00" + bytes([part]) for part in one) for one in ((8, 6, 0, 12), version)]
    assert plan.count(records[0]) == 1
    (tmp_path / "x.plan").write_bytes(plan.replace(*records))
    (finding,) = fires(plan_for_another_tensorrt, tmp_path / "x.plan", "tensorrt:8.6.0.12,gpu=sm_90")
    assert said.endswith(finding.quote)


@pytest.mark.parametrize("target", ["tensorrt:8.6.0.12,gpu=sm_90", "tensorrt:8.6.0", "tensorrt:8.6", "tensorrt:8"])
@pytest.mark.parametrize("outer", [(8, 6, 0, 12), (10, 0, 1, 6)])
def test_silent_where_the_engine_is_the_runtimes(
    silent: Any, tmp_path: Path, target: str, outer: tuple[int, ...]
) -> None:
    plan = (PLANS / "fp32.plan").read_bytes()
    (tmp_path / "x.plan").write_bytes(plan[:0x18] + bytes(outer) + plan[0x1C:])
    silent(plan_for_another_tensorrt, tmp_path / "x.plan", target)


def test_fires_on_the_other_product(fires: Any) -> None:
    fires(plan_for_another_tensorrt, PLANS / "rtx.plan", "tensorrt:10.3.0")
    fires(plan_for_another_tensorrt, PLANS / "fp32.plan", "tensorrt-rtx:1.7.1")
