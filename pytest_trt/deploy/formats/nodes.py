"""Values of a YAML text, with their lines."""

from __future__ import annotations

from pytest_trt.artifacts.errors import LimitReached
from pytest_trt.artifacts.location import Location
from pytest_trt.deploy.edge import Said, line
from pytest_trt.deploy.scope import UNKNOWN, Partly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.templates.templating import Marks

MAP, LIST, SCALAR = "map", "list", "scalar"

DEPTH_LIMIT = 200
VISIT_LIMIT = 500_000  # an alias is visited wherever it stands
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_TRUE = frozenset(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"))


class File:
    """What the nodes of one file share. lines: which line of the file made each line of `text`; None: the same one."""

    __slots__ = ("path", "text", "marks", "lines", "visits", "gaps")

    def __init__(self, path: str, text: str, marks: Marks, lines: Sequence[int] | None, gaps: Sequence[int]) -> None:
        self.path = path
        self.text = text
        self.marks = marks
        self.lines = lines
        self.visits = 0
        self.gaps = gaps

    def at(self, index: int) -> Location:
        """The place of a line of the text, counted from 0."""
        if self.lines is None:
            return line(self.path, index + 1)
        return line(self.path, self.lines[min(index, len(self.lines) - 1)] if self.lines else 1)

    def visit(self, count: int) -> None:
        self.visits += count
        if self.visits > VISIT_LIMIT:
            raise LimitReached(Location(self.path), f"its aliases stand for more than {VISIT_LIMIT:,} values")


class Node:
    """A value of a YAML file. first: its line in the text, counted from 0. style: of a scalar, None: plain.

    tag: one that the file's tool gives a meaning, as `!reset`; "" for YAML's own.
    """

    __slots__ = ("kind", "file", "first", "style", "tag", "_text", "_children", "_pairs", "_found")

    def __init__(self, kind: str, file: File, first: int, text: str = "", style: str | None = None) -> None:
        self.kind = kind
        self.file = file
        self.first = first
        self.style = style
        self.tag = ""
        self._text = text
        self._children: list[Node] = []
        self._pairs: list[tuple[Node, Node]] = []
        self._found: dict[str, tuple[Node, Node]] | None = None

    def __repr__(self) -> str:
        return f"Node({self.kind}, {self.at}, {self.raw!r})"

    def mapping(self, entries: Sequence[tuple[Node, Node]]) -> Node:
        """A map that stands where this node does."""
        made = Node(MAP, self.file, self.first)
        made._pairs = list(entries)
        return made

    def sequence(self, elements: Sequence[Node]) -> Node:
        """A list that stands where this node does."""
        made = Node(LIST, self.file, self.first)
        made._children = list(elements)
        return made

    def scalar(self, text: str) -> Node:
        """A text that stands where this node does."""
        return Node(SCALAR, self.file, self.first, text, '"')

    @property
    def at(self) -> Location:
        """Where it begins; of a block scalar: its first line of text."""
        return self.file.at(self.first + (self.style in ("|", ">")))

    @property
    def raw(self) -> str:
        """The text of a scalar, templates as they are written."""
        return self.file.marks.restored(self._text)

    @property
    def symbol(self) -> str | None:
        """What a scalar is called by: its text, or one that templates fill in alike wherever it is written."""
        if self.kind != SCALAR or self.tag or self.null:
            return None
        return self.file.marks.symbol(self._text)

    @property
    def null(self) -> bool:
        return self.kind == SCALAR and self.style is None and self._text in _NULLS

    @property
    def text(self) -> str | None:
        """The text of a scalar; None for null, for what is no scalar and for what a template or a tag fills in."""
        if self.kind != SCALAR or self.tag or self.null or self.file.marks.first(self._text):
            return None
        return self._text

    @property
    def true(self) -> bool:
        """Whether YAML 1.1 takes it for true."""
        return self.kind == SCALAR and self._text in _TRUE

    @property
    def why(self) -> str:
        """Why .text is None."""
        if self.kind != SCALAR:
            return f"a {self.kind} stands where a text is expected"
        if self.null:
            return "it is left empty"
        if self.tag:
            return f"what {self.tag} makes of it is known only to the tool that reads the file"
        found = self.file.marks.first(self._text)
        return found.why if found else ""

    def said(self) -> Said:
        """The scalar's text; of a text with templates, what is known of it."""
        text = self.text
        if text is None and self.kind == SCALAR and not self.null and not self.tag:
            return Partly(self.file.marks.replaced(self._text, UNKNOWN), self.at, self.why)
        return Said(text, self.at, self.why if text is None else "")

    def get(self, *steps: str | int) -> Node | None:
        """What lies behind these keys and indices; None where it is not there."""
        node: Node | None = self
        for step in steps:
            if node is None:
                return None
            if isinstance(step, int):
                node = node._children[step] if node.kind == LIST and -1 <= step < len(node._children) else None
            else:
                pair = node._table().get(step)
                node = pair[1] if pair else None
        return node

    def key(self, name: str) -> Node | None:
        """The key itself, for its place."""
        pair = self._table().get(name)
        return pair[0] if pair else None

    def items(self) -> list[tuple[Node, Node]]:
        """Keys and values of a map, merged ones behind its own; the last of two equal keys."""
        found = list(self._table().values())
        self.file.visit(len(found) + 1)
        return found

    def elements(self) -> list[Node]:
        """The elements of a list; none of anything else."""
        self.file.visit(len(self._children) + 1)
        return self._children

    def each(self, *steps: str | int) -> list[Node]:
        """The elements of the list behind these keys; none where it is not there."""
        node = self.get(*steps)
        return node.elements() if node is not None else []

    def entries(self, *steps: str | int) -> list[tuple[Node, Node]]:
        """Keys and values of the map behind these keys; none where it is not there."""
        node = self.get(*steps)
        return node.items() if node is not None else []

    def _table(self, depth: int = 0) -> dict[str, tuple[Node, Node]]:
        if self._found is not None:
            return self._found
        found: dict[str, tuple[Node, Node]] = {}
        merged: list[Node] = []
        for key, value in self._pairs:
            if key.kind != SCALAR:
                continue
            if key._text == "<<" and key.style is None:
                merged += value._children if value.kind == LIST else [value]
            else:
                found[key._text] = (key, value)
        if merged and depth < DEPTH_LIMIT:
            self._found = {}  # a map that merges itself gains nothing
            for other in merged:
                table = other._table(depth + 1)
                self.file.visit(len(table) + 1)
                for name, pair in table.items():
                    found.setdefault(name, pair)
        self._found = found
        return found
