"""xdist's workers: each has one GPU of those that its caller shows, before anything of the suite is imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites import Suite

from pytest_trt.suite.workers import assign, entries

SHOW = """
import os
SEEN = os.environ.get("CUDA_VISIBLE_DEVICES", "unset")
"""
TESTS = """
import os, pytest
from conftest import SEEN
@pytest.mark.parametrize("number", range(8))
def test_show(number, record_property):
    record_property("seen", '"' + os.environ.get("PYTEST_XDIST_WORKER", "alone") + " " + SEEN + '"')
"""
MIG = "MIG-GPU-8f1c2a7e-1111-2222-3333-444455556666/1/0"


def given(worker: str, visible: str | None, devices: str = "/nonexistent") -> str | None:
    environment = {"PYTEST_XDIST_WORKER": worker}
    if visible is not None:
        environment["CUDA_VISIBLE_DEVICES"] = visible
    assign(environment, devices)
    return environment.get("CUDA_VISIBLE_DEVICES")


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ("0,1", ["0", "1", "0", "1"]),
        ("3", ["3", "3", "3", "3"]),
        ("7, 2 ,5", ["7", "2", "5", "7"]),
        (f"GPU-aa11,{MIG}", ["GPU-aa11", MIG, "GPU-aa11", MIG]),
        ("0,1,-1,2", ["0", "1", "0", "1"]),
        ("1,NoDevFiles,2", ["1", "1", "1", "1"]),
        ("-1", ["-1"] * 4),
        ("", [""] * 4),
        ("none", ["none"] * 4),
        (None, [None] * 4),
    ],
)
def test_list(visible: str | None, expected: list[str | None]) -> None:
    assert [given(f"gw{number}", visible) for number in range(4)] == expected


def test_again_changes_nothing() -> None:
    """A run of pytest inside a worker's test has the worker's GPU."""
    assert given("gw5", given("gw5", "4,6,9")) == "9"


@pytest.mark.parametrize("worker", ["", "master", "main", "gwx", "gw", "gw1 "])
def test_not_a_worker(worker: str) -> None:
    assert given(worker, "0,1") == "0,1"


@pytest.mark.parametrize(("count", "expected"), [(0, None), (1, None), (2, "1"), (4, "3"), (3, "0")])
def test_counted(tmp_path: Path, count: int, expected: str | None) -> None:
    """Device nodes, without nvidiactl and its like; one GPU needs no choice."""
    for name in ["nvidiactl", "nvidia-uvm", "nvidia-caps", "null", *(f"nvidia{number}" for number in range(count))]:
        (tmp_path / name).touch()
    assert given("gw3", None, str(tmp_path)) == expected


def test_entries_of_cuda_stop_at_the_first_that_is_none() -> None:
    assert entries("0,-1,1") == ["0"]
    assert entries("GPU-x,,1") == ["GPU-x"]


def seen(suite: Suite, *words: str, visible: str = "4,6", ini: str = "") -> set[str]:
    suite.write(conftest=SHOW, test_show=TESTS, ini=f"pythonpath = .\n{ini}")
    found = suite.properties(*words, env={"CUDA_VISIBLE_DEVICES": visible}, code=0)
    return {value for properties in found.values() for name, value in properties if name == "seen"}


@pytest.mark.parametrize("dist", ["load", "loadgroup", "each", "worksteal"])
def test_workers(suite: Suite, xdist: None, dist: str) -> None:
    assert seen(suite, "-n2", f"--dist={dist}") <= {"gw0 4", "gw1 6"}


def test_both_workers(suite: Suite, xdist: None) -> None:
    assert seen(suite, "-n2", "--dist=each") == {"gw0 4", "gw1 6"}


def test_switched_off(suite: Suite, xdist: None) -> None:
    assert seen(suite, "-n2", ini="trt_gpu_per_worker = false") <= {"gw0 4,6", "gw1 4,6"}
    assert seen(suite, "-n2", "-p", "no:trt") <= {"gw0 4,6", "gw1 4,6"}


def test_outside_of_workers(suite: Suite) -> None:
    assert seen(suite) == {"alone 4,6"}


def test_no_workers(suite: Suite, xdist: None) -> None:
    assert seen(suite, "-n0") == {"alone 4,6"}
