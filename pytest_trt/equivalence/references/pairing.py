"""Which input and which output of an engine is which of its reference.

Exactly the same name first; then the same name without what TensorFlow adds to it; then what only one other can be,
by dtype and shape. Anything less certain is an error that shows the mapping to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from pytest_trt.equivalence.errors import NamesDiffer, ReferenceFailed

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int | None, ...]


class Port(NamedTuple):
    """An input that a reference declares. dtype: NumPy's name, None where it is not declared. shape: None for a size
    that is not declared; None altogether where the rank is not."""

    name: str
    dtype: str | None
    shape: Shape | None


def bare(name: str) -> str:
    """A name without what TensorFlow's exporters add: serving_default_x, x:0 -> x."""
    return name.removesuffix(":0").removeprefix("serving_default_")


def feed_for(
    what: str, ports: Sequence[Port], feed: Mapping[str, Array], given: Mapping[str, str] | None = None
) -> dict[str, Array]:
    """The reference's own feed: its names, and arrays in the dtypes that it declares.

    what names the reference; given maps engine names to reference names. An array is cast only where no value changes
    by it. Raises NamesDiffer, and ReferenceFailed for a dtype or shape that the reference does not take.
    """
    by_name = {port.name: port for port in ports}
    pairs = _given("inputs", what, given, feed, by_name)
    _by_name(pairs, list(feed), list(by_name))
    candidates = {
        engine: [port.name for port in ports if _could_be(array, port)]
        for engine, array in feed.items()
        if engine not in pairs
    }
    _only_ones(pairs, candidates)
    _last_ones(pairs, list(feed), list(by_name))
    if set(pairs) != set(feed) or set(pairs.values()) != set(by_name):
        ours = [f"{name!r} {array.dtype} {list(array.shape)}" for name, array in feed.items()]
        theirs = [_port(port) for port in ports]
        raise _differ("inputs", what, ours, theirs, pairs, list(feed), list(by_name))
    return {port: fitted(what, by_name[port], feed[engine]) for engine, port in pairs.items()}


def outputs_for(
    what: str,
    results: Mapping[str, Array],
    outputs: Sequence[str],
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    given: Mapping[str, str] | None = None,
    ordered: bool = False,
) -> dict[str, Array]:
    """The reference's results under the engine's names.

    shapes: of the engine's outputs, where known: outputs are told apart by them if the reference has as many.
    ordered: the reference gave a sequence, which is in the order of the engine's outputs. Raises NamesDiffer.
    """
    asked = {engine: name for engine, name in (given or {}).items() if engine in outputs}
    pairs = _given("outputs", what, asked, outputs, results)
    _by_name(pairs, outputs, list(results))
    if len(results) == len(outputs):
        if shapes is not None:
            candidates = {
                engine: [name for name, array in results.items() if array.shape == tuple(shapes[engine])]
                for engine in outputs
                if engine not in pairs and engine in shapes
            }
            _only_ones(pairs, candidates)
        _last_ones(pairs, outputs, list(results))
        if ordered and not asked and set(pairs) != set(outputs):
            pairs = dict(zip(outputs, results))
    if set(pairs) != set(outputs):
        ours = [f"{name!r}{f' {list(shapes[name])}' if shapes and name in shapes else ''}" for name in outputs]
        theirs = [f"{name!r} {array.dtype} {list(array.shape)}" for name, array in results.items()]
        raise _differ("outputs", what, ours, theirs, pairs, outputs, list(results))
    return {engine: results[pairs[engine]] for engine in outputs}


def fitted(what: str, port: Port, array: Array) -> Array:
    """The array in the port's dtype. Raises ReferenceFailed where a value would change or the shape does not fit."""
    if port.shape is not None and not _fits(array.shape, port.shape):
        raise ReferenceFailed(
            f"{what}: input {port.name!r} takes the shape {_shape(port.shape)}, not {list(array.shape)}",
            "give inputs of that shape, or a reference that was exported with this one",
        )
    if port.dtype is None or str(array.dtype) == port.dtype:
        return array
    try:
        wanted = np.dtype(port.dtype)
    except TypeError:
        raise ReferenceFailed(
            f"{what}: input {port.name!r} takes {port.dtype}, which NumPy lacks; it was given {array.dtype}",
            "export the reference with a dtype that NumPy has, or give a function that casts",
        ) from None
    if _group(array.dtype) == _group(wanted) is not None:
        with np.errstate(all="ignore"):
            cast = array.astype(wanted)
            back = cast.astype(array.dtype)
        # Whole numbers of the other sign come back as they were: the sign is asked apart.
        if np.array_equal(back, array, equal_nan=_group(wanted) == "f") and np.array_equal(cast < 0, array < 0):
            return cast
        why = f"values of {array.dtype} do not all fit"
    else:
        why = f"it was given {array.dtype}"
    raise ReferenceFailed(
        f"{what}: input {port.name!r} takes {port.dtype}, and {why}",
        f"give inputs whose values {port.dtype} holds, or a function that casts as you mean it",
    )


def _given(
    kind: str, what: str, given: Mapping[str, str] | None, ours: Sequence[str] | Mapping[str, Any], theirs: Any
) -> dict[str, str]:
    """The pairs that the user named, checked."""
    pairs = dict(given or {})
    for engine, reference in pairs.items():
        if engine not in ours:
            raise NamesDiffer(f"{kind}: {engine!r} is none of the engine's", f"these are {_listed(ours)}")
        if reference not in theirs:
            raise NamesDiffer(f"{kind}: {what} has none called {reference!r}", f"it has {_listed(theirs)}")
    if len(set(pairs.values())) != len(pairs):
        raise NamesDiffer(f"{kind}: two of the engine's are one of {what}", "map each to one of its own")
    return pairs


def _by_name(pairs: dict[str, str], ours: Sequence[str], theirs: Sequence[str]) -> None:
    """Add those with the same name, then those with the same bare name where no other has it."""
    free = [name for name in theirs if name not in pairs.values()]
    for name in ours:
        if name not in pairs and name in free:
            pairs[name] = name
    left = [name for name in ours if name not in pairs]
    free = [name for name in free if name not in pairs.values()]
    for name in left:
        same = [one for one in free if bare(one) == bare(name)]
        if len(same) == 1 and sum(bare(one) == bare(name) for one in left) == 1:
            pairs[name] = same[0]


def _only_ones(pairs: dict[str, str], candidates: dict[str, list[str]]) -> None:
    """Add those that can be but one, where that one can be no other."""
    taken = set(pairs.values())
    free = {name: [one for one in them if one not in taken] for name, them in candidates.items()}
    for name, them in free.items():
        if len(them) == 1 and sum(them[0] in others for others in free.values()) == 1:
            pairs[name] = them[0]


def _last_ones(pairs: dict[str, str], ours: Sequence[str], theirs: Sequence[str]) -> None:
    left = [name for name in ours if name not in pairs]
    free = [name for name in theirs if name not in pairs.values()]
    if len(left) == len(free) == 1:
        pairs[left[0]] = free[0]


def _differ(
    kind: str,
    what: str,
    ours: Sequence[str],
    theirs: Sequence[str],
    pairs: Mapping[str, str],
    engine: Sequence[str],
    reference: Sequence[str],
) -> NamesDiffer:
    """The error that lists both sides, and the argument to write, with what is certain filled in."""
    free = iter([name for name in reference if name not in pairs.values()])
    example = {name: pairs.get(name) or next(free, "...") for name in engine}
    listed = "".join(f"\n    engine:    {one}" for one in ours) + "".join(f"\n    reference: {one}" for one in theirs)
    if len(engine) > len(reference) or kind == "inputs" and len(engine) != len(reference):
        cure = f"their numbers differ: give a reference with these {kind}, or a function that takes a dict of the"
        cure += " engine's inputs and returns a dict of its outputs"
    else:
        cure = f"say which is which (check the guess): names={{{kind!r}: {example!r}}}"
    return NamesDiffer(f"{kind} of the engine and of {what} cannot be matched:{listed}", cure)


def _could_be(array: Array, port: Port) -> bool:
    if port.shape is not None and not _fits(array.shape, port.shape):
        return False
    try:
        return port.dtype is None or _group(array.dtype) == _group(np.dtype(port.dtype))
    except TypeError:
        return False


def _fits(shape: tuple[int, ...], declared: Shape) -> bool:
    return len(shape) == len(declared) and all(want is None or size == want for size, want in zip(shape, declared))


def _group(dtype: np.dtype[Any]) -> str | None:
    """b, i (whole numbers) or f; None for what is no number. bfloat16 and its kin are numbers of no kind to NumPy."""
    if dtype.kind in "bf":
        return dtype.kind
    if dtype.kind in "iu" or dtype.name in ("int4", "uint4"):
        return "i"
    return "f" if dtype.name.startswith(("bfloat", "float")) else None


def _port(port: Port) -> str:
    return f"{port.name!r} {port.dtype or '?'} {_shape(port.shape) if port.shape is not None else '(any shape)'}"


def _shape(shape: Shape) -> str:
    return "[" + ", ".join("?" if size is None else str(size) for size in shape) + "]"


def _listed(names: Any) -> str:
    return ", ".join(repr(name) for name in list(names)[:20]) or "none"
