"""What git says that changed, and what of a report that touches: real repositories, each in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.open import Artifact
from pytest_trt.deploy.edge import BASE_PATH, TENSORFLOW_SERVING, Edge, Said, Server, line
from pytest_trt.lint.case import Case
from pytest_trt.lint.changed import ChangeError, Changes, Scope, restrict, since
from pytest_trt.lint.finding import Finding
from pytest_trt.lint.runner import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@pytest.fixture(autouse=True)
def own_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration of whoever runs the tests."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for name in list(os.environ):
        if name.startswith("GIT_") and name != "GIT_CONFIG_NOSYSTEM":
            monkeypatch.delenv(name)


def git(folder: Path, *words: str | bytes) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "protocol.file.allow=always"]
    run = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return os.fsdecode(run.stdout).strip()


def commit(folder: Path, text: str = "x") -> str:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", text)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """main: two models and a script; a branch is checked out."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for name in ("models/a/1/saved_model.pb", "models/b/1/saved_model.pb", "deploy/run.sh", "keep.plan"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n" * 40)
    commit(folder)
    git(folder, "checkout", "-q", "-b", "work")
    return folder


def names(changes: Changes, folder: Path) -> list[str]:
    return [os.path.relpath(path, os.path.realpath(folder)) for path in changes.paths]


def test_nothing(repository: Path) -> None:
    changes = since("main", [str(repository)])
    assert names(changes, repository) == []
    assert changes.base == git(repository, "rev-parse", "main")
    assert str(repository) not in changes


def test_every_kind_of_change(repository: Path) -> None:
    (repository / "models/a/1/saved_model.pb").write_text("committed")
    git(repository, "mv", "keep.plan", "moved.plan")
    commit(repository)
    (repository / "deploy/run.sh").write_text("not staged")
    (repository / "staged.plan").write_text("x")
    git(repository, "add", "staged.plan")
    (repository / "new.plan").write_text("x")
    (repository / ".gitignore").write_text("*.log\n")
    (repository / "a.log").write_text("x")
    os.unlink(repository / "models/b/1/saved_model.pb")
    assert names(since("main", [str(repository)]), repository) == [
        ".gitignore",
        "deploy/run.sh",
        "keep.plan",
        "models/a/1/saved_model.pb",
        "models/b/1/saved_model.pb",
        "moved.plan",
        "new.plan",
        "staged.plan",
    ]


def test_only_this_side_of_the_merge_base(repository: Path) -> None:
    """What main got in the meantime is not ours."""
    (repository / "mine.plan").write_text("x")
    commit(repository)
    git(repository, "checkout", "-q", "main")
    (repository / "theirs.plan").write_text("x")
    commit(repository)
    git(repository, "checkout", "-q", "work")
    assert names(since("main", [str(repository)]), repository) == ["mine.plan"]


def test_names(repository: Path) -> None:
    odd = [b"with space", b"new\nline", b'quo"te', b"caf\xc3\xa9", "日本".encode()]
    if sys.platform.startswith("linux"):
        odd.append(b"latin\xe9")
    for name in odd:
        with open(os.path.join(os.fsencode(repository), name), "w") as file:
            file.write("x")
    half = len(odd) // 2
    git(repository, "add", "--", *odd[:half])
    git(repository, "commit", "-q", "-m", "x")
    changes = since("main", [str(repository)])
    assert sorted(os.fsencode(name) for name in names(changes, repository)) == sorted(odd)
    for name in odd:
        assert os.path.join(str(repository), os.fsdecode(name)) in changes


@pytest.mark.parametrize("pattern", ["build/", "m", "*.pb", "*"])
def test_what_git_ignores_counts_as_changed(repository: Path, pattern: str) -> None:
    """Git does not know whether it did: what DVC or a download put there."""
    (repository / ".git/info/exclude").write_text(f"{pattern}\n")
    (repository / "build/m/1").mkdir(parents=True)
    (repository / "build/m/1/saved_model.pb").write_text("x")
    changes = since("main", [str(repository)])
    assert str(repository / "build/m/1") in changes
    assert str(repository / "build/m/1/saved_model.pb") in changes
    assert str(repository / "models/a/1") not in changes
    assert names(changes, repository) == []


def test_ignored_files_of_a_model_are_no_change(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.bak\n")
    commit(repository)
    git(repository, "branch", "-f", "main")
    (repository / "models/a/1/x.bak").write_text("x")
    changes = since("main", [str(repository)])
    assert str(repository / "models/a/1/x.bak") in changes
    assert str(repository / "models/a/1") not in changes


def test_order_of_a_file_that_is_gone(repository: Path) -> None:
    git(repository, "config", "diff.orderFile", "gone")
    (repository / "keep.plan").write_text("other")
    assert names(since("main", [str(repository)]), repository) == ["keep.plan"]


@pytest.mark.parametrize("key", ["diff.noprefix", "diff.relative", "status.relativePaths"])
def test_configuration_of_git_does_not_matter(repository: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "deploy/run.sh").write_text("other")
    (repository / "x.plan").write_text("x")
    commit(repository)
    git(repository, "config", key, "true")
    git(repository, "config", "diff.external", "false")
    git(repository, "config", "core.fsmonitor", "touch ran; false")
    git(repository, "config", "diff.renames", "copies")
    monkeypatch.chdir(repository / "deploy")
    assert names(since("main", ["../models"]), repository) == ["deploy/run.sh", "x.plan"]
    assert not (repository / "ran").exists()


def test_from_a_folder_of_the_repository(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "models/a/1/saved_model.pb").write_text("other")
    monkeypatch.chdir(repository / "models")
    changes = since("main", ["."])
    assert names(changes, repository) == ["models/a/1/saved_model.pb"]
    assert "a/1" in changes
    assert "b/1" not in changes
    assert "../models" in changes
    assert "../deploy/run.sh" not in changes


def test_variables_of_a_hook_do_not_matter(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    (repository / "keep.plan").write_text("other")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", "nowhere")
    monkeypatch.setenv("GIT_WORK_TREE", str(other))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    assert names(since("main", [str(repository)]), repository) == ["keep.plan"]


def test_links(repository: Path) -> None:
    """A link to a model touches it, and so does what it leads to."""
    (repository / "served").symlink_to("models/a")
    (repository / "other").symlink_to("models/b")
    commit(repository)
    git(repository, "checkout", "-q", "-b", "next")
    base = git(repository, "rev-parse", "HEAD")
    (repository / "models/a/1/saved_model.pb").write_text("other")
    (repository / "other").unlink()
    (repository / "other").symlink_to("models/../models/b")
    changes = since(base, [str(repository)])
    assert names(changes, repository) == ["models/a/1/saved_model.pb", "other"]
    assert str(repository / "served/1") in changes
    assert str(repository / "other/1") in changes
    assert str(repository / "models/b/1") not in changes


def test_repository_behind_a_link(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "behind").symlink_to(repository)
    (repository / "models/a/1/saved_model.pb").write_text("other")
    changes = since("main", [str(tmp_path / "behind" / "models")])
    assert str(tmp_path / "behind/models/a/1") in changes
    assert str(tmp_path / "behind/models/b/1") not in changes


def test_archive_members(repository: Path) -> None:
    (repository / "model.tar.gz").write_text("x")
    changes = since("main", [str(repository)])
    assert str(repository / "model.tar.gz") + "!/export/1" in changes


def test_lfs_pointer(repository: Path) -> None:
    """Where git-lfs is not installed, a pointer is a file like any other."""
    (repository / ".gitattributes").write_text("*.plan filter=lfs diff=lfs merge=lfs -text\n")
    (repository / "keep.plan").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    assert "keep.plan" in names(since("main", [str(repository)]), repository)


def test_submodule(repository: Path, tmp_path: Path) -> None:
    """Of a submodule the change of its commit is seen: everything in it is touched. Inside, its own history counts."""
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q", "-b", "main")
    (inner / "m.plan").write_text("1")
    commit(inner)
    git(repository, "submodule", "--quiet", "add", str(inner), "zoo")
    base = commit(repository)
    assert names(since(base, [str(repository)]), repository) == []
    (repository / "zoo/m.plan").write_text("2")
    changes = since(base, [str(repository)])
    assert names(changes, repository) == ["zoo"]
    assert str(repository / "zoo/m.plan") in changes
    assert names(since("HEAD", [str(repository / "zoo")]), repository / "zoo") == ["m.plan"]


def test_two_repositories(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(repository, other, symlinks=True)
    (other / "keep.plan").write_text("other")
    changes = since("main", [str(repository), str(other), str(other / "models")])
    assert changes.paths == [str((other / "keep.plan").resolve())]
    assert len(changes.roots) == 2


def test_worktree(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", "-b", "tree", str(tmp_path / "tree"))
    (tmp_path / "tree/keep.plan").write_text("other")
    assert names(since("main", [str(tmp_path / "tree")]), tmp_path / "tree") == ["keep.plan"]


@pytest.mark.parametrize("revision", ["", "-main", "--output=x", "--upload-pack=touch x", "a b", "main\n", "a\0b"])
def test_what_is_no_revision(repository: Path, revision: str) -> None:
    with pytest.raises(ChangeError, match="is not a revision; name a branch, a tag or a commit"):
        since(revision, [str(repository)])
    assert not list(repository.glob("x*"))


@pytest.mark.parametrize("revision", ["nope", "main..work", "main...work", "HEAD:keep.plan", "main:models", "^main"])
def test_unknown(repository: Path, revision: str) -> None:
    with pytest.raises(ChangeError, match=r"is not a revision of the repository at .*; git fetch origin"):
        since(revision, [str(repository)])


def test_forgotten_remote(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--branch", "work", str(repository), "clone")
    with pytest.raises(ChangeError, match="main is not a revision .*; did you mean origin/main"):
        since("main", [str(tmp_path / "clone")])
    assert since("origin/main", [str(tmp_path / "clone")]).paths == []


def shallow(repository: Path, tmp_path: Path, *words: str) -> Path:
    (repository / "keep.plan").write_text("other")
    commit(repository)
    git(tmp_path, "clone", "-q", "--depth", "1", *words, repository.as_uri(), "shallow")
    return tmp_path / "shallow"


def test_shallow_without_the_revision(repository: Path, tmp_path: Path) -> None:
    clone = shallow(repository, tmp_path, "--branch", "work")
    with pytest.raises(ChangeError, match="the clone is shallow, so fetch all of its history .*fetch-depth: 0"):
        since("origin/main", [str(clone)])


def test_shallow_without_a_merge_base(repository: Path, tmp_path: Path) -> None:
    clone = shallow(repository, tmp_path, "--no-single-branch", "--branch", "work")
    with pytest.raises(ChangeError, match="the clone is shallow: origin/main and HEAD have no .*fetch-depth: 0"):
        since("origin/main", [str(clone)])


def test_unrelated(repository: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "alone")
    commit(repository, "alone")
    with pytest.raises(ChangeError, match="main and HEAD have no common commit"):
        since("main", [str(repository)])


def test_no_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "empty")
    with pytest.raises(ChangeError, match="main is not a revision"):
        since("main", [str(tmp_path / "empty")])


def test_no_repository(tmp_path: Path) -> None:
    with pytest.raises(ChangeError, match="is not in a git repository"):
        since("main", [str(tmp_path)])


def test_no_git(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChangeError, match="git is not installed"):
        since("main", [str(repository)])


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives a folder to somebody else")
def test_repository_of_somebody_else(repository: Path) -> None:
    os.chown(repository, 12345, 12345)
    os.chown(repository / ".git", 12345, 12345)
    with pytest.raises(ChangeError, match=r"somebody else owns: git config --global --add safe\.directory"):
        since("main", [str(repository)])


# What a report keeps.


def edge(at: str, *paths: str, image: str = "", why: Sequence[str] = ()) -> Edge:
    server = Server(TENSORFLOW_SERVING, Said("tensorflow/serving:2.19.0", line(image or at, 1)))
    return Edge(line(at, 3), server, BASE_PATH, paths=paths, why=[(line(one, 1), "says so") for one in why])


def report(artifacts: Sequence[str], others: Sequence[str] = ()) -> Report:
    """A finding for each artifact, in a file of it, and one for each other file."""
    made = Report(["tensorflow/serving:2.19.0"])
    for path in artifacts:
        made.cases.append(Case(Artifact(path, "saved_model", "saved_model"), [], []))
        made.findings.append(Finding("m", Location(f"{path}/saved_model.pb"), "h"))
    made.findings += [Finding("m", line(path, 2), "h") for path in others]
    return made


@pytest.fixture
def here(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(repository)
    return repository


@pytest.fixture
def changed(here: Path) -> Callable[..., Changes]:
    def make(*paths: str) -> Changes:
        return Changes("0" * 40, [str(here)], [os.path.join(os.path.realpath(here), path) for path in paths])

    return make


def kept(made: Report) -> tuple[list[str], list[str]]:
    return [case.artifact.path for case in made.cases], [finding.at.path for finding in made.findings]


def test_artifacts(changed: Callable[..., Changes]) -> None:
    made = report(["models/a/1", "models/b/1"], ["deploy/run.sh", "trt-lint.toml"])
    assert restrict(made, changed("models/a/1/variables/variables.index")) == 1
    assert kept(made) == (["models/a/1"], ["models/a/1/saved_model.pb"])


def test_deployment_of_a_changed_artifact(changed: Callable[..., Changes]) -> None:
    made = report(["models/a/1", "models/b/1"], ["deploy/run.sh", "deploy/other.sh"])
    edges = [edge("deploy/run.sh", "models/a"), edge("deploy/other.sh", "models/b")]
    restrict(made, changed("models/a/1/saved_model.pb"), edges)
    assert kept(made) == (["models/a/1"], ["models/a/1/saved_model.pb", "deploy/run.sh"])


def test_artifact_of_a_changed_deployment(changed: Callable[..., Changes]) -> None:
    made = report(["models/a/1", "models/b/1"], ["deploy/run.sh", "deploy/other.sh"])
    edges = [edge("deploy/run.sh", "models/a"), edge("deploy/other.sh", "models/b")]
    restrict(made, changed("deploy/run.sh"), edges)
    assert kept(made) == (["models/a/1"], ["models/a/1/saved_model.pb", "deploy/run.sh"])


@pytest.mark.parametrize("where", ["image", "why"])
def test_edge_through_other_files(changed: Callable[..., Changes], where: str) -> None:
    """The image is said in one file, the path in another: each of them changes what is deployed."""
    via = {"image": "deploy/Dockerfile"} if where == "image" else {"why": ["deploy/Dockerfile"]}
    made = report(["models/a/1", "models/b/1"], ["deploy/run.sh"])
    restrict(made, changed("deploy/Dockerfile"), [edge("deploy/run.sh", "models/a", **via)])  # type: ignore[arg-type]
    assert kept(made) == (["models/a/1"], ["models/a/1/saved_model.pb", "deploy/run.sh"])


def test_deleted_model_that_is_still_served(here: Path, changed: Callable[..., Changes]) -> None:
    shutil.rmtree(here / "models/a")
    made = report(["models/b/1"], ["deploy/run.sh"])
    restrict(made, changed("models/a/1/saved_model.pb"), [edge("deploy/run.sh", "deploy/models/a", "models/a")])
    assert kept(made) == ([], ["deploy/run.sh"])


def test_the_candidate_that_exists_counts(changed: Callable[..., Changes]) -> None:
    """A file beside the deployment goes before one at the root; the latter is not what is served."""
    made = report(["models/a/1", "models/b/1"], ["deploy/run.sh"])
    restrict(made, changed("models/b/1/saved_model.pb"), [edge("deploy/run.sh", "models/a", "models/b")])
    assert kept(made) == (["models/b/1"], ["models/b/1/saved_model.pb"])


def test_whole_repository_of_models(changed: Callable[..., Changes]) -> None:
    made = report(["models/a/1", "models/b/1"], ["deploy/run.sh"])
    restrict(made, changed("deploy/run.sh"), [edge("deploy/run.sh", "models")])
    assert kept(made)[0] == ["models/a/1", "models/b/1"]


def test_deployments_of_a_report(changed: Callable[..., Changes]) -> None:
    made = Report([])
    made.deployments = [
        Case(Artifact(path, "deployment", "shell"), [], []) for path in ("deploy/run.sh", "deploy/x.sh")
    ]
    made.findings = [Finding("m", line(path, 2), "h") for path in ("deploy/run.sh", "deploy/x.sh")]
    restrict(made, changed("models/a/1/saved_model.pb"), [edge("deploy/run.sh", "models/a")])
    assert [case.artifact.path for case in made.deployments] == ["deploy/run.sh"]
    assert [finding.at.path for finding in made.findings] == ["deploy/run.sh"]


def test_members_of_archives(changed: Callable[..., Changes]) -> None:
    made = report(["model.tar.gz!/a/1", "other.tar.gz!/a/1"])
    restrict(made, changed("model.tar.gz"))
    assert kept(made) == (["model.tar.gz!/a/1"], ["model.tar.gz!/a/1/saved_model.pb"])


def test_scope_of_nothing(changed: Callable[..., Changes]) -> None:
    scope = Scope(changed(), [edge("deploy/run.sh", "models/a")])
    assert not scope.wants("models/a/1")
    assert not scope.wants("deploy/run.sh")
    assert scope.deployments == set()
