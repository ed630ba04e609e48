"""check: formats, files, exit status, colours. What is judged is tested elsewhere."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import made
import pytest

from pytest_trt.lint.report import concise, text
from pytest_trt.lint.report import json as report_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Run

pytestmark = pytest.mark.usefixtures("here")


def test_formats(trt_lint: Callable[..., Run], judged: made.Report) -> None:
    assert trt_lint("m").out == text.render(judged)
    assert trt_lint("check", "m").out == text.render(judged)
    assert trt_lint("m", "--quiet").out == text.render(judged, quiet=True)
    assert trt_lint("m", "--output-format", "concise").out == concise.render(judged)
    assert trt_lint("m", "--output-format=json").out == report_json.render(judged)


def test_statistics(trt_lint: Callable[..., Run], judged: made.Report) -> None:
    counts = text.statistics(judged)
    assert trt_lint("m", "--statistics").out == text.render(judged) + "\n" + counts
    run = trt_lint("m", "--statistics", "--output-format", "json")
    assert json.loads(run.out)
    assert run.err == counts
    assert "TRT101  engine-op-fails-load" in trt_lint("m", "--statistics", "--color", "always").out.replace(
        "\x1b[0m", ""
    ).replace("\x1b[1;31m", "")


def test_exit_status(trt_lint: Callable[..., Run], judged: made.Report) -> None:
    assert trt_lint("m").code == 3
    assert trt_lint("m", "--exit-zero").code == 3, "what was not read is never a pass"
    judged.cases[-1].artifact.complete = True
    assert trt_lint("m").code == 1
    assert trt_lint("m", "--exit-zero").code == 0
    judged.findings = [one for one in judged.findings if one.severity != "error"]
    assert trt_lint("m").code == 0
    assert trt_lint("m", "--strict").code == 1
    judged.findings = []
    assert trt_lint("m", "--strict").code == 0


def test_colours(trt_lint: Callable[..., Run], judged: made.Report, monkeypatch: pytest.MonkeyPatch) -> None:
    red = "\x1b[1;31m"
    assert red not in trt_lint("m").out
    assert red in trt_lint("m", "--color", "always").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert red in trt_lint("m", "--color", "always").out
    assert "\x1b" not in trt_lint("m").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in trt_lint("m").out
    monkeypatch.delenv("NO_COLOR")
    assert red in trt_lint("m").out
    assert "\x1b" not in trt_lint("m", "--color", "never").out
    monkeypatch.setenv("FORCE_COLOR", "0")
    assert "\x1b" not in trt_lint("m").out


def test_terminal(trt_lint: Callable[..., Run], judged: made.Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_trt.cli.output.is_terminal", lambda stream: True)
    drawn = trt_lint("m").out
    assert "\x1b[31mdoes not load" in drawn
    never = trt_lint("m", "--color", "never").out
    assert "saved_model.pb › serve" in never
    assert "\x1b" not in never
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1m" in trt_lint("m").out
    assert "\x1b[31m" not in trt_lint("m").out
    monkeypatch.setenv("TERM", "dumb")
    assert trt_lint("m").out == text.render(judged)


class TestOutputFile:
    def test_written(self, trt_lint: Callable[..., Run], judged: made.Report, here: Path) -> None:
        run = trt_lint("m", "--output-file", "out.txt")
        assert run.out == ""
        assert run.code == 3
        assert (here / "out.txt").read_text(encoding="utf-8") == text.render(judged)
        assert os.listdir(here) == ["out.txt"]

    def test_never_drawn(self, trt_lint: Callable[..., Run], judged: made.Report, here: Path) -> None:
        trt_lint("m", "--output-file", "out.txt", "--color", "always")
        assert "\x1b" not in (here / "out.txt").read_text(encoding="utf-8")

    def test_mode_and_links_stay(self, trt_lint: Callable[..., Run], judged: made.Report, here: Path) -> None:
        (here / "real.txt").write_text("old")
        (here / "real.txt").chmod(0o640)
        (here / "link.txt").symlink_to("real.txt")
        trt_lint("m", "--output-file", "link.txt")
        assert (here / "link.txt").is_symlink()
        assert (here / "real.txt").read_text(encoding="utf-8") == text.render(judged)
        assert stat.S_IMODE((here / "real.txt").stat().st_mode) == 0o640

    def test_a_device(self, trt_lint: Callable[..., Run], judged: made.Report) -> None:
        assert trt_lint("m", "--output-file", os.devnull).code == 3
        assert Path(os.devnull).is_char_device()

    def test_full_disk(
        self, trt_lint: Callable[..., Run], judged: made.Report, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        (here / "out.txt").write_text("old")
        monkeypatch.setattr("os.replace", full)
        run = trt_lint("m", "--output-file", "out.txt")
        assert run.code == 2
        assert run.out == text.render(judged)
        assert run.err == (
            "trt-lint: --output-file out.txt: No space left on device; the report is on stdout instead\n"
        )
        assert (here / "out.txt").read_text() == "old"
        assert os.listdir(here) == ["out.txt"]

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
    def test_no_permission(self, trt_lint: Callable[..., Run], judged: made.Report, here: Path) -> None:
        here.chmod(0o500)
        run = trt_lint("m", "--output-file", "out.txt")
        here.chmod(0o700)
        assert run.code == 2
        assert run.err == "trt-lint: --output-file out.txt: no permission to write there\n"


def test_arguments_reach_check(trt_lint: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, object] = {}

    def check(paths: list[str], **options: object) -> made.Report:
        seen.update(options, paths=paths)
        return made.report()

    monkeypatch.setattr("pytest_trt.lint.runner.check", check)
    trt_lint(
        *("a", "b", "--target", "tensorflow/serving:2.17.1", "--target", "tensorflow/serving:latest-gpu"),
        *("--select", "TRT1,TRT301", "--select", "malformed", "--ignore", "engine-op-unreached,"),
        *("--extend-select", "TRT9", "--exclude", "*.bak, tmp", "--exclude", "old"),
    )
    assert seen["paths"] == ["a", "b"]
    assert [target.name for target in seen["targets"]] == [  # type: ignore[attr-defined]
        "tensorflow/serving:2.17.1",
        "tensorflow/serving:latest-gpu",
    ]
    assert seen["select"] == ["TRT1", "TRT301", "TRT902"]
    assert seen["ignore"] == ["TRT103"]
    assert seen["extend_select"] == ["TRT9"]
    assert seen["exclude"] == ["*.bak", "tmp", "old"]
    assert seen["progress"] is None


def test_interrupt(trt_lint: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    def check(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pytest_trt.lint.runner.check", check)
    run = trt_lint("m")
    assert (run.code, run.out, run.err) == (130, "", "")


def test_internal_error(trt_lint: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    def check(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr("pytest_trt.lint.runner.check", check)
    run = trt_lint("m")
    assert run.code == 3
    assert run.err.startswith("trt-lint: internal error")
    assert "ZeroDivisionError: by\\nzero" in run.err
    assert run.err.count("\n") == 1
