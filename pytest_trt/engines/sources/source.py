"""What an engine can be built from, recognised by content, with the digest that its key holds.

ONNX as a path (external data beside it), as bytes or as a ModelProto; a SavedModel folder or a Keras model (through
tf2onnx); a function that fills a network definition; a plan that exists already.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from pytest_trt.artifacts.errors import ArtifactError, Malformed
from pytest_trt.artifacts.keras_model import is_keras
from pytest_trt.artifacts.onnx import OnnxModel, read_onnx
from pytest_trt.artifacts.sniff import kind_of_bytes, kind_of_proto
from pytest_trt.artifacts.wire import Memory, Source
from pytest_trt.engines.errors import ExternalDataMissing, NotOnnx, UsageError
from pytest_trt.errors import visible

_GRAPHS = ("saved_model.pb", "saved_model.pbtxt", "saved_model.cpb")
_HEAD = 1024
_CHANGING = "run again when nobody writes it"
# Counts up when read_onnx finds more: what was remembered of a model before is not asked then.
_EXTERNAL = "onnx-external-2"
_SOURCES = (
    "give the path of an ONNX model, ONNX bytes or a ModelProto, a SavedModel folder, a Keras model, a .plan, or a"
    " function(network, trt) together with key="
)


class Remembers(Protocol):
    """Who knows the digests of files that did not change: the cache's memo."""

    def digest(self, path: str | os.PathLike[str]) -> tuple[str, int]: ...
    def get(self, name: str) -> Any: ...
    def put(self, name: str, value: Any) -> None: ...


class OnnxSource:
    """An ONNX model. what: how to name it; path: None for bytes. model: its declarations, read when asked for."""

    kind = "onnx"

    def __init__(self, what: str, path: Path | None, data: bytes) -> None:
        self.what = what
        self.path = path
        self.data = data
        self._model: OnnxModel | None = None

    @property
    def ready(self) -> bool:
        """Whether a builder can have it now."""
        return True

    def prepare(self) -> None:
        """Make it ready."""

    def close(self) -> None:
        """Remove what making it ready has left."""

    @property
    def model(self) -> OnnxModel:
        """Raises NotOnnx."""
        if self._model is None:
            try:
                with Source(str(self.path)) if self.path is not None else Memory(self.data, self.what) as source:
                    _is_onnx(self.what, source)
                    self._model = read_onnx(source)
            except Malformed as error:
                raise NotOnnx(
                    f"{self.what} is not an ONNX model, or a damaged one: {error.why}", "export the model again"
                ) from None
            except ArtifactError as error:
                raise NotOnnx(
                    f"{self.what} cannot be read: {error.why}", "see that it is a file you may read"
                ) from None
        return self._model

    def fields(self, memo: Remembers) -> dict[str, Any]:
        """Its part of the engine's key: sha256 of the model and of each file that holds its weights.

        Raises NotOnnx, ExternalDataMissing.
        """
        if self.path is None:
            sha256 = hashlib.sha256(self.data).hexdigest()
        else:
            sha256, _ = _digest(memo, self.path, self.what)
        external = memo.get(f"{_EXTERNAL}-{sha256}")
        if not isinstance(external, dict):
            external = self.model.external
            if self.path is not None and _digest(memo, self.path, self.what)[0] != sha256:
                raise NotOnnx(f"{self.what} changed while it was read", _CHANGING)
            memo.put(f"{_EXTERNAL}-{sha256}", external)
        digests = {}
        for location, least in sorted(external.items()):
            file = self.external_file(location)
            try:
                digests[location], size = memo.digest(file)
            except (OSError, ArtifactError) as error:
                why = error.why if isinstance(error, ArtifactError) else error.strerror
                raise ExternalDataMissing(
                    f"{self.what} keeps weights in {location!r}, which cannot be read: {why}",
                    "put the file beside the model; both belong together",
                ) from None
            if size < least:
                raise ExternalDataMissing(
                    f"{self.what} keeps weights in {location!r} up to byte {least:,}, and the file has {size:,}",
                    "the file is cut, or belongs to another export: copy it again",
                )
        return {"kind": "onnx", "sha256": sha256, "external": digests}

    def external_file(self, location: str) -> Path:
        """Where a file of weights is. Raises ExternalDataMissing for one that would lie outside of the folder."""
        if self.path is None:
            raise ExternalDataMissing(
                f"{self.what} keeps weights in the file {location!r}, and bytes have no folder to find it in",
                "give the path of the model, or load it with its external data and save it as one file",
            )
        parts = Path(location.replace("\\", "/")).parts
        if not parts or "\0" in location or os.path.isabs(location) or ".." in parts:
            raise ExternalDataMissing(
                f"{self.what} keeps weights in {location!r}, which is outside of its folder",
                "save the model again with its data beside it; a path that leads out is not followed",
            )
        return self.path.parent.joinpath(*parts)


class NetworkSource:
    """A function that fills a network definition. Its content cannot be hashed: key= names it, or it is not cached."""

    kind = "network"
    ready = True

    def __init__(self, what: str, function: Callable[..., Any], key: str | None) -> None:
        self.what = what
        self.key = key
        self._function = function

    def fill(self, network: Any, trt: Any) -> Any:
        """Call the function with the network, and with the TensorRT module where it takes two."""
        takes = [
            one
            for one in inspect.signature(self._function).parameters.values()
            if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD, one.VAR_POSITIONAL)
        ]
        two = len(takes) > 1 or any(one.kind is one.VAR_POSITIONAL for one in takes)
        return self._function(network, trt) if two else self._function(network)

    def prepare(self) -> None:
        """It is ready."""

    def close(self) -> None:
        """Nothing is left of making it ready."""

    def fields(self, memo: Remembers) -> dict[str, Any]:
        return {"kind": "network", "key": self.key}


class PlanSource:
    """A plan that exists. Never copied into the cache: it is where its owner put it."""

    kind = "plan"

    def __init__(self, what: str, path: Path | None, data: bytes) -> None:
        self.what = what
        self.path = path
        self.data = data


class TensorFlowSource:
    """A SavedModel folder, or a Keras model (an object, or a .keras or .h5 file), to be converted by tf2onnx."""

    kind = "tensorflow"

    def __init__(self, what: str, path: Path | None, model: Any) -> None:
        self.what = what
        self.path = path
        self.model = model


AnySource = OnnxSource | NetworkSource | PlanSource | TensorFlowSource


def recognise(source: Any, key: str | None = None) -> AnySource:
    """What was given, by content. Raises UsageError for something else, NotOnnx for a file that is none of them."""
    if key is not None and (not isinstance(key, str) or not key):
        raise UsageError(f"key={key!r:.200} names no content", 'give a text that changes with the network: key="mlp-3"')
    if isinstance(source, (OnnxSource, NetworkSource, PlanSource, TensorFlowSource)):
        return source
    if isinstance(source, (str, os.PathLike)):
        if not os.fspath(source):
            raise UsageError("the path of the model is empty", "see where it comes from: a variable that is not set?")
        path = Path(os.fsdecode(source))
        try:
            return _from_path(path)
        except OSError as error:
            shown = visible(path)[:200]
            raise UsageError(f"{shown} cannot be read: {error.strerror}", "see that the path can be read") from None
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
        kind = kind_of_bytes(data[:_HEAD], len(data))
        if kind in ("plan", "prefixed"):
            return PlanSource(f"a plan of {len(data):,} bytes", None, data)
        return OnnxSource(f"an ONNX model of {len(data):,} bytes", None, data)
    if hasattr(source, "SerializeToString") and hasattr(source, "graph"):
        what = f"ONNX model {getattr(source.graph, 'name', '') or '(unnamed)'!r}"
        try:
            data = source.SerializeToString()
        except Exception as error:  # protobuf's, of which each implementation has another: a model of over 2 GiB
            raise NotOnnx(f"{what} cannot be serialised: {error}", "save it to a file, with external data") from None
        return OnnxSource(what, None, data)
    if is_keras(source):
        return TensorFlowSource(f"Keras model {getattr(source, 'name', '?')!r}", None, source)
    if callable(source):
        name = getattr(source, "__qualname__", type(source).__name__)
        return NetworkSource(f"network function {visible(name)}", source, key)
    raise UsageError(f"an engine cannot be built from {type(source).__module__}.{type(source).__name__}", _SOURCES)


def _from_path(path: Path) -> AnySource:
    what = visible(path)
    if path.is_dir():
        if any((path / name).exists() for name in _GRAPHS):
            return TensorFlowSource(what, path, None)
        versions = sorted(child.name for child in path.iterdir() if any((child / name).exists() for name in _GRAPHS))
        if versions:
            one = visible(path / versions[-1])
            raise UsageError(f"{what} is a folder of SavedModels, not a SavedModel", f"name one of them: {one}")
        raise UsageError(f"{what} is a folder without saved_model.pb", _SOURCES)
    if not path.exists():
        raise UsageError(f"{what} does not exist", f"paths are taken from the working directory, {Path.cwd()}")
    if path.suffix in (".keras", ".h5", ".hdf5"):
        return TensorFlowSource(what, path, None)
    try:
        with Source(str(path)) as file:
            kind = kind_of_bytes(file.at(0, min(_HEAD, file.size)), file.size)
    except ArtifactError as error:
        raise NotOnnx(f"{what}: {error.why}", "see that the file can be read") from None
    if kind in ("plan", "prefixed"):
        return PlanSource(what, path, b"")
    if any("\ud800" <= letter <= "\udfff" for letter in str(path)):
        raise UsageError(f"{what}: TensorRT's parser takes names in UTF-8 alone", "rename the file or its folder")
    return OnnxSource(what, path, b"")


def _is_onnx(what: str, source: Source) -> None:
    """Raise NotOnnx that says what it is instead, where that is known."""
    head = source.at(0, min(_HEAD, source.size))
    kind = kind_of_bytes(head, source.size)
    if kind == "unknown":
        kind = kind_of_proto(source)
    named = {
        "empty": ("is empty", "export the model again"),
        "lfs_pointer": ("is a git-LFS pointer, not the model", "run `git lfs pull`"),
        "timing_cache": ("is a TensorRT timing cache", "give the ONNX model or the plan"),
        "saved_model": ("is the saved_model.pb of a SavedModel", "give the folder that it is in"),
        "graph_def": ("is a frozen TensorFlow graph", "convert it with python -m tf2onnx.convert --graphdef"),
        "meta_graph_def": ("is a TensorFlow MetaGraphDef", "export a SavedModel"),
    }.get(kind)
    if named is not None:
        raise NotOnnx(f"{what} {named[0]}", named[1])


def _digest(memo: Remembers, path: Path, what: str) -> tuple[str, int]:
    try:
        return memo.digest(path)
    except (OSError, ArtifactError) as error:
        why = error.why if isinstance(error, ArtifactError) else error.strerror
        raise NotOnnx(f"{what} cannot be read: {why}", "see that the file is there and readable") from None
