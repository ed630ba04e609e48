""".pre-commit-hooks.yaml, tried by pre-commit itself: it installs the hook from this checkout and runs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
DATA = ROOT / "tests" / "data" / "oracle"
ENVIRONMENT = "docs"

by_pre_commit = pytest.mark.skipif(
    os.environ.get("TOX_ENV_NAME") != ENVIRONMENT,
    reason=f"pre-commit builds and installs the hook, which takes a package index: tox -e {ENVIRONMENT} does it",
)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("m/1/saved_model.pb", True),
        ("m/1/saved_model.pbtxt", True),
        ("m/1/saved_model.cpb", True),
        ("m/1/variables/variables.index", True),
        ("variables/variables.data-00000-of-00001", True),
        ("m/1/assets/vocabulary.txt", True),
        ("m/1/assets.extra/tf_serving_warmup_requests", True),
        ("model.plan", True),
        ("m/model.engine", True),
        ("m/model.trt", True),
        ("deploy/models.config", True),
        ("deploy/net/config.pbtxt", True),
        ("compose.yaml", True),
        ("chart/values.yml", True),
        ("serve.sh", True),
        ("Dockerfile", True),
        ("serving/Dockerfile.gpu", True),
        ("gpu.Dockerfile", True),
        ("Makefile", True),
        ("rules.mk", True),
        ("model.tar.gz", True),
        ("model.zip", True),
        ("docs/assets.md", False),
        ("docs/Dockerfiles.md", False),
        ("docs/Dockerfiles/x.md", False),
        ("app.py", False),
        ("makefile.py", False),
        ("package.json", False),
        ("m/1/fingerprint.py", False),
        ("variables/variables.py", False),
        ("terraform/plan", False),
        ("x.pb.txt", False),
    ],
)
def test_files(name: str, wanted: bool) -> None:
    pattern = re.search(r"^  files: '(.*)'$", HOOKS.read_text(encoding="utf-8"), re.MULTILINE)
    assert pattern
    assert bool(re.search(pattern[1], name)) is wanted


class Repository:
    """A git repository whose commits run pre-commit with our hook."""

    def __init__(self, path: Path, home: Path) -> None:
        self.path = path
        self.env = {**os.environ, "PRE_COMMIT_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull}
        for name in list(self.env):
            if name.startswith("TRT_LINT_") or name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
                del self.env[name]
        path.mkdir()
        self.run("git", "init", "-q")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.path, env=self.env, capture_output=True, text=True, timeout=900)

    def commit(self) -> str:
        self.run("git", "add", "-A")
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        run = self.run("git", *who, "commit", "-q", "-m", "x", "--no-verify")
        assert run.returncode == 0, run.stderr
        return self.run("git", "rev-parse", "HEAD").stdout.strip()

    def hook(self, *words: str) -> subprocess.CompletedProcess[str]:
        self.run("git", "add", "-A")
        return self.run(sys.executable, "-m", "pre_commit", "run", "--color", "never", *words)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A repository that uses the hook at a commit of its own of what this checkout holds."""
    folder = tmp_path_factory.mktemp("pre-commit")
    ours = Repository(folder / "ours", folder / "home")
    for name in ("pyproject.toml", "README.md", "LICENSE", HOOKS.name):
        shutil.copy(ROOT / name, ours.path / name)
    for name in ("pytest_trt", "rules", "docs/schema"):
        shutil.copytree(ROOT / name, ours.path / name, ignore=shutil.ignore_patterns("__pycache__"))
    revision = ours.commit()
    theirs = Repository(folder / "theirs", folder / "home")
    (theirs.path / ".pre-commit-config.yaml").write_text(
        f"repos:\n- repo: {ours.path}\n  rev: {revision}\n  hooks:\n  - id: trt-lint\n"
    )
    return theirs


@by_pre_commit
def test_tried(project: Repository) -> None:
    checked = project.run(sys.executable, "-m", "pre_commit", "validate-manifest", str(HOOKS))
    assert checked.returncode == 0, checked.stdout
    (project.path / "notes.md").write_text("nothing to judge")
    run = project.hook("--files", "notes.md")
    assert run.returncode == 0, run.stdout + run.stderr
    assert "(no files to check)Skipped" in run.stdout
    run = project.hook()
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Passed" in run.stdout, "a file of YAML may deploy something"

    shutil.copytree(DATA / "c00_v1_clean", project.path / "models" / "plain" / "1")
    run = project.hook()
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Passed" in run.stdout

    shutil.copytree(DATA / "c02_v1_main_onpath", project.path / "models" / "detector" / "1")
    run = project.hook()
    assert run.returncode == 1
    assert run.stdout.count("TRT101") == 1, "the files of a model are one artifact"
    assert "models/detector/1: SavedModel" in run.stdout
    assert "2 artifacts" in run.stdout


@by_pre_commit
def test_configuration_is_that_of_the_repository(project: Repository) -> None:
    shutil.rmtree(project.path / "models", ignore_errors=True)
    for name, origin in (
        ("plain", "c00_v1_clean"),
        ("detector", "c02_v1_main_onpath"),
        ("left-out", "c02_v1_main_onpath"),
    ):
        shutil.copytree(DATA / origin, project.path / "models" / name / "1")
    (project.path / "pyproject.toml").write_text(
        '[tool.trt-lint]\nstrict = true\nextend-exclude = ["models/left-out"]\n'
        '[[tool.trt-lint.allow]]\nrule = "TRT101"\npath = "models/detector"\nreason = "moves in May"\n'
        '[[tool.trt-lint.allow]]\nrule = "TRT102"\npath = "models/gone"\nreason = "only a full run can say"\n'
    )
    run = project.hook()
    assert run.returncode == 0, run.stdout + run.stderr
    project.commit()
    (project.path / "models" / "plain" / "1" / "variables" / "variables.index").write_bytes(b"")
    run = project.hook()
    assert run.returncode == 1, run.stdout + run.stderr
    assert "TRT307" in run.stdout, "a change of a part judges the whole"
    assert "models/detector" not in run.stdout
