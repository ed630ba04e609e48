"""Dockerfiles: their stages, on the repositories of tests/data/deploy/dockerfile."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import shown

from pytest_trt.deploy.readers import dockerfile
from pytest_trt.deploy.reading import Container, Reading
from pytest_trt.deploy.tree import Tree

DATA = Path(__file__).parents[2] / "data" / "deploy" / "dockerfile"


@pytest.mark.parametrize("case", sorted(os.listdir(DATA)))
def test_case(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    shutil.copytree(DATA / case, tmp_path / "repository")
    monkeypatch.chdir(tmp_path / "repository")
    os.mkdir(".git")
    names = sorted(os.path.normpath(os.path.join(folder, name)) for folder, _, files in os.walk(".") for name in files)
    found = ""
    for name in names:
        if "dockerfile" in name.rpartition("/")[2].lower():
            tree = Tree(["."])
            found += shown(dockerfile.read(tree.read(name), name, tree))
    expected = DATA / case / "expected.txt"
    if request.config.getoption("--update-goldens"):
        expected.write_text(found)
    assert found == expected.read_text()


def reading(text: str, folder: Path) -> Reading:
    return dockerfile.read(text, str(folder / "Dockerfile"), Tree([str(folder)]))


def last(text: str, folder: Path) -> Container:
    return next(each.container for each in reading(text, folder).built if each.stage is None)


def test_an_argument_before_from_is_for_from_alone(tmp_path: Path) -> None:
    text = "ARG V=2.17.0\nFROM tensorflow/serving:$V\nENV A=$V\nARG V\nENV B=$V C=${D:-d}\n"
    found = last(text, tmp_path)
    assert found.image.text == "tensorflow/serving:2.17.0"
    assert {name: value.text for name, value in found.env.items()} == {"A": None, "B": "2.17.0", "C": "d"}


def test_an_argument_without_a_default(tmp_path: Path) -> None:
    found = last("ARG V\nFROM tensorflow/serving:$V\n", tmp_path)
    assert (found.image.text, found.image.why) == (None, "the build argument V has no default")


def test_env_counts_before_arg(tmp_path: Path) -> None:
    found = last("FROM x\nENV A=1\nARG A=2\nCOPY m /models/$A\n", tmp_path)
    assert found.mounts[0].target == "/models/1"


def test_variables_of_one_line_do_not_see_each_other(tmp_path: Path) -> None:
    found = last("FROM x\nENV A=1\nENV A=2 B=$A\n", tmp_path)
    assert (found.env["A"].text, found.env["B"].text) == ("2", "1")


def test_an_entrypoint_resets_the_command_of_the_base_but_not_its_own(tmp_path: Path) -> None:
    base = 'FROM x AS a\nCMD ["base"]\nFROM a\n'
    assert last(base, tmp_path).args is not None
    assert last(base + 'ENTRYPOINT ["e"]\n', tmp_path).args == []
    own = last(base + 'CMD ["own"]\nENTRYPOINT ["e"]\n', tmp_path).args
    assert [word.text for word in own or []] == ["own"]


def test_the_shell_form_keeps_its_text(tmp_path: Path) -> None:
    found = last("FROM x\nENTRYPOINT exec serve --a=$A \\\n  --b\n", tmp_path)
    assert [word.text for word in found.entrypoint or []] == ["/bin/sh", "-c", "exec serve --a=$A   --b"]


def test_a_folder_copies_its_content_and_a_file_goes_into_a_folder(tmp_path: Path) -> None:
    (tmp_path / "m" / "1").mkdir(parents=True)
    (tmp_path / "f").write_text("")
    text = "FROM tensorflow/serving:2.17.0\nCOPY m /models/m\nCOPY m f /models/n/\nCOPY f /models\nCOPY f /models/new\n"
    targets = [mount.target for mount in last(text, tmp_path).mounts]
    assert targets == ["/models/m", "/models/n", "/models/n/f", "/models/f", "/models/new"]


def test_contexts_go_up_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / "r" / ".git").mkdir(parents=True)
    folder = tmp_path / "r" / "a" / "b"
    folder.mkdir(parents=True)
    paths = last("FROM x\nCOPY m /models\n", folder).mounts[0].paths
    assert [os.path.relpath(path, tmp_path / "r") for path in paths] == ["a/b/m", "a/m", "m"]


def test_stages_that_name_what_is_not_before_them(tmp_path: Path) -> None:
    found = last("FROM b AS a\nFROM a AS b\nCOPY --from=c /x /y\nCOPY --from=9 /x /z\n", tmp_path)
    assert found.image.text == "b"
    assert [mount.kind for mount in found.mounts] == ["volume", "volume"]


def test_another_escape_character(tmp_path: Path) -> None:
    found = last("# escape=`\nFROM tensorflow/serving:2.17.0\nENV A=1 `\n  B=2\n", tmp_path)
    assert set(found.env) == {"A", "B"}


PIECES = [
    "FROM x\n",
    "FROM x AS a\n",
    "ARG A=1\n",
    "ENV A ",
    "ENV A=",
    "COPY ",
    "--from=a ",
    "a ",
    "/b ",
    "[",
    '"a"',
    ",",
    "]",
    "\n",
    "\\\n",
    "#",
    "RUN ",
    "<<E\n",
    "E\n",
    "$A",
    "${A",
    "}",
    "'",
    '"',
    "mv a /b",
    "cp -r /b /c",
    "CMD ",
    "\0",
    "WORKDIR ",
    "..",
    "*",
    "ADD http://x",
    "ENTRYPOINT ",
    "ONBUILD ",
    "# escape=`\n",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=50).map("".join))
def test_no_text_raises(text: str) -> None:
    dockerfile.read(text, "Dockerfile.x", Tree(["."]))


@pytest.mark.parametrize(
    "text",
    [
        "ENV A=$A$A$A\n",
        "COPY a /b\n",
        "COPY --from=0 / /x\n",
        "FROM x AS a\n",
        "RUN mv /a /b\n",
        "RUN $(",
        "\\\n",
        "COPY <<E /a\n",
        "COPY ****** /x\n",
        "ENV " + "a=b " * 50 + "\n",
        "RUN cp -r /a /a/a\n",
        "COPY a b c d e f g h /x/\n",
        "[",
    ],
)
def test_time_grows_with_the_text_alone(text: str, tmp_path: Path) -> None:
    def seconds(size: int) -> float:
        whole = ("FROM x\nCOPY a /a\n" + text * (size // len(text)))[:size]
        start = time.process_time()
        reading(whole, tmp_path)
        return time.process_time() - start

    short, long = seconds(20_000), seconds(160_000)
    assert long < 24 * short + 1
