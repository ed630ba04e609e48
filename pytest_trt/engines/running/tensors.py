"""An engine's inputs and outputs: names, dtypes, shapes, and the ranges of its optimization profiles."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pytest_trt.engines.errors import InputMismatch

# DataType's name -> NumPy's. What NumPy lacks comes from ml_dtypes, where that is installed.
_NUMPY = {
    "FLOAT": "float32",
    "HALF": "float16",
    "INT8": "int8",
    "INT32": "int32",
    "INT64": "int64",
    "BOOL": "bool",
    "UINT8": "uint8",
}
_ML_DTYPES = {"BF16": "bfloat16", "FP8": "float8_e4m3fn"}


@dataclass(frozen=True)
class Tensor:
    """An input or output. mode: "input" or "output"; dtype: NumPy's, None where NumPy has none (`type` is TensorRT's
    name for it). shape: -1 for a dynamic dimension; of a shape tensor, the shape of its values.
    profiles: (min, opt, max) shape for each optimization profile, for a shape tensor its values; empty where static."""

    name: str
    mode: str
    type: str
    dtype: np.dtype[Any] | None
    shape: tuple[int, ...]
    is_shape_tensor: bool = False
    profiles: tuple[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]], ...] = ()

    def __str__(self) -> str:
        sizes = ", ".join("?" if size < 0 else str(size) for size in self.shape) + "," * (len(self.shape) == 1)
        return f"{self.name}: {self.dtype if self.dtype is not None else self.type.lower()} ({sizes})"


def numpy_dtype(type_name: str) -> np.dtype[Any] | None:
    """NumPy's dtype for one of TensorRT's; None where there is none here."""
    if type_name in _NUMPY:
        return np.dtype(_NUMPY[type_name])
    if type_name in _ML_DTYPES:
        try:
            import ml_dtypes
        except ImportError:
            return None
        found: np.dtype[Any] = np.dtype(getattr(ml_dtypes, _ML_DTYPES[type_name]))
        return found
    return None


def from_meta(io: Sequence[Mapping[str, Any]]) -> tuple[Tensor, ...]:
    """Tensors as meta.json has them."""
    return tuple(
        Tensor(
            name=str(one["name"]),
            mode=str(one["mode"]),
            type=str(one["dtype"]),
            dtype=numpy_dtype(str(one["dtype"])),
            shape=tuple(one["shape"]),
            is_shape_tensor=bool(one["is_shape_tensor"]),
            profiles=tuple((tuple(low), tuple(best), tuple(high)) for low, best, high in one["profiles"]),
        )
        for one in io
    )


def from_engine(trt: Any, engine: Any, known: Sequence[Tensor] | None = None) -> tuple[Tensor, ...]:
    """Tensors as a deserialised engine has them (TensorRT 8.5 and later: name-based I/O).

    known: as the network had them, whose values of shape tensors are to be believed: 8.6 gives the first one only.
    """
    believed = {tensor.name: tensor.profiles for tensor in known or () if tensor.is_shape_tensor}
    tensors = []
    for number in range(engine.num_io_tensors):
        name = engine.get_tensor_name(number)
        is_input = engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT
        shape = tuple(engine.get_tensor_shape(name))
        values = engine.get_tensor_location(name) == trt.TensorLocation.HOST
        profiles = []
        if is_input and (values or -1 in shape):
            for profile in range(engine.num_optimization_profiles):
                ranges = _values(engine, profile, name) if values else engine.get_tensor_profile_shape(name, profile)
                low, best, high = (tuple(int(size) for size in one) for one in ranges)
                if not values or len(low) == int(np.prod(shape)):
                    profiles.append((low, best, high))
        type_name = engine.get_tensor_dtype(name).name
        tensors.append(
            Tensor(
                name=name,
                mode="input" if is_input else "output",
                type=type_name,
                dtype=numpy_dtype(type_name),
                shape=shape,
                is_shape_tensor=values,
                profiles=believed.get(name, tuple(profiles)),
            )
        )
    return tuple(tensors)


def _values(engine: Any, profile: int, name: str) -> Any:
    """The values that a profile gives a shape tensor; 8.6 and 10 have different names for the question.

    8.6 warns that its name is deprecated and has no other; where warnings are errors its binding would break.
    """
    if hasattr(engine, "get_tensor_profile_values"):
        return engine.get_tensor_profile_values(profile, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return engine.get_profile_shape_input(profile, name)


def checked(what: str, tensors: Sequence[Tensor], feed: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """The feed as arrays of the engine's dtypes, in the engine's order.

    Integers and bools are converted where no value changes; everything else must have the engine's dtype.
    Raises InputMismatch for a name, dtype or rank that does not fit.
    """
    if not isinstance(feed, Mapping):
        form = f"{{{tensors[0].name!r}: array}}" if tensors else "{}"
        raise InputMismatch(
            f"{what}: the inputs are a {type(feed).__name__}, which names none of them", f"give a mapping: {form}"
        )
    names = [tensor.name for tensor in tensors]
    for name in feed:
        if name not in names:
            raise InputMismatch(
                f"{what} has no input {name!r}", f"its inputs: {', '.join(map(str, tensors)) or 'none'}"
            )
    arrays = {}
    for tensor in tensors:
        if tensor.name not in feed:
            raise InputMismatch(
                f"{what}: input {tensor.name!r} is missing", f"give all of {', '.join(map(str, tensors))}"
            )
        try:
            array = np.asarray(feed[tensor.name])
        except ValueError as error:
            raise InputMismatch(f"{what}: input {tensor.name!r} is no array: {error}", "give a NumPy array") from None
        if array.dtype != tensor.dtype:
            array = _converted(what, tensor, array)
        if len(array.shape) != len(tensor.shape) or any(
            size not in (-1, actual) for size, actual in zip(tensor.shape, array.shape)
        ):
            raise InputMismatch(
                f"{what}: input {tensor} got an array of shape {array.shape}",
                "the sizes shown as ? are free within an optimization profile, the others are fixed",
            )
        arrays[tensor.name] = array
    return arrays


def _converted(what: str, tensor: Tensor, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    dtype = tensor.dtype
    if dtype is None:
        raise InputMismatch(
            f"{what}: input {tensor.name!r} is {tensor.type}, which NumPy does not have",
            "pip install ml_dtypes, or give the network an input of another type",
        )
    if array.dtype.kind in "iub" and dtype.kind in "iub":
        converted = array.astype(dtype)
        if np.array_equal(converted, array):
            return converted
        raise InputMismatch(
            f"{what}: input {tensor.name!r} is {dtype}, and values of the given {array.dtype} array are outside of it",
            f"keep them within {np.iinfo(dtype).min} and {np.iinfo(dtype).max}"
            if dtype.kind != "b"
            else "0 and 1 only",
        )
    raise InputMismatch(
        f"{what}: input {tensor.name!r} is {dtype}, and the given array is {array.dtype}",
        f"convert it: .astype(numpy.{dtype})",
    )


def fitting_profile(
    what: str, tensors: Sequence[Tensor], arrays: Mapping[str, np.ndarray[Any, Any]], first: int
) -> int:
    """The optimization profile that covers these arrays, `first` if it does. Raises InputMismatch where none does."""
    dynamic = [tensor for tensor in tensors if tensor.profiles]
    if not dynamic:
        return 0
    count = min(len(tensor.profiles) for tensor in dynamic)
    if not 0 <= first < count:
        raise InputMismatch(f"{what} has no optimization profile {first}", f"it has {count}, counted from 0")
    misses: list[str] = []
    for profile in (first, *(number for number in range(count) if number != first)):
        miss = _outside(dynamic, arrays, profile)
        if miss is None:
            return profile
        misses.append(f"\n  profile {profile}: {miss}")
    raise InputMismatch(
        f"{what}: no optimization profile covers these inputs:{''.join(misses)}",
        "use sizes within a profile, or build the engine with one that covers them",
    )


def _outside(tensors: Sequence[Tensor], arrays: Mapping[str, np.ndarray[Any, Any]], profile: int) -> str | None:
    for tensor in tensors:
        low, _, high = tensor.profiles[profile]
        array = arrays[tensor.name]
        sizes = tuple(int(value) for value in array.reshape(-1)) if tensor.is_shape_tensor else array.shape
        if len(sizes) != len(low) or not all(least <= size <= most for least, size, most in zip(low, sizes, high)):
            kind = "values" if tensor.is_shape_tensor else "shape"
            return f"{tensor.name} has {kind} {sizes}, it takes {low} to {high}"
    return None
