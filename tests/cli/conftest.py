"""Running trt-lint inside this process and as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import made
import pytest

from pytest_trt.cli.main import main

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Run:
    """What a run left: exit status, stdout, stderr."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err


@pytest.fixture
def trt_lint(capfd: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """trt_lint(*words): a command line in this process."""

    def run(*words: str) -> Run:
        code = main(list(words))
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Run(code, out, err)

    return run


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """process(*words, env=..., ...): the installed command, as bytes."""
    command = str(Path(sys.executable).with_name("trt-lint"))

    def run(
        *words: str | bytes, env: dict[str, str] | None = None, **options: object
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            [command, *words], capture_output=True, timeout=60, env={**os.environ, **(env or {})}, **options
        )

    return run


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> made.Report:
    """The report that check() gives, whatever the paths: for tests of what the command makes of it."""
    report = made.report()
    monkeypatch.setattr("pytest_trt.lint.runner.check", lambda *_, **__: report)
    return report


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
