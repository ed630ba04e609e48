"""TRT309 says what is there instead of a SavedModel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_trt_rules.trt309_not_a_saved_model import not_a_saved_model

TARGET = "tensorflow/serving:2.20.0"
CONTENTS = "graph_def meta_graph_def saved_model empty absent export_meta cpb folder unknown".split()


def test_example(example: Any) -> None:
    example(not_a_saved_model, "load", content="graph_def", file="saved_model.pb")


def test_every_content_has_its_own_words(says: Any) -> None:
    found = [says(not_a_saved_model, "load", content=content, file="saved_model.pb") for content in CONTENTS]
    assert len({finding.message for finding in found}) == len({finding.hint for finding in found}) == len(CONTENTS)


def test_a_name_with_braces(says: Any) -> None:
    assert "{x}.pb is empty." in says(not_a_saved_model, "load", content="empty", file="{x}.pb").message


def test_content_that_this_rule_does_not_know(says: Any) -> None:
    assert "no SavedModel" in says(not_a_saved_model, "load", content="novel").message


def test_fires(fires: Any, sample: Any) -> None:
    (finding,) = fires(not_a_saved_model, sample("oracle/c22_empty_pb"), TARGET)
    assert "is empty" in finding.message


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


def test_fires_on_a_folder(fires: Any, sample: Any) -> None:
    model: Path = sample("oracle/c00_v1_clean")
    (model / "saved_model.pb").unlink()
    (model / "saved_model.pb").mkdir()
    (finding,) = fires(not_a_saved_model, model, TARGET)
    assert "is a folder" in finding.message


def test_silent_on_a_clean_model(silent: Any, sample: Any) -> None:
    silent(not_a_saved_model, sample("oracle/c00_v1_clean"))
