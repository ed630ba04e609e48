"""What an engine is compared with, recognised: a model that something else runs, a function, arrays, a golden file.

Nothing is imported to recognise it; TensorFlow and ONNX Runtime are imported when a reference first runs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from pytest_trt.artifacts.content import file_digest
from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.keras_model import is_keras
from pytest_trt.artifacts.open import is_model_folder
from pytest_trt.artifacts.saved_model import GRAPH_FILES
from pytest_trt.artifacts.sniff import HEAD, kind_of_bytes, kind_of_proto
from pytest_trt.artifacts.wire import Memory, Source
from pytest_trt.equivalence.errors import NotAReference
from pytest_trt.equivalence.golden import Golden
from pytest_trt.equivalence.references.base import Digest, Reference
from pytest_trt.equivalence.references.given import ArraysReference, CallableReference
from pytest_trt.equivalence.references.with_onnxruntime import OnnxReference
from pytest_trt.equivalence.references.with_tensorflow import KerasReference, SavedModelReference

_REFERENCES = (
    "give a SavedModel folder, a Keras model, an ONNX model (path, bytes or ModelProto), a function(inputs) -> outputs,"
    ' {"output name": array}, or the path of a golden .npz'
)
# Kinds of files that are no reference -> what to do.
_OTHERS = {
    "plan": ("is a TensorRT plan: an engine compared with an engine says nothing", _REFERENCES),
    "prefixed": ("is a TensorRT plan behind metadata", _REFERENCES),
    "timing_cache": ("is a TensorRT timing cache", _REFERENCES),
    "lfs_pointer": ("is a git-LFS pointer, not the model", "run `git lfs pull`"),
    "empty": ("is empty", "export it again"),
    "graph_def": (
        "is a frozen TensorFlow graph, which does not say its inputs and outputs",
        "give a SavedModel folder",
    ),
    "meta_graph_def": ("is a TensorFlow MetaGraphDef", "give a SavedModel folder"),
    "saved_model": ("is the graph file of a SavedModel", "give the folder that it is in"),
}


def as_reference(
    what: Any,
    engine_source: Any = None,
    *,
    signature: str = "serving_default",
    tag: str = "serve",
    device: str = "cpu",
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    digest: Digest = file_digest,
) -> Reference:
    """The reference that `what` is; None: the model that the engine was built from, engine_source.

    signature, tag: of a SavedModel. device: "cpu" or "gpu", for TensorFlow. inputs, outputs: engine name -> reference
    name, where they cannot be matched without. digest(path) gives SHA-256 and size of a file.
    Raises NotAReference, and GoldenUnreadable for a golden file that is damaged.
    """
    if device not in ("cpu", "gpu"):
        raise NotAReference(f"device={device!r} is no device", 'device="cpu" or device="gpu"')
    if what is None:
        if engine_source is None:
            raise NotAReference("no reference was given, and the engine has no model to be compared with", _REFERENCES)
        what = engine_source
    names: dict[str, Any] = {"inputs": inputs, "outputs": outputs}
    if isinstance(what, Reference):
        return what
    if isinstance(what, (str, os.PathLike)):
        path = os.fspath(what)
        if os.path.isdir(path):
            _check_folder(path)
            return SavedModelReference(path, signature, tag, device, digest, **names)
        if path.endswith(".npz"):
            return Golden(path, **names)
        if path.endswith((".keras", ".h5", ".hdf5")) and os.path.exists(path):
            return KerasReference(None, path, device, digest, **names)
        _check_file(path)
        return OnnxReference(repr(path), path, b"", digest, **names)
    if isinstance(what, (bytes, bytearray, memoryview)):
        data = bytes(what)
        _check_kind(f"a reference of {len(data):,} bytes", Memory(data, "the given bytes"))
        return OnnxReference(f"of {len(data):,} bytes", None, data, digest, **names)
    if hasattr(what, "SerializeToString") and hasattr(what, "graph"):
        name = str(getattr(what.graph, "name", ""))
        return OnnxReference(repr(name) if name else "(unnamed)", None, what.SerializeToString(), digest, **names)
    if is_keras(what):
        return KerasReference(what, None, device, digest, **names)
    if isinstance(what, Mapping):
        return ArraysReference(what, **names)
    if callable(what):
        return CallableReference(what, **names)
    raise NotAReference(f"a {type(what).__module__}.{type(what).__qualname__} is no reference", _REFERENCES)


def _check_folder(path: str) -> None:
    """Raise NotAReference for a folder that is no SavedModel."""
    names = sorted(os.listdir(path))
    if any(name in names for name in GRAPH_FILES):
        return
    versions = [name for name in names if is_model_folder(os.path.join(path, name))]
    if versions:
        raise NotAReference(
            f"{path!r} is a folder of SavedModels, not a SavedModel",
            f"name one of them: {os.path.join(path, versions[-1])!r}",
        )
    raise NotAReference(f"{path!r} is a folder without {GRAPH_FILES[0]}", _REFERENCES)


def _check_file(path: str) -> None:
    if not os.path.exists(path):
        raise NotAReference(f"the reference {path!r} does not exist", f"paths are relative to {os.getcwd()!r}")
    try:
        with Source(path) as source:
            _check_kind(repr(path), source)
    except ArtifactError as error:
        raise NotAReference(str(error), "give a regular file that can be read") from None


def _check_kind(what: str, source: Source) -> None:
    """Raise NotAReference for bytes that are known to be something else than an ONNX model."""
    kind = kind_of_bytes(source.at(0, min(HEAD, source.size)), source.size)
    if kind == "unknown" and kind_of_proto(source) in _OTHERS:
        kind = kind_of_proto(source)
    if kind in _OTHERS:
        raise NotAReference(f"{what} {_OTHERS[kind][0]}", _OTHERS[kind][1])
    if kind == "other":
        raise NotAReference(f"{what} is no ONNX model", _REFERENCES)
