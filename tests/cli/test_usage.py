"""Errors of usage: one clear line, exit status 2, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "no PATH given; name a SavedModel, a file or a folder, as in: trt-lint models/"),
        (["check"], "no PATH given; name a SavedModel, a file or a folder, as in: trt-lint models/"),
        (["chek"], "'chek' is neither a command nor a path; did you mean check?"),
        (["target"], "'target' is neither a command nor a path; did you mean targets?"),
        (["m", "--selct", "TRT1"], "unknown option --selct; did you mean --select? (see trt-lint --help)"),
        (["m", "--selct=TRT1"], "unknown option --selct; did you mean --select? (see trt-lint --help)"),
        (["m", "--frobnicate"], "unknown option --frobnicate (see trt-lint --help)"),
        (["m", "--select", "TRT999"], "--select TRT999: no rule has this code, prefix or name"),
        (["m", "--ignore", "trt101"], "--ignore trt101: no rule has this code, prefix or name; did you mean TRT101?"),
        (["m", "--extend-select", "TRT1,engine-op-fail-load"], "did you mean engine-op-fails-load?"),
        (["m", "--target", "nvidia/serving"], "target 'nvidia/serving' is not known; targets are tensorflow/serving:"),
        (["m", "--target", "tensorflow/serving:2.99"], "there is no TensorFlow Serving 2.99; near it are"),
        (["m", "--output-format", "xml"], "invalid choice: 'xml'"),
        (["m", "--output", "xml"], "--output xml: 'xml' is no format; the formats are text, concise, json, sarif, "),
        (["m", "--output", "srif=x"], "--output srif=x: 'srif' is no format; did you mean sarif?"),
        (["m", "--output", "json="], "--output json=: no file is named after json="),
        (["m", "--output", "json=."], "--output json=.: is a folder"),
        (["m", "--output", "json=no/such/file"], "--output json=no/such/file: the folder no/such does not exist"),
        (
            ["m", "--output", "json", "--output", "text"],
            "--output json and --output text both go to stdout; name a file",
        ),
        (
            ["m", "--output", "json", "--output-format", "text"],
            "--output json and --output-format text both go to stdout",
        ),
        (
            ["m", "--output", "json=a", "--output", "text=./a"],
            "--output json=a and --output text=./a name the same file",
        ),
        (["m", "--output", "json=a", "--output-file", "a"], "--output json=a and --output-file a name the same file"),
        (
            ["m", "--output", "json=a", "--write-baseline", "a"],
            "--write-baseline and --output json=a name the same file",
        ),
        (["m", "--output-file", "."], "--output-file .: is a folder"),
        (["m", "--output-file", "no/such/file"], "--output-file no/such/file: the folder no/such does not exist"),
        (["m", "--config", "none.toml"], "none.toml: there is no such file"),
        (["rule"], "the following arguments are required: CODE"),
        (["rule", "TRT10"], "no rule has the code or name TRT10; did you mean one of TRT101, TRT102"),
        (["rule", "engine-op-fail"], "did you mean engine-op-fails-load?"),
        (["rule", "TRT101", "TRT102"], "'TRT102' is one argument too many (see trt-lint rule --help)"),
        (["rules", "--colour", "never"], "unknown option --colour; did you mean --color?"),
        (["m", "--select", "a\x1b[31mb"], "--select a\\x1b[31mb: no rule"),
    ],
)
def test_one_line(trt_lint: Callable[..., Run], here: Path, words: list[str], line: str) -> None:
    run = trt_lint(*words)
    assert run.code == 2
    assert run.out == ""
    assert run.err.startswith("trt-lint: ")
    assert run.err.count("\n") == 1
    assert line in run.err


def test_help(trt_lint: Callable[..., Run]) -> None:
    for words in (["--help"], ["-h"], ["help"]):
        run = trt_lint(*words)
        assert run.code == 0
        assert "trt-lint [check] PATH..." in run.out
    assert "--extend-select" in trt_lint("check", "--help").out
    assert "exit status:" in trt_lint("check", "--help").out
    assert trt_lint("rule", "--help").code == 0


def test_version(trt_lint: Callable[..., Run]) -> None:
    from pytest_trt import __version__

    assert trt_lint("--version").out == f"trt-lint {__version__}\n"
    assert trt_lint("-V").code == 0
