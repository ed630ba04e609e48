"""trt-lint with configuration files, variables of the environment, allowances, baselines and rule packs."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import made
import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Run

    Trt = Callable[..., Run]

DATA = Path(__file__).parents[1] / "data" / "oracle"
GPU = "tensorflow/serving:2.17.1-gpu,gpu=sm_80"


@pytest.fixture(autouse=True)
def project(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with three models: served, loads and fails at requests, does not load."""
    for name in list(os.environ):
        if name.startswith("TRT_LINT_"):
            monkeypatch.delenv(name)
    for name, origin in {
        "plain": "c00_v1_clean",
        "ranker": "tftrt_2.14.1_fp16_nobuild",
        "detector": "c02_v1_main_onpath",
    }.items():
        shutil.copytree(DATA / origin, here / "models" / name / "1")
    return here


def codes(run: Run) -> list[str]:
    return [finding["code"] for finding in json.loads(run.out)["findings"]]


def verdicts(run: Run) -> list[object]:
    return [artifact["verdicts"] for artifact in json.loads(run.out)["artifacts"]]


class TestPrecedence:
    """Command line over environment over file, key by key."""

    def test_target(self, trt_lint: Trt, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def targets(*words: str) -> list[str]:
            return list(json.loads(trt_lint("models", "--output-format", "json", *words).out)["targets"])

        newest = targets()
        (project / "pyproject.toml").write_text('[tool.trt-lint]\ntarget = ["tensorflow/serving:2.11.0"]\n')
        assert targets() == ["tensorflow/serving:2.11.0"]
        monkeypatch.setenv("TRT_LINT_TARGET", f"{GPU},tensorflow/serving:2.12.1")
        assert targets() == [GPU, "tensorflow/serving:2.12.1"]
        assert targets("--target", "tensorflow/serving:2.13.0") == ["tensorflow/serving:2.13.0"]
        assert targets("--no-config") == [GPU, "tensorflow/serving:2.12.1"]
        monkeypatch.delenv("TRT_LINT_TARGET")
        assert targets("--no-config") == newest

    def test_output_format(self, trt_lint: Trt, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (project / "trt-lint.toml").write_text('output-format = "json"')
        assert trt_lint("models").out.startswith("{")
        monkeypatch.setenv("TRT_LINT_OUTPUT_FORMAT", "concise")
        assert trt_lint("models").out.startswith("models/detector/1/saved_model.pb: TRT101 [error]")
        assert trt_lint("models", "--output-format", "text").out.endswith("for 2 targets.\n")

    def test_strict(self, trt_lint: Trt, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        words = ("models/ranker", "--target", GPU)
        assert trt_lint(*words).code == 0
        (project / "trt-lint.toml").write_text("strict = true")
        assert trt_lint(*words).code == 1
        assert trt_lint(*words, "--no-strict").code == 0
        monkeypatch.setenv("TRT_LINT_STRICT", "0")
        assert trt_lint(*words).code == 0
        assert trt_lint(*words, "--strict").code == 1

    def test_rules(self, trt_lint: Trt, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        words = ("models", "--output-format", "json")
        plain = trt_lint(*words)
        assert codes(plain) == ["TRT101", "TRT102"]
        (project / "trt-lint.toml").write_text('ignore = ["engine-op-fails-request"]')
        assert codes(trt_lint(*words)) == ["TRT101"]
        assert verdicts(trt_lint(*words)) == verdicts(plain)
        monkeypatch.setenv("TRT_LINT_IGNORE", "TRT101")
        assert codes(trt_lint(*words)) == []
        assert codes(trt_lint(*words, "--extend-select", "TRT102")) == ["TRT102"]
        assert codes(trt_lint(*words, "--select", "TRT1")) == ["TRT101", "TRT102"]

    def test_exclude(self, trt_lint: Trt, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def paths(*words: str) -> list[str]:
            run = trt_lint("models", "--output-format", "json", *words)
            return [artifact["path"].split("/")[1] for artifact in json.loads(run.out)["artifacts"]]

        (project / "trt-lint.toml").write_text('exclude = ["models/ranker"]\nextend-exclude = ["plain"]')
        assert paths() == ["detector"]
        assert paths("--exclude", "det*") == ["ranker"]
        assert paths("--extend-exclude", "det*") == []
        named = trt_lint("models/ranker", "models/ranker/1/saved_model.pb", "--output-format", "json")
        assert codes(named) == ["TRT102"], "somebody named it"
        named = trt_lint("models/ranker", "models/plain/1/saved_model.pb", "--force-exclude")
        assert (named.code, named.out) == (0, "No model artifacts found.\n")
        monkeypatch.setenv("TRT_LINT_EXCLUDE", "nothing")
        assert paths() == ["detector", "ranker"]

    def test_from_a_folder_below(self, trt_lint: Trt, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (project / "trt-lint.toml").write_text(
            'exclude = ["models/ranker"]\n[per-path-ignores]\n"models/det*" = ["TRT"]'
        )
        monkeypatch.chdir(project / "models")
        assert codes(trt_lint(".", "--output-format", "json")) == []

    def test_config_file(self, trt_lint: Trt, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (project / "trt-lint.toml").write_text('output-format = "json"')
        (project / "ci").mkdir()
        (project / "ci" / "trt.toml").write_text('extend = "../trt-lint.toml"\nignore = ["TRT1"]')
        assert codes(trt_lint("models")) == ["TRT101", "TRT102"]
        assert codes(trt_lint("models", "--config", "ci/trt.toml")) == []
        monkeypatch.setenv("TRT_LINT_CONFIG", "ci/trt.toml")
        assert codes(trt_lint("models")) == []
        assert codes(trt_lint("models", "--config", "trt-lint.toml")) == ["TRT101", "TRT102"]
        assert trt_lint("models", "--no-config").out.startswith("models/")
        run = trt_lint("models", "--no-config", "--config", "trt-lint.toml")
        assert (run.code, run.err) == (2, "trt-lint: --config and --no-config exclude each other\n")

    def test_not_below_a_scanned_path(self, trt_lint: Trt, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (project / "models" / "ranker" / "trt-lint.toml").write_text('ignore = ["TRT1"]')
        words = ("--output-format", "json")
        assert codes(trt_lint("models", *words)) == ["TRT101", "TRT102"]
        monkeypatch.chdir(project / "models" / "ranker")
        assert codes(trt_lint("..", *words)) == ["TRT101", "TRT102"]


def test_severity(trt_lint: Trt, project: Path) -> None:
    (project / "trt-lint.toml").write_text('output-format = "json"\n[severity]\nTRT1 = "warning"\nTRT101 = "note"')
    run = trt_lint("models")
    assert [(one["code"], one["severity"]) for one in json.loads(run.out)["findings"]] == [
        ("TRT101", "note"),
        ("TRT102", "warning"),
    ]
    assert run.code == 0
    assert trt_lint("models", "--strict").code == 1


def test_per_path_ignores(trt_lint: Trt, project: Path) -> None:
    plain = trt_lint("models", "--output-format", "json")
    (project / "trt-lint.toml").write_text('[per-path-ignores]\n"models/det*" = ["TRT3", "engine-op-fails-load"]')
    run = trt_lint("models", "--output-format", "json")
    assert codes(run) == ["TRT102"]
    assert verdicts(run) == verdicts(plain)


class TestAllowances:
    ALLOW = (
        '[[tool.trt-lint.allow]]\nrule = "engine-op-fails-request"\npath = "models/ranker"\nreason = "moves in May"\n'
    )

    def test_allowed(self, trt_lint: Trt, project: Path) -> None:
        plain = trt_lint("models", "--output-format", "json")
        (project / "pyproject.toml").write_text(self.ALLOW)
        run = trt_lint("models", "--output-format", "json")
        assert codes(run) == ["TRT101"]
        assert verdicts(run) == verdicts(plain)
        assert trt_lint("models/ranker").code == 0

    def test_expired(self, trt_lint: Trt, project: Path) -> None:
        (project / "pyproject.toml").write_text(f'[project]\nname = "x"\n\n{self.ALLOW}until = 2026-01-31\n')
        run = trt_lint("models/ranker", "--output-format", "json")
        assert codes(run) == ["TRT102", "TRT905"]
        expired = json.loads(run.out)["findings"][1]
        assert (expired["path"], expired["severity"]) == ("pyproject.toml", "warning")
        assert expired["location"]["trail"][0] == {"line": "4"}
        assert expired["location"]["offset"] == (project / "pyproject.toml").read_bytes().index(b"[[")
        assert "(line 4) expired after 2026-01-31" in expired["message"]
        assert "moves in May" in expired["message"]

    def test_unused(self, trt_lint: Trt, project: Path) -> None:
        (project / "pyproject.toml").write_text(self.ALLOW)
        shutil.rmtree(project / "models" / "ranker")
        assert codes(trt_lint("models", "--output-format", "json")) == ["TRT101", "TRT906"]
        assert codes(trt_lint("models/plain", "--output-format", "json")) == []
        assert codes(trt_lint("models", "--output-format", "json", "--select", "TRT101")) == ["TRT101"]
        assert codes(trt_lint("models", "--output-format", "json", "--ignore", "TRT906")) == ["TRT101"]
        assert trt_lint("models/plain", "models/ranker", "--strict").code == 3, "a path that is not there"

    def test_files_as_pre_commit_passes_them(self, trt_lint: Trt, project: Path) -> None:
        (project / "pyproject.toml").write_text(self.ALLOW)
        run = trt_lint("models/plain/1/saved_model.pb", "models/ranker/1/variables/variables.index", "--strict")
        assert run.code == 0

    def test_what_was_not_read_stays_exit_3(self, trt_lint: Trt, project: Path) -> None:
        (project / "models" / "plain" / "1" / "saved_model.pb").write_bytes(b"\xff" * 9)
        (project / "trt-lint.toml").write_text('[[allow]]\nrule = "TRT902"\npath = "models/"\nreason = "known"\n')
        run = trt_lint("models/plain", "--output-format", "json")
        assert (run.code, codes(run)) == (3, [])
        assert json.loads(run.out)["summary"]["unread"] == 1


class TestBaseline:
    def test_written_and_used(self, trt_lint: Trt, project: Path) -> None:
        run = trt_lint("models", "--write-baseline", "known.json", "--output-format", "json")
        assert run.code == 0
        assert run.err == "trt-lint: known.json: 2 findings written\n"
        assert codes(run) == []
        assert json.loads(run.out)["artifacts"][0]["verdicts"][0]["load"] == "fail"
        first = (project / "known.json").read_bytes()
        trt_lint("models", "--write-baseline", "known.json")
        assert (project / "known.json").read_bytes() == first
        assert trt_lint("models").code == 1
        run = trt_lint("models", "--baseline", "known.json", "--strict", "--output-format", "json")
        assert (run.code, codes(run)) == (0, [])

    def test_new_and_gone(self, trt_lint: Trt, project: Path) -> None:
        trt_lint("models", "--write-baseline", "known.json")
        (project / "trt-lint.toml").write_text('baseline = "known.json"\noutput-format = "json"')
        os.rename(project / "models" / "ranker" / "1", project / "models" / "ranker" / "2")
        assert codes(trt_lint("models")) == [], "another version of the same model"
        shutil.copytree(project / "models" / "detector", project / "models" / "another")
        shutil.rmtree(project / "models" / "ranker")
        run = trt_lint("models")
        assert codes(run) == ["TRT907", "TRT101"]
        gone = json.loads(run.out)["findings"][0]
        assert (gone["path"], gone["severity"], gone["count"]) == ("known.json", "note", 1)
        assert gone["location"]["trail"] == [{"finding": "TRT102 in models/ranker/1/saved_model.pb"}]
        assert codes(trt_lint("models/detector")) == []
        run = trt_lint("models", "--write-baseline", "known.json")
        assert run.err == "trt-lint: known.json: 2 findings written\n", "the baseline of the file is not read then"
        assert codes(trt_lint("models")) == []

    def test_command_line_over_environment_over_file(
        self, trt_lint: Trt, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        trt_lint("models", "--write-baseline", "known.json")
        (project / "empty.json").write_text('{"schema_version": 1, "findings": []}')
        (project / "trt-lint.toml").write_text('baseline = "known.json"\noutput-format = "json"')
        assert codes(trt_lint("models")) == []
        monkeypatch.setenv("TRT_LINT_BASELINE", "empty.json")
        assert codes(trt_lint("models")) == ["TRT101", "TRT102"]
        assert codes(trt_lint("models", "--baseline", "known.json")) == []

    @pytest.mark.parametrize(
        ("words", "line"),
        [
            (["--baseline", "gone.json"], "baseline gone.json: there is no such file; write it with"),
            (["--baseline", "models/plain/1/saved_model.pb"], "saved_model.pb: is not JSON"),
            (
                ["--write-baseline", "no/such/known.json"],
                "--write-baseline no/such/known.json: the folder no/such does",
            ),
            (["--write-baseline", "models"], "--write-baseline models: is a folder"),
        ],
    )
    def test_errors(self, trt_lint: Trt, words: list[str], line: str) -> None:
        run = trt_lint("models", *words)
        assert (run.code, run.out) == (2, "")
        assert line in run.err
        assert run.err.count("\n") == 1

    def test_full_disk(self, trt_lint: Trt, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.replace", full)
        run = trt_lint("models", "--write-baseline", "known.json")
        assert (run.code, run.out) == (2, "")
        assert run.err == "trt-lint: --write-baseline known.json: No space left on device\n"
        assert os.listdir(project) == ["models"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[tool.trt-lint]\n\nselct = []", "pyproject.toml:3: tool.trt-lint.selct is not known; did you mean"),
        ("[tool.trt-lint]\nstrict = 'yes'", "pyproject.toml:2: tool.trt-lint.strict: must be true or false"),
        ("[tool.trt-lint]\nselect = ['TRT1', 'TRT99']", "pyproject.toml:2: tool.trt-lint.select: TRT99: no rule"),
        ("[tool.trt-lint]\n[[tool.trt-lint.allow]]\nuntil = 2026-02-30", "pyproject.toml:3: is not TOML: "),
        ("[tool.trt-lint]\nx = \x1b", "pyproject.toml:2: is not TOML: "),
        ('[tool.trt-lint]\n"a\\u001b[31m" = 1', "tool.trt-lint.a\\x1b[31m is not known"),
    ],
)
def test_errors(trt_lint: Trt, project: Path, text: str, line: str) -> None:
    (project / "pyproject.toml").write_text(text)
    for words in (["models"], ["targets"]):
        run = trt_lint(*words)
        if words == ["models"] or "no rule" not in line:
            assert (run.code, run.out) == (2, "")
            assert run.err.startswith("trt-lint: ")
            assert run.err.count("\n") == 1
            assert line in run.err


def test_rule_pack_that_is_none(trt_lint: Trt, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trt_lint("models", "--allow-rule-pack", "no_such_pack")
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("trt-lint: rule pack no_such_pack: there is no module no_such_pack;")
    monkeypatch.setenv("TRT_LINT_ALLOW_RULE_PACK", "os,no_such_pack")
    assert trt_lint("models").err.startswith("trt-lint: rule pack os: has no RULES;")


def test_runtimes_are_listed(trt_lint: Trt, project: Path) -> None:
    (project / "trt-lint.toml").write_text('[targets.jetson]\nruntime = "tensorrt:8.6.1"\ngpu = "sm_87"\n')
    assert trt_lint("targets").out.splitlines()[1].split()[:5] == ["jetson", "-", "-", "8.6.1", "-"]
    entry = json.loads(trt_lint("targets", "--output-format", "json").out)[0]
    assert (entry["tensorflow"], entry["tensorrt"], entry["compute_capability"]) == (None, "8.6.1", "8.7")


def test_nothing_is_reviewed_without_need(
    trt_lint: Trt, project: Path, judged: made.Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "trt-lint.toml").write_text('output-format = "concise"\nstrict = true')
    judged.findings = [one for one in judged.findings if one.severity == "warning"]
    judged.cases[-1].artifact.complete = True
    assert trt_lint("models").code == 1
