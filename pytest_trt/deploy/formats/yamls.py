"""YAML of deployment files: nodes with their lines. Nothing is constructed, so no tag runs anything.

Text in `{{ }}` and `{% %}` that a template engine would replace becomes unknown words; the rest is still read.
"""

from __future__ import annotations

import re

from pytest_trt.artifacts.errors import LimitReached
from pytest_trt.artifacts.location import Location
from pytest_trt.deploy.edge import Remark, line
from pytest_trt.deploy.formats.nodes import DEPTH_LIMIT, LIST, MAP, SCALAR, File, Node
from pytest_trt.deploy.templates.templating import Marks, cleaned, masked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["LIST", "MAP", "SCALAR", "Node", "documents", "matters", "names_a_server"]

NODE_LIMIT = 200_000
PYTHON_LIMIT = 512 << 10  # characters, where PyYAML has no C parser
_REMARKS = 20

# A file matters where it deploys something that has to do with models or their servers, or containers of any image.
_DEPLOYS = (
    "image", "build:", "extends:", "kind:", '"kind"', "artifact_uri", "artifactUri", "OnlineDeployment",
    "endpoint_name", "configMapGenerator", "docker run", "podman run",
)  # fmt: skip
_SUBJECTS = (
    "model", "MODEL", "Model", "serving", "Serving", "SERVING", "triton", "Triton", "TRITON", "tensor", "Tensor",
    "TENSOR", "trt", "TRT", "tf", "nvidia", "NVIDIA", "InferenceService", "Seldon", "seldon", "inference", "build:",
    "containers",
)  # fmt: skip
# What makes a fault of the YAML itself worth a word: the file is about the servers that are checked here.
_SERVERS = re.compile(
    r"tensorflow[/_-]?(?:serving|model[_-]server)|tensorflow-inference|tf-?serving|triton|tensorrt|MODEL_BASE_PATH"
    r"|InferenceService|ServingRuntime|SeldonDeployment|model_base_path|model_config_file|model-repository"
)
_DOCUMENT = re.compile(r"^---(?=[ \t\r\n]|$)", re.MULTILINE)


def matters(text: str) -> bool:
    """Whether a file's text can deploy a model at all; PyYAML is loaded for no other."""
    return _has_one(_DEPLOYS, text) and _has_one(_SUBJECTS, text)


def _has_one(words: Sequence[str], text: str) -> bool:
    # A loop and not any(): this runs for every YAML and JSON file of a repository.
    for word in words:
        if word in text:
            return True
    return False


def names_a_server(text: str) -> bool:
    """Whether the text speaks of a server that is checked here."""
    return _SERVERS.search(text) is not None


def documents(
    text: str, path: str, marks: Marks | None = None, lines: Sequence[int] | None = None
) -> tuple[list[Node], list[Remark]]:
    """The documents of a YAML or JSON text, and what is wrong with it.

    A document with a fault is left out; those before and behind it stay. marks, lines: of a rendered template.
    Raises LimitReached for too many values and too deep ones. Without PyYAML: nothing, and a note that says so.
    """
    try:
        import yaml
    except ImportError:
        why = "YAML files are read with PyYAML, which is not installed: pip install PyYAML"
        return [], [Remark("TRT418", line(path, 1), {"what": "file", "why": why})]
    if marks is None:
        marks = Marks()
        text = cleaned(text)
    if "\u2028" in text or "\u2029" in text or "\x85" in text:
        text = re.sub("[\u2028\u2029\x85]", " ", text)  # YAML counts lines at them, nobody else does
    gaps: list[int] = []
    if "{{" in text or "{%" in text:
        text, gaps = masked(text, marks)
    file = File(path, text, marks, lines, gaps)
    loader: Any = getattr(yaml, "CSafeLoader", None)
    if loader is None:
        loader = yaml.SafeLoader
        if len(text) > PYTHON_LIMIT:
            raise LimitReached(Location(path), f"{len(text):,} characters, and PyYAML is without its C parser")
    found: list[Node] = []
    remarks: list[Remark] = []
    start = 0
    builder = _Builder(file, remarks)
    while True:
        fault = builder.read(yaml, loader, text[start:] if start else text, text.count("\n", 0, start), found)
        if fault is None:
            break
        index, why = fault
        remarks.append(_fault(file, index, why))
        position = _offset(text, index)
        again = _DOCUMENT.search(text, max(position, start + 3))
        if again is None or len(remarks) >= _REMARKS:
            break
        start = again.start()
    if gaps and found:
        why = "a template decides which of its lines are used"
        remarks.insert(0, Remark("TRT418", file.at(gaps[0]), {"what": "file", "why": why}))
    return found, remarks[:_REMARKS]


def _offset(text: str, index: int) -> int:
    """Where a line begins, counted from 0."""
    at = 0
    for _ in range(index):
        at = text.find("\n", at) + 1
        if not at:
            return len(text)
    return at


def _fault(file: File, index: int, why: str) -> Remark:
    """What a fault is: templates on a line that is no YAML are no fault of the file."""
    near = file.text[_offset(file.text, max(index - 1, 0)) : _offset(file.text, index + 1)]
    if file.marks.first(near) or "{%" in near or "<%" in near or "[[" in near and "]]" in near:
        return Remark("TRT418", file.at(index), {"what": "file", "why": f"a template, which is no YAML yet: {why}"})
    return Remark("TRT420", file.at(index), {"why": why})


class _Builder:
    """Makes nodes out of the parser's events, without recursion."""

    __slots__ = ("file", "remarks", "nodes", "shift")

    def __init__(self, file: File, remarks: list[Remark]) -> None:
        self.file = file
        self.remarks = remarks
        self.nodes = 0
        self.shift = 0

    def read(self, yaml: Any, loader: Any, text: str, shift: int, found: list[Node]) -> tuple[int, str] | None:
        """Appends the documents; (line, why) where the text stops to be YAML."""
        self.shift = shift
        stack: list[tuple[Node, list[Node]]] = []
        anchors: dict[str, Node] = {}
        scalar, alias, end = yaml.ScalarEvent, yaml.AliasEvent, yaml.StreamEndEvent
        opens = {yaml.MappingStartEvent: MAP, yaml.SequenceStartEvent: LIST}
        closes = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        try:
            next_event = loader(text).get_event
            while True:
                event = next_event()
                kind = type(event)
                if kind is scalar:
                    node = Node(SCALAR, self.file, event.start_mark.line + shift, event.value, event.style or None)
                elif kind in opens:
                    node = Node(opens[kind], self.file, event.start_mark.line + shift)
                elif kind in closes:
                    self._close(*stack.pop())
                    continue
                elif kind is alias:
                    known = anchors.get(event.anchor)
                    if known is None:
                        self._drop(stack, found)
                        return event.start_mark.line + shift, f"*{event.anchor} refers to nothing"
                    node = known
                else:
                    if kind is yaml.DocumentStartEvent:
                        anchors = {}
                    elif kind is end:
                        return None
                    continue
                self.nodes += 1
                if self.nodes > NODE_LIMIT:
                    raise LimitReached(node.at, f"more than {NODE_LIMIT:,} values")
                if stack:
                    stack[-1][1].append(node)
                else:
                    found.append(node)
                if kind is not alias:
                    if event.anchor:
                        anchors[event.anchor] = node
                    if event.tag and event.tag.startswith("!") and event.tag != "!":
                        node.tag = event.tag
                if kind in opens:
                    if len(stack) >= DEPTH_LIMIT:
                        raise LimitReached(node.at, f"nested more than {DEPTH_LIMIT} deep")
                    stack.append((node, []))
        except yaml.reader.ReaderError as error:
            self._drop(stack, found)
            return self._unread(text, error)
        except yaml.MarkedYAMLError as error:
            self._drop(stack, found)
            place = error.problem_mark or error.context_mark
            index = place.line if place is not None else text.count("\n")
            return index + shift, self._why(text, index, error)
        except UnicodeError:
            self._drop(stack, found)
            return shift, "it holds characters that no encoding has"

    def _drop(self, stack: list[tuple[Node, list[Node]]], found: list[Node]) -> None:
        """The document that has the fault is left out."""
        if stack:
            found.pop()

    def _close(self, node: Node, children: list[Node]) -> None:
        if node.kind == LIST:
            node._children = children
            return
        pairs = list(zip(children[::2], children[1::2]))
        node._pairs = pairs
        names: dict[str, int] = {}
        for number, (key, _) in enumerate(pairs):
            if key.kind != SCALAR or key._text == "<<":
                continue
            before = names.setdefault(key._text, number)
            if before == number:
                continue
            if self.file.gaps:
                why = f"{key.raw} stands here more than once, and a template decides which one is used"
                unknown = Node(SCALAR, self.file, key.first, self.file.marks.word(key.raw, why))
                pairs[number] = (key, unknown)
            elif len(self.remarks) < _REMARKS:
                first = pairs[before][0].at
                self.remarks.append(
                    Remark(
                        "TRT420",
                        key.at,
                        {"why": f"{key.raw} stands twice in one map: tools refuse the file or take the last one"},
                        [(first, "the first one")],
                    )
                )

    def _unread(self, text: str, error: Any) -> tuple[int, str]:
        """A character that YAML forbids. The C parser counts bytes, the other one characters."""
        position = error.position if isinstance(error.position, int) else 0
        if isinstance(error.character, int) and error.encoding == "unicode":
            index = text.count("\n", 0, position)
        else:
            index = text.encode("utf-8", "replace").count(b"\n", 0, position)
        code = error.character if isinstance(error.character, int) else ord(str(error.character)[:1] or "\0")
        return index + self.shift, f"it holds the character U+{code:04X}, which YAML forbids"

    def _why(self, text: str, index: int, error: Any) -> str:
        start = _offset(text, index)
        source = text[start : start + 1000].split("\n", 1)[0]
        place = error.problem_mark
        character = source[place.column : place.column + 1] if place is not None else ""
        if character == "\t" or source[: len(source) - len(source.lstrip())].count("\t"):
            return "a tab indents this line; YAML is indented with spaces"
        if character in ("@", "`", "%") and character and "token" in (error.problem or ""):
            return f"a value begins with {character}, which YAML reserves: it needs quotes"
        said = error.problem or "it is not YAML"
        context = (
            f"{error.context} from line {error.context_mark.line + self.shift + 1}, " if error.context_mark else ""
        )
        return f"{context}{said}"
