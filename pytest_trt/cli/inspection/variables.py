"""Variables with dtype and shape, from variables/variables.index alone."""

from __future__ import annotations

import os

from pytest_trt.artifacts import variables
from pytest_trt.artifacts.attrs import parts
from pytest_trt.artifacts.wire import varint
from pytest_trt.cli.inspection.tensors import dtype, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.saved_model import SavedModel

# What tf.train.Checkpoint keeps beside the variables.
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_PREFIX = "variables/variables"


def of(model: SavedModel) -> dict[str, object] | None:
    """The variables, by name, or why the index is of no use; None where there is no index. Raises ArtifactError."""
    shown = model.named("variables", "variables.index")
    if not model.folder.named(_PREFIX + ".index"):
        return None
    try:
        bundle = variables.read_bundle(_PREFIX, shown, model.folder)
        shapes = _shapes(model, shown)
    except (variables.Damaged, IndexError, ValueError) as damage:
        return {"count": None, "bytes": None, "shards": [], "tensors": [], "damage": str(damage)}
    tensors: list[dict[str, object]] = []
    total = 0
    for name, entry in sorted(bundle.entries.items()):
        total += entry.size
        # A variable that was saved in slices has an entry under its name, and one for each slice under a coded one.
        if name != OBJECT_GRAPH and not name.startswith("\0"):
            size = None if entry.sliced else entry.size
            there = bundle.shard_size(entry.shard)
            tensors.append(
                {
                    "name": name,
                    "dtype": dtype(entry.dtype),
                    "shape": shapes.get(name),
                    "bytes": size,
                    "present": entry.sliced or there is not None and entry.offset + entry.size <= there,
                }
            )
    shards = [
        {"file": os.path.basename(bundle.shard_name(number)), "bytes": bundle.shard_size(number)}
        for number in range(min(bundle.shards, 1000))
    ]
    return {"count": len(tensors), "bytes": total, "shards": shards, "tensors": tensors, "damage": None}


def _shapes(model: SavedModel, shown: str) -> dict[str, list[int | None] | None]:
    """Field 2 of every entry. The index is sound: read_bundle has read it. Raises Damaged, ArtifactError."""
    # What artifacts.variables keeps of an entry is what the loader's verdict needs, and shapes are not.
    with model.folder.open(shown, _PREFIX + ".index") as source:
        data = source.at(0, source.size)
    footer = data[-48:]
    pos = varint(footer, varint(footer, 0)[1])[1]
    offset, pos = varint(footer, pos)
    blocks = variables._Blocks(data, shown)
    found = {}
    for _, handle in variables._records(blocks.at(offset, varint(footer, pos)[0])):
        start, pos = varint(handle, 0)
        for key, value in variables._records(blocks.at(start, varint(handle, pos)[0])):
            if key:
                proto = next((data for tag, data in parts(value) if tag == 0x12), b"")
                found[key.decode("utf-8", "replace")] = shape(proto)
    return found
