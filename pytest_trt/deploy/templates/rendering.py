"""Renders a parsed template with values that are known; what is not known becomes a mark, with its reason."""

from __future__ import annotations

import re

from pytest_trt.deploy.templates.gofunctions import CannotTell, Functions, Unknown, shown, truth
from pytest_trt.deploy.templates.gotemplate import TemplateError, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.templates.gotemplate import Part, Pipe, Template, Term
    from pytest_trt.deploy.templates.templating import Marks

STEP_LIMIT = 200_000
OUTPUT_LIMIT = 2 << 20
DEPTH_LIMIT = 40
# Whether a part that is left out could have said anything of containers.
_TELLING = re.compile(
    r"(?m)^[ \t-]*(?:image|args|command|env|envFrom|volumes|volumeMounts|containers|initContainers|hostPath|configMap"
    r"|nodeSelector|data|limits|storageUri|runtimeVersion|nvidia\.com/\S+):"
)


class Text(str):
    """A string of a values file, and its place."""

    __slots__ = ("at",)
    at: Location


class _Scope:
    __slots__ = ("variables", "above")

    def __init__(self, above: _Scope | None) -> None:
        self.variables: dict[str, object] = {}
        self.above = above

    def copy(self) -> _Scope:
        """The same variables; what is assigned to them stays here."""
        made = _Scope(None)
        scope: _Scope | None = self
        while scope is not None:
            made.variables = {**scope.variables, **made.variables}
            scope = scope.above
        return made

    def find(self, name: str) -> _Scope | None:
        scope: _Scope | None = self
        while scope is not None and name not in scope.variables:
            scope = scope.above
        return scope


class Output:
    """Text that grows, with the line of the template that each of its lines comes from."""

    __slots__ = ("pieces", "lines", "blank", "size")

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.lines: list[int] = []
        self.blank = True
        self.size = 0

    def write(self, text: str, line: int, moves: bool) -> None:
        """moves: the text is the template's own, so that its line ends are the template's."""
        self.size += len(text)
        if self.size > OUTPUT_LIMIT:
            raise CannotTell("the rendered text grows beyond what is read")
        self.pieces.append(text)
        for number, each in enumerate(text.split("\n")):
            place = line + number if moves else line
            if number or not self.lines:
                self.lines.append(place)
                self.blank = True
            if self.blank and each.strip():
                self.lines[-1] = place
                self.blank = False

    def text(self) -> str:
        return "".join(self.pieces)


class Renderer:
    """defines: the chart's named templates. known: those of libraries that are carried out here.

    gaps: (line, why) of parts that were left out and may have said something of containers.
    sources: line of the template -> the places of the values that are written there.
    """

    def __init__(
        self,
        defines: Mapping[str, Sequence[Part]],
        known: Mapping[str, Callable[[Renderer, object], object]],
        root: dict[str, object],
        marks: Marks,
    ) -> None:
        self.defines = defines
        self.known = known
        self.root = root
        self.marks = marks
        self.functions = Functions(marks)
        self.gaps: list[tuple[int, str]] = []
        self.sources: dict[int, list[Location]] = {}
        self.steps = 0
        self.depth = 0
        self.touched: list[Location] = []
        self.outer: int | None = None  # the line of the file, while a named template is rendered

    def render(self, template: Template) -> Output:
        """Raises CannotTell where our limits end it."""
        output = Output()
        scope = _Scope(None)
        scope.variables["$"] = self.root
        self._parts(template.body, self.root, scope, output)
        return output

    def include(self, name: str, dot: object) -> object:
        """A named template's text."""
        body = self.defines.get(name)
        if body is None:
            native = self.known.get(name)
            return native(self, dot) if native is not None else Unknown(f"the template {name} is not in the chart")
        return self._body(body, dot)

    def tpl(self, text: str, dot: object) -> object:
        """A text that is a template itself."""
        if "{{" not in text:
            return text
        try:
            return self._body(parse(text).body, dot)
        except TemplateError as error:
            return Unknown(error.why)

    def _body(self, body: Sequence[Part], dot: object) -> object:
        if self.depth >= DEPTH_LIMIT:
            raise CannotTell("templates that include one another too deeply")
        self.depth += 1
        output = Output()
        scope = _Scope(None)
        scope.variables["$"] = dot
        try:
            self._parts(body, dot, scope, output)
        finally:
            self.depth -= 1
        return output.text()

    def _parts(self, parts: Sequence[Part], dot: object, scope: _Scope, output: Output) -> None:
        for part in parts:
            self.steps += 1
            if self.steps > STEP_LIMIT:
                raise CannotTell("the template takes more steps than are carried out here")
            line = self.outer or part.line
            if part.kind == "text":
                output.write(part.text, line, self.outer is None)
                continue
            outermost = self.outer is None
            self.outer = line
            if outermost:
                self.touched = []
            try:
                self._part(part, dot, scope, output, line, outermost)
            finally:
                if outermost:
                    self.outer = None

    def _part(self, part: Part, dot: object, scope: _Scope, output: Output, line: int, outermost: bool) -> None:
        pipe = part.pipe
        if part.kind == "template":
            value = self._pipe(pipe, dot, scope) if pipe is not None else None
            output.write(shown(self.include(part.text, value), self.marks), line, False)
        elif pipe is None:
            return
        elif part.kind == "do":
            value = self._pipe(pipe, dot, scope)
            if not pipe.assigns:
                text = shown(value, self.marks)
                output.write(text, line, False)
                if outermost and self.touched and text:
                    self.sources.setdefault(line, []).extend(self.touched[:10])
        else:
            if outermost:
                self.outer = None  # the body's lines are the file's own
            self._block(part, pipe, dot, _Scope(scope), output, line)

    def _block(self, part: Part, pipe: Pipe, dot: object, scope: _Scope, output: Output, line: int) -> None:
        value = self._pipe(pipe, dot, scope, False)
        test = truth(value, self.marks)
        if isinstance(test, Unknown) or isinstance(value, Unknown):
            why = test.why if isinstance(test, Unknown) else ""
            if any(_TELLING.search(each) for each in _texts(part)):
                self.gaps.append((line, f"whether this part is there is known only to Helm: {why}"))
            elif part.kind == "if" and (self.depth or not output.blank):
                output.write(self._either(part, test, dot, scope), line, False)
            return
        if part.kind == "range" and test:
            self._range(part, pipe, value, scope, dot, output, line)
        elif test:
            if pipe.assigns:
                scope.variables[pipe.assigns[0]] = value
            self._parts(part.body, value if part.kind == "with" else dot, scope, output)
        else:
            self._parts(part.other, dot, scope, output)

    def _either(self, part: Part, test: object, dot: object, scope: _Scope) -> str:
        """One of two texts inside of a line or a named template: a mark that is the same wherever both are."""
        texts = []
        for body in (part.body, part.other):
            output = Output()
            self._parts(body, dot, scope.copy(), output)
            texts.append(output.text())
        if not self.depth and all(not text.strip() or text.startswith("\n") for text in texts):
            return ""  # lines of their own
        texts = [text.strip() for text in texts]
        if texts[0] == texts[1]:
            return texts[0]
        known = [self.marks.symbol(text) for text in texts]
        written = test.raw if isinstance(test, Unknown) else ""
        whole = f"{{{{ if {written} }}}}{known[0]}{{{{ else }}}}{known[1]}{{{{ end }}}}"
        why = test.why if isinstance(test, Unknown) else ""
        return self.marks.word(whole if written and None not in known else "", why)

    def _range(
        self, part: Part, pipe: Pipe, value: object, scope: _Scope, dot: object, output: Output, line: int
    ) -> None:
        pairs: list[tuple[object, object]]
        if isinstance(value, dict):
            pairs = sorted(value.items())
        elif isinstance(value, list):
            pairs = list(enumerate(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            pairs = [(each, each) for each in range(min(value, STEP_LIMIT))]
        else:
            self.gaps.append((line, "range over what is no list"))
            return
        for key, each in pairs:
            inner = _Scope(scope)
            if len(pipe.assigns) == 2:
                inner.variables[pipe.assigns[0]] = key
            if pipe.assigns:
                inner.variables[pipe.assigns[-1]] = each
            self._parts(part.body, each, inner, output)

    # expressions

    def _pipe(self, pipe: Pipe, dot: object, scope: _Scope, assign: bool = True) -> object:
        value: object = None
        for number, command in enumerate(pipe.commands):
            value = self._command(command, dot, scope, [value] if number else [])
        if assign:
            for name in pipe.assigns[:1]:
                holder = scope if pipe.declares else scope.find(name) or scope
                holder.variables[name] = value
        return value

    def _command(self, command: list[Term], dot: object, scope: _Scope, piped: list[object]) -> object:
        self.steps += 1
        if self.steps > STEP_LIMIT:
            raise CannotTell("the template takes more steps than are carried out here")
        first = command[0]
        values = [self._term(term, dot, scope) for term in command[1:]] + piped
        if first.kind == "word":
            return self._fields(self._function(str(first.value), values, dot), first.fields)
        value = self._term(first, dot, scope)
        if callable(value):
            return value(*values) if len(values) == 1 else Unknown("it is called as Helm would refuse it")
        return value if not values else value if isinstance(value, Unknown) else Unknown("a value is called")

    def _term(self, term: Term, dot: object, scope: _Scope) -> object:
        if term.kind == "value":
            value: object = term.value
        elif term.kind == "dot":
            value = dot
        elif term.kind == "variable":
            holder = scope.find(str(term.value))
            value = holder.variables[str(term.value)] if holder else Unknown(f"{term.value} is not defined")
        elif term.kind == "pipe":
            pipe = term.value
            value = self._pipe(pipe, dot, scope)  # type: ignore[arg-type]
        else:
            value = self._function(str(term.value), [], dot)
        return self._fields(value, term.fields)

    def _fields(self, value: object, names: Sequence[str]) -> object:
        for name in names:
            if isinstance(value, dict):
                value = value.get(name)
            elif value is None:
                return Unknown(f"nothing has the field {name}: the chart's values do not set what is above it")
            elif not isinstance(value, Unknown):
                return Unknown(f"a text has no field {name}")
        if isinstance(value, Text) and value:
            self.touched.append(value.at)
        return value

    def _function(self, name: str, values: list[object], dot: object) -> object:
        if name == "include" and len(values) == 2:
            return self.include(self.functions.text(values[0]), values[1])
        if name == "tpl" and len(values) == 2:
            return values[0] if isinstance(values[0], Unknown) else self.tpl(self.functions.text(values[0]), values[1])
        try:
            return self.functions.call(name, values)
        except CannotTell as error:
            if self.functions.steps > self.functions.limit:
                raise
            return Unknown(str(error))


def _texts(part: Part) -> list[str]:
    """The texts in a block, in those inside of it too."""
    found: list[str] = []
    waiting = [*part.body, *part.other]
    while waiting:
        each = waiting.pop()
        found.append(each.text if each.kind == "text" else "")
        waiting += [*each.body, *each.other]
    return found
