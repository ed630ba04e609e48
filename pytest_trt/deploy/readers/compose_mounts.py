"""What a compose service mounts: short and long volumes, named ones, configs."""

from __future__ import annotations

import re

from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.formats.yamls import SCALAR
from pytest_trt.deploy.reading import HOST, LITERAL, URI, VOLUME, Mount
from pytest_trt.deploy.scripts.variables import substituted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.readers.compose import File, Layer

_WINDOWS = re.compile(r"[A-Za-z]:[\\/]")
_LENGTH = 4096  # of a volume's text; what is longer is none


def mounts(layers: list[Layer], stack: Sequence[File]) -> list[Mount]:
    """What a service mounts. stack: the files that other services are looked for in."""
    from pytest_trt.deploy.readers.compose import layers_of, stacked

    found: dict[str, Mount] = {}
    for node, _ in reversed(stacked(layers, "volumes_from")):
        for each in node.elements():
            name = each.raw.partition(":")[0]
            found.update((mount.target, mount) for mount in _own(layers_of(name, stack)[0]))
    found.update((mount.target, mount) for mount in _own(layers))
    return list(found.values())


def _own(layers: Sequence[Layer]) -> Iterator[Mount]:
    """Those that the service names itself; later ones replace earlier ones of the same target."""
    from pytest_trt.deploy.readers.compose import stacked

    for node, layer in reversed(stacked(layers, "volumes")):
        for each in node.elements():
            mount = _short(each, layer.file) if each.kind == SCALAR else _long(each, layer.file)
            if mount is not None:
                yield mount
    for node, layer in reversed(stacked(layers, "configs")):
        yield from _configs(node, layer)


def _parts(text: str) -> list[str]:
    """`SOURCE:TARGET:MODE`, where a variable's default may hold colons and a source may begin with a drive."""
    if len(text) > _LENGTH:
        return [text]
    parts = re.split(r":(?![^{}]*\})", text)
    if len(parts) > 1 and _WINDOWS.match(text):
        parts[:2] = [parts[0] + ":" + parts[1]]
    return parts


def _short(node: Node, file: File) -> Mount | None:
    raw = node.text
    if raw is None:
        parts = _parts(node.raw)
        if len(parts) < 2 or not parts[1].startswith("/") or "{{" in parts[1]:
            return None
        return Mount(parts[1], HOST, Said(None, node.at, node.why), node.at)
    sides = [
        substituted(part, file.scope, node.at, "compose") if "$" in part else Said(part, node.at)
        for part in _parts(raw)[:2]
    ]
    target = sides[-1].text
    if target is None:
        return None
    if len(sides) == 1:
        return Mount(target, VOLUME, Said(None, node.at, "a volume without a name"), node.at)
    return _source(sides[0], target, file)


def _source(source: Said, target: str, file: File, kind: str = "") -> Mount:
    """A path of the host, or the name of a volume."""
    text = source.text
    if text is None:
        return Mount(target, HOST, source, source.at)
    if kind == "bind" or text.startswith((".", "/", "~", "\\")) or _WINDOWS.match(text):
        if text.startswith("~") or _WINDOWS.match(text):
            why = "a path of the host, outside of the checked files"
            return Mount(target, HOST, Said(None if text.startswith("~") else text, source.at, why), source.at, (), why)
        return Mount(target, HOST, source, source.at, file.tree.candidates(text.replace("\\", "/"), file.beside))
    declared = file.root.get("volumes", text)
    device = declared.get("driver_opts", "device") if declared is not None else None
    if declared is not None and device is not None:
        said = file.said(device)
        kind_node = declared.get("driver_opts", "type")
        options = declared.get("driver_opts", "o")
        if kind_node is not None and kind_node.raw.startswith("nfs"):
            return Mount(target, URI, Said(f"nfs://{said.text}", said.at), source.at, (), f"volume {text}")
        if options is not None and "bind" in options.raw and said.text is not None:
            paths = file.tree.candidates(said.text, file.beside)
            return Mount(target, HOST, said, source.at, paths, f"volume {text} is bound to {said.text}")
    return Mount(target, VOLUME, source, source.at, (), f"volume {text}: what it holds is not in the files")


def _long(node: Node, file: File) -> Mount | None:
    target_node = node.get("target") or node.get("destination") or node.get("dst")
    source_node = node.get("source") or node.get("src")
    kind = node.get("type")
    target = file.said(target_node) if target_node is not None else None
    if target is None or target.text is None or (kind is not None and kind.raw == "tmpfs"):
        return None
    if source_node is None:
        return Mount(target.text, VOLUME, Said(None, node.at, "a volume without a name"), node.at)
    return _source(file.said(source_node), target.text, file, kind.raw if kind is not None else "")


def _configs(node: Node, layer: Layer) -> Iterator[Mount]:
    """`configs` of the service: files whose text or place the file's own `configs` give."""
    for each in node.elements():
        name = each if each.kind == SCALAR else each.get("source")
        placed = each.get("target")
        if name is None:
            continue
        declared = layer.file.root.get("configs", name.raw)
        target = (layer.file.said(placed).text if placed is not None else None) or f"/{name.raw}"
        if declared is None:
            continue
        content, path = declared.get("content"), declared.get("file")
        if content is not None:
            yield Mount(target, LITERAL, layer.file.said(content), each.at, (), f"config {name.raw}")
        elif path is not None:
            said = layer.file.said(path)
            paths = layer.file.tree.candidates(said.text, layer.file.beside) if said.text else ()
            yield Mount(target, HOST, said, each.at, paths, f"config {name.raw}")
        else:
            why = f"config {name.raw}: what it holds is not in the files"
            yield Mount(target, VOLUME, Said(None, each.at, why), each.at, (), why)
