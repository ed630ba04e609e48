"""SavedModels and Keras models run by TensorFlow (a Keras 3 model: by its own backend).

TensorFlow runs on the CPU unless told. Its GPU memory grows as needed, so that the engines have theirs; TF32, which
rounds the inputs of products to 10 bits, is off while a reference runs on a GPU.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from pytest_trt.artifacts.content import saved_model_digest
from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.keras_model import declared_inputs, keras_digest, named_outputs, packed
from pytest_trt.artifacts.open import open_saved_model
from pytest_trt.equivalence.arrays import Array
from pytest_trt.equivalence.errors import NotAReference, ReferenceFailed
from pytest_trt.equivalence.references.base import Digest, Reference, first_line, need
from pytest_trt.equivalence.references.pairing import Port

_SHAPES = "see that the inputs have the shapes and ranges that the model was made for"


class SavedModelReference(Reference):
    """A signature of a SavedModel folder. device: "cpu" or "gpu"."""

    kind = "tensorflow-saved-model"

    def __init__(self, path: str, signature: str, tag: str, device: str, digest: Digest, **names: Any) -> None:
        super().__init__(**names)
        self._path = path
        self._signature = signature
        self._tag = tag
        self._device = device
        self._digest = digest
        self._loaded: tuple[Any, Any] | None = None

    def describe(self) -> str:
        return f"the SavedModel {self._path!r}, signature {self._signature!r}, run by TensorFlow on the {self._device}"

    def digest(self) -> str:
        try:
            return saved_model_digest(self._path, self._digest)[0]
        except ArtifactError as error:
            raise ReferenceFailed(str(error), "see that the SavedModel is whole and readable") from None

    def ports(self) -> list[Port]:
        _, function = self._load()
        _, inputs = function.structured_input_signature
        return [_port(name, spec) for name, spec in inputs.items()]

    def compute(self, feed: dict[str, Array]) -> tuple[dict[str, Array], bool]:
        tf, (_, function) = _tensorflow(self.describe()), self._load()
        with _on(tf, self._device), _told(f"{self.describe()}, failed while it ran", _SHAPES):
            results = function(**{name: tf.constant(array) for name, array in feed.items()})
            return {name: np.asarray(tensor.numpy()) for name, tensor in results.items()}, False

    def close(self) -> None:
        self._loaded = None

    def _load(self) -> tuple[Any, Any]:
        """The model, which owns the variables, and the function of the signature."""
        if self._loaded is None:
            self._check()
            tf = _tensorflow(self.describe())
            cure = "see that this TensorFlow can load the model, with tf.saved_model.load"
            with _on(tf, self._device), _told(f"{self.describe()}, cannot be loaded", cure):
                model = tf.saved_model.load(self._path, tags=[self._tag])
            if self._signature not in model.signatures:
                raise self._no_signature(list(model.signatures))
            self._loaded = model, model.signatures[self._signature]
        return self._loaded

    def _check(self) -> None:
        """Raise for what the SavedModel itself shows, before TensorFlow is imported."""
        artifact = open_saved_model(self._path)
        try:
            if artifact.error is not None:
                raise ReferenceFailed(str(artifact.error), "export the model again: it is damaged or cut")
            if artifact.model is None or artifact.model.graph_file is None:
                return  # saved_model.cpb, which only TensorFlow reads
            metagraph = artifact.model.served(frozenset({self._tag}))
            if metagraph is None:
                tags = ", ".join(repr(one.label) for one in artifact.model.metagraphs)
                raise ReferenceFailed(
                    f"{self._path!r} holds no metagraph with exactly the tag {self._tag!r}",
                    f"pass tag=, one of: {tags or '(there are none)'}",
                )
            if self._signature not in metagraph.signatures:
                raise self._no_signature(list(metagraph.signatures))
            if any("TRTEngineOp" in body.ops for body in metagraph.graph.bodies()):
                raise ReferenceFailed(
                    f"{self._path!r} was converted by TF-TRT: it holds TRTEngineOp, which would compute the reference"
                    " with TensorRT again, where TensorFlow has it at all",
                    "give the native model as the reference, the one that was given to TF-TRT",
                )
        except ArtifactError as error:
            raise ReferenceFailed(str(error), "export the model again: it is damaged or cut") from None
        finally:
            artifact.close()

    def _no_signature(self, names: list[str]) -> ReferenceFailed:
        known = ", ".join(repr(name) for name in names if not name.startswith("__"))
        return ReferenceFailed(
            f"{self._path!r} has no signature {self._signature!r}", f"pass signature=, one of: {known or '(none)'}"
        )


class KerasReference(Reference):
    """A Keras model object, or a .keras or .h5 file, called with training=False."""

    kind = "keras"

    def __init__(self, model: Any, path: str | None, device: str, digest: Digest, **names: Any) -> None:
        super().__init__(**names)
        self._model = model
        self._path = path
        self._device = device
        self._digest = digest

    def describe(self) -> str:
        return f"the Keras model {self._path or getattr(self._model, 'name', '?')!r}"

    def digest(self) -> str | None:
        if self._path is not None:
            try:
                return self._digest(self._path)[0]
            except (ArtifactError, OSError) as error:
                raise ReferenceFailed(str(error), "see that the file is there and readable") from None
        digest, self.why_no_digest = keras_digest(self._model)
        return digest

    def ports(self) -> list[Port] | None:
        declared = declared_inputs(self._load())
        return None if declared is None else [_port(name, tensor) for name, tensor in declared[1].items()]

    def compute(self, feed: dict[str, Array]) -> tuple[dict[str, Array], bool]:
        model = self._load()
        declared = declared_inputs(model)
        if declared is not None:
            given = packed(declared[0], iter([feed[name] for name in declared[1]]))
        else:
            given = next(iter(feed.values())) if len(feed) == 1 else feed
        with contextlib.ExitStack() as stack:
            tf = self._tensorflow()
            if tf is not None:
                stack.enter_context(_on(tf, self._device))
            stack.enter_context(_told(f"{self.describe()} failed while it ran", _SHAPES))
            results = named_outputs(model, model(given, training=False))
            return {name: _numpy(tensor) for name, tensor in results.items()}, False

    def close(self) -> None:
        if self._path is not None:
            self._model = None

    def _load(self) -> Any:
        if self._model is None:
            tf = _tensorflow(self.describe())
            cure = "load it yourself, with its custom_objects, and give the model object"
            with _on(tf, self._device), _told(f"{self.describe()} cannot be loaded", cure):
                self._model = tf.keras.models.load_model(self._path, compile=False)
        return self._model

    def _tensorflow(self) -> Any:
        """TensorFlow where it is what computes the model; None where Keras 3 has another backend."""
        keras = sys.modules.get("keras")
        backend = getattr(getattr(keras, "config", None), "backend", None)
        if type(self._model).__module__.partition(".")[0] == "keras" and backend and backend() != "tensorflow":
            return None
        return _tensorflow(self.describe())


def _tensorflow(what: str) -> Any:
    """TensorFlow, its GPU memory set to grow where that can still be said."""
    tf = need("tensorflow", what, "tensorflow")
    with contextlib.suppress(RuntimeError):  # its devices are in use: whoever began decided
        for device in tf.config.list_physical_devices("GPU"):
            tf.config.experimental.set_memory_growth(device, True)
    return tf


@contextlib.contextmanager
def _on(tf: Any, device: str) -> Iterator[None]:
    """Have TensorFlow compute on the CPU, or on the first GPU without TF32; what was set before is set again."""
    if device == "gpu" and not tf.config.list_physical_devices("GPU"):
        raise ReferenceFailed('TensorFlow sees no GPU, and device="gpu" asks for one', 'leave device="cpu"')
    rounds = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        with tf.device("/GPU:0" if device == "gpu" else "/CPU:0"):
            yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(rounds)


@contextlib.contextmanager
def _told(what: str, cure: str) -> Iterator[None]:
    """Turn what TensorFlow and Keras raise into ReferenceFailed; warnings of theirs are nobody's here."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (ReferenceFailed, NotAReference):
        raise
    except Exception as error:
        raise ReferenceFailed(f"{what}: {first_line(error)}", cure) from error


def _port(name: str, spec: Any) -> Port:
    """From a TensorSpec of TensorFlow's, or a symbolic tensor of Keras's."""
    shape = spec.shape
    sizes = None if getattr(shape, "rank", 0) is None else tuple(None if size is None else int(size) for size in shape)
    return Port(name, getattr(spec.dtype, "name", None) or str(spec.dtype), sizes)


def _numpy(tensor: Any) -> Array:
    """A tensor of any Keras backend."""
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
    return np.asarray(tensor)
