"""--output: several reports of one run, each to its place."""

from __future__ import annotations

import json
import os
from pathlib import Path
from xml.etree import ElementTree

import made
import pytest

from pytest_trt.lint.report import concise, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Run

    Trt = Callable[..., Run]

PLANS = Path(__file__).parents[1] / "data" / "plans"

pytestmark = pytest.mark.usefixtures("here")


def test_each_format(trt_lint: Trt, judged: made.Report) -> None:
    assert trt_lint("m", "--output", "text").out == text.render(judged)
    assert trt_lint("m", "--output", "concise").out == concise.render(judged)
    assert json.loads(trt_lint("m", "--output", "json").out)["schema_version"] == 1
    assert json.loads(trt_lint("m", "--output", "sarif").out)["version"] == "2.1.0"
    assert trt_lint("m", "--output", "github").out.startswith("::error file=")
    assert len(json.loads(trt_lint("m", "--output", "gitlab").out)) == len(judged.findings)
    assert ElementTree.fromstring(trt_lint("m", "--output", "junit").out.encode()).tag == "testsuites"
    assert trt_lint("m", "--output", "markdown").out.startswith("## trt-lint\n")
    for name in ("sarif", "github", "gitlab", "junit", "markdown"):
        assert trt_lint("m", "--output-format", name).out == trt_lint("m", "--output", name).out


def test_several(trt_lint: Trt, judged: made.Report, here: Path) -> None:
    run = trt_lint("m", "--output", "sarif=out.sarif", "--output", "text", "--output", "junit=a=b.xml")
    assert (run.code, run.out, run.err) == (3, text.render(judged), "")
    assert json.loads((here / "out.sarif").read_text())["runs"][0]["invocations"][0]["exitCode"] == 3
    assert ElementTree.parse(here / "a=b.xml").getroot().tag == "testsuites"
    assert sorted(os.listdir(here)) == ["a=b.xml", "out.sarif"]


def test_nothing_but_what_was_asked_for(trt_lint: Trt, judged: made.Report) -> None:
    run = trt_lint("m", "--output", "json=out.json")
    assert (run.out, run.err) == ("", "")


def test_besides_the_older_options(trt_lint: Trt, judged: made.Report, here: Path) -> None:
    run = trt_lint("m", "--output", "json=out.json", "--output-format", "concise")
    assert run.out == concise.render(judged)
    trt_lint("m", "--output", "github", "--output-format", "concise", "--output-file", "out.txt")
    assert (here / "out.txt").read_text(encoding="utf-8") == concise.render(judged)


def test_a_dash_is_stdout(trt_lint: Trt, judged: made.Report, here: Path) -> None:
    assert trt_lint("m", "--output", "concise=-").out == concise.render(judged)
    assert trt_lint("m", "--output-format", "concise", "--output-file", "-").out == concise.render(judged)
    assert "both go to stdout" in trt_lint("m", "--output", "json=-", "--output", "text").err
    assert not os.listdir(here)


@pytest.mark.parametrize("name", ["m.plan", "g.pbtxt", "Dockerfile.gpu", "models.config", "deploy.yaml", "pointer.txt"])
def test_no_model_is_replaced(trt_lint: Trt, judged: made.Report, here: Path, name: str) -> None:
    data = (PLANS / "fp32.plan").read_bytes() if name == "m.plan" else b"FROM scratch\n"
    data = b"version https://git-lfs.github.com/spec/v1\n" if name == "pointer.txt" else data
    (here / name).write_bytes(data)
    run = trt_lint("m", "--output", f"json={name}")
    assert (run.code, run.out) == (2, "")
    assert f"--output json={name}: there is a file already, and it is no report" in run.err
    assert (here / name).read_bytes() == data


def test_a_report_is_replaced(trt_lint: Trt, judged: made.Report, here: Path) -> None:
    for name in ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"):
        for _ in range(2):
            assert trt_lint("m", "--output", f"{name}=out").code == 3
    for data in (b"", b"\n\n", b'"a"', b"\xef\xbb\xbfx"):
        (here / "out").write_bytes(data)
        assert trt_lint("m", "--output", "json=out").code == 3


def test_a_baseline_is_not_replaced_by_a_report(trt_lint: Trt, judged: made.Report, here: Path) -> None:
    (here / "b.json").write_text("{}")
    run = trt_lint("m", "--output", "json=b.json", "--baseline", "b.json")
    assert (run.code, (here / "b.json").read_text()) == (2, "{}")
    assert "--baseline and --output json=b.json name the same file" in run.err


def test_exit_zero_in_sarif(trt_lint: Trt, judged: made.Report) -> None:
    judged.cases[-1].artifact.complete = True
    run = trt_lint("m", "--output", "sarif", "--exit-zero")
    assert run.code == json.loads(run.out)["runs"][0]["invocations"][0]["exitCode"] == 0


def test_strict_in_junit(trt_lint: Trt, judged: made.Report) -> None:
    judged.findings = [one for one in judged.findings if one.severity == "warning"]
    assert "<failure" not in trt_lint("m", "--output", "junit").out
    assert "<failure" in trt_lint("m", "--output", "junit", "--strict").out


def test_statistics(trt_lint: Trt, judged: made.Report, here: Path) -> None:
    counts = text.statistics(judged)
    run = trt_lint("m", "--statistics", "--output", "github")
    assert counts not in run.out and run.err == counts
    run = trt_lint("m", "--statistics", "--output", "github", "--output", "concise=out.txt")
    assert run.err == "" and (here / "out.txt").read_text(encoding="utf-8").endswith(counts)


def test_nothing_is_checked_for_what_cannot_be_written(trt_lint: Trt, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("was checked")

    monkeypatch.setattr("pytest_trt.lint.runner.check", never)
    assert trt_lint("m", "--output", "json=no/such", "--output", "text").code == 2


def test_a_full_disk(trt_lint: Trt, judged: made.Report, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other reports are written, and what has no place goes to stdout if that is free."""
    replace = os.replace

    def full(source: str, target: str) -> None:
        if target.endswith("full.txt"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr("os.replace", full)
    run = trt_lint("m", "--output", "concise=full.txt", "--output", "json=out.json")
    assert (run.code, run.out) == (2, concise.render(judged))
    assert run.err == "trt-lint: --output concise=full.txt: No space left on device; the report is on stdout instead\n"
    assert json.loads((here / "out.json").read_text())
    run = trt_lint("m", "--output", "concise=full.txt", "--output", "text")
    assert (run.code, run.out) == (2, text.render(judged))
    assert run.err == "trt-lint: --output concise=full.txt: No space left on device\n"
    assert "full.txt" not in "".join(os.listdir(here))


class TestConfigured:
    @pytest.fixture(autouse=True)
    def plain(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in os.environ if name.startswith("TRT_LINT_")]:
            monkeypatch.delenv(name)

    def test_file(self, trt_lint: Trt, judged: made.Report, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (here / "trt-lint.toml").write_text('output = ["json=out.json", "concise"]')
        (here / "sub").mkdir()
        monkeypatch.chdir(here / "sub")
        assert trt_lint("m").out == concise.render(judged)
        assert json.loads((here / "out.json").read_text()), "beside the configuration"
        assert trt_lint("m", "--output", "text").out == text.render(judged)
        assert trt_lint("m", "--output-format", "text").out == text.render(judged)

    def test_what_goes_before_what(
        self, trt_lint: Trt, judged: made.Report, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (here / "trt-lint.toml").write_text('output = ["json=out.json"]\noutput-format = "concise"')
        assert trt_lint("m").out == ""
        trt_lint("m", "--output-file", "out.txt")
        assert (here / "out.txt").read_text(encoding="utf-8") == concise.render(judged)
        monkeypatch.setenv("TRT_LINT_OUTPUT_FORMAT", "text")
        assert trt_lint("m").out == text.render(judged), "nearer than the file"
        monkeypatch.setenv("TRT_LINT_OUTPUT", "gitlab=gl.json, concise")
        assert trt_lint("m").out == concise.render(judged)
        assert json.loads((here / "gl.json").read_text())

    def test_wrong(self, trt_lint: Trt, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (here / "trt-lint.toml").write_text('strict = true\noutput = ["text", "jsn"]')
        run = trt_lint("m")
        assert (run.code, run.err) == (
            2,
            "trt-lint: trt-lint.toml:2: output: 'jsn' is no format; did you mean json?\n",
        )
        (here / "trt-lint.toml").write_text('output = ["json=no/such"]')
        run = trt_lint("m")
        assert (run.code, run.err) == (2, "trt-lint: output: json=no/such: the folder no does not exist\n")
        (here / "trt-lint.toml").unlink()
        monkeypatch.setenv("TRT_LINT_OUTPUT", "text,json")
        run = trt_lint("m")
        assert run.code == 2 and "both go to stdout" in run.err


RULE = """
from pytest_trt.lint.rule import rule

@rule("ACME001", "never-good", "error", "file", looks=True)
def never_good(case):
    '''It is never good.'''
    yield from ()

RULES = (never_good,)
"""


def test_a_rule_of_a_pack(
    trt_lint: Trt, judged: made.Report, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its help is in SARIF as ours is."""
    installed = tmp_path_factory.mktemp("installed")
    (installed / "pack_of_test_outputs.py").write_text(RULE)
    monkeypatch.syspath_prepend(str(installed))
    judged.findings[0].code, judged.findings[0].name = "ACME001", "never-good"
    run = trt_lint("m", "--output", "sarif", "--allow-rule-pack", "pack_of_test_outputs")
    found = json.loads(run.out)["runs"][0]
    rules = found["tool"]["driver"]["rules"]
    assert rules[found["results"][0]["ruleIndex"]]["shortDescription"] == {"text": "It is never good."}
    assert {rule["id"] for rule in rules} == {one.code for one in judged.findings}
