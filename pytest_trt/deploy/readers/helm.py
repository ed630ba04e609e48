"""Helm charts: a template, rendered with the chart's own values as far as that goes without Helm."""

from __future__ import annotations

import os
import re

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy.edge import Remark, line
from pytest_trt.deploy.formats.yamls import LIST, MAP, documents
from pytest_trt.deploy.templates.gofunctions import CannotTell, Unknown
from pytest_trt.deploy.templates.gotemplate import TemplateError, parse
from pytest_trt.deploy.templates.rendering import Renderer, Text
from pytest_trt.deploy.templates.templating import Marks, cleaned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.edge import Said
    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.templates.gotemplate import Part
    from pytest_trt.deploy.tree import Tree

_FILES = 300  # templates of a chart that are looked through for named ones
_VALUE_LIMIT = 50_000
_ONLY_MARKS = re.compile("[ \t]*(?:- )?(?:\ue000[0-9]+\ue001)+[ \t]*\\Z")
_BLOCK = re.compile(r".*:[ \t]*[|>][-+0-9]*[ \t]*\Z|[ \t]*-[ \t]*[|>][-+0-9]*[ \t]*\Z")
_KEYS = frozenset(("env", "envFrom", "args", "command", "volumes", "volumeMounts", "containers", "initContainers"))
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?")
_FALSE = frozenset(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"))
_AT_INSTALL = "is given when the chart is installed"


def is_template(path: str, tree: Tree) -> bool:
    """Whether a file is a template of a chart."""
    return _chart(path, tree) is not None


def is_chart_file(path: str, tree: Tree) -> bool:
    """Whether it is a chart's metadata or its values, which deploy nothing by themselves."""
    folder, name = os.path.split(path)
    return name in ("Chart.yaml", "Chart.yml") or (
        name.startswith("values") and tree.is_file(os.path.join(folder, "Chart.yaml"))
    )


def _chart(path: str, tree: Tree) -> str | None:
    """The folder of the chart that a template belongs to."""
    parts = path.split("/")
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "templates":
            folder = "/".join(parts[:index])
            if tree.is_file(os.path.join(folder, "Chart.yaml")):
                return folder
    return None


def fill(reading: Reading, text: str, tree: Tree) -> None:
    """Adds what the template deploys with the chart's own values."""
    from pytest_trt.deploy.readers import yaml

    folder = _chart(reading.path, tree)
    if folder is None:
        return
    reading.kind = "helm"
    marks = Marks()
    chart = _Chart(folder, tree)
    if not chart.installed:
        return
    renderer = Renderer(chart.defines(), {**_LIBRARY, **chart.images()}, chart.root(reading.path), marks)
    try:
        output = renderer.render(parse(cleaned(text).replace("\r\n", "\n")))
    except TemplateError as error:
        why = f"Helm's template cannot be read: {error.why}"
        reading.remarks.append(Remark("TRT418", line(reading.path, error.line), {"what": "file", "why": why}))
        return
    except CannotTell as error:
        reading.remarks.append(Remark("TRT418", line(reading.path, 1), {"what": "file", "why": str(error)}))
        return
    rendered = _settled(output.text(), output.lines, marks, renderer.gaps)
    for number, why in renderer.gaps:
        reading.remarks.append(Remark("TRT418", line(reading.path, number), {"what": "file", "why": why}))
    roots, remarks = documents(rendered, reading.path, marks, output.lines)
    reading.remarks += remarks
    yaml.fill(reading, roots, tree)
    reading.kind = "helm"
    for container in reading.containers:
        _sourced(container.image, renderer)
        container.why += f", with the chart's own values ({chart.values_path})" if chart.values_path else ""
    for edge in reading.edges:
        _sourced(edge.server.image, renderer)


def _sourced(said: Said, renderer: Renderer) -> None:
    """Says which lines of the values a word comes from."""
    places = renderer.sources.get(said.at.line or 0)
    if places and said.text is not None and not said.why:
        named = dict.fromkeys(f"{place.path}:{place.line}" for place in places)
        said.why = "from " + ", ".join(named)


def _settled(text: str, numbers: Sequence[int], marks: Marks, gaps: list[tuple[int, str]]) -> str:
    """The rendered text, where a line of nothing but unknown parts stands for any lines."""
    lines = text.split("\n")
    for index, each in enumerate(lines):
        if "\ue000" not in each or not _ONLY_MARKS.match(each):
            continue
        indent = len(each) - len(each.lstrip())
        above = next((other for other in reversed(lines[:index]) if other.strip()), "")
        below = next((other for other in lines[index + 1 :] if other.strip()), "")
        parent = _parent(lines, index, indent)
        if _BLOCK.match(parent) or each.lstrip().startswith("- "):
            continue
        alone = len(below) - len(below.lstrip()) < indent or not below
        if above.rstrip().endswith(":") and above is parent and alone:
            continue
        lines[index] = "#"
        found = marks.first(each)
        key = parent.strip().removeprefix("- ").partition(":")[0]
        if key in _KEYS and found is not None:
            gaps.append((numbers[min(index, len(numbers) - 1)], f"more of {key} is known only to Helm: {found.why}"))
    return "\n".join(lines)


def _parent(lines: Sequence[str], index: int, indent: int) -> str:
    """The nearest line above that is indented less."""
    for number in range(index - 1, max(index - 500, -1), -1):
        each = lines[number]
        if each.strip() and each.strip() != "#" and len(each) - len(each.lstrip()) < indent:
            return each
    return ""


class _Chart:
    """A chart's files. The values of a chart in `charts/` are overlaid by those of the chart around it."""

    def __init__(self, folder: str, tree: Tree) -> None:
        self.folder = folder
        self.tree = tree
        self.meta = self._read("Chart.yaml", folder)
        values = self._read("values.yaml", folder)
        self.values_path = os.path.join(folder, "values.yaml") if values is not None else ""
        self.values = _mapping(values)
        self.installed = True
        above, name = os.path.split(folder)
        outer = os.path.dirname(above)
        if os.path.basename(above) == "charts" and tree.is_file(os.path.join(outer, "Chart.yaml")):
            around = _mapping(self._read("values.yaml", outer))
            name = self._dependency(name, self._read("Chart.yaml", outer), around)
            self.values = _overlaid(self.values, _mapping_of(around.get(name)))
            shared = _mapping_of(around.get("global"))
            if shared:
                self.values["global"] = _overlaid(_mapping_of(self.values.get("global")), shared)

    def _dependency(self, folder: str, outer: Node | None, values: dict[str, object]) -> str:
        """What the chart is called in the chart around it; notes whether that one's values leave it out."""
        called = self.meta.get("name") if self.meta is not None else None
        own = called.raw if called is not None else folder
        listed = [each for each in (outer.each("dependencies") if outer is not None else []) if _is(each, "name", own)]
        if len(listed) != 1:
            return own
        alias, condition = listed[0].get("alias"), listed[0].get("condition")
        for path in condition.raw.split(",") if condition is not None else ():
            value: object = values
            for step in path.strip().split("."):
                value = _mapping_of(value).get(step)
            if isinstance(value, bool):
                self.installed = value
                break
        return alias.raw if alias is not None else own

    def _read(self, name: str, folder: str) -> Node | None:
        path = os.path.join(folder, name).replace(os.sep, "/")
        if not self.tree.is_file(path):
            return None
        try:
            roots, _ = documents(self.tree.read(path), path)
        except ArtifactError:
            return None
        return roots[0] if roots else None

    def defines(self) -> dict[str, list[Part]]:
        """The named templates of the chart and of those in its charts/."""
        found: dict[str, list[Part]] = {}
        waiting = [os.path.join(self.folder, "templates")]
        charts = os.path.join(self.folder, "charts")
        waiting += [os.path.join(charts, name, "templates") for name in self.tree.names(charts)]
        seen = 0
        while waiting and seen < _FILES:
            here = waiting.pop(0)
            for name in self.tree.names(here):
                seen += 1
                path = os.path.join(here, name).replace(os.sep, "/")
                if self.tree.is_folder(path):
                    waiting.append(path)
                elif name.endswith((".tpl", ".yaml", ".yml", ".txt")) and seen < _FILES:
                    try:
                        text = self.tree.read(path, 1 << 20)
                        if "define" in text or "block" in text:
                            found.update(parse(cleaned(text).replace("\r\n", "\n")).defines)
                    except (ArtifactError, TemplateError):
                        continue
        return found

    def root(self, path: str) -> dict[str, object]:
        """What a template's dot is."""
        chart: dict[str, object] = {}
        for key, value in _mapping(self.meta).items():
            chart[key[:1].upper() + key[1:]] = value
        release = {
            each: Unknown(f"the release's {each.lower()} {_AT_INSTALL}", f"{{{{ .Release.{each} }}}}")
            for each in ("Name", "Namespace", "Revision")
        }
        cluster = Unknown("it depends on the cluster")
        return {
            "Values": self.values,
            "Chart": chart,
            "Release": {**release, "Service": "Helm", "IsInstall": True, "IsUpgrade": False},
            "Capabilities": cluster,
            "Files": {"Get": self._file},
            "Template": {"Name": path, "BasePath": "templates"},
        }

    def _file(self, name: object) -> object:
        """`.Files.Get`."""
        if not isinstance(name, str) or name.startswith(("/", "templates/")) or ".." in name.split("/"):
            return Unknown("a file that the chart cannot get")
        try:
            return cleaned(self.tree.read(os.path.join(self.folder, name)))
        except ArtifactError as error:
            return Unknown(f"{name}: {error.why}")

    def images(self) -> dict[str, _Native]:
        """`CHART.COMPONENT.image` of charts whose helpers are not in the tree, as Bitnami's call them.

        Only an image that the chart's metadata lists as well is taken for known.
        """
        listed = self.meta.get("annotations", "images") if self.meta is not None else None
        name = self.meta.get("name") if self.meta is not None else None
        if listed is None or name is None or name.text is None:
            return {}
        known = set(re.findall(r"(?m)^\s*(?:- )?image:\s*(\S+)\s*$", listed.raw[:10000]))
        found: dict[str, _Native] = {}
        for component, value in (("", self.values), *self.values.items()):
            image = _mapping_of(_mapping_of(value).get("image"))
            if image.get("repository"):
                helper = ".".join(part for part in (name.text, component, "image") if part)
                found[helper] = _listed(image, known)
        return found


if TYPE_CHECKING:
    from collections.abc import Callable

    _Native = Callable[[Renderer, object], object]


def _listed(image: dict[str, object], known: set[str]) -> _Native:
    def native(renderer: Renderer, dot: object) -> object:
        made = _image(
            renderer, {"imageRoot": image, "global": _mapping_of(_mapping_of(dot).get("Values")).get("global")}
        )
        if made in known:
            return made
        return Unknown("the chart's helper for this image is not in the tree")

    return native


def _image(renderer: Renderer, dot: object) -> object:
    """common.images.image of bitnami/common: registry/repository:tag, or @digest."""
    root = _mapping_of(_mapping_of(dot).get("imageRoot"))
    everywhere = _mapping_of(_mapping_of(dot).get("global"))
    chart = _mapping_of(_mapping_of(dot).get("chart"))
    registry = everywhere.get("imageRegistry") or root.get("registry") or ""
    repository, digest = root.get("repository"), root.get("digest")
    tag = root.get("tag") or chart.get("AppVersion")
    for each in (registry, repository, tag, digest):
        if isinstance(each, Text) and each:
            renderer.touched.append(each.at)
    if not isinstance(repository, str) or not (tag or digest):
        return Unknown("the image's repository or tag is not among the values")
    name = f"{registry}/{repository}" if registry else repository
    return f"{name}@{digest}" if digest else f"{name}:{renderer.functions.text(tag)}"


def _value(renderer: Renderer, dot: object) -> object:
    """common.tplvalues.render: a value as YAML, its own templates rendered."""
    given = _mapping_of(dot)
    value = given.get("value")
    text = value if isinstance(value, (str, Unknown)) else renderer.functions.as_yaml([value])
    return text if isinstance(text, Unknown) else renderer.tpl(str(text), given.get("context"))


_LIBRARY: dict[str, _Native] = {
    "common.images.image": _image,
    "common.tplvalues.render": _value,
}


def _is(node: Node, key: str, text: str) -> bool:
    found = node.get(key)
    return found is not None and found.raw == text


def _mapping_of(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _mapping(node: Node | None) -> dict[str, object]:
    if node is None or node.kind != MAP:
        return {}
    return _mapping_of(_plain(node, [0], 0))


def _overlaid(below: dict[str, object], above: dict[str, object]) -> dict[str, object]:
    found = dict(below)
    for key, value in above.items():
        mine = found.get(key)
        found[key] = _overlaid(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return found


def _plain(node: Node, count: list[int], depth: int) -> object:
    """A value of a values file, as Helm's YAML reader takes it."""
    count[0] += 1
    if count[0] > _VALUE_LIMIT or depth > 60:
        return Unknown("the values file holds more than is read")
    if node.kind == MAP:
        return {key.raw: _plain(value, count, depth + 1) for key, value in node.items()}
    if node.kind == LIST:
        return [_plain(each, count, depth + 1) for each in node.elements()]
    text = node.raw
    if node.style is None:
        if node.null:
            return None
        if node.true:
            return True
        if text in _FALSE:
            return False
        if len(text) < 40 and _INTEGER.fullmatch(text) and (text.lstrip("+-")[:1] != "0" or text == "0"):
            return int(text)
        if len(text) < 40 and _FLOAT.fullmatch(text):
            return float(text)
    found = Text(text)
    found.at = node.at
    return found
