"""Go templates, as Helm's charts use them: text -> a tree of texts, actions and blocks. Nothing is run here.

Grammar: pkg.go.dev/text/template.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

DEPTH_LIMIT = 60

_TOKEN = re.compile(
    r'(?P<space>\s+)|(?P<string>"(?:\\.|[^"\\\n])*")|(?P<raw>`[^`]*`)|(?P<char>\'(?:\\.|[^\'\\\n])+\')'
    r"|(?P<end>-?\}\})|(?P<assign>:=|=)|(?P<number>[-+]?\d[\w.+-]*)|(?P<variable>\$[A-Za-z_0-9]*)"
    r"|(?P<field>\.[A-Za-z_][A-Za-z_0-9]*)|(?P<dot>\.)|(?P<word>[A-Za-z_][A-Za-z_0-9]*)|(?P<sign>[|(),])"
)
_ESCAPE = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


class TemplateError(Exception):
    """A template that cannot be read. line: where."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.why = why
        self.line = line


class Term:
    """kind: "value", "dot", "variable", "word" (a function), "pipe" (in parentheses). fields: behind it."""

    __slots__ = ("kind", "value", "fields")

    def __init__(self, kind: str, value: object, fields: list[str]) -> None:
        self.kind = kind
        self.value = value
        self.fields = fields


class Pipe:
    """Commands, each the last argument of the next one. assigns: the variables that get the result."""

    __slots__ = ("commands", "assigns", "declares", "raw")

    def __init__(self, commands: list[list[Term]], assigns: list[str], declares: bool, raw: str) -> None:
        self.commands = commands
        self.assigns = assigns
        self.declares = declares
        self.raw = raw


class Part:
    """kind: "text" (text), "do" (pipe), "template" (name, pipe), "if", "with", "range" (pipe, body, other)."""

    __slots__ = ("kind", "line", "text", "pipe", "body", "other", "last")

    def __init__(self, kind: str, line: int, text: str = "", pipe: Pipe | None = None) -> None:
        self.kind = kind
        self.line = line
        self.text = text
        self.pipe = pipe
        self.body: list[Part] = []
        self.other: list[Part] = []
        self.last = line


class Template:
    """body: of the file. defines: name -> body of each `define`."""

    __slots__ = ("body", "defines")

    def __init__(self, body: list[Part], defines: dict[str, list[Part]]) -> None:
        self.body = body
        self.defines = defines


def parse(text: str) -> Template:
    """Raises TemplateError."""
    return _Parser(text).template()


class _Token:
    __slots__ = ("kind", "text", "start", "end")

    def __init__(self, kind: str, text: str, start: int, end: int) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.end = end


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.counted = 0
        self.defines: dict[str, list[Part]] = {}
        self.trim = False

    def template(self) -> Template:
        body, end = self._parts(0)
        if end is not None:
            raise TemplateError(f"{end[0]} without a beginning", self._line(self.at))
        return Template(body, self.defines)

    def _line(self, at: int) -> int:
        if at >= self.counted:
            self.line += self.text.count("\n", self.counted, at)
            self.counted = at
            return self.line
        return self.line - self.text.count("\n", at, self.counted)

    def _parts(self, depth: int) -> tuple[list[Part], tuple[str, list[_Token]] | None]:
        """Parts up to an `end` or `else` of the block around, with that."""
        if depth > DEPTH_LIMIT:
            raise TemplateError(f"blocks nested more than {DEPTH_LIMIT} deep", self._line(self.at))
        found: list[Part] = []
        while True:
            start = self.text.find("{{", self.at)
            written = self.text[self.at : start if start >= 0 else len(self.text)]
            left = self.text[start + 2 : start + 3] == "-" and self.text[start + 3 : start + 4] in (
                " ",
                "\n",
                "\t",
                "/",
            )
            begin = self.at
            if self.trim:
                begin += len(written) - len(written.lstrip())
                written = written.lstrip()
            if start >= 0 and left:
                written = written.rstrip()
            if written:
                found.append(Part("text", self._line(begin), written))
            self.trim = False
            if start < 0:
                self.at = len(self.text)
                return found, None
            line = self._line(start)
            inside = start + (3 if left else 2)
            comment = re.compile(r"\s*/\*").match(self.text, inside)
            if comment:
                end = self.text.find("*/", comment.end())
                close = re.compile(r"\s*(-)?\}\}").match(self.text, end + 2) if end >= 0 else None
                if close is None:
                    raise TemplateError("a comment that is never closed", line)
                self.at, self.trim = close.end(), close[1] is not None
                continue
            tokens = self._tokens(inside, line)
            word = tokens[0].text if tokens and tokens[0].kind == "word" else ""
            if word in ("end", "else"):
                return found, (word, tokens[1:])
            if word in ("break", "continue"):
                raise TemplateError(f"{word}, which is not carried out here", line)
            if word in ("if", "with", "range"):
                found.append(self._block(word, tokens[1:], line, depth))
            elif word in ("define", "block"):
                name = self._name(tokens, line)
                body, end_word = self._parts(depth + 1)
                if end_word is None or end_word[0] != "end":
                    raise TemplateError(f"{word} that never ends", line)
                self.defines[name] = body
                if word == "block":
                    found.append(Part("template", line, name, self._pipe(tokens[2:], line) if tokens[2:] else None))
            elif word == "template":
                name = self._name(tokens, line)
                found.append(Part("template", line, name, self._pipe(tokens[2:], line) if tokens[2:] else None))
            elif tokens:
                found.append(Part("do", line, "", self._pipe(tokens, line)))

    def _name(self, tokens: Sequence[_Token], line: int) -> str:
        if len(tokens) < 2 or tokens[1].kind not in ("string", "raw"):
            raise TemplateError("a template without a name", line)
        return tokens[1].text[1:-1]

    def _block(self, word: str, tokens: list[_Token], line: int, depth: int) -> Part:
        part = Part(word, line, "", self._pipe(tokens, line))
        part.body, end = self._parts(depth + 1)
        if end is not None and end[0] == "else":
            rest = end[1]
            if rest and rest[0].text in ("if", "with"):
                # `else if` is an if inside of else that shares its end.
                inner = self._block(rest[0].text, rest[1:], self._line(self.at), depth + 1)
                part.other = [inner]
                part.last = inner.last
                return part
            part.other, end = self._parts(depth + 1)
        if end is None or end[0] != "end":
            raise TemplateError(f"{word} that never ends", line)
        part.last = self._line(self.at)
        return part

    def _tokens(self, at: int, line: int) -> list[_Token]:
        """The tokens of an action, up to its end."""
        found: list[_Token] = []
        while True:
            match = _TOKEN.match(self.text, at)
            if match is None or match.lastgroup is None:
                raise TemplateError("an action that cannot be read", line)
            if match.lastgroup == "end":
                self.at = match.end()
                self.trim = match[0].startswith("-")
                return found
            if match.lastgroup != "space":
                found.append(_Token(match.lastgroup, match[0], match.start(), match.end()))
            at = match.end()

    def _pipe(self, tokens: list[_Token], line: int) -> Pipe:
        raw = self.text[tokens[0].start : tokens[-1].end] if tokens else ""
        names: list[str] = []
        rest = tokens
        index = next((i for i, token in enumerate(tokens[:5]) if token.kind == "assign"), None)
        declares = False
        if index is not None and all(token.kind == "variable" or token.text == "," for token in tokens[:index]):
            names = [token.text for token in tokens[:index] if token.kind == "variable"]
            declares = tokens[index].text == ":="
            rest = tokens[index + 1 :]
        commands, used = self._commands(rest, 0, line, 0)
        if used != len(rest) or not all(commands):
            raise TemplateError("an action that cannot be read", line)
        return Pipe(commands, names, declares, " ".join(raw.split()))

    def _commands(self, tokens: list[_Token], at: int, line: int, depth: int) -> tuple[list[list[Term]], int]:
        if depth > DEPTH_LIMIT:
            raise TemplateError(f"parentheses nested more than {DEPTH_LIMIT} deep", line)
        commands: list[list[Term]] = [[]]
        while at < len(tokens):
            token = tokens[at]
            if token.text == ")" and token.kind == "sign":
                return commands, at
            if token.text == "|" and token.kind == "sign":
                commands.append([])
                at += 1
                continue
            term, at = self._term(tokens, at, line, depth)
            commands[-1].append(term)
        return commands, at

    def _term(self, tokens: list[_Token], at: int, line: int, depth: int) -> tuple[Term, int]:
        token = tokens[at]
        kind, text = token.kind, token.text
        term: Term
        if kind == "string":
            term = Term("value", _ESCAPE.sub(lambda match: _ESCAPES.get(match[1], match[0]), text[1:-1]), [])
        elif kind == "raw":
            term = Term("value", text[1:-1], [])
        elif kind == "number":
            term = Term("value", _number(text, line), [])
        elif kind == "field":
            term = Term("dot", None, [text[1:]])
        elif kind == "dot":
            term = Term("dot", None, [])
        elif kind == "variable":
            term = Term("variable", text, [])
        elif kind == "word":
            values: dict[str, object] = {"true": True, "false": False, "nil": None}
            term = Term("value", values[text], []) if text in values else Term("word", text, [])
        elif text == "(":
            commands, at = self._commands(tokens, at + 1, line, depth + 1)
            if at >= len(tokens) or not all(commands):
                raise TemplateError("a parenthesis that is never closed", line)
            term = Term("pipe", Pipe(commands, [], False, ""), [])
        else:
            raise TemplateError(f"{text} where a value is expected", line)
        end = tokens[at].end
        at += 1
        while at < len(tokens) and tokens[at].kind == "field" and tokens[at].start == end:
            term.fields.append(tokens[at].text[1:])
            end = tokens[at].end
            at += 1
        return term, at


def _number(text: str, line: int) -> object:
    try:
        return int(text, 0) if len(text) < 40 else float(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise TemplateError(f"{text[:40]} is no number", line) from None
