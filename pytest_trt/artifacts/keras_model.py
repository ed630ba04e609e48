"""A Keras model object, of Keras 3 or tf.keras 2: what identifies it, and how its inputs and outputs are named.

Asks the object and imports nothing. Structures (a tensor; lists, tuples and mappings of tensors) are walked with keys
in sorted order.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping

from pytest_trt.artifacts.content import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_PACKAGES = ("keras", "tf_keras")


def is_keras(model: Any) -> bool:
    """Whether an object is a Keras model."""
    return any(kind.__name__ == "Model" and _is_own(kind) for kind in type(model).__mro__)


def keras_digest(model: Any) -> tuple[str | None, str | None]:
    """(SHA-256 of a model's configuration and weights, None), or (None, why it has none).

    Weights count in their order, with dtype and shape; so do the names of layers, because inputs and outputs are
    named after them. A class, function or lambda that is not Keras's own computes what its code says, which no
    configuration holds: such a model has no digest.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config, weights = json.loads(model.to_json()), model.get_weights()
    except Exception as error:
        return None, f"its configuration or weights cannot be written down ({type(error).__name__})"
    foreign = sorted({*_foreign_classes(model), *_foreign_parts(config)})
    if foreign:
        return None, f"it holds code of its own: {', '.join(foreign[:3])}{', ...' if len(foreign) > 3 else ''}"
    config.pop("compile_config", None)
    digest = hashlib.sha256()
    shapes = []
    for weight in weights:
        shapes.append([str(weight.dtype), list(weight.shape)])
        digest.update(weight.tobytes())
    return canonical({"keras": config, "shapes": shapes, "weights": digest.hexdigest()}), None


def declared_inputs(model: Any) -> tuple[Any, dict[str, Any]] | None:
    """The structure that a model is called with, and its symbolic inputs by name; None where it declares none.

    Names are the keys of a mapping, else those of the input layers.
    """
    inputs = getattr(model, "inputs", None)
    if not inputs:
        return None
    try:
        structure = model.input
    except AttributeError:  # Keras 3's Sequential has inputs and no input
        structure = inputs[0] if len(inputs) == 1 else list(inputs)
    leaves = [leaf for _, leaf in _walk(structure)]
    return structure, _named(structure, [str(leaf.name).partition(":")[0] for leaf in leaves])


def named_outputs(model: Any, result: Any) -> dict[str, Any]:
    """What a call of the model returned, by name: keys of a mapping, else the layers that it comes from.

    Where the model does not say which these are: output_0 and so on.
    """
    leaves = list(_walk(result))
    known = [str(name) for name in getattr(model, "output_names", None) or ()]
    if not known and type(model).__name__ == "Sequential":  # Keras 3's has no output_names
        known = [str(model.layers[-1].name)]
    return _named(result, known if len(known) == len(leaves) else [f"output_{at}" for at in range(len(leaves))])


def packed(structure: Any, values: Iterator[Any]) -> Any:
    """The structure with these values in the places of its tensors, as plain lists, tuples and dicts."""
    if isinstance(structure, Mapping):
        return {key: packed(structure[key], values) for key in sorted(structure)}
    if isinstance(structure, tuple):
        return tuple(packed(part, values) for part in structure)
    if isinstance(structure, list):
        return [packed(part, values) for part in structure]
    return next(values)


def _walk(structure: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(structure, Mapping):
        for key in sorted(structure):
            yield from _walk(structure[key], (*path, key))
    elif isinstance(structure, (list, tuple)):
        for at, part in enumerate(structure):
            yield from _walk(part, (*path, at))
    else:
        yield path, structure


def _named(structure: Any, flat: list[str]) -> dict[str, Any]:
    """A structure's tensors by name: of a tensor or a list of them by `flat`, else by their keys, joined by _."""
    named: dict[str, Any] = {}
    for (path, leaf), name in zip(_walk(structure), flat):
        if path and not (len(path) == 1 and isinstance(path[0], int)):
            name = "_".join(str(key) for key in path)
        fresh, number = name, 0
        while fresh in named:
            number += 1
            fresh = f"{name}_{number}"
        named[fresh] = leaf
    return named


def _is_own(kind: type) -> bool:
    return kind.__module__.partition(".")[0] in _PACKAGES


def _foreign_classes(model: Any) -> Iterator[str]:
    """The classes of a model and of its layers that are not Keras's."""
    waiting, seen = [model], set()
    while waiting:
        layer = waiting.pop()
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        kind = type(layer)
        if not _is_own(kind) or kind.__name__ == "Lambda":
            yield f"{kind.__module__}.{kind.__qualname__}"
        waiting.extend(getattr(layer, "layers", None) or getattr(layer, "_layers", None) or ())


def _foreign_parts(config: Any) -> Iterator[str]:
    """The serialized objects in a configuration that are not Keras's: functions, lambdas, registered classes."""
    waiting = [config]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            name, module = part.get("class_name"), part.get("module")
            if name in ("function", "__lambda__") or len(part) == 1 and _is_lambda(part.get("value")):
                yield "a function or lambda"
            elif name and "module" in part and str(module).partition(".")[0] not in _PACKAGES:
                yield str(name)
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)


def _is_lambda(value: Any) -> bool:
    """Whether this is Keras's [code, defaults, closure]; [layer, number, number] is a tensor."""
    return isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and not isinstance(value[1], int)
