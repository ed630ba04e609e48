"""--diff-base and URLs on the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from servers import Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Run

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
MODEL = DATA / "oracle" / "c02_v1_main_onpath"
CLEAN = DATA / "oracle" / "c00_v1_clean"


def git(*words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@t")
    run = subprocess.run(["git", *who, *words], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.fixture
def repository(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two models, one of which fails, and a script that deploys each; all committed on main."""
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    folder = here / "repository"
    folder.mkdir()
    monkeypatch.chdir(folder)
    git("init", "-q", "-b", "main")
    for name, model in (("bad", MODEL), ("good", CLEAN)):
        shutil.copytree(model, folder / "models" / name / "1")
        run = f"docker run -v $PWD/models/{name}:/models/{name} -e MODEL_NAME={name} tensorflow/serving:2.19.0\n"
        (folder / f"{name}.sh").write_text(f"#!/bin/sh\n{run}")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    return folder


def test_nothing_changed(repository: Path, trt_lint: Callable[..., Run]) -> None:
    whole = trt_lint(".")
    assert whole.code == 1
    run = trt_lint(".", "--diff-base", "main")
    assert run.code == 0
    assert "TRT" not in run.out
    assert run.err == "trt-lint: 0 of 2 artifacts changed since main\n"


def test_changed_model(repository: Path, trt_lint: Callable[..., Run]) -> None:
    (repository / "models/bad/1/variables/new").write_text("x")
    run = trt_lint(".", "--diff-base", "main", "--output-format", "json", "-q")
    assert run.code == 1
    assert run.err == ""
    report = json.loads(run.out)
    assert [artifact["path"] for artifact in report["artifacts"]] == ["models/bad/1"]
    assert {finding["path"].split("/")[0] for finding in report["findings"]} == {"models", "bad.sh"}


def test_changed_deployment(repository: Path, trt_lint: Callable[..., Run]) -> None:
    with open(repository / "good.sh", "a") as file:
        file.write("echo\n")
    run = trt_lint(".", "--diff-base", "HEAD", "--output-format", "json")
    assert run.code == 0
    assert [artifact["path"] for artifact in json.loads(run.out)["artifacts"]] == ["models/good/1"]


def test_deleted_model_that_is_still_deployed(repository: Path, trt_lint: Callable[..., Run]) -> None:
    shutil.rmtree(repository / "models/good")
    run = trt_lint(".", "--diff-base", "main", "--output-format", "concise")
    assert run.code == 1
    assert [line.split(" ")[1] for line in run.out.splitlines() if line.startswith("good.sh")] == ["TRT406"]
    assert "bad" not in run.out


def test_committed_on_a_branch(repository: Path, trt_lint: Callable[..., Run]) -> None:
    git("checkout", "-q", "-b", "work")
    git("rm", "-q", "-r", "models/good", "good.sh")
    git("mv", "models/bad", "models/worse")
    git("commit", "-q", "-m", "y")
    run = trt_lint("models", "--diff-base", "main", "--output-format", "json")
    assert [artifact["path"] for artifact in json.loads(run.out)["artifacts"]] == ["models/worse/1"]
    assert run.code == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--diff-base", "nope"], "--diff-base: nope is not a revision of the repository"),
        (["--diff-base", ""], "--diff-base: '' is not a revision"),
        (["--diff-base=--output=x"], "--diff-base: '--output=x' is not a revision"),
        (["--diff-base", "main", "--write-baseline", "b.json"], "exclude each other"),
        (["https://host/m.plan", "--diff-base", "main"], "which a URL does not name"),
    ],
)
def test_usage(repository: Path, trt_lint: Callable[..., Run], words: list[str], why: str) -> None:
    run = trt_lint(".", *words)
    assert run.code == 2
    assert run.err.startswith("trt-lint: ")
    assert why in run.err
    assert run.err.count("\n") == 1
    assert run.out == ""
    assert not (repository / "x").exists()


def test_no_repository(here: Path, trt_lint: Callable[..., Run]) -> None:
    run = trt_lint(".", "--diff-base", "main")
    assert run.code == 2
    assert "is not in a git repository" in run.err


def test_git_is_not_asked_without_the_option(repository: Path, trt_lint: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip  # noqa: E501
    monkeypatch.setenv("PATH", os.devnull)
    assert trt_lint("models/good").code == 0


# URLs.


def test_url(here: Path, trt_lint: Callable[..., Run]) -> None:
    with Server(ROOT) as server:
        run = trt_lint(f"{server.url}/examples/conv/1/saved_model.pb")
        assert run.code == 0
        assert run.out.startswith(f"{server.url}/examples/conv/1: served by tensorflow/serving:")
        run = trt_lint(f"{server.url}/tests/data/plans/fp32.plan?X-Amz-Signature=secret", "--target", "tensorrt:8.6.0")
        assert run.code == 0
        assert "secret" not in run.out + run.err


@pytest.mark.parametrize("format_", ["text", "concise", "json"])
def test_secrets_are_in_no_format(here: Path, trt_lint: Callable[..., Run], format_: str) -> None:
    with Server(ROOT) as server:
        url = f"{server.url.replace('//', '//user:secret@')}/nope.plan?sig=secret"
        run = trt_lint(url, "--output-format", format_)
    assert run.code == 3
    assert "no such file (HTTP 404)" in run.out
    assert "secret" not in run.out + run.err
    assert "sig=" not in run.out + run.err


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://user:secret@host/m", "trt-lint: ftp://***@host/m: ftp:// is not read (only s3://, gs://, az://, https://)"),
        ("http://host/m?sig=secret", "trt-lint: http://host/m?***: http:// is not read"),
        ("https://host/models/", "https cannot be listed; name a file"),
        ("simplecache::s3://b/k", "chained URLs are not read"),
    ],
)  # fmt: skip
def test_url_that_is_not_read(here: Path, trt_lint: Callable[..., Run], url: str, why: str) -> None:
    run = trt_lint(url)
    assert run.code == 2
    assert why in run.err
    assert "secret" not in run.err
    assert run.err.count("\n") == 1


def test_url_beside_a_deployment(repository: Path, trt_lint: Callable[..., Run]) -> None:
    with Server(ROOT) as server:
        run = trt_lint("good.sh", "models/good", f"{server.url}/examples/conv/1/saved_model.pb", "-q")
    assert run.code == 0
