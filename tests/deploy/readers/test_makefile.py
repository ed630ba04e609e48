"""Makefiles: what their recipes deploy, on the repositories of tests/data/deploy/makefile."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from readings import shown

from pytest_trt.deploy.readers import makefile
from pytest_trt.deploy.reading import Reading
from pytest_trt.deploy.tree import Tree

DATA = Path(__file__).parents[2] / "data" / "deploy" / "makefile"


@pytest.mark.parametrize("case", sorted(os.listdir(DATA)))
def test_case(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    shutil.copytree(DATA / case, tmp_path / "repository")
    monkeypatch.chdir(tmp_path / "repository")
    os.mkdir(".git")
    tree = Tree(["."])
    found = shown(makefile.read(tree.read("Makefile"), "Makefile", tree))
    expected = DATA / case / "expected.txt"
    if request.config.getoption("--update-goldens"):
        expected.write_text(found)
    assert found == expected.read_text()


def reading(text: str, folder: Path) -> Reading:
    (folder / "Makefile").write_text(text)
    return makefile.read(text, str(folder / "Makefile"), Tree([str(folder)]))


def images(text: str, folder: Path) -> list[str | None]:
    return [each.image.text for each in reading(text, folder).containers]


def test_recipes_see_the_last_value(tmp_path: Path) -> None:
    assert images("T = 1\na:\n\tdocker run s:$(T)\nT = 2\n", tmp_path) == ["s:2"]


def test_a_variable_that_is_expanded_at_once_keeps_its_value(tmp_path: Path) -> None:
    assert images("T = 1\nI := s:$(T)\nT = 2\na:\n\tdocker run $(I)\n", tmp_path) == ["s:1"]


def test_what_a_condition_sets_is_not_known(tmp_path: Path) -> None:
    container = reading("T=1\nifdef GPU\nT=2\nendif\na:\n\tdocker run s/tensorflow-serving:$(T)\n", tmp_path).containers
    assert container[0].image.text is None
    assert container[0].image.why == "T is set in a branch (line 3)"


@pytest.mark.parametrize("condition", ["ifndef T", "ifeq ($(T),)", 'ifeq "$(T)" ""'])
def test_a_value_for_where_none_is_set_is_the_default(tmp_path: Path, condition: str) -> None:
    assert images(f"{condition}\nT=2\nendif\na:\n\tdocker run s:$(T)\n", tmp_path) == ["s:2"]


def test_files_that_include_each_other(tmp_path: Path) -> None:
    (tmp_path / "other.mk").write_text("include Makefile\n")
    found = reading("include other.mk\na:\n\tdocker run s:1\n", tmp_path)
    assert [(each.code, each.facts["why"]) for each in found.remarks] == [("TRT418", "includes Makefile again")]
    assert len(found.containers) == 1


def test_a_define_that_never_ends(tmp_path: Path) -> None:
    found = reading("define x\ndocker run s:1\n", tmp_path)
    assert [(each.code, each.facts) for each in found.remarks] == [("TRT420", {"why": "`define x` has no endef"})]


PIECES = [
    "a:",
    "\n\t",
    "\n",
    "docker run ",
    "$(A)",
    "$(",
    ")",
    "${",
    "}",
    "A =",
    "A := ",
    "+=",
    "define ",
    "endef\n",
    "ifeq (",
    "endif\n",
    "else\n",
    "include ",
    "$$",
    "$",
    "\\\n",
    "#",
    "x ",
    "$(shell ",
    "'",
    '"',
    "%",
    "\0",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=50).map("".join))
def test_no_text_raises(text: str) -> None:
    makefile.read("a:\n\tdocker run x\n" + text, "Makefile.x", Tree(["."]))


@pytest.mark.parametrize(
    "text",
    [
        "A+=$(A)\n",
        "A=$(B)$(B)\nB=$(A)\n",
        "a:\n\tdocker $(A)\n",
        "$(",
        "$(A:",
        "a: b\n",
        "A = \\\n",
        "ifdef a\n",
        "define a\n",
        "A := $(A)$(A)x\n",
        "\tdocker run $$(\n",
        "$(shell dirname $(dir ",
    ],
)
def test_time_grows_with_the_text_alone(text: str, tmp_path: Path) -> None:
    def seconds(size: int) -> float:
        whole = ("a:\n\tdocker run $(A)\n" + text * (size // len(text)))[:size]
        start = time.process_time()
        reading(whole, tmp_path)
        return time.process_time() - start

    short, long = seconds(20_000), seconds(160_000)
    assert long < 24 * short + 0.5


def test_doubling_references_stay_small(tmp_path: Path) -> None:
    text = "A0 = xxxxxxxxxx\n" + "".join(f"A{n} = $(A{n - 1})$(A{n - 1})\n" for n in range(1, 38))
    start = time.process_time()
    found = reading(text + "a:\n\tdocker run tensorflow/serving:$(A37)\n", tmp_path)
    assert time.process_time() - start < 2
    assert found.containers[0].image.text is None
