"""The installed command as a process: pipes, encodings, names that are not text."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Process = Callable[..., subprocess.CompletedProcess[bytes]]


def test_nothing_there(process: Process, tmp_path: Path) -> None:
    run = process(str(tmp_path), cwd=tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (0, b"No model artifacts found.\n", b"")


def test_missing_path(process: Process, tmp_path: Path) -> None:
    run = process("no/such/model", cwd=tmp_path)
    assert run.returncode == 3
    assert b"TRT901" in run.stdout
    assert run.stderr == b""


@pytest.mark.parametrize("format_", ["text", "concise", "json"])
def test_names_that_are_not_utf8(process: Process, tmp_path: Path, format_: str) -> None:
    name = b"m\xff\x1b[31m"
    try:
        os.mkdir(os.fsencode(tmp_path) + b"/" + name)
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name + b"/saved_model.pb")).write_bytes(b"\xff" * 9)
    for env in ({}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}):
        for words in ([name], [b"."]):
            run = process(*words, b"--output-format", format_.encode(), cwd=tmp_path, env=env)
            assert run.returncode == 3, run
            assert run.stderr == b""
            assert b"\\xff" in run.stdout
            assert b"\x1b" not in run.stdout
        drawn = process(name, b"--color", b"always", cwd=tmp_path, env=env)
        assert drawn.returncode == 3
        assert b"\x1b[31m[" not in drawn.stdout


def test_reader_goes_away(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"m{number}").mkdir()
        (tmp_path / f"m{number}" / "saved_model.pb").write_bytes(b"\xff" * 9)
    command = f"{Path(sys.executable).with_name('trt-lint')} . --output-format json | head -c 1"
    run = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=tmp_path, capture_output=True, timeout=60)
    assert run.returncode == 3, "what was found decides"
    assert run.stdout == b"{"
    assert run.stderr == b""


def test_stdout_closed(process: Process, tmp_path: Path) -> None:
    command = f"{Path(sys.executable).with_name('trt-lint')} . >&-"
    run = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, timeout=60)
    assert b"Traceback" not in run.stderr


def test_in_c_locale_the_drawing_is_ascii(process: Process, tmp_path: Path) -> None:
    run = process("gone", "--color", "always", cwd=tmp_path, env={"PYTHONIOENCODING": "ascii"})
    assert run.returncode == 3
    assert run.stdout.isascii()
    assert b"\\u2" not in run.stdout
