"""pytest --trt-lint: model artifacts are tests, which fail where trt-lint exits with another status than 0."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from suites import EXAMPLES, Suite

from pytest_trt.lint import check
from pytest_trt.lint.report.visible import visible


@pytest.fixture
def models(suite: Suite) -> Suite:
    """The examples, and a test besides."""
    shutil.copytree(EXAMPLES, suite.folder / "models", ignore=shutil.ignore_patterns("deploy"))
    (suite.folder / "tests").mkdir()
    (suite.folder / "tests" / "test_x.py").write_text("def test_one():\n    pass\n")
    return suite


def test_deployment_files_are_tests_too(suite: Suite) -> None:
    shutil.copytree(EXAMPLES / "deploy", suite.folder / "deploy")
    shutil.copytree(EXAMPLES / "conv_trt_built", suite.folder / "conv_trt_built")
    run = suite.run("--trt-lint", "-rA", code=1)
    for line in (
        "FAILED deploy/compose.yaml::trt-lint",
        "FAILED conv_trt_built/1::trt-lint",
        "FAILED deploy/repository/net/1/model.plan::trt-lint",
        "PASSED deploy/repository/net/config.pbtxt::trt-lint",
    ):
        assert line in run.out
    assert "TRT401" in run.out


def nodes(run_out: str) -> list[str]:
    return [line for line in run_out.splitlines() if line.endswith("::trt-lint")]


def test_examples(models: Suite) -> None:
    run = models.run("--trt-lint", "models", code=1)
    assert run.outcomes == {"failed": 4, "passed": 1}
    assert "FAILED models/conv_trt_unbuilt/1::trt-lint - Failed: TRT102" in run.out
    assert "  error TRT102 engine-op-fails-request\n" in run.out
    assert "    cure:   Serve it with tensorflow/serving:2.17.1-gpu or an older -gpu image" in run.out
    assert "suite/lint.py" not in run.out


def test_with_other_tests(models: Suite) -> None:
    assert models.run("--trt-lint", code=1).outcomes == {"failed": 4, "passed": 2}
    assert models.run("--trt-lint", "tests", code=0).outcomes == {"passed": 1}
    assert models.run(code=0).outcomes == {"passed": 1}


def test_as_the_command_judges(models: Suite) -> None:
    folder = models.folder / "models"
    report = check([str(folder)])
    broken = {Path(finding.at.path).relative_to(folder).parts[0] for finding in report.findings}
    out = models.run("--trt-lint", "models", "--tb=no", "-q", "-rf", code=1).out
    failed = {line.split()[1].split("/")[1] for line in out.splitlines() if line.startswith("FAILED")}
    assert failed == broken


def test_collected_in_order(models: Suite) -> None:
    out = models.run("--trt-lint", "--collect-only", "-q", "models", code=0).out
    assert nodes(out) == [
        "models/conv/1::trt-lint",
        "models/conv_trt_built/1::trt-lint",
        "models/conv_trt_unbuilt/1::trt-lint",
        "models/half_plus_two_gpu/00000123::trt-lint",
        "models/half_plus_two_trt/00000123::trt-lint",
    ]


@pytest.mark.parametrize(
    ("words", "outcomes"),
    [
        ("-k conv_trt", {"failed": 2, "deselected": 4}),
        ("-m trt_lint", {"failed": 4, "passed": 1, "deselected": 1}),
        ("-m not\\ trt_lint", {"passed": 1, "deselected": 5}),
        ("-x -k models", {"failed": 1, "passed": 1, "deselected": 1}),
        ("--deselect=models/conv_trt_built", {"failed": 3, "passed": 2, "deselected": 1}),
        ("--ignore=models/conv_trt_built", {"failed": 3, "passed": 2}),
        ("--ignore-glob=models/*_trt*", {"failed": 1, "passed": 2}),
        ("tests models/conv models/half_plus_two_trt", {"failed": 1, "passed": 2}),
        ("models/conv/1::trt-lint", {"passed": 1}),
        ("models/conv/1/saved_model.pb", {"passed": 1}),
        ("models/conv models", {"failed": 4, "passed": 1}),
        ("tests/test_x.py::test_one models/conv", {"passed": 2}),
        ("tests/test_x.py", {"passed": 1}),
    ],
)
def test_selection(models: Suite, words: str, outcomes: dict[str, int]) -> None:
    assert models.run("--trt-lint", "--tb=no", *shlex.split(words)).outcomes == outcomes


def test_last_failed(models: Suite) -> None:
    models.run("--trt-lint", "--tb=no", code=1)
    run = models.run("--trt-lint", "--tb=no", "--lf", code=1)
    assert run.outcomes.get("failed") == 4
    assert "passed" not in run.outcomes


@pytest.mark.parametrize("dist", ["load", "loadgroup", "each"])
def test_workers(models: Suite, xdist: None, dist: str) -> None:
    times = 2 if dist == "each" else 1
    run = models.run("--trt-lint", "-n2", f"--dist={dist}", "--tb=no", code=1)
    assert run.outcomes == {"failed": 4 * times, "passed": 2 * times}


def test_paths_of_the_ini_file(models: Suite) -> None:
    models.write(ini="testpaths = models/conv tests\ntrt_lint = true\naddopts = --strict-markers --strict-config")
    assert models.run(code=0).outcomes == {"passed": 2}
    assert models.run(env={"PYTEST_TRT_LINT": "0"}, code=0).outcomes == {"passed": 1}


def test_configuration(models: Suite) -> None:
    """The same file, allowances and targets as for the command."""
    (models.folder / "trt-lint.toml").write_text('target = ["tensorflow/serving:2.17.1-gpu"]\nstrict = true\n')
    run = models.run("--trt-lint", "models/conv_trt_unbuilt", "models/conv", code=1)
    assert run.outcomes == {"failed": 1, "passed": 1}
    assert "warning TRT105" in run.out


def test_warnings_are_warnings(models: Suite) -> None:
    (models.folder / "trt-lint.toml").write_text('target = ["tensorflow/serving:2.17.1-gpu"]\n')
    run = models.run("--trt-lint", "models/conv_trt_unbuilt", code=0)
    assert run.outcomes == {"passed": 1, "warning": 1}
    assert "TrtLintWarning: models/conv_trt_unbuilt/1/saved_model.pb: TRT105 engine-built-in-first-request: " in run.out
    assert models.run("--trt-lint", "models/conv_trt_unbuilt", "-W", "error", code=1).outcomes == {"failed": 1}


def test_allowances_and_what_nobody_needs(models: Suite) -> None:
    """An allowance that allows nothing is a test of the file that it stands in."""
    allow = '[[allow]]\nrule = "{}"\npath = "models/{}"\nreason = "known"\nuntil = 2999-01-01\n'
    path = models.folder / "trt-lint.toml"
    path.write_text(allow.format("TRT102", "conv_trt_unbuilt/*"))
    assert models.run("--trt-lint", "models/conv_trt_unbuilt", code=0).outcomes == {"passed": 1}
    path.write_text(allow.format("TRT102", "conv/*"))
    run = models.run("--trt-lint", "models/conv", code=0)
    command = subprocess.run(
        [str(Path(sys.executable).with_name("trt-lint")), "models/conv", "--output-format=concise"],
        cwd=models.folder,
        env=models.environment(),
        capture_output=True,
        text=True,
    )
    assert ("TRT906" in run.out) == ("TRT906" in command.stdout)


def test_bad_configuration(models: Suite) -> None:
    (models.folder / "trt-lint.toml").write_text("targt = []\n")
    run = models.run("--trt-lint", code=4)
    assert "ERROR: trt-lint: trt-lint.toml:1: " in run.err
    assert "Traceback" not in run.err


def test_bad_configuration_of_workers(models: Suite, xdist: None) -> None:
    (models.folder / "trt-lint.toml").write_text('ignore = ["no-such-rule"]\n')
    run = models.run("--trt-lint", "-n2", code=4)
    assert "ERROR: trt-lint: trt-lint.toml:1: " in run.err


def test_unread_fails(suite: Suite) -> None:
    """What the command ends with exit status 3 for."""
    (suite.folder / "cut").mkdir()
    data = (EXAMPLES / "conv" / "1" / "saved_model.pb").read_bytes()
    (suite.folder / "cut" / "saved_model.pb").write_bytes(data[: len(data) // 2])
    run = suite.run("--trt-lint", code=1)
    assert run.outcomes == {"failed": 1}
    assert "FAILED cut::trt-lint - Failed: TRT902" in run.out


def test_hostile_name(suite: Suite) -> None:
    name = "evil\x1b[2J\n::error::x"
    shutil.copytree(EXAMPLES / "conv_trt_unbuilt", suite.folder / name)
    run = suite.run("--trt-lint", code=1)
    assert run.outcomes == {"failed": 1}
    assert "\x1b" not in run.out
    assert "\n::error" not in run.out
    assert f"  at:     {visible(name)}" in run.out.replace("    at:", "  at:")


def test_model_in_the_root(suite: Suite) -> None:
    shutil.copytree(EXAMPLES / "conv_trt_unbuilt" / "1", suite.folder, dirs_exist_ok=True)
    suite.write(test_x="def test_one():\n    pass\n")
    assert suite.run("--trt-lint", code=1).outcomes == {"failed": 1, "passed": 1}


def test_file_that_is_no_artifact(suite: Suite) -> None:
    (suite.folder / "notes.md").write_text("nothing\n")
    assert suite.run("--trt-lint", "notes.md", code=5).outcomes == {}


def test_path_that_is_not_there(suite: Suite) -> None:
    assert "not found: nowhere" in suite.run("--trt-lint", "nowhere", code=4).err


def test_rule_packs_of_the_environment(models: Suite) -> None:
    pack = Path(__file__).parents[1] / "data" / "example_pack"
    env = {"PYTHONPATH": str(pack), "TRT_LINT_ALLOW_RULE_PACK": "acme_trt_rules"}
    out = models.run("--trt-lint", "models/conv", env=env).out
    assert "ACME001" in out
