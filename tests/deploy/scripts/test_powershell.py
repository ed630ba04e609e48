"""PowerShell scripts: what they deploy."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_trt.deploy.files import read_all
from pytest_trt.deploy.readers import shell
from pytest_trt.deploy.tree import Tree

IMAGE = "tensorflow/serving:2.17.0"
RESNET = f"{IMAGE} resnet models/resnet"


def drawn(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(folder)
    os.makedirs("models/resnet/1", exist_ok=True)
    os.makedirs(".git", exist_ok=True)
    Path("run.ps1").write_text(text, encoding="utf-8")
    tree = Tree(["."])
    edges = read_all(["run.ps1"], tree)[1]
    return [
        f"{edge.server.image.text or '-'} {edge.model or '-'} {tree.first(edge.paths) or '-'}"
        + (" gpu" if edge.server.gpu else "")
        for edge in edges
    ]


@pytest.mark.parametrize(
    "here", ["${PWD}", "$PWD", "$pwd", "$(pwd)", "$(Get-Location)", "$(pwd).Path", "$PSScriptRoot", "."]
)
def test_the_folder(here: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'docker run --rm `\r\n  -v "{here}/models/resnet:/models/resnet" `\r\n'
    text += f"  -e MODEL_NAME=resnet `\r\n  {IMAGE}\r\n"
    assert drawn(text, tmp_path, monkeypatch) == [RESNET]


def test_variables_and_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = """<# docker run tensorflow/serving #>
param(
  [string]$Tag = "2.17.0",
  [string]$Name = 'resnet'
)
$image="tensorflow/serving:$Tag" # docker run x
$env:MODEL = $Name
Write-Host "docker run tensorflow/serving"
& docker run --gpus all -v ${PWD}\\models\\${Name}:/models/$Name -e "MODEL_NAME=$env:MODEL" $image
"""
    assert drawn(text, tmp_path, monkeypatch) == [RESNET + " gpu"]


def test_what_a_branch_sets_is_not_known_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '$t = "2.17.0"\nif ($gpu) { $t = "2.17.0-gpu" }\ncd models; '
    text += "docker run -v $PWD/resnet:/models/resnet -e MODEL_NAME=resnet tensorflow/serving:$t\n"
    assert drawn(text, tmp_path, monkeypatch) == ["- resnet models/resnet"]


PIECES = [
    "docker run ",
    "tensorflow/serving",
    "$(",
    ")",
    "${",
    "}",
    "`",
    "'",
    '"',
    "\n",
    " ",
    "if ",
    "{",
    "@'\n",
    "\n'@",
]
PIECES += ["$a", "=", "|", "&", ";", "#", "<#", "#>", "-v ", ":/x", "\0", "\r", "é", "cd ", "$env:A", "param(", "%"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_no_text_raises(text: str) -> None:
    shell.read("docker\n" + text, "run.ps1", Tree(["."]))


@pytest.mark.parametrize(
    "text", ['"', "'", "`", "<#", "@'\n", '@"\n', "$(", "${", "$a = $a$a$a\n", "(", "{", "docker run x\n", "$a "]
)
def test_time_grows_with_the_text_alone(text: str, tmp_path: Path) -> None:
    def seconds(size: int) -> float:
        whole = ("docker\n" + text * (size // len(text)))[:size]
        start = time.process_time()
        shell.read(whole, str(tmp_path / "run.ps1"), Tree([str(tmp_path)]))
        return time.process_time() - start

    short, long = seconds(20_000), seconds(160_000)
    assert long < 24 * short + 0.5
