"""What is asked of a builder, in a form that is checked once, compared, and hashed: names, never TensorRT's numbers.

Nothing here imports TensorRT: whether a version offers what is asked is the backend's to say (backend.py).
"""

from __future__ import annotations

import difflib
import operator
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_trt.engines.errors import PrecisionUnavailable, ProfileMismatch, UsageError

# precision -> the builder flags that it sets beyond TensorRT's defaults; None: nothing but TF32, which is a default.
PRECISIONS: dict[str, tuple[str, ...]] = {
    "fp32": (),
    "tf32": (),
    "fp16": ("FP16",),
    "bf16": ("BF16",),
    "fp8": ("FP8",),
    "int8": ("INT8",),
    "int8+fp16": ("INT8", "FP16"),
    "typed": (),
}
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
# Options that are numbers -> the least and the greatest that TensorRT takes. What is outside it ignores or refuses with
# a TypeError of its binding, and the name of that option would be in the key all the same.
_NUMBERS = {
    "optimization_level": (0, 2**31 - 1),
    "max_aux_streams": (0, 2**31 - 1),
    "avg_timing_iterations": (1, 2**31 - 1),
    "max_num_tactics": (-1, 2**31 - 2),
    "l2_limit_for_tiling": (0, 2**63 - 1),
}
_GREATEST = 2**63 - 1


@dataclass(frozen=True)
class Range:
    """One input in one optimization profile: the least, the best and the greatest shape. For a shape tensor the three
    are its values."""

    min: tuple[int, ...]
    opt: tuple[int, ...]
    max: tuple[int, ...]


@dataclass(frozen=True)
class BuildSpec:
    """Builder options, normalised. Everything here is part of the engine's key.

    precision: one of PRECISIONS; None asks for what the network says: TF32 on where the GPU has it, as TensorRT does.
    profiles: one mapping input -> Range for each optimization profile. memory_pools: bytes.
    """

    precision: str | None = None
    profiles: tuple[Mapping[str, Range], ...] = ()
    flags: tuple[str, ...] = ()
    network_flags: tuple[str, ...] = ()
    parser_flags: tuple[str, ...] = ()
    optimization_level: int | None = None
    memory_pools: Mapping[str, int] = field(default_factory=dict)
    tactic_sources: tuple[str, ...] | None = None
    preview_features: Mapping[str, bool] = field(default_factory=dict)
    hardware_compatibility: str | None = None
    compute_capabilities: tuple[str, ...] = ()
    runtime_platform: str | None = None
    profiling_verbosity: str | None = None
    tiling_optimization_level: str | None = None
    max_aux_streams: int | None = None
    avg_timing_iterations: int | None = None
    max_num_tactics: int | None = None
    l2_limit_for_tiling: int | None = None
    layer_precisions: Mapping[str, str] = field(default_factory=dict)
    plugins: tuple[str, ...] = ()
    embed_plugins: bool = False

    def canonical(self) -> dict[str, Any]:
        """For the key: every option by name; plugins are hashed elsewhere, as their path says nothing."""
        return {
            "precision": self.precision,
            "profiles": [
                {name: [list(ask.min), list(ask.opt), list(ask.max)] for name, ask in sorted(profile.items())}
                for profile in self.profiles
            ],
            "flags": sorted(self.flags),
            "network_flags": sorted(self.network_flags),
            "parser_flags": sorted(self.parser_flags),
            "optimization_level": self.optimization_level,
            "memory_pools": dict(sorted(self.memory_pools.items())),
            "tactic_sources": None if self.tactic_sources is None else sorted(self.tactic_sources),
            "preview_features": dict(sorted(self.preview_features.items())),
            "hardware_compatibility": self.hardware_compatibility,
            "compute_capabilities": sorted(self.compute_capabilities),
            "runtime_platform": self.runtime_platform,
            "profiling_verbosity": self.profiling_verbosity,
            "tiling_optimization_level": self.tiling_optimization_level,
            "max_aux_streams": self.max_aux_streams,
            "avg_timing_iterations": self.avg_timing_iterations,
            "max_num_tactics": self.max_num_tactics,
            "l2_limit_for_tiling": self.l2_limit_for_tiling,
            "layer_precisions": dict(sorted(self.layer_precisions.items())),
            "embed_plugins": self.embed_plugins,
        }


def make_spec(precision: str | None = None, profiles: Any = None, **options: Any) -> BuildSpec:
    """Check what a user wrote and put it in one form.

    profiles: a mapping input -> (min, opt, max) or input -> shape (all three), or a sequence of such mappings.
    options: `flags`, `network_flags`, `parser_flags`, `tactic_sources`, `compute_capabilities` ("SM86" or "8.6") are
    names; `workspace` is short for memory_pools={"WORKSPACE": ...}; sizes are bytes or text like "2GiB".
    Raises PrecisionUnavailable, ProfileMismatch, UsageError.
    """
    if precision is not None:
        precision = str(precision).lower()
        if precision not in PRECISIONS:
            raise PrecisionUnavailable(
                f"precision {precision!r} does not exist", f"use one of {', '.join(PRECISIONS)}{_near(precision)}"
            )
    known = set(BuildSpec.__dataclass_fields__) - {"precision", "profiles"}
    if "workspace" in options:
        pools = dict(options.get("memory_pools") or {})
        if "WORKSPACE" in pools:
            raise UsageError("workspace and memory_pools['WORKSPACE'] are the same limit", "give one of them")
        options = {**options, "memory_pools": {**pools, "WORKSPACE": options["workspace"]}}
        del options["workspace"]
    for name in options:
        if name not in known:
            close = difflib.get_close_matches(name, [*known, "workspace"], 1)
            raise UsageError(
                f"there is no builder option {name!r}",
                f"did you mean {close[0]!r}?" if close else f"options: {', '.join(sorted([*known, 'workspace']))}",
            )
    checked: dict[str, Any] = {}
    for name, value in options.items():
        if value is None:
            continue
        if name == "compute_capabilities":
            checked[name] = tuple(sorted({_capability(part) for part in _listed(name, value)}))
        elif name in ("flags", "network_flags", "parser_flags", "tactic_sources"):
            checked[name] = tuple(sorted({_word(name, part) for part in _listed(name, value)}))
        elif name == "plugins":
            checked[name] = tuple(os.fspath(part) for part in _listed(name, value))
        elif name == "memory_pools":
            checked[name] = {_word(name, pool): _bytes(pool, size) for pool, size in _mapping(name, value).items()}
        elif name == "preview_features":
            checked[name] = {_word(name, one): bool(on) for one, on in _mapping(name, value).items()}
        elif name == "layer_precisions":
            checked[name] = {str(layer): str(kind).lower() for layer, kind in _mapping(name, value).items()}
        elif name in ("hardware_compatibility", "runtime_platform", "profiling_verbosity", "tiling_optimization_level"):
            checked[name] = _word(name, value)
        elif name == "embed_plugins":
            checked[name] = bool(value)
        else:
            checked[name] = _number(name, value)
    return BuildSpec(precision=precision, profiles=make_profiles(profiles), **checked)


def make_profiles(profiles: Any) -> tuple[dict[str, Range], ...]:
    """Optimization profiles in one form. Raises ProfileMismatch for what is none, or is not min <= opt <= max."""
    if profiles is None:
        return ()
    if isinstance(profiles, Mapping):
        profiles = [profiles]
    if not isinstance(profiles, Sequence) or not all(isinstance(profile, Mapping) for profile in profiles):
        raise ProfileMismatch(f"profiles are no mappings: {profiles!r:.200}", _PROFILE_EXAMPLE)
    made = []
    for number, profile in enumerate(profiles):
        ranges = {}
        for name, ask in profile.items():
            where = f"optimization profile {number}, input {name!r}"
            ranges[str(name)] = _range(where, (ask.min, ask.opt, ask.max) if isinstance(ask, Range) else ask)
            one = ranges[str(name)]
            if not len(one.min) == len(one.opt) == len(one.max):
                raise ProfileMismatch(f"{where}: min, opt and max have different ranks: {ask!r}", _PROFILE_EXAMPLE)
            if not all(low <= best <= high for low, best, high in zip(one.min, one.opt, one.max)):
                raise ProfileMismatch(f"{where}: not min <= opt <= max: {ask!r}", _PROFILE_EXAMPLE)
        made.append(ranges)
    return tuple(made)


_PROFILE_EXAMPLE = 'write profiles={"x": ((1, 3, 224, 224), (8, 3, 224, 224), (16, 3, 224, 224))}: min, opt, max'


def _range(where: str, ask: Any) -> Range:
    try:
        parts = list(ask)
        if len(parts) == 3 and all(hasattr(part, "__len__") for part in parts):
            low, best, high = (tuple(_whole(size) for size in part) for part in parts)
            return Range(low, best, high)
        shape = tuple(_whole(size) for size in parts)
        return Range(shape, shape, shape)
    except (TypeError, ValueError, OverflowError):
        what = f"{where}: {ask!r:.200} is neither a shape nor (min, opt, max)"
        raise ProfileMismatch(what, _PROFILE_EXAMPLE) from None


def _whole(size: Any) -> int:
    number = int(size)
    if number != size or not 0 <= number <= _GREATEST:
        raise ValueError(size)
    return number


def _number(name: str, value: Any) -> int:
    low, high = _NUMBERS[name]
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or not low <= number <= high:
        what = "a number" if number is None else f"from {low} to {high}"
        raise UsageError(f"{name} must be {what}, not {value!r:.200}", f"for example {name}=3")
    return number


def _listed(name: str, value: Any) -> list[Any]:
    if isinstance(value, (str, os.PathLike)) or hasattr(value, "name"):  # one of TensorRT's own enumerators
        return [value]
    if isinstance(value, (Sequence, set, frozenset)):
        return list(value)
    raise UsageError(f"{name} must be a list of names, not {value!r}", f'for example {name}=["{_EXAMPLES[name]}"]')


def _mapping(name: str, value: Any) -> Mapping[Any, Any]:
    if isinstance(value, Mapping):
        return value
    raise UsageError(f"{name} must be a mapping, not {value!r}", f"for example {name}={_EXAMPLES[name]}")


_EXAMPLES = {
    "flags": "SPARSE_WEIGHTS",
    "network_flags": "STRONGLY_TYPED",
    "parser_flags": "NATIVE_INSTANCENORM",
    "tactic_sources": "CUBLAS",
    "compute_capabilities": "SM89",
    "plugins": "libmyplugin.so",
    "memory_pools": '{"WORKSPACE": "1GiB"}',
    "preview_features": '{"PROFILE_SHARING_0806": True}',
    "layer_precisions": '{"conv1": "fp32"}',
}


def _word(name: str, value: Any) -> str:
    """An enumerator's name, out of a string or out of TensorRT's own enumerator."""
    text = str(getattr(value, "name", value)).rpartition(".")[2].upper()
    if not re.fullmatch(r"[A-Z0-9_]+", text):
        raise UsageError(f"{name}: {value!r} is no name of TensorRT's", "write it as TensorRT does, such as FP16")
    return text


def _capability(value: Any) -> str:
    """The enumerator's name, also of a capability that is written as a number: SM86 of "8.6"."""
    found = re.fullmatch(r"(\d+)\.(\d)", str(value))
    return f"SM{found[1]}{found[2]}" if found is not None else _word("compute_capabilities", value)


def _bytes(what: Any, size: Any) -> int:
    found = re.fullmatch(r"\s*(\d{1,19})(?:\.(\d{1,19}))?\s*([KMGT]?)(?:i?B)?\s*", str(size), re.IGNORECASE)
    number = -1
    if found is not None:
        unit, part = _UNITS[found[3].upper()], found[2] or "0"
        number = int(found[1]) * unit + int(part) * unit // 10 ** len(part)
    if not 0 <= number <= _GREATEST:
        raise UsageError(f"{what}: {size!r:.200} is no size", 'bytes, or text such as "512MiB" or "2GiB"')
    return number


def _near(word: str) -> str:
    close = difflib.get_close_matches(word, PRECISIONS, 1)
    return f" (did you mean {close[0]}?)" if close else ""
