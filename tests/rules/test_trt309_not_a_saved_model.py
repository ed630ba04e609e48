"""TRT309 says what is there instead of a SavedModel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt309_not_a_saved_model import not_a_saved_model

TARGET = "tensorflow/serving:2.20.0"
CONTENTS = "plan graph_def meta_graph_def saved_model empty absent lfs_pointer export_meta cpb folder unknown".split()


def test_example(example: Any) -> None:
    example(not_a_saved_model, "load", content="graph_def", file="saved_model.pb")


def test_every_content_has_its_own_words(says: Any) -> None:
    found = [says(not_a_saved_model, "load", content=content, file="saved_model.pb") for content in CONTENTS]
    assert len({finding.message for finding in found}) == len({finding.hint for finding in found}) == len(CONTENTS)


def test_a_name_with_braces(says: Any) -> None:
    assert "{x}.pb is empty." in says(not_a_saved_model, "load", content="empty", file="{x}.pb").message


def test_content_that_this_rule_does_not_know(says: Any) -> None:
    assert "no SavedModel" in says(not_a_saved_model, "load", content="novel").message


@pytest.mark.parametrize(
    ("model", "words"),
    [("c30_plan_as_saved_model_pb", "TensorRT engine"), ("c22_empty_pb", "is empty")],
)
def test_fires(fires: Any, sample: Any, model: str, words: str) -> None:
    (finding,) = fires(not_a_saved_model, sample(f"oracle/{model}"), TARGET)
    assert words in finding.message


def test_fires_on_a_frozen_graph(fires: Any, sample: Any) -> None:
    model: Path = sample("oracle/c28b_frozen_graph_pb_other_name")
    (model / "frozen_inference_graph.pb").rename(model / "saved_model.pb")
    (finding,) = fires(not_a_saved_model, model, TARGET)
    assert "frozen GraphDef" in finding.message and "Could not find meta graph def" in finding.quote


def test_fires_on_what_is_left_of_a_model(fires: Any, sample: Any) -> None:
    model: Path = sample("oracle/c00_v1_clean")
    (model / "saved_model.pb").unlink()
    (finding,) = fires(not_a_saved_model, model, TARGET)
    assert "no saved_model.pb" in finding.message


def test_fires_on_a_git_lfs_pointer(fires: Any, sample: Any) -> None:
    model: Path = sample("oracle/c00_v1_clean")
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 5419\n"
    (model / "saved_model.pb").write_text(pointer)
    (finding,) = fires(not_a_saved_model, model, TARGET)
    assert "git lfs pull" in finding.hint


def test_fires_on_a_folder(fires: Any, sample: Any) -> None:
    model: Path = sample("oracle/c00_v1_clean")
    (model / "saved_model.pb").unlink()
    (model / "saved_model.pb").mkdir()
    (finding,) = fires(not_a_saved_model, model, TARGET)
    assert "is a folder" in finding.message


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(not_a_saved_model, sample("oracle/c00_v1_clean"))
