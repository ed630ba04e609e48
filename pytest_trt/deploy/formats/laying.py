"""YAML values laid over one another: strategic merge, JSON merge patch, JSON patch.

Rules: kubernetes/community contributors/devel/sig-api-machinery/strategic-merge-patch.md; RFC 7386; RFC 6902.
"""

from __future__ import annotations

from pytest_trt.deploy.formats.nodes import DEPTH_LIMIT, LIST, MAP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.formats.nodes import Node

# Lists of pods whose elements are known by a key; others are replaced whole.
_KEYS = {
    "containers": "name", "initContainers": "name", "volumes": "name", "env": "name", "volumeMounts": "mountPath",
    "ports": "containerPort", "imagePullSecrets": "name",
}  # fmt: skip


class CannotLay(Exception):
    """A patch that does not fit, or one that is not carried out here."""


def merged(under: Node, over: Node, strategic: bool, name: str = "", depth: int = 0) -> Node:
    """A value with a patch laid over it. strategic: elements of a pod's lists are matched by their names."""
    if depth > DEPTH_LIMIT:
        raise CannotLay("it is nested too deeply")
    if over.kind == MAP and under.kind == MAP:
        return over if _directive(over) == "replace" else _map(under, over, strategic, depth)
    key = _KEYS.get(name) if strategic else None
    if key is not None and over.kind == LIST and under.kind == LIST:
        return _list(under, over, key, depth)
    return over


def _directive(node: Node) -> str:
    found = node.get("$patch") if node.kind == MAP else None
    return found.raw if found is not None else ""


def _map(under: Node, over: Node, strategic: bool, depth: int) -> Node:
    entries = {key.raw: (key, value) for key, value in under.items()}
    for key, value in over.items():
        name = key.raw
        if name.startswith("$"):
            continue
        if value.null or _directive(value) == "delete":
            entries.pop(name, None)
        elif name in entries:
            entries[name] = (key, merged(entries[name][1], value, strategic, name, depth + 1))
        else:
            entries[name] = (key, value)
    return under.mapping(list(entries.values()))


def _list(under: Node, over: Node, key: str, depth: int) -> Node:
    elements = list(under.elements())
    patches = over.elements()
    if any(_directive(each) == "replace" for each in patches):
        return over.sequence([each for each in patches if not _directive(each)])
    for patch in patches:
        wanted = patch.get(key)
        place = next((index for index, each in enumerate(elements) if _same(each.get(key), wanted)), None)
        if _directive(patch) == "delete":
            if place is not None:
                del elements[place]
        elif place is None:
            elements.append(patch)
        else:
            elements[place] = merged(elements[place], patch, True, "", depth + 1)
    return under.sequence(elements)


def _same(one: Node | None, other: Node | None) -> bool:
    return one is not None and other is not None and one.raw == other.raw


def patched(root: Node, operations: Sequence[Node]) -> Node:
    """The value after the operations of a JSON patch. Raises CannotLay."""
    for each in operations:
        verb, pointer = each.get("op"), each.get("path")
        if verb is None or pointer is None or verb.raw not in ("add", "replace", "remove", "test"):
            raise CannotLay(f"the operation {verb.raw if verb is not None else '?'} of a JSON patch")
        if verb.raw == "test":
            continue
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.raw.split("/")[1:]]
        value = each.get("value")
        if len(steps) > DEPTH_LIMIT or not steps or (value is None and verb.raw != "remove"):
            raise CannotLay("a JSON patch without a path or value")
        root = _put(root, steps, verb.raw, value or each)
    return root


def _put(node: Node, steps: Sequence[str], verb: str, value: Node) -> Node:
    step, rest = steps[0], steps[1:]
    if node.kind == MAP:
        entries = {key.raw: (key, each) for key, each in node.items()}
        if rest:
            if step not in entries:
                raise CannotLay(f"nothing lies at {step}")
            key, below = entries[step]
            entries[step] = (key, _put(below, rest, verb, value))
        elif verb == "remove":
            entries.pop(step, None)
        else:
            entries[step] = (entries[step][0] if step in entries else value.scalar(step), value)
        return node.mapping(list(entries.values()))
    if node.kind != LIST:
        raise CannotLay(f"nothing lies at {step}")
    elements = list(node.elements())
    if step == "-" and not rest and verb == "add":
        return node.sequence([*elements, value])
    if not step.isdecimal() or len(step) > 6 or int(step) >= len(elements) + (verb == "add" and not rest):
        raise CannotLay(f"nothing lies at {step}")
    index = int(step)
    if rest:
        elements[index] = _put(elements[index], rest, verb, value)
    elif verb == "add":
        elements.insert(index, value)
    elif verb == "remove":
        del elements[index]
    else:
        elements[index] = value
    return node.sequence(elements)
