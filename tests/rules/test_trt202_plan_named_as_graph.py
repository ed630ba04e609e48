"""TRT202 fires on plans under names of graphs, whatever the target."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt202_plan_named_as_graph import plan_named_as_graph

PLANS = Path(__file__).resolve().parent.parent / "data" / "plans"


def test_example(example: Any) -> None:
    assert "MODEL/1/model.plan" in example(plan_named_as_graph, "file", file="saved_model.pb").hint


@pytest.mark.parametrize("targets", [(), ("tensorrt:8.6.0",), ("tensorflow/serving:2.20.0",)])
def test_fires(fires: Any, tmp_path: Path, targets: tuple[str, ...]) -> None:
    shutil.copy(PLANS / "fp32.plan", tmp_path / "frozen.pb")
    (finding,) = fires(plan_named_as_graph, tmp_path / "frozen.pb", *targets)
    assert finding.severity == "error"
    assert "though it is called frozen.pb" in finding.message


def test_fires_in_place_of_a_saved_model(fires: Any, sample: Any) -> None:
    (finding,) = fires(plan_named_as_graph, sample("oracle/c30_plan_as_saved_model_pb"), "tensorflow/serving:2.20.0")
    assert "though it is called saved_model.pb" in finding.message
    assert "as binary proto" in finding.quote


def test_silent_under_its_own_name(silent: Any) -> None:
    silent(plan_named_as_graph, PLANS / "fp32.plan")


def test_silent_on_a_graph(silent: Any, sample: Any) -> None:
    silent(plan_named_as_graph, sample("oracle/c28b_frozen_graph_pb_other_name"))
