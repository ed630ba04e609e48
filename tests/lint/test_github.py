"""Annotations of GitHub Actions."""

from __future__ import annotations

from pathlib import Path

import made
import pytest

from pytest_trt.lint.report import github

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    return tmp_path


def one(finding: made.Finding, severity: str = "error") -> str:
    report = made.Report([made.NAMES[0]])
    made.add_finding(report, finding, "TRT208", "lfs-pointer", severity)
    return github.render(report)


def test_golden(golden: Callable[[str, str], None]) -> None:
    golden("report.github", github.render(made.report()) + github.render(made.deployed()))


def test_the_gravest_first() -> None:
    """GitHub shows the first ten of a level."""
    lines = github.render(made.deployed()).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["::error", "::warning", "::notice"]


def test_line() -> None:
    assert github.render(made.deployed()).startswith(
        "::error file=deploy/Dockerfile,title=TRT401 image-without-engine-ops,line=12::The image has no TF-TRT ops"
    )


def test_from_the_repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / ".git").mkdir()
    (here / "sub").mkdir()
    monkeypatch.chdir(here / "sub")
    assert one(made.Finding("x", made.Location("m"), "")).startswith("::error file=sub/m,")
    assert one(made.Finding("x", made.Location(str(here / "m")), "")).startswith("::error file=m,")


def test_what_is_no_file_of_the_repository() -> None:
    shown = one(made.Finding("x", made.Location("s3://b/m.plan", offset=1024), ""))
    assert shown == "::error title=TRT208 lfs-pointer::s3://b/m.plan (byte 1,024): x\n"
    shown = one(made.Finding("x", made.Location("m.zip!/1/saved_model.pb", [("node", "n")]), ""))
    assert shown == "::error file=m.zip,title=TRT208 lfs-pointer::1/saved_model.pb > n: x\n"


def test_escapes() -> None:
    shown = one(made.Finding("100% :: , %0A", made.Location("a,b:c%.pb"), "y"))
    assert shown == "::error file=a%2Cb%3Ac%25.pb,title=TRT208 lfs-pointer::100%25 :\\x3a , %250A%0ACure: y\n"


def test_empty() -> None:
    assert github.render(made.Report([made.NAMES[0]])) == ""
