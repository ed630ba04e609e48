"""TRT104 fires on graphs outside a SavedModel folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_trt_rules.trt104_engine_op_in_bare_graph import engine_op_in_bare_graph


def test_example(example: Any) -> None:
    assert "SavedModel" in example(engine_op_in_bare_graph, "file", ops="TRTEngineOp", kind="GraphDef").hint


@pytest.mark.parametrize(
    ("kind", "start"),
    [("MetaGraphDef", "This MetaGraphDef holds"), ("SavedModel under another name", "This SavedModel under another")],
)
def test_kinds(says: Any, kind: str, start: str) -> None:
    assert says(engine_op_in_bare_graph, "file", ops="TRTEngineOp", kind=kind).message.startswith(start)


@pytest.mark.parametrize("kind", ["graph.pb", "graph.meta", "model.pb"])
def test_fires(fires: Any, models: Any, tmp_path: Path, kind: str) -> None:
    draft = models.product.drafts()["main.path.op.trt"]
    content = {
        "graph.pb": draft.graph.encode(),
        "graph.meta": draft.meta.encode(),
        "model.pb": models.writer.saved_model([draft.meta]),
    }
    (tmp_path / kind).write_bytes(content[kind])
    (finding,) = fires(engine_op_in_bare_graph, tmp_path / kind)
    assert "TRTEngineOp" in finding.message and finding.targets == []


def test_silent_without_the_ops(silent: Any, models: Any, tmp_path: Path) -> None:
    (tmp_path / "graph.pb").write_bytes(models.product.drafts()["main.path.clean"].graph.encode())
    silent(engine_op_in_bare_graph, tmp_path / "graph.pb")
