"""docs/ci.md, action.yml and GitLab's template: what they run is run here, as the services would.

GitHub's steps get their inputs through the environment, as the runner gives them; a step that uses this action runs
the action's own steps. What other actions do is left out: which ones, and that they are pinned, is checked.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml", reason="PyYAML reads the snippets; the tox environment `docs` has it")

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
TEMPLATE = ROOT / "templates" / "trt-lint.gitlab-ci.yml"
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
# A release of ours, and GitHub's own of code scanning, whose SARIF side changes with the site's.
BY_TAG = ("OWNER/pytest-trt@v0.1.0", "github/codeql-action/upload-sarif@v3")
OURS = "OWNER/pytest-trt@"
INDEX = pytest.mark.skipif(
    os.environ.get("TOX_ENV_NAME") != "docs", reason="installs from a package index: tox -e docs does it"
)


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def named(name: str) -> list[Any]:
    """The YAML blocks of the page whose first line is a comment with this name."""
    return [yaml.safe_load(text) for text in blocks("yaml") if re.match(rf"# {name}\n", text)]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a model that fails, one that is fine, and the scripts that deploy them; a branch is out."""
    for name in list(os.environ):
        if re.match(r"GITHUB_|CI$|CI_|TRT_LINT_|GIT_|INPUT_|XDG_|PIP_REQUIRE", name):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = tmp_path / "project"
    (folder / "deploy").mkdir(parents=True)
    for name, version in (("conv", "1"), ("half_plus_two_trt", "00000123")):
        shutil.copytree(ROOT / "examples" / name / version, folder / "models" / name / "1")
        mounted = f"-v $PWD/models/{name}:/models/{name} -e MODEL_NAME={name}"
        (folder / "deploy" / f"{name}.sh").write_text(f"docker run {mounted} tensorflow/serving:2.19.0\n")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(folder, "checkout", "-q", "-b", "work")
    monkeypatch.chdir(folder)
    return folder


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@t")
    run = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def shell(script: str, env: dict[str, str] | None = None, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        env={**os.environ, **(env or {})}, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
        **options,
    )  # fmt: skip


class Runner:
    """GitHub's runner, as far as these steps need one."""

    def __init__(self, folder: Path, event: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.temp = folder.parent / "runner"
        self.temp.mkdir(exist_ok=True)
        self.summary = self.temp / "summary.md"
        self.summary.write_text("before\n")
        self.event = event or {}
        self.log = ""

    def installed(self) -> None:
        """This environment in place of the one that the action would make."""
        (self.temp / "trt-lint" / "bin").mkdir(parents=True)
        for name in ("trt-lint", "python"):
            (self.temp / "trt-lint" / "bin" / name).symlink_to(Path(sys.executable).with_name(name))

    def run(self, step: dict[str, Any], values: dict[str, str]) -> tuple[int, dict[str, str]]:
        """(exit status, outputs) of a step with `run`."""
        output = self.temp / "output"
        output.write_text("")
        env = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            "RUNNER_TEMP": str(self.temp),
            **self.event,
            **{name: filled(text, values) for name, text in step.get("env", {}).items()},
        }
        where = self.folder / filled(step.get("working-directory", "."), values)
        run = shell(step["run"], env, cwd=where)
        self.log += run.stdout
        return run.returncode, dict(line.split("=", 1) for line in output.read_text().splitlines())

    def action(self, install: bool = False, **given: str) -> tuple[int, dict[str, str]]:
        """Our action, with these inputs."""
        if not install:
            self.installed()
        values = {f"inputs.{name}": str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
        for name, value in given.items():
            assert f"inputs.{name.replace('_', '-')}" in values
            values[f"inputs.{name.replace('_', '-')}"] = value
        status, outputs = 0, {}
        for step in ACTION["runs"]["steps"]:
            if "run" in step and status == 0 and (install or "Install" not in step["name"]):
                status, outputs = self.run(step, values)
        return status, outputs

    def workflow(self, workflow: Any) -> int:
        """The one job of a workflow; returns the exit status of its first step that fails."""
        (job,) = workflow["jobs"].values()
        failed = 0
        known: dict[str, str] = {}
        for step in job["steps"]:
            if failed and "always()" not in step.get("if", ""):
                continue
            if step.get("uses", "").startswith(OURS):
                given = {name.replace("-", "_"): as_text(value) for name, value in step.get("with", {}).items()}
                status, outputs = self.action(**given)
                known |= {f"steps.{step.get('id')}.outputs.{name}": value for name, value in outputs.items()}
            elif "run" in step:
                status, _ = self.run(step, known)
            else:
                assert step["uses"] in BY_TAG or PINNED.fullmatch(step["uses"])
                for value in step.get("with", {}).values():
                    assert "${{" not in filled(as_text(value), known), "an output that nobody has"
                continue
            failed = failed or status
        return failed


def as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def filled(text: object, values: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", lambda match: values.get(match[1], match[0]), as_text(text))


# The action.


def test_expressions_stay_out_of_scripts() -> None:
    """An input is data: it reaches a script as a variable, so that nothing in it is run."""
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        if "uses" in step:
            assert PINNED.fullmatch(step["uses"])
    for workflow in [*named(r"\.github/.*")]:
        for job in workflow["jobs"].values():
            assert all("${{" not in step.get("run", "") for step in job["steps"])


def test_inputs_are_documented() -> None:
    table = PAGE.partition("| input | |")[2].partition("\n\n")[0]
    assert set(ACTION["inputs"]) == {
        name
        for row in table.splitlines()
        for name in re.findall(r"`([a-z-]+)`", row.split("|")[1] if "|" in row else "")
    }
    assert all(f"`{name}`" in PAGE for name in ACTION["outputs"])
    assert all(one["description"] for one in (*ACTION["inputs"].values(), *ACTION["outputs"].values()))


def test_action(project: Path) -> None:
    runner = Runner(project)
    status, outputs = runner.action(sarif_file="out.sarif")
    assert status == 1
    assert outputs == {"exit-code": "1", "sarif": str(project / "out.sarif")}
    assert json.loads((project / "out.sarif").read_text())["version"] == "2.1.0"
    log = runner.log
    token = re.search(r"^::stop-commands::([0-9a-f]{32})$", log, re.MULTILINE)
    assert token
    inside, _, behind = log.partition("::stop-commands::")[2].partition(f"\n::{token[1]}::\n")
    assert "TRT10" in inside
    assert "\n::" not in inside.partition("\n")[2]
    assert re.search(r"^::error .*file=", behind, re.MULTILINE)
    assert runner.summary.read_text().startswith("before\n")
    assert "TRT10" in runner.summary.read_text()


def test_action_with_everything_off(project: Path) -> None:
    runner = Runner(project)
    status, outputs = runner.action(annotations="false", summary="false", fail="false")
    assert (status, outputs) == (0, {"exit-code": "1"})
    assert "\n::error" not in runner.log
    assert runner.summary.read_text() == "before\n"


def test_action_of_one_model(project: Path) -> None:
    status, outputs = Runner(project).action(paths="  models/conv\r\n\n", args="--strict\n--no-config\n")
    assert (status, outputs) == (0, {"exit-code": "0"})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"args": "--nope"}, "unknown option --nope"),
        ({"diff_base": "nope"}, "nope is not a revision"),
        ({"targets": "tensorflow/serving:9"}, "tensorflow/serving:9"),
    ],
)
def test_action_used_wrongly(project: Path, given: dict[str, str], why: str) -> None:
    """Wrong usage fails the step though errors would not."""
    runner = Runner(project)
    status, outputs = runner.action(fail="false", **given)
    assert (status, outputs) == (2, {"exit-code": "2"})
    assert why in runner.log
    assert "::error title=trt-lint::wrong usage or configuration" in runner.log


HOSTILE = [
    "$(touch ran)",
    "`touch ran`",
    "; touch ran",
    '"; touch ran; "',
    "--paths=x' && touch ran '",
    "a\n$(touch ran)",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "name", ["paths", "targets", "diff_base", "args", "sarif_file", "annotations", "summary", "fail"]
)
def test_inputs_are_not_run(project: Path, name: str, text: str) -> None:
    Runner(project).action(**{name: text})
    assert not list(project.parent.rglob("ran"))


def trap(project: Path) -> None:
    """Modules at a repository's root with the names of Python's own: whoever imports one is found out."""
    for name in ("secrets", "venv", "pip", "hmac", "random", "logging", "subprocess"):
        (project / f"{name}.py").write_text(f"open({str(project / 'ran')!r}, 'w').close()\n")


def test_modules_of_the_repository_are_not_imported(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trap(project)
    runner = Runner(project)
    assert runner.action(sarif_file="out.sarif")[0] == 1
    assert re.search(r"^::stop-commands::[0-9a-f]{32}$", runner.log, re.MULTILINE)
    shutil.rmtree(runner.temp)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert Runner(project).action(install=True, version="0.0.0")[0] != 0
    assert not (project / "ran").exists()


def test_windows_has_its_programs_elsewhere(project: Path) -> None:
    runner = Runner(project)
    runner.installed()
    (runner.temp / "trt-lint" / "bin").rename(runner.temp / "trt-lint" / "Scripts")
    step = next(step for step in ACTION["runs"]["steps"] if step.get("id") == "check")
    values = {f"inputs.{name}": str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
    assert runner.run(step, values) == (1, {"exit-code": "1"})


@pytest.mark.parametrize("name", ["version", "extras"])
@pytest.mark.parametrize("text", [*HOSTILE, "1.0 @ https://evil.example/x", "--index-url=https://evil.example", "../x"])
def test_what_is_installed_is_a_version(project: Path, name: str, text: str) -> None:
    runner = Runner(project)
    status, _ = runner.action(install=True, **{name: text})
    assert status == 2
    assert f"::error title=trt-lint::{name}: not " in runner.log
    assert not list(project.parent.rglob("ran"))
    assert not (runner.temp / "trt-lint").exists()


def test_names_of_files_are_no_commands(project: Path) -> None:
    """A file may be called as a command of the runner is."""
    evil = project / "models" / "::set-output name=x::y"
    shutil.copytree(ROOT / "examples" / "half_plus_two_trt" / "00000123", evil / "1")
    runner = Runner(project)
    assert runner.action()[0] == 1
    token = re.findall(r"^::stop-commands::([0-9a-f]{32})$", runner.log, re.MULTILINE)
    assert len(token) == 1
    behind = runner.log.partition(f"\n::{token[0]}::\n")[2]
    assert all(re.match(r"::(error|warning|notice) |$", line) for line in behind.splitlines())
    assert "\n::set-output" not in behind


def test_diff_base_of_a_pull_request(project: Path) -> None:
    """`auto` is the branch that a pull request goes to; on a push there is none, and everything is judged."""
    with open(project / "deploy" / "conv.sh", "a") as file:
        file.write("echo\n")
    pull = Runner(project, {"GITHUB_BASE_REF": "main"})
    assert pull.action(diff_base="auto")[0] == 0
    assert "1 of 2 artifacts changed since" in pull.log
    shutil.rmtree(pull.temp)
    assert Runner(project).action(diff_base="auto")[0] == 1


def test_working_directory(project: Path) -> None:
    runner = Runner(project)
    status, outputs = runner.action(working_directory="models", paths="conv", sarif_file="x.sarif")
    assert status == 0
    assert outputs["sarif"] == str(project / "models" / "x.sarif")


@INDEX
def test_action_installs_itself(project: Path) -> None:
    runner = Runner(project)
    status, outputs = runner.action(install=True, diff_base="auto")
    assert (status, outputs) == (1, {"exit-code": "1"}), runner.log
    assert re.search(r"^trt-lint \d", runner.log, re.MULTILINE)


def audited() -> list[tuple[str, str]]:
    found = [("action.yml", (ROOT / "action.yml").read_text(encoding="utf-8"))]
    return found + [
        (f".github/workflows/{count}.yml", text)
        for count, text in enumerate(text for text in blocks("yaml") if text.startswith("# .github/"))
    ]


def test_a_linter_of_workflows_is_content(tmp_path: Path) -> None:
    program = shutil.which("zizmor", path=os.path.dirname(sys.executable))
    if program is None:
        pytest.skip("zizmor is not installed; the tox environment `docs` has it")
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    for name, text in audited():
        # Their tags are for people to read; pinning them is what the page advises.
        for tag in BY_TAG:
            text = text.replace(tag, f"{tag.partition('@')[0]}@{'0' * 40}")
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [program, "--offline", "--no-config", "--no-progress", "--persona", "regular", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "No findings to report" in run.stdout + run.stderr


# The page.


def test_workflows(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workflows = {workflow["name"]: workflow for workflow in named(r"\.github/workflows/.*")}
    assert set(workflows) == {"trt-lint", "trt-lint scan", "plain"}
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
    assert Runner(project, {"GITHUB_BASE_REF": "main"}).workflow(workflows["trt-lint"]) == 0
    shutil.rmtree(project.parent / "runner")
    assert Runner(project).workflow(workflows["trt-lint"]) == 1
    shutil.rmtree(project.parent / "runner")
    assert Runner(project).workflow(workflows["trt-lint scan"]) == 0
    (project / "trt-lint.sarif").unlink()
    runner = Runner(project)
    plain = workflows["plain"]
    (job,) = plain["jobs"].values()
    job["steps"] = [step for step in job["steps"] if "pip install" not in step.get("run", "")]
    assert len(job["steps"]) == 3
    assert runner.workflow(plain) == 1
    assert "TRT10" in runner.summary.read_text()


def gitlab(own: dict[str, Any], project: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """The template's job, changed as a project's file changes it; its environment is this one."""
    job = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["trt-lint"]
    mine = own.get("trt-lint", {})
    assert not set(mine) - {"tags", "allow_failure", "variables"}
    values = {**own.get("variables", {}), **job["variables"], **mine.get("variables", {}), **variables}
    place = Path(os.environ["TMPDIR"]) / "trt-lint"
    if not place.exists():
        place.symlink_to(sys.prefix)
    return shell("\n".join(job["script"]), {name: as_text(value) for name, value in values.items()}, cwd=project)


def test_gitlab_template(project: Path) -> None:
    run = gitlab({}, project)
    assert run.returncode == 1, run.stdout
    assert "TRT10" in run.stdout
    issues = json.loads((project / "gl-code-quality-report.json").read_text())
    assert {issue["location"]["path"].partition("/")[0] for issue in issues} >= {"models"}
    assert xml.parse(project / "trt-lint.xml").getroot() is not None
    job = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["trt-lint"]
    reports = job["artifacts"]["reports"]
    assert reports == {"codequality": "gl-code-quality-report.json", "junit": "trt-lint.xml"}


def test_gitlab_merge_request(project: Path) -> None:
    base = git(project, "rev-parse", "main")
    assert gitlab({}, project, CI_MERGE_REQUEST_DIFF_BASE_SHA=base).returncode == 0
    assert gitlab({}, project, CI_MERGE_REQUEST_DIFF_BASE_SHA=base, TRT_LINT_DIFF_BASE="none").returncode == 1
    assert gitlab({}, project, TRT_LINT_DIFF_BASE="nope").returncode == 2


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("name", ["TRT_LINT_PATHS", "TRT_LINT_ARGS", "TRT_LINT_DIFF_BASE", "TRT_LINT_TARGET"])
def test_gitlab_variables_are_not_run(project: Path, name: str, text: str) -> None:
    gitlab({}, project, **{name: text})
    assert not list(project.parent.rglob("ran"))


def test_gitlab_imports_no_modules_of_the_repository(project: Path) -> None:
    trap(project)
    job = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["trt-lint"]
    env = {**job["variables"], "TRT_LINT_PACKAGE": "pytest-trt", "PIP_NO_INDEX": "1"}
    assert shell("\n".join(job["before_script"]), env, cwd=project).returncode != 0
    assert not (project / "ran").exists()


def test_gitlab_of_the_page(project: Path) -> None:
    first, second = named(r"\.gitlab-ci\.yml")
    for one in (first, second):
        (include,) = one["include"]
        assert include["remote"].endswith(f"/{TEMPLATE.relative_to(ROOT).as_posix()}")
    assert gitlab(first, project).returncode == 1
    run = gitlab(second, project)
    assert run.returncode == 1
    assert "2.19.0-gpu,gpu=sm_80" in run.stdout
    text = TEMPLATE.read_text(encoding="utf-8")
    assert set(re.findall(r"TRT_LINT_[A-Z_]+", PAGE)) <= set(re.findall(r"TRT_LINT_[A-Z_]+", text))


@INDEX
def test_gitlab_installs(project: Path) -> None:
    job = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["trt-lint"]
    env = {**job["variables"], "TRT_LINT_PACKAGE": str(ROOT)}
    run = shell("\n".join([*job["before_script"], *job["script"]]), env, cwd=project)
    assert run.returncode == 1, run.stdout
    assert "TRT10" in run.stdout


def test_jenkins(project: Path) -> None:
    (text,) = blocks("groovy")
    (script,) = re.findall(r"sh '''\n(.*?)'''", text, re.DOTALL)
    (report,) = re.findall(r"junit '([^']+)'", text)
    (project / ".venv").symlink_to(sys.prefix)
    script = re.sub(r"^.*(?:-m venv|pip install).*\n", "", script, flags=re.MULTILINE)
    run = subprocess.run(["sh", "-xe", "-c", script], cwd=project, capture_output=True, text=True, timeout=120)
    assert run.returncode == 1
    assert "TRT10" in run.stdout
    cases = list(xml.parse(project / report).getroot().iter("testcase"))
    assert any(case.find("failure") is not None for case in cases)
    assert text.count("{") == text.count("}")


def test_pre_commit() -> None:
    (config,) = named(r"\.pre-commit-config\.yaml")
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (repo,) = config["repos"]
    assert [hook["id"] for hook in repo["hooks"]] == [hook["id"] for hook in hooks]


def test_every_snippet_is_run() -> None:
    """No block that nobody looks at: those of kind console and toml are run by test_examples.py."""
    kinds = set(re.findall(r"^```(\w*)\n", PAGE, re.MULTILINE))
    assert kinds - {""} <= {"yaml", "groovy", "sh", "console", "toml"}
    firsts = {text.partition("\n")[0] for text in blocks("yaml")}
    assert all(re.match(r"# \.(github/workflows/\S+|gitlab-ci\.yml|pre-commit-config\.yaml)$", one) for one in firsts)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A server that speaks S3, with a model in the bucket `models`."""
    pytest.importorskip("s3fs", reason="reads s3://; the tox environment `docs` has it")
    moto = pytest.importorskip("moto.server", reason="speaks S3; the tox environment `docs` has it")
    import boto3

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    for name, value in (
        ("AWS_ENDPOINT_URL", address), ("AWS_ACCESS_KEY_ID", "key"), ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", str(tmp_path / "none")), ("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none")),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    models = boto3.resource("s3").Bucket("models")
    models.create()
    model = ROOT / "examples" / "conv_trt_unbuilt" / "1"
    for path in model.rglob("*"):
        if path.is_file():
            models.upload_file(str(path), f"resnet/1/{path.relative_to(model)}")
    yield address
    server.stop()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_object_store(bucket: str, project: Path) -> None:
    script = next(text for text in blocks("sh") if "s3://" in text)
    lines = [line for line in script.splitlines() if not line.startswith("pip install")]
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    run = shell("\n".join(lines), {"PATH": path}, cwd=project)
    assert run.returncode == 1, run.stdout
    assert "s3://models/resnet/1: SavedModel" in run.stdout
    assert "TRT102" in run.stdout


def test_web(project: Path) -> None:
    from servers import Server

    script = next(text for text in blocks("sh") if "$SIGNED_URL" in text)
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    (project / "resnet").symlink_to("models/conv")
    shutil.copy(ROOT / "tests" / "data" / "plans" / "fp32.plan", project)
    with Server(project) as server:
        script = script.replace("https://models.example.com", server.url)
        run = shell(script, {"PATH": path, "SIGNED_URL": f"{server.url}/fp32.plan?X-Amz-Signature=secret"}, cwd=project)
    assert run.returncode == 0, run.stdout
    assert "secret" not in run.stdout
    assert f"{server.url}/resnet/1: served by" in run.stdout


def test_gates(project: Path) -> None:
    """They hold back what fails, and let through what does not."""
    first, second = (text for text in blocks("sh") if "--strict" in text)
    tools = project.parent / "tools"
    tools.mkdir()
    (tools / "kubectl").write_text('#!/bin/sh\necho deployed "$@"\n')
    (tools / "kubectl").chmod(0o755)
    path = os.pathsep.join([str(tools), os.path.dirname(sys.executable), os.environ["PATH"]])
    held = shell(first, {"PATH": path}, cwd=project)
    assert held.returncode == 1
    assert "deployed" not in held.stdout
    shutil.rmtree(project / "models" / "half_plus_two_trt")
    (project / "deploy" / "half_plus_two_trt.sh").unlink()
    assert "deployed apply -f deploy/" in shell(first, {"PATH": path}, cwd=project).stdout

    git(project, "checkout", "-q", "--force", "main")
    (project / "trt-lint.toml").write_text('target = ["tensorflow/serving:2.17.1-gpu"]\n')
    git(project, "add", "-A")
    git(project, "commit", "-q", "-m", "policy")
    git(project, "update-ref", "refs/remotes/origin/main", "HEAD")
    (project / "trt-lint.toml").write_text('ignore = ["TRT"]\n')
    second = second.replace("/tmp/", f"{project.parent}/")
    run = shell(second, {"PATH": path}, cwd=project)
    assert run.returncode == 1, run.stdout
    assert "TRT" in run.stdout
