"""`trt-lint inspect` against TensorFlow's own protos and checkpoint reader, on the models of tests/data and examples.

python -m pytest tests/oracle/test_inspect_agrees.py
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pytest_trt.artifacts.open import open_saved_model
from pytest_trt.cli.inspection import facts, tensors

ROOT = Path(__file__).resolve().parents[2]
MODELS = sorted(
    path.parent
    for folder in (ROOT / "tests" / "data", ROOT / "examples")
    for path in folder.rglob("saved_model.pb")
    if path.stat().st_size and "plan" not in path.parent.name
)


def inspected(model: Path) -> dict[str, Any]:
    artifact = open_saved_model(str(model))
    try:
        return facts.of(artifact)
    finally:
        artifact.close()


def theirs(info: Any) -> tuple[str, str | None, list[int | None] | None]:
    """Tensor name, dtype and shape of a TensorInfo."""
    import tensorflow as tf

    dtype = tf.dtypes.as_dtype(info.dtype).name if info.dtype else None
    shape = info.tensor_shape
    return info.name, dtype, None if shape.unknown_rank else [None if one.size < 0 else one.size for one in shape.dim]


def test_dtypes() -> None:
    import tensorflow as tf
    from tensorflow.core.framework import types_pb2

    known = [number for name, number in types_pb2.DataType.items() if number and not name.endswith("_REF")]
    found = {}
    for number in known:
        try:
            found[number] = tf.dtypes.as_dtype(number).name
        except (TypeError, KeyError):
            continue  # in the list of types, but unknown to Python
    assert {number: tensors.dtype(number) for number in found} == found


@pytest.mark.parametrize("model", MODELS, ids=lambda path: "/".join(path.parts[-2:]))
def test_model(model: Path) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    proto = saved_model_pb2.SavedModel.FromString((model / "saved_model.pb").read_bytes())
    found = inspected(model)
    assert len(found["metagraphs"]) == len(proto.meta_graphs)
    for ours, metagraph in zip(found["metagraphs"], proto.meta_graphs):
        assert ours["tags"] == list(metagraph.meta_info_def.tags)
        assert (ours["tensorflow_version"] or "") == metagraph.meta_info_def.tensorflow_version
        signatures = {name: one for name, one in metagraph.signature_def.items() if not name.startswith("__")}
        assert set(ours["signatures"]) == set(signatures)
        for name, signature in signatures.items():
            assert ours["signatures"][name]["method"] == signature.method_name
            for side in ("inputs", "outputs"):
                assert {
                    one["name"]: (one["tensor"], one["dtype"], one["shape"]) for one in ours["signatures"][name][side]
                } == {alias: theirs(info) for alias, info in getattr(signature, side).items()}
        functions = metagraph.graph_def.library.function
        sizes = {function.signature.name: len(function.node_def) for function in functions}
        ops = Counter(node.op for node in metagraph.graph_def.node)
        ops.update(node.op for function in functions for node in function.node_def)
        assert ours["graph"]["ops"] == ops
        assert ours["graph"]["functions"]["count"] == len(sizes)
        assert all(sizes[one["name"]] == one["nodes"] for one in ours["graph"]["functions"]["largest"])
        assert ours["graph"]["nodes_in_functions"] == sum(sizes.values())


@pytest.mark.parametrize(
    "model",
    [model for model in MODELS if (model / "variables" / "variables.index").exists()],
    ids=lambda path: "/".join(path.parts[-2:]),
)
def test_variables(model: Path) -> None:
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(model / "variables" / "variables"))
    dtypes = reader.get_variable_to_dtype_map()
    shapes = reader.get_variable_to_shape_map()
    found = {one["name"]: (one["dtype"], one["shape"]) for one in inspected(model)["variables"]["tensors"]}
    shapes.pop("_CHECKPOINTABLE_OBJECT_GRAPH", None)
    assert found == {name: (dtypes[name].name, shape) for name, shape in shapes.items()}
