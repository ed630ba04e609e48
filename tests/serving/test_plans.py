"""Verdicts of plans against what TensorRT 8.6.0 on an H100 said of the same bytes (data/plans/runtime.json).

tests/gpu/make_plans.py built the plans there and changed their headers; here the same changes are made again.
"""

from __future__ import annotations

import ast
import json
import struct
from pathlib import Path

import pytest

from pytest_trt.lint import check

PLANS = Path(__file__).parents[1] / "data" / "plans"
MAKER = Path(__file__).parents[1] / "gpu" / "make_plans.py"
SAID = json.loads((PLANS / "runtime.json").read_text())
TARGET = "tensorrt:8.6.0.12,gpu=sm_90,os=linux-x86_64"


def changes(plan: bytes) -> dict[str, bytes]:
    """make_plans.changes, without importing what it needs a GPU machine for."""
    tree = ast.parse(MAKER.read_text())
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "changes")
    scope: dict = {"struct": struct}
    exec(compile(ast.Module([function], []), str(MAKER), "exec"), scope)
    made: dict[str, bytes] = scope["changes"](plan)
    return made


@pytest.mark.parametrize(
    "name", ["fp32", "fp16", "int8", "refit", "hardware-compatible", "version-compatible", "plugin"]
)
def test_what_the_builder_wrote(name: str) -> None:
    (case,) = check([PLANS / f"{name}.plan"], targets=[TARGET]).cases
    plan = case.artifact.plan
    assert plan is not None
    assert (plan.version, plan.compute_capability, plan.multiprocessors) == ("8.6.0.12", "9.0", 132)
    assert plan.hardware_compatibility == ("ampere+" if name.startswith("hardware") else "none")
    assert SAID[name]["accepted"] and case.verdicts[0].load == "ok"


@pytest.mark.parametrize("origin", ["fp32", "hardware-compatible", "version-compatible"])
def test_changed_headers(origin: str, tmp_path: Path) -> None:
    for name, data in changes((PLANS / f"{origin}.plan").read_bytes()).items():
        said = SAID[f"{origin}.{name}"]
        path = tmp_path / f"{name}.plan"
        path.write_bytes(data)
        report = check([path], targets=[TARGET])
        (case,) = report.cases
        verdict = case.verdicts[0]
        assert verdict.load == ("ok" if said["accepted"] else "fail"), (name, verdict.reasons, said)
        if not said["accepted"]:
            assert report.exit_status() == 1
        for words in ("expecting compute", "expecting library version"):
            for line in said["log"]:
                if words in line:
                    assert verdict.reasons[0].message in line, name


@pytest.mark.parametrize(
    ("target", "load"),
    [
        ("tensorrt:8.6", "ok"),
        ("tensorrt:8.6.1", "fail"),
        ("tensorrt:8.6.0,gpu=sm_80", "fail"),
        ("tensorrt:10.0.1,gpu=sm_90", "fail"),
        ("tensorrt-rtx:1.7.1", "fail"),
    ],
)
def test_targets(target: str, load: str) -> None:
    (case,) = check([PLANS / "fp32.plan"], targets=[target]).cases
    assert case.verdicts[0].load == load


def test_hardware_compatible() -> None:
    for target, load in (("tensorrt:8.6.0,gpu=sm_80", "ok"), ("tensorrt:8.6.0,gpu=sm_75", "fail")):
        (case,) = check([PLANS / "hardware-compatible.plan"], targets=[target]).cases
        assert case.verdicts[0].load == load


def test_a_plugin_library_before_the_engine(tmp_path: Path) -> None:
    """The table of a plan that TensorRT 8.6.0 built with plugins_to_serialize (48 MB: the library left out here)."""
    table = bytes.fromhex(
        "66747274 00000000 02000000 00000000 3423db02 00000000 0806000c 00000000"
        "4e474c50 00000000 50000000 00000000 b804da02 00000000"
        "4e474e45 00000000 0805da02 00000000 211e0100 00000000"
    )
    plan = (PLANS / "plugin.plan").read_bytes()
    (length,) = struct.unpack_from("<Q", plan, 0x30)
    (start,) = struct.unpack_from("<Q", table, 0x40)
    with (tmp_path / "x.plan").open("wb") as file:
        file.write(table[:0x10] + struct.pack("<Q", start + len(plan) - 56) + table[0x18:0x48])
        file.write(struct.pack("<Q", length) + b"\x7fELF")
        file.seek(start)
        file.write(plan[56:])
    report = check([tmp_path / "x.plan"], targets=[TARGET])
    assert [finding.code for finding in report.findings] == ["TRT207"]
    found = report.cases[0].artifact.plan
    assert found is not None
    assert (found.version, found.compute_capability, found.damage) == ("8.6.0.12", "9.0", None)
