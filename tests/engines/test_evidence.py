"""Evidence records: written by a check, read by the gate, which computes the verdict and believes no record."""

from __future__ import annotations

import copy
import json
import math
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pytest_trt
from pytest_trt.engines.running.tensors import Tensor
from pytest_trt.equivalence.check import compare
from pytest_trt.evidence import write
from pytest_trt.evidence.record import MEMBERS, SUFFIX, EvidenceError, judge, read_evidence
from pytest_trt.evidence.write import commit, fields_of, write_evidence

PLAN = ("a" * 64, 1234)


class Doubling:
    """An engine that doubles x, and adds `error`."""

    what, key, source = "double.onnx", "b" * 64, None
    io = (
        Tensor("x", "input", "FLOAT", np.dtype("float32"), (4, 8)),
        Tensor("y", "output", "FLOAT", np.dtype("float32"), (4, 8)),
    )

    def __init__(self, error: float = 0.0, **meta: Any) -> None:
        self.error = error
        self.meta = {
            "product": "tensorrt",
            "tensorrt_version": "8.6.0.12",
            "precision": "fp16",
            "precision_in_use": "fp16",
            "options": {"flags": ["STRICT_NANS"]},
            "source": {"kind": "onnx", "sha256": "c" * 64, "external": {}},
            **meta,
        }

    def infer(self, feed: Any, *, profile: int | None = None) -> dict[str, Any]:
        return {"y": feed["x"] * 2 + np.float32(self.error)}


def fields(error: float = 0.0, *, on_gpu: bool = True, test: str | None = "test_x.py::test_y") -> dict[str, Any]:
    report = compare(Doubling(error), lambda feed: {"y": feed["x"] * 2})
    gpu = {"name": "H100", "compute_capability": "9.0", "multiprocessors": 132}
    return fields_of(
        report,
        plan=PLAN,
        test=test,
        cuda={"binding": "pycuda", "version": "2026.1"} if on_gpu else None,
        gpu=gpu if on_gpu else None,
        driver="580.159.04" if on_gpu else None,
    )


def test_written_and_read(tmp_path: Path) -> None:
    made = fields()
    path = write_evidence(tmp_path / "records", made)
    assert path.name.endswith(SUFFIX)
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    record = read_evidence(path)
    assert record.fields == json.loads(json.dumps(made))
    assert record.plan_sha256 == PLAN[0]
    assert record.failures() == []


def test_members() -> None:
    made = fields()
    assert set(MEMBERS) <= set(made)
    assert made["plugin"] == pytest_trt.__version__
    assert made["plan"] == {"sha256": PLAN[0], "size": PLAN[1]}
    assert made["precision"] == {"asked": "fp16", "in_use": "fp16", "judged": "fp16"}
    assert (made["gpu"]["name"], made["driver"]) == ("H100", "580.159.04")
    (case,) = made["cases"]
    assert case["inputs"] == {"x": {"shape": [4, 8], "dtype": "float32"}}
    assert re.fullmatch(r"[0-9a-f]{64}", case["digest"])
    assert set(case["outputs"]["y"]) == {"metrics", "tolerance"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["created"])
    assert "passed" not in json.dumps(made), "no flag to believe"


def test_what_is_not_known_says_why() -> None:
    unknown = fields(test=None, on_gpu=False)
    assert unknown["gpu"] is unknown["driver"] is unknown["cuda"] is unknown["test"] is None
    assert {"gpu", "cuda", "driver", "test", "reference.digest"} <= set(unknown["unknown"])
    assert "a function has no content" in unknown["unknown"]["reference.digest"]


@pytest.mark.parametrize("error", [1.0, math.inf, math.nan])
def test_a_failed_check_is_a_record_that_fails(tmp_path: Path, error: float) -> None:
    """Metrics without a number are null: JSON has neither NaN nor Infinity."""
    path = write_evidence(tmp_path, fields(error))
    assert "NaN" not in path.read_text()
    assert "Infinity" not in path.read_text()
    assert read_evidence(path).failures()


def edited(**changes: Any) -> list[str]:
    """The verdict on a failed record whose metrics were changed."""
    made = json.loads(json.dumps(fields(1.0)))
    made["cases"][0]["outputs"]["y"]["metrics"].update(changes)
    return judge(made)


def test_edits_that_contradict_the_rest() -> None:
    assert judge(fields(1.0))
    assert edited(out=0), "its cosine is below the floor all the same"
    assert edited(out=0, cosine=2.0)
    assert edited(out=-1, cosine=1.0)
    assert edited(out=True, cosine=1.0)
    assert edited(out=None, cosine=1.0)
    assert edited(out=0, cosine=1.0, rtol=1.0), "measured with another tolerance"
    assert edited(out=0, cosine=1.0, size=0), "the shape says otherwise"
    assert edited(out=0, cosine=math.nan)
    assert edited(out=0, cosine="1.0")
    assert edited(out=0, cosine=1.0, nan=3)
    assert edited(out=0, cosine=1.0, mask_mismatches=1)
    assert edited(out=0, cosine=1.0, dtype="float32\n")


@pytest.mark.parametrize(
    "change",
    [
        {"bad_fraction": 1.0},
        {"bad_fraction": math.nan},
        {"rtol": math.inf},
        {"rtol": 10**400},
        {"atol": "1"},
        {"equal_nan": 1},
    ],
    ids=str,
)
def test_tolerances_that_allow_everything(change: dict[str, Any]) -> None:
    made = copy.deepcopy(fields(1.0))
    made["cases"][0]["outputs"]["y"]["tolerance"].update(change)
    assert judge(made)


@pytest.mark.parametrize(
    "outputs", [{}, None, [], {"y": {}}, {"y": {"metrics": {}, "tolerance": {}}}, {"y": {"metrics": 1}}]
)
def test_nothing_compared_is_no_pass(outputs: Any) -> None:
    made = fields()
    made["cases"][0]["outputs"] = outputs
    assert judge(made)
    assert judge({**made, "cases": []}) == ["nothing was compared"]


def test_names_are_one_line() -> None:
    made = fields(1.0)
    (case,) = made["cases"]
    case["label"] = "a\n::error::\x1b[31m"
    case["outputs"] = {"y\r\n\u202e": case["outputs"]["y"]}
    assert all(line.isprintable() for line in judge(made))


def test_damaged_files(tmp_path: Path) -> None:
    whole = write_evidence(tmp_path, fields()).read_bytes()
    path = tmp_path / "cut"
    for end in range(0, len(whole) - 2, 7):
        path.write_bytes(whole[:end])
        with pytest.raises(EvidenceError, match="is not JSON"):
            read_evidence(path)
    for content in (
        b"[1]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b'{"schema": 1}',
        b"[" * 100_000,
        b'{"schema": ' + b"9" * 9_000 + b"}",
    ):
        path.write_bytes(content)
        with pytest.raises(EvidenceError):
            read_evidence(path)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("schema", 2),
        ("schema", True),
        ("schema", 1.0),
        ("schema", "1" * 10_000),
        ("plan", None),
        ("plan", {"sha256": "a" * 63, "size": 1}),
        ("plan", {"sha256": "A" * 64, "size": 1}),
        ("plan", {"sha256": "a" * 64, "size": True}),
        ("plan", {"sha256": "a" * 64, "size": -1}),
        ("plan", {"sha256": "a" * 64, "size": "1"}),
        ("cases", None),
        ("cases", {}),
        ("cases", [1]),
        ("cases", [{"outputs": {"y": 1}}]),
    ],
    ids=lambda one: f"{one!s:.40}",
)
def test_wrong_members(tmp_path: Path, member: str, value: Any) -> None:
    path = tmp_path / "r"
    path.write_text(json.dumps({**fields(), member: value}))
    with pytest.raises(EvidenceError, match="is no evidence record") as caught:
        read_evidence(path)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("member", MEMBERS)
def test_a_missing_member(tmp_path: Path, member: str) -> None:
    made = fields()
    del made[member]
    (tmp_path / "r").write_text(json.dumps(made))
    with pytest.raises(EvidenceError, match=member):
        read_evidence(tmp_path / "r")


def test_files_that_are_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    hostile = tmp_path / "a\x1b[31m\nb"
    for path, words in (
        (tmp_path / "absent", "No such file"),
        (tmp_path, "not a regular file"),
        (tmp_path / "fifo", "not a regular file"),
        (Path("/dev/zero"), "not a regular file"),
        ("a\0b", "a NUL in its name"),
        (hostile, r"a\\x1b\[31m\\nb cannot be read"),
    ):
        with pytest.raises(EvidenceError, match=words) as caught:
            read_evidence(path)
        assert "\x1b" not in str(caught.value)


def test_a_file_that_is_too_large(tmp_path: Path) -> None:
    with (tmp_path / "r").open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(EvidenceError, match="larger than any evidence record"):
        read_evidence(tmp_path / "r")


NUMBERS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=3)
)
JSON = st.recursive(NUMBERS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
KNOWN = fields(1.0)


@given(st.dictionaries(st.sampled_from(sorted(KNOWN["cases"][0]["outputs"]["y"]["metrics"])), JSON))
def test_any_metrics_are_judged(changes: dict[str, Any]) -> None:
    made = copy.deepcopy(KNOWN)
    made["cases"][0]["outputs"]["y"]["metrics"].update(changes)
    assert all(isinstance(line, str) for line in judge(made))


@given(st.dictionaries(st.sampled_from(sorted(KNOWN["cases"][0]["outputs"]["y"]["tolerance"])), JSON))
def test_any_tolerance_is_judged(changes: dict[str, Any]) -> None:
    made = copy.deepcopy(KNOWN)
    made["cases"][0]["outputs"]["y"]["tolerance"].update(changes)
    assert judge(made), "measured with another one"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EvidenceError, match="no evidence could be written") as caught:
        write_evidence(tmp_path / "file" / "records", fields())
    assert "--trt-evidence" in caught.value.cure


def test_nothing_half_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        write_evidence(tmp_path, {**fields(), "cuda": math.inf})
    assert list(tmp_path.iterdir()) == []


def test_records_of_one_second_do_not_meet(tmp_path: Path) -> None:
    made = fields()
    assert len({write_evidence(tmp_path, made) for _ in range(20)}) == 20


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


def test_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    assert commit(str(tmp_path))[0] is None
    assert "not a git repository" in str(commit(str(tmp_path))[1])
    place = tmp_path / "repository"
    place.mkdir()
    git(place, "init", "-q")
    (place / "a").write_text("a")
    git(place, "add", "a")
    git(place, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "a")
    found, why = commit(str(place))
    assert (why, found and found["modified"]) == (None, False)
    assert re.fullmatch(r"[0-9a-f]{40}", str(found and found["id"]))
    # A name that is no UTF-8, which git is told to show as it is.
    git(place, "config", "core.quotepath", "false")
    with open(os.fsencode(place) + b"/\xff", "w") as file:
        file.write("b")
    subprocess.run([b"git", b"-C", os.fsencode(place), b"add", b"\xff"], check=True)
    write.commit.cache_clear()
    assert commit(str(place))[0] == {"id": found and found["id"], "modified": True}


def test_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    write.commit.cache_clear()
    assert commit(str(tmp_path)) == (None, "git is not installed")
    (tmp_path / "git").write_text("no program")
    (tmp_path / "git").chmod(0o755)
    write.commit.cache_clear()
    assert commit(str(tmp_path))[0] is None
    assert "git cannot be run" in str(commit(str(tmp_path))[1])


def test_a_working_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "gone"
    place.mkdir()
    monkeypatch.chdir(place)
    place.rmdir()
    assert fields()["unknown"]["commit"] == "the working directory is gone"
