"""TensorFlow and Keras models -> ONNX, by tf2onnx in a process of its own.

TensorFlow is never imported here, so that it takes no GPU memory of the process that runs engines; a Keras model
object is exported where it lives, by the TensorFlow that made it.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_trt.artifacts import content
from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.keras_model import keras_digest
from pytest_trt.artifacts.onnx import OnnxValue, read_onnx
from pytest_trt.artifacts.open import open_saved_model
from pytest_trt.artifacts.wire import Source
from pytest_trt.engines.errors import ConversionFailed
from pytest_trt.engines.sources.child import run_child

Digest = Callable[[str], tuple[str, int]]

# What tf2onnx prefers, and the newest that TensorRT 8.6 was seen to take from it; later TensorRT reads it as well.
OPSET = 15
TIMEOUT = 1800.0
# Above this many bytes of graph and variables the ONNX model would pass protobuf's 2 GiB: weights go to files.
_LARGE = 1_800_000_000
_INSTALL = "pip install 'pytest-trt[tensorflow]'"
_DISTRIBUTIONS = ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tf-nightly", "tensorflow-rocm")


@dataclass(frozen=True)
class Converted:
    """An ONNX model on disk. external: the files beside it that hold weights, by the name that the model gives them.

    facts: tensorflow, tf2onnx and onnx (versions), opset, signature, tag, source (digest of the SavedModel), inputs
    and outputs (name, dtype, shape of each).
    """

    path: Path
    external: Mapping[str, Path]
    facts: dict[str, Any]

    @property
    def onnx(self) -> bytes:
        """The model's bytes, without those of `external`."""
        return self.path.read_bytes()


def saved_model_digest(
    path: str | os.PathLike[str], digest: Digest = content.file_digest
) -> tuple[str, dict[str, str]]:
    """SHA-256 of a SavedModel's content, and of each of its files by name. Raises ConversionFailed where one cannot be
    read."""
    try:
        return content.saved_model_digest(os.fspath(path), digest)
    except (ArtifactError, OSError) as error:
        raise ConversionFailed(str(error), "see that the SavedModel is whole and readable") from None


def conversion_key(
    source: str, *, signature: str = "serving_default", tag: str = "serve", opset: int = OPSET, **more: Any
) -> str:
    """SHA-256 that names what a conversion makes: the source's digest, the request, and the versions that convert.

    more: anything else that JSON holds and the outcome depends on. Raises ConversionFailed where a package is missing.
    """
    request = {"source": source, "signature": signature, "tag": tag, "opset": opset, **more}
    return content.canonical({"conversion": 1, **request, **versions()})


def versions() -> dict[str, str]:
    """Installed versions of tensorflow, tf2onnx, onnx and keras (where there is one), without importing them.

    Raises ConversionFailed where tensorflow or tf2onnx is missing.
    """
    found = {}
    for name in ("tensorflow", "tf2onnx", "onnx", "keras"):
        for distribution in _DISTRIBUTIONS if name == "tensorflow" else (name,):
            try:
                found[name] = importlib.metadata.version(distribution)
                break
            except importlib.metadata.PackageNotFoundError:
                continue
    for name in ("tensorflow", "tf2onnx"):
        if name not in found or importlib.util.find_spec(name) is None:
            raise ConversionFailed(f"a TensorFlow model is converted to ONNX with {name}, which is missing", _INSTALL)
    return found


def convert_saved_model(
    path: str | os.PathLike[str],
    *,
    folder: Path,
    signature: str = "serving_default",
    tag: str = "serve",
    opset: int = OPSET,
    digest: Digest = content.file_digest,
    large: bool | None = None,
    timeout: float = TIMEOUT,
) -> Converted:
    """Convert one signature of a SavedModel.

    folder: an existing folder that the caller owns; model.onnx, the files of its weights and conversion.log are
    written there. large: weights in files beside the model; None decides by size. timeout: in seconds.
    Raises ConversionFailed, before anything is started where the model itself shows why it cannot be converted.
    """
    found = versions()
    where = os.fspath(path)
    before, _ = saved_model_digest(where, digest)
    _check(where, signature, tag)
    if large is None:
        large = content.saved_model_size(where) > _LARGE
    link = folder / "model"  # the same name wherever the source lies, because tf2onnx writes it into the model
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.abspath(where), target_is_directory=True)
    output = folder / ("model.zip" if large else "model.onnx")
    output.unlink(missing_ok=True)
    log = folder / "conversion.log"
    what = f"{where!r}, signature {signature!r}"
    arguments = ["-m", "pytest_trt.engines.sources.tf2onnx_program", "--saved-model", "model", "--output", output.name]
    arguments += ["--signature_def", signature, "--tag", tag, "--opset", str(opset), *(["--large_model"] * large)]
    try:
        run_child(f"tf2onnx could not convert {what}", arguments, folder, log, timeout)
    finally:
        link.unlink()
    left = _not_converted(log)
    if left:
        raise ConversionFailed(
            f"tf2onnx has no ONNX form in opset {opset} for {len(left)} operators of {what}:{_lines(left)}",
            f"try a newer opset=, or replace these operators in the model; the whole log is {str(log)!r}",
        )
    if not output.exists():
        raise ConversionFailed(f"tf2onnx wrote no model of {what}, and no error", f"look at {str(log)!r}")
    if saved_model_digest(where, digest)[0] != before:
        raise ConversionFailed(f"{where!r} changed while it was converted", "run again when nobody writes it")
    external = _unpack(output, folder) if large else {}
    facts = {**found, "opset": opset, "signature": signature, "tag": tag, "source": before}
    return Converted(folder / "model.onnx", external, {**facts, **_declared(folder / "model.onnx")})


def convert_keras(
    model: Any, *, folder: Path, opset: int = OPSET, large: bool | None = None, timeout: float = TIMEOUT
) -> Converted:
    """Convert a Keras model object, or a .keras or .h5 file (a path). Inputs and outputs keep the model's names.

    An object is exported to a SavedModel in this process, a file is loaded in a process of its own, with Keras's own
    layers only. folder, large, timeout and errors: see convert_saved_model.
    """
    versions()
    exported = folder / "exported"
    shutil.rmtree(exported, ignore_errors=True)
    if isinstance(model, (str, os.PathLike)):
        where = os.path.abspath(os.fspath(model))
        if not os.path.isfile(where):
            raise ConversionFailed(f"{os.fspath(model)!r} is no file", "give the path of a .keras or .h5 file")
        arguments = ["-m", "pytest_trt.engines.sources.keras_export", where, str(exported)]
        what = f"Keras could not load and export {os.fspath(model)!r}"
        run_child(what, arguments, folder, folder / "export.log", timeout)
    else:
        from pytest_trt.engines.sources.keras_export import export

        try:
            export(model, str(exported))
        except Exception as error:
            raise ConversionFailed(
                f"Keras could not export model {getattr(model, 'name', '?')!r}: {type(error).__name__}: {error}"[:2000],
                "see that `model.export(folder)` works, or export a SavedModel yourself and give its folder",
            ) from error
    try:
        return convert_saved_model(exported, folder=folder, opset=opset, large=large, timeout=timeout)
    finally:
        shutil.rmtree(exported, ignore_errors=True)


def _check(where: str, signature: str, tag: str) -> None:
    """Raise ConversionFailed for what the SavedModel itself shows."""
    artifact = open_saved_model(where)
    try:
        model = artifact.model
        if artifact.content == "lfs_pointer":
            raise ConversionFailed(f"{where!r}: its graph file is a git-LFS pointer", "run `git lfs pull`")
        if artifact.error is not None:
            raise ConversionFailed(str(artifact.error), "export the model again: it is damaged or cut")
        if model is None or model.graph_file is None:
            return  # saved_model.cpb, which only TensorFlow reads
        metagraph = model.served(frozenset({tag}))
        if metagraph is None:
            tags = [one.label for one in model.metagraphs]
            raise ConversionFailed(
                f"{where!r} holds no metagraph with exactly the tag {tag!r}", f"pass tag=, one of: {_listed(tags)}"
            )
        names = [name for name in metagraph.signatures if not name.startswith("__")]
        if signature not in names:
            raise ConversionFailed(
                f"{where!r} has no signature {signature!r}", f"pass signature=, one of: {_listed(names)}"
            )
        if any("TRTEngineOp" in body.ops for body in metagraph.graph.bodies()):
            raise ConversionFailed(
                f"{where!r} was converted by TF-TRT already: it holds TRTEngineOp, which has no ONNX form",
                "export the native model, the one that was given to TF-TRT, and use that",
            )
    except ArtifactError as error:
        raise ConversionFailed(str(error), "export the model again: it is damaged or cut") from None
    finally:
        artifact.close()


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name) for name in names[:20]) or "(there are none)"


def _not_converted(log: Path) -> list[str]:
    """The nodes that tf2onnx left as they are, "name: Operator". It says so in its log and ends well."""
    found = re.findall(r"Tensorflow op \[(.*)\] is not supported", log.read_text("utf-8", "replace"))
    return [one.encode("unicode_escape").decode() for one in found]


def _lines(parts: list[str]) -> str:
    return "".join(f"\n    {part}" for part in [*parts[:10], *(["..."] if len(parts) > 10 else [])])


def _unpack(archive: Path, folder: Path) -> dict[str, Path]:
    """Take apart tf2onnx's archive of a large model: the proto, and one file for each large tensor."""
    external = {}
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            proto = member.filename == "__MODEL_PROTO.onnx"
            parts = Path("model.onnx" if proto else member.filename).parts
            if not parts or os.path.isabs(member.filename) or ".." in parts:
                raise ConversionFailed(f"tf2onnx named a file of weights {member.filename!r}", "rename that layer")
            target = folder.joinpath(*parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with members.open(member) as packed, open(target, "wb") as plain:
                shutil.copyfileobj(packed, plain, 1 << 20)
            if not proto:
                external[member.filename] = target
    archive.unlink()
    return external


def _declared(path: Path) -> dict[str, list[dict[str, Any]]]:
    with Source(str(path)) as source:
        model = read_onnx(source)
    return {"inputs": [_fact(value) for value in model.inputs], "outputs": [_fact(value) for value in model.outputs]}


def _fact(value: OnnxValue) -> dict[str, Any]:
    return {"name": value.name, "dtype": value.dtype, "shape": None if value.shape is None else list(value.shape)}


__all__ = [
    "OPSET",
    "Converted",
    "conversion_key",
    "convert_keras",
    "convert_saved_model",
    "keras_digest",
    "saved_model_digest",
    "versions",
]
