"""Progress: only after a while, gone at the end."""

from __future__ import annotations

import pytest

from pytest_trt.cli import progress


def test_silent_at_first(capsys: pytest.CaptureFixture[str]) -> None:
    line = progress.Progress()
    for count in range(100):
        line(count, "models/a")
    line.done()
    assert capsys.readouterr().err == ""


def test_shown_after_a_while(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    line = progress.Progress()
    now[0] += 1
    line(1234, "models/\x1b[31m" + "x" * 300)
    line(1235, "too soon for another")
    line.done()
    line.done()
    shown = capsys.readouterr().err
    assert shown.startswith("\r\x1b[K1,234 read, reading models/\\x1b[31m")
    assert shown.endswith("\r\x1b[K")
    assert shown.count("read, ") == 1
    assert len(shown) < 100


def test_a_large_file_at_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_LARGE", 0)
    progress.Progress()(0, __file__)
    assert "reading" in capsys.readouterr().err
