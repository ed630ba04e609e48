"""TRT204 fires on what TensorRT 8.6.0 refused for its frame, once a plan."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt204_plan_damaged import plan_damaged

PLANS = Path(__file__).resolve().parent.parent / "data" / "plans"


# As tests/gpu/make_plans.py changed them for tests/data/plans/runtime.json.
CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "cut-half": lambda plan: plan[: len(plan) // 2],
    "cut-1": lambda plan: plan[:-1],
    "cut-header": lambda plan: plan[:20],
    "longer-1": lambda plan: plan + b"\0",
    "size-plus-1": lambda plan: put(plan, 0x10, struct.pack("<Q", len(plan) + 1)),
    "size-huge": lambda plan: put(plan, 0x10, struct.pack("<Q", 2**63)),
    "entries-0": lambda plan: put(plan, 0x08, struct.pack("<Q", 0)),
    "entries-2": lambda plan: put(plan, 0x08, struct.pack("<Q", 2)),
    "entry-offset-outside": lambda plan: put(plan, 0x28, struct.pack("<Q", len(plan) * 2)),
    "entry-size-plus-8": lambda plan: put(plan, 0x30, struct.pack("<Q", int.from_bytes(plan[0x30:0x38], "little") + 8)),
    "entry-tag": lambda plan: put(plan, 0x20, b"XXXX"),
    "inner-serialization-235": lambda plan: put(plan, 64, struct.pack("<I", 235)),
    "footer": lambda plan: put(plan, len(plan) - 4, b"\0\0\0\0"),
    "inner-magic": lambda plan: put(plan, 56, b"XXXX"),
}


def put(plan: bytes, offset: int, value: bytes) -> bytes:
    return plan[:offset] + value + plan[offset + len(value) :]


def test_example(example: Any) -> None:
    what = "cut: its header says 91,540 bytes, 45,770 are there"
    assert "checksum" in example(plan_damaged, "file", what=what).hint


@pytest.mark.parametrize(
    "what", ["its last four bytes are not the end of a plan", "it holds no engine", "longer than it says: 2 bytes"]
)
def test_what(says: Any, what: str) -> None:
    message = says(plan_damaged, "load", what=what).message
    assert message == f"The runtime will refuse this plan: {'' if what.startswith('it') else 'it is '}{what}."


@pytest.mark.parametrize("name", ["fp32", "hardware-compatible"])
@pytest.mark.parametrize("change", CHANGES)
def test_fires(fires: Any, tmp_path: Path, name: str, change: str) -> None:
    said = json.loads((PLANS / "runtime.json").read_text())[f"{name}.{change}"]
    assert not said["accepted"], said
    (tmp_path / "x.plan").write_bytes(CHANGES[change]((PLANS / f"{name}.plan").read_bytes()))
    (finding,) = fires(plan_damaged, tmp_path / "x.plan", "tensorrt:8.6.0.12,gpu=sm_90")
    assert finding.severity == "error"
    fires(plan_damaged, tmp_path / "x.plan")


def test_once_for_all_targets(fires: Any, tmp_path: Path) -> None:
    (tmp_path / "x.plan").write_bytes((PLANS / "fp32.plan").read_bytes()[:-1])
    (finding,) = fires(plan_damaged, tmp_path / "x.plan", "tensorrt:8.6.0", "tensorrt:10.3.0")
    assert finding.targets == []


@pytest.mark.parametrize("plan", ["fp32", "fp16", "int8", "refit", "hardware-compatible", "rtx"])
def test_silent_on_whole_plans(silent: Any, plan: str) -> None:
    silent(plan_damaged, PLANS / f"{plan}.plan")
