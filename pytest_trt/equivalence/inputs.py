"""Inputs for an engine at the minimum, optimum and maximum of each optimization profile: seeded, finite, not all zero.

Each input has a generator of its own, seeded with the seed, the input's name, the profile and the point: adding or
reordering inputs changes none of the others. NumPy promises the bits of PCG64, and its release notes announce changes
of the distributions (random, integers) that are drawn from them here; the digest tells.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pytest_trt.equivalence.errors import BadProfile, BadRange, UnknownInput
from pytest_trt.equivalence.verdict import kind

Array = npt.NDArray[Any]
# Between two values; one of these values; or whatever a function makes.
Range = tuple[float, float] | list[Any] | Array | Callable[[tuple[int, ...], np.dtype[Any], np.random.Generator], Any]

# Below it: an index into most things, a token of most vocabularies.
_INTEGERS = 8
POINTS = ("min", "opt", "max")


class Tensor(Protocol):
    """One input or output as an engine declares it.

    shape: -1 where it is dynamic. profiles: of each optimization profile the minimum, optimum and maximum shape (of
    a shape tensor: values); empty for an engine without dynamic inputs.
    """

    @property
    def name(self) -> str: ...
    @property
    def mode(self) -> str: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def is_shape_tensor(self) -> bool: ...
    @property
    def profiles(self) -> Sequence[Sequence[Sequence[int]]]: ...


@dataclasses.dataclass(frozen=True)
class Case:
    """One set of inputs. label: "profile 0 opt". digest: of digest_of. Given inputs have no profile and no seed."""

    label: str
    profile: int | None
    feed: dict[str, Array]
    seed: int | None
    digest: str


def generate(
    io: Sequence[Tensor],
    ranges: Mapping[str, Range] | None = None,
    seed: int = 0,
    points: Sequence[str] = POINTS,
) -> list[Case]:
    """A case for each point of each profile; points of the same shapes are one case, labelled "profile 0 min=opt".

    io: the engine's inputs and outputs. ranges: input name -> (low, high), floats from low to high, integers from
    low to high - 1, and low alone where both are equal; a list or array of the values to choose from; or a function
    (shape, dtype, generator) -> array. Without one floats lie in -1 to 1, integers in 0 to 7, and bools are either.
    points: of "min", "opt" and "max".
    Raises UnknownInput, BadRange and BadProfile.
    """
    ranges = ranges or {}
    inputs = [tensor for tensor in io if tensor.mode == "input"]
    names = [tensor.name for tensor in inputs]
    for name in ranges:
        if name not in names:
            near = difflib.get_close_matches(str(name), names, 1)
            start = f"did you mean {near[0]!r}? " if near else ""
            raise UnknownInput(
                f"a range is given for {name!r}, which is no input of the engine",
                f"{start}The inputs are " + ", ".join(map(repr, names)),
            )
    if not points:
        raise BadProfile("no point of a profile is asked for", "name some of 'min', 'opt' and 'max'")
    for point in points:
        if point not in POINTS:
            raise BadProfile(f"there is no point {point!r} of a profile", "name some of 'min', 'opt' and 'max'")
    cases = []
    for profile in range(max((len(tensor.profiles) for tensor in inputs), default=0) or 1):
        shapes: dict[tuple[tuple[int, ...], ...], list[str]] = {}
        for point in points:
            shapes.setdefault(tuple(_extents(tensor, profile, point) for tensor in inputs), []).append(point)
        for extents, same in shapes.items():
            # One point names the values, whichever points are asked for.
            first = next(
                point for point in POINTS if extents == tuple(_extents(tensor, profile, point) for tensor in inputs)
            )
            feed = {
                tensor.name: _values(tensor, extent, ranges.get(tensor.name), _generator(seed, tensor, profile, first))
                for tensor, extent in zip(inputs, extents)
            }
            label = f"profile {profile}" + ("" if len(same) == len(POINTS) else f" {'='.join(same)}")
            cases.append(Case(label, profile, feed, seed, digest_of(feed)))
    return cases


def digest_of(feed: Mapping[str, Array]) -> str:
    """sha256 of names, dtypes, shapes and values in the order of names; the same on either byte order and layout."""
    found = hashlib.sha256()
    for name in sorted(feed):
        array = np.asarray(feed[name])
        for part in (name, array.dtype.name, ",".join(map(str, array.shape))):
            data = part.encode("utf-8", "surrogatepass")
            found.update(len(data).to_bytes(8, "little") + data)
        if sys.byteorder == "big" or not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("<"))
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def _generator(seed: int, tensor: Tensor, profile: int, point: str) -> np.random.Generator:
    text = f"{seed}\0{tensor.name}\0{profile}\0{point}".encode("utf-8", "surrogatepass")
    return np.random.Generator(np.random.PCG64(int.from_bytes(hashlib.sha256(text).digest()[:16], "little")))


def _extents(tensor: Tensor, profile: int, point: str) -> tuple[int, ...]:
    """The shape of an input at a point; the values of a shape tensor."""
    if not tensor.profiles:
        if tensor.is_shape_tensor or any(extent < 0 for extent in tensor.shape):
            what = "is a shape tensor" if tensor.is_shape_tensor else f"has the dynamic shape {tensor.shape}"
            raise BadProfile(f"input {tensor.name!r} {what}, and no profile", "give the inputs: inputs={...}")
        return tuple(tensor.shape)
    if profile >= len(tensor.profiles):
        raise BadProfile(
            f"input {tensor.name!r} has {len(tensor.profiles)} profiles, another input has more",
            "declare every input in each profile",
        )
    extents = tuple(int(extent) for extent in tensor.profiles[profile][POINTS.index(point)])
    if not tensor.is_shape_tensor:
        fits = len(extents) == len(tensor.shape) and all(
            extent >= 0 and declared in (-1, extent) for extent, declared in zip(extents, tensor.shape)
        )
        if not fits:
            raise BadProfile(
                f"profile {profile} has {point} shape {extents} for input {tensor.name!r}, declared {tensor.shape}",
                "give a shape that differs only where the input's is -1",
            )
    return extents


def _values(tensor: Tensor, extents: tuple[int, ...], range_: Range | None, rng: np.random.Generator) -> Array:
    dtype = np.dtype(tensor.dtype)
    if tensor.is_shape_tensor:
        if range_ is not None:
            raise _bad(tensor, "is a shape tensor: its values are the profile's", "leave it out of the ranges")
        return np.array(extents, dtype).reshape(tuple(len(extents) if n == -1 else n for n in tensor.shape))
    if range_ is None:
        interval = _default(dtype, tensor)
        return _lively(_drawn(interval, extents, dtype, rng), interval)
    if callable(range_):
        return _made(tensor, extents, range_, rng)
    if isinstance(range_, tuple):
        interval = _interval(tensor, range_)
        return _lively(_drawn(interval, extents, dtype, rng), interval)
    return _chosen(tensor, extents, range_, rng)


def _default(dtype: np.dtype[Any], tensor: Tensor) -> tuple[float, float]:
    found = kind(dtype.name)
    if found is None:
        raise _bad(tensor, f"has dtype {dtype.name}, which no range is known for", "give the inputs: inputs={...}")
    return {"float": (-1.0, 1.0), "integer": (0, _INTEGERS), "bool": (0, 2)}[found]


def _drawn(
    interval: tuple[float, float], extents: tuple[int, ...], dtype: np.dtype[Any], rng: np.random.Generator
) -> Array:
    low, high = interval
    if kind(dtype.name) != "float":
        if low == high:
            return np.full(extents, low, dtype)
        wide = np.uint64 if dtype == np.uint64 else np.int64
        return np.asarray(rng.integers(int(low), int(high), extents, wide)).astype(dtype)
    share = rng.random(extents, np.float64) if dtype.itemsize >= 8 else rng.random(extents, np.float32)
    # high - low may be beyond the largest float.
    values = np.clip(np.asarray(low * (1 - share) + high * share), low, high)
    return np.asarray(values.astype(dtype))


def _lively(values: Array, interval: tuple[float, float]) -> Array:
    """Not all zero nor all tiny, where the interval allows it, and bools not all alike: zeros hide every weight."""
    flat = values.reshape(-1)
    low, high = interval
    if not flat.size or low == high:
        return values
    if flat.dtype == np.bool_:
        if flat.size > 1 and (flat == flat[0]).all():
            flat[flat.size // 2] = not flat[0]
        elif not flat.any():
            flat[0] = True
    elif kind(flat.dtype.name) != "float":
        if not flat.astype(bool).any():
            flat[0] = low or int(high) - 1
    else:
        most = max(abs(low), abs(high))
        if float(np.max(np.abs(flat.astype(np.float64)))) < most / 64:
            flat[0] = (low if abs(low) > abs(high) else high) / 2
    return values


def _interval(tensor: Tensor, given: tuple[Any, ...]) -> tuple[float, float]:
    """(low, high) as numbers that the dtype holds; high of integers is not drawn, but low where both are equal."""
    dtype = np.dtype(tensor.dtype)
    if len(given) != 2:
        raise _bad(tensor, f"has the range {given!r}", "give (low, high); of values to choose from give a list")
    integer = kind(dtype.name) != "float"
    low, high = (_number(tensor, value, integer) for value in given)
    if low > high or integer and not _holds(dtype, [low, max(low, high - 1)]) or not _holds(dtype, [low]):
        raise _bad(tensor, f"has the range {given!r}", f"give low <= high, both {dtype.name}")
    if not integer and not _holds(dtype, [high]):
        raise _bad(tensor, f"has the range {given!r}", f"give numbers that {dtype.name} can hold")
    return low, high


def _number(tensor: Tensor, value: Any, integer: bool) -> float:
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    if isinstance(value, (float, np.floating)) and math.isfinite(value):
        if not integer:
            return float(value)
        if float(value).is_integer():
            return int(value)
    raise _bad(tensor, f"has a range with {value!r}", f"give {'integers' if integer else 'finite numbers'}")


def _holds(dtype: np.dtype[Any], values: Sequence[float]) -> bool:
    """Can the dtype hold these: integers exactly, floats as something finite."""
    with np.errstate(all="ignore"):
        if kind(dtype.name) == "float":
            return all(math.isfinite(value) and math.isfinite(float(np.array(value).astype(dtype))) for value in values)
        try:
            return all(int(np.array(value).astype(dtype)) == value for value in values)
        except (OverflowError, ValueError, TypeError):
            return False


def _chosen(tensor: Tensor, extents: tuple[int, ...], allowed: Any, rng: np.random.Generator) -> Array:
    dtype = np.dtype(tensor.dtype)
    values = np.asarray(allowed).reshape(-1)
    if not values.size or kind(values.dtype.name) is None or not _holds(dtype, [value.item() for value in values]):
        raise _bad(tensor, f"has the values {allowed!r} to choose from", f"give values that {dtype.name} can hold")
    return np.asarray(values.astype(dtype)[rng.integers(0, values.size, extents)]).reshape(extents)


def _made(tensor: Tensor, extents: tuple[int, ...], make: Callable[..., Any], rng: np.random.Generator) -> Array:
    dtype = np.dtype(tensor.dtype)
    made = np.asarray(make(extents, dtype, rng))
    if made.shape != extents or kind(made.dtype.name) != kind(dtype.name):
        raise _bad(
            tensor,
            f"has a function for its range that made {made.dtype.name} {made.shape}",
            f"return {dtype.name} {extents}",
        )
    with np.errstate(all="ignore"):
        values = np.array(made, dtype)
    if not np.isfinite(values.astype(np.float64)).all():
        raise _bad(tensor, "has a function for its range that made NaN or Inf", f"return finite {dtype.name}")
    if kind(dtype.name) == "integer" and not np.array_equal(values, made):
        raise _bad(tensor, f"has a function for its range that made values beyond {dtype.name}", "return smaller ones")
    return values


def _bad(tensor: Tensor, what: str, cure: str) -> BadRange:
    return BadRange(f"input {tensor.name!r} {what}", cure)
