"""TRT207 fires on plans that hold a lean runtime or a plugin library."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from pytest_trt.lint import check
from pytest_trt_rules.trt207_plan_holds_native_code import plan_holds_native_code

PLANS = Path(__file__).resolve().parent.parent / "data" / "plans"


def with_entry(plan: bytes, tag: bytes) -> bytes:
    """A plan with a second entry (of 16 bytes) behind its engine."""
    engine = plan[56:-4]
    start = 32 + 2 * 24
    size = start + len(engine) + 16 + 4
    head = plan[:8] + struct.pack("<QQ", 2, size) + plan[0x18:0x20]
    entries = b"NGNE\0\0\0\0" + struct.pack("<QQ", start, len(engine))
    entries += tag + b"\0\0\0\0" + struct.pack("<QQ", start + len(engine), 16)
    return head + entries + engine + b"\x7fELF" + bytes(12) + plan[-4:]


def test_example(example: Any) -> None:
    hint = example(plan_holds_native_code, "file", entries="lean runtime").hint
    assert "EXCLUDE_LEAN_RUNTIME" in hint and "plugin" not in hint


def test_plugins(says: Any) -> None:
    hint = says(plan_holds_native_code, "file", entries="plugin library").hint
    assert "EXCLUDE_LEAN_RUNTIME" not in hint and "plugin" in hint
    hint = says(plan_holds_native_code, "file", entries="lean runtime, plugin library").hint
    assert "EXCLUDE_LEAN_RUNTIME" in hint and "plugin" in hint


@pytest.mark.parametrize(("tag", "name"), [(b"NAEL", "lean runtime"), (b"NGLP", "plugin library")])
@pytest.mark.parametrize("targets", [(), ("tensorrt:8.6.0,gpu=sm_90",)])
def test_fires(fires: Any, tmp_path: Path, tag: bytes, name: str, targets: tuple[str, ...]) -> None:
    (tmp_path / "x.plan").write_bytes(with_entry((PLANS / "fp32.plan").read_bytes(), tag))
    (finding,) = fires(plan_holds_native_code, tmp_path / "x.plan", *targets)
    assert finding.severity == "warning"
    assert f"({name})" in finding.message
    assert "TRT204" not in {one.code for one in check([str(tmp_path / "x.plan")], targets=targets).findings}


@pytest.mark.parametrize("plan", ["fp32", "hardware-compatible", "rtx"])
def test_silent_on_engines_alone(silent: Any, plan: str) -> None:
    silent(plan_holds_native_code, PLANS / f"{plan}.plan")
