"""Shell scripts and batch files: what they deploy, on the repositories of tests/data/deploy/shell."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import shown

from pytest_trt.deploy.readers import shell
from pytest_trt.deploy.reading import Reading
from pytest_trt.deploy.tree import Tree

DATA = Path(__file__).parents[2] / "data" / "deploy" / "shell"


def reading(text: str, folder: Path, name: str = "run.sh") -> Reading:
    return shell.read(text, str(folder / name), Tree([str(folder)]))


@pytest.mark.parametrize("case", sorted(os.listdir(DATA)))
def test_case(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    shutil.copytree(DATA / case, tmp_path / "repository")
    monkeypatch.chdir(tmp_path / "repository")
    os.mkdir(".git")
    names = sorted(os.path.normpath(os.path.join(folder, name)) for folder, _, files in os.walk(".") for name in files)
    found = ""
    for name in names:
        if name.endswith((".sh", ".bat", ".cmd")):
            tree = Tree(["."])
            found += shown(shell.read(tree.read(name), name, tree))
    expected = DATA / case / "expected.txt"
    if request.config.getoption("--update-goldens"):
        expected.write_text(found)
    assert found == expected.read_text()


def images(text: str, folder: Path, name: str = "run.sh") -> list[str | None]:
    return [each.image.text for each in reading(text, folder, name).containers]


def test_a_comment_deploys_nothing(tmp_path: Path) -> None:
    assert images("# docker run tensorflow/serving:2.17.0\ntrue # docker run x\n", tmp_path) == []


def test_what_a_branch_sets_is_not_known_behind_it(tmp_path: Path) -> None:
    text = "T=2.6.0\nif [ $A = 1 ]; then T=2.7.0; docker run s:$T; fi\ndocker run tensorflow/serving:$T\n"
    container = reading(text, tmp_path).containers
    assert [each.image.text for each in container] == ["s:2.7.0", None]
    assert "in a branch (line 2)" in container[1].image.why


def test_a_default_survives_the_options_of_the_caller(tmp_path: Path) -> None:
    text = 'T=2.6.0\nwhile getopts t: o; do case $o in t) T="$OPTARG";; esac; done\ndocker run tensorflow/serving:$T\n'
    assert images(text, tmp_path) == ["tensorflow/serving:2.6.0"]


@pytest.mark.parametrize("test", ['[ -z "$T" ]', '[[ -z "${T:-}" ]]', "test -z $T"])
def test_a_value_for_where_none_is_set_is_the_default(tmp_path: Path, test: str) -> None:
    assert images(f"if {test}; then T=2.6.0; fi\ndocker run s:$T\n", tmp_path) == ["s:2.6.0"]
    assert images(f"{test} && T=2.6.0\ndocker run s:$T\n", tmp_path) == ["s:2.6.0"]
    assert images(f"T=2.5.1\n{test} && T=2.6.0\ndocker run s:$T\n", tmp_path) == ["s:2.5.1"]


def test_lines_are_those_of_the_words(tmp_path: Path) -> None:
    container = reading("\n\ndocker run \\\n  -v /a:/models/a \\\n  tensorflow/serving:2.17.0\n", tmp_path).containers[
        0
    ]
    assert [str(each.at).rpartition(" ")[2] for each in (container, container.mounts[0], container.image)] == list(
        "345"
    )


def test_line_ends_of_windows_and_a_marked_start(tmp_path: Path) -> None:
    assert images("docker run \\\r\n -d \\\r\n tensorflow/serving:2.17.0\r\n", tmp_path) == [
        "tensorflow/serving:2.17.0"
    ]


def test_a_long_file_is_said(tmp_path: Path) -> None:
    found = reading("docker run x\n" + "#" * shell.SIZE_LIMIT, tmp_path)
    assert [each.code for each in found.remarks] == ["TRT418"]
    assert found.containers == []


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
    "\\",
    "\n",
    " ",
    "if ",
    "fi",
    "done",
    "do ",
    "for a in ",
    "case x in ",
    "esac",
    ";;",
    "<<A\n",
    "A\n",
    "(",
    "((",
    "{ ",
    "a=",
    "a+=(",
    "f() {",
    "$a",
    "|",
    "&",
    ";",
    "%a%",
    "^",
    "rem ",
    "-v ",
    ":/x",
    "\0",
    "\r",
    "é",
    "cd ",
    "set ",
    "\t",
    "#",
    "$1",
    ":-",
    "*",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join), st.sampled_from(["run.sh", "run.bat"]))
def test_no_text_raises(text: str, name: str) -> None:
    shell.read("docker\n" + text, name, Tree(["."]))


@pytest.mark.parametrize(
    "text",
    [
        "$(docker ",
        '"$(',
        "${a:-",
        "`",
        "'",
        "\\",
        "(",
        "(( ",
        "if ",
        "case a in ",
        "cat <<A\n",
        "cat <<A ",
        "A=$A$A$A\n",
        "docker run -v $A:/x ",
        "docker run $A\n",
        "a+=(x)\n",
        "(A=1\n",
        "f(){ f; f; }\nf\n",
        "for a in 1 2 3; do ",
        "docker run x\n",
        "cat > a <<E\nx\nE\ndocker run -v .:/x y\n",
        "%a",
        "^",
        "set a=%a%%a%\n",
    ],
)
@pytest.mark.parametrize("name", ["run.sh", "run.bat"])
def test_time_grows_with_the_text_alone(text: str, name: str, tmp_path: Path) -> None:
    def seconds(size: int) -> float:
        whole = ("docker\n" + text * (size // len(text)))[:size]
        start = time.process_time()
        reading(whole, tmp_path, name)
        return time.process_time() - start

    short, long = seconds(20_000), seconds(160_000)
    assert long < 24 * short + 0.5
