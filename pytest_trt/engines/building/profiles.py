"""Optimization profiles against a model's inputs: every dynamic input covered, in every profile, by what it allows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_trt.engines.backend import Backend
from pytest_trt.engines.building.spec import BuildSpec, Range
from pytest_trt.engines.errors import ProfileMismatch
from pytest_trt.engines.sources.source import NetworkSource, OnnxSource
from pytest_trt.errors import visible


def add_profiles(
    backend: Backend, builder: Any, config: Any, network: Any, spec: BuildSpec, source: OnnxSource | NetworkSource
) -> list[Any]:
    """Add the optimization profiles. Raises ProfileMismatch where they do not cover the network's inputs."""
    inputs = {network.get_input(number).name: network.get_input(number) for number in range(network.num_inputs)}
    needed = {name for name, tensor in inputs.items() if -1 in tuple(tensor.shape) or tensor.is_shape_tensor}
    shapes = {name: tuple(tensor.shape) for name, tensor in inputs.items()}
    values = {name for name, tensor in inputs.items() if tensor.is_shape_tensor}
    if needed and not spec.profiles:
        raise _no_profile(source.what, shapes, needed, values)
    made = []
    for number, asked in enumerate(spec.profiles):
        where = f"{source.what}: optimization profile {number}"
        _known(where, asked, list(inputs))
        _left_out(where, asked, shapes, needed, values)
        profile = builder.create_optimization_profile()
        for name, ask in asked.items():
            _cover(where, name, inputs[name], ask)
            try:
                if inputs[name].is_shape_tensor:
                    profile.set_shape_input(name, list(ask.min), list(ask.opt), list(ask.max))
                elif name in needed:
                    profile.set_shape(name, ask.min, ask.opt, ask.max)
            except (TypeError, ValueError, RuntimeError) as error:
                said = visible(str(error).partition("\n")[0])
                raise ProfileMismatch(
                    f"{where}: {backend} does not take the sizes of input {name!r}: {said}", "give smaller ones"
                ) from None
        if needed:
            mark = backend.record.mark()
            if config.add_optimization_profile(profile) < 0:
                said = "; ".join(backend.record.errors(mark)) or "no reason given"
                raise ProfileMismatch(
                    f"{where} is refused by {backend}: {said}", "give min <= opt <= max for each input"
                )
            made.append(profile)
    return made


def check_profiles(source: OnnxSource, spec: BuildSpec) -> None:
    """What the model's declarations tell about the profiles, before a Builder is made (10 s and more in TensorRT 8.6).

    Shapes that only shape inference knows, and shape tensors, are left to the network. Raises ProfileMismatch.
    """
    declared = {
        value.name: tuple(size if isinstance(size, int) and size >= 0 else -1 for size in value.shape)
        for value in source.model.inputs
        if value.shape is not None
    }
    values = {
        value.name
        for value in source.model.inputs
        if (value.dtype or "").startswith("int") and value.shape is not None and len(value.shape) <= 1
    }
    names = [value.name for value in source.model.inputs]
    dynamic = {name for name, shape in declared.items() if -1 in shape}
    if dynamic and not spec.profiles:
        raise _no_profile(source.what, declared, dynamic, set())
    for number, profile in enumerate(spec.profiles):
        where = f"{source.what}: optimization profile {number}"
        _known(where, profile, names)
        _left_out(where, profile, declared, dynamic, set())
        for name, ask in profile.items():
            if name in declared and name not in values:
                _fits(where, name, declared[name], ask)


def _known(where: str, profile: Mapping[str, Range], names: list[str]) -> None:
    for name in profile:
        if name not in names:
            known = ", ".join(map(visible, names))
            raise ProfileMismatch(
                f"{where} names input {name!r}, which the model does not have", f"its inputs: {known}"
            )


def _left_out(
    where: str, profile: Mapping[str, Range], shapes: dict[str, tuple[int, ...]], needed: set[str], values: set[str]
) -> None:
    missing = needed - set(profile)
    if missing:
        raise ProfileMismatch(
            f"{where} leaves out {_names(sorted(missing))}", f"add {_suggested(shapes, missing, values)}"
        )


def _no_profile(what: str, shapes: dict[str, tuple[int, ...]], needed: set[str], values: set[str]) -> ProfileMismatch:
    """values: those of the needed ones that are shape tensors, of which a profile gives the values."""
    dynamic, given = sorted(needed - values), sorted(needed & values)
    reasons = [f"{_names(dynamic)} {'have' if len(dynamic) > 1 else 'has'} a dynamic shape"] if dynamic else []
    reasons += [f"{_names(given)} {'decide' if len(given) > 1 else 'decides'} shapes by values"] if given else []
    return ProfileMismatch(
        f"{what}: {' and '.join(reasons)}, and no optimization profile was given",
        f"add {_suggested(shapes, needed, values)}",
    )


def _cover(where: str, name: str, tensor: Any, ask: Range) -> None:
    shape = tuple(tensor.shape)
    if tensor.is_shape_tensor:
        values = 1 if not shape else shape[0]
        if values not in (-1, len(ask.min)):
            raise ProfileMismatch(
                f"{where}: shape tensor {name!r} holds {values} values, the profile gives {len(ask.min)}",
                "a shape tensor's min, opt and max are its values",
            )
        return
    _fits(where, name, shape, ask)


def _fits(where: str, name: str, shape: tuple[int, ...], ask: Range) -> None:
    if len(ask.min) != len(shape):
        raise ProfileMismatch(
            f"{where}: input {name!r} has shape {_shown(shape)}, of rank {len(shape)}; the profile gives {ask.opt}",
            "give as many sizes as the input has dimensions",
        )
    for axis, size in enumerate(shape):
        if size >= 0 and not ask.min[axis] == ask.max[axis] == size:
            raise ProfileMismatch(
                f"{where}: input {name!r} has shape {_shown(shape)}: dimension {axis} is {size} in the model, the"
                f" profile asks for {ask.min[axis]} to {ask.max[axis]}",
                "export the model with this dimension dynamic, or give its size",
            )


def _names(names: list[str]) -> str:
    return f"input{'s' * (len(names) > 1)} {', '.join(map(repr, names))}"


def _shown(shape: tuple[int, ...]) -> str:
    return "(" + ", ".join("?" if size < 0 else str(size) for size in shape) + ("," if len(shape) == 1 else "") + ")"


def _suggested(shapes: Mapping[str, tuple[int, ...]], names: set[str], values: set[str]) -> str:
    """A `profiles=` to paste and to change."""
    parts = []
    for name in sorted(names):
        # Of a shape tensor all values are free: a scalar has one.
        shape = (-1,) * (max(1, *shapes[name]) if shapes[name] else 1) if name in values else shapes[name]
        low, best, high = (tuple(size if size >= 0 else free for size in shape) for free in (1, 4, 8))
        parts.append(f"{json.dumps(name)}: ({low}, {best}, {high})")
    return f"profiles={{{', '.join(parts)}}} with the sizes that you need (min, opt, max)"
