"""POSIX sh and bash text as commands of words, quoting kept; nothing is expanded and nothing is run."""

from __future__ import annotations

import re

from pytest_trt.deploy.scripts.quoting import group_end, word_end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_SPACE = re.compile(r"(?:[ \t\r\f\v]|\\\n)+")
_OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|\|&|&>>|&>|<<<|<<-|<<|>>|<>|>\||>&|<&|[|&;()<>]")
_NUMBER = re.compile(r"\d+(?=[<>])")
_REDIRECTS = frozenset(("&>>", "&>", "<<<", "<<-", "<<", ">>", "<>", ">|", ">&", "<&", "<", ">"))
_FUNCTION = re.compile(r"[ \t]*\([ \t]*\)")
_NAME = re.compile(r"[^\s\\'\"`$|&;()<>=]+")

# What a Command is.
COMMAND, OPEN, BRANCH, CLOSE = "command", "open", "branch", "close"


class Word:
    """A word as it is written, quotes and all, and the line where it begins."""

    __slots__ = ("raw", "line")

    def __init__(self, raw: str, line: int) -> None:
        self.raw = raw
        self.line = line

    def __repr__(self) -> str:
        return f"Word({self.raw!r}, {self.line})"


class Redirect:
    """`>`, `<<` and their kin. word: the file or the delimiter; body: of a heredoc, with the line that it begins at."""

    __slots__ = ("operator", "word", "body", "line")

    def __init__(self, operator: str, word: Word) -> None:
        self.operator = operator
        self.word = word
        self.body: str | None = None
        self.line = word.line


class Command:
    """A simple command, or the beginning, a branch or the end of a compound one.

    kind: COMMAND: words are the command. OPEN: words begin with `if`, `for`, `while`, `until`, `select`, `case`, `(`,
    `{` or `function`, then what belongs to the head (`for x in a b`, `case $1`, `function name`). BRANCH: `then`,
    `elif`, `else`, `do`, or `pattern` with the patterns of a case. CLOSE: the word that ends it.
    before: the operator between this and the command before it: `&&`, `||`, `|`, `&`, `;` (a line end too).
    """

    __slots__ = ("kind", "words", "redirects", "before", "line")

    def __init__(self, kind: str, words: list[Word], redirects: list[Redirect], before: str, line: int) -> None:
        self.kind = kind
        self.words = words
        self.redirects = redirects
        self.before = before
        self.line = line

    def __repr__(self) -> str:
        return f"Command({self.kind}, {[word.raw for word in self.words]}, {self.line})"


class Script:
    """commands: in the order of the text. unclosed: (line, what) of the first quote or bracket that never ends."""

    __slots__ = ("commands", "unclosed")

    def __init__(self, commands: list[Command], unclosed: tuple[int, str] | None) -> None:
        self.commands = commands
        self.unclosed = unclosed


def script(text: str, line: int = 1) -> Script:
    """The commands of a shell text whose first line has this number. Time and memory are linear in the text."""
    return _Lexer(text.replace("\r\n", "\n").replace("\0", ""), line).run()


def simple_commands(text: str, line: int = 1) -> list[list[Word]]:
    """The words of the simple commands alone, as `sh -c` strings need it."""
    return [command.words for command in script(text, line).commands if command.kind == COMMAND]


class _Lexer:
    __slots__ = ("text", "at", "line", "counted", "commands", "words", "redirects", "before", "stack", "heredocs",
                 "unclosed")  # fmt: skip

    def __init__(self, text: str, line: int) -> None:
        self.text = text
        self.at = 0
        self.line = line
        self.counted = 0
        self.commands: list[Command] = []
        self.words: list[Word] = []
        self.redirects: list[Redirect] = []
        self.before = ";"
        self.stack: list[str] = []
        self.heredocs: list[Redirect] = []
        self.unclosed: tuple[int, str] | None = None

    def run(self) -> Script:
        text = self.text
        while self.at < len(text):
            match = _SPACE.match(text, self.at)
            if match:
                self.at = match.end()
                continue
            char = text[self.at]
            if char == "\n":
                self.at += 1
                self._finish(";")
                self._bodies()
            elif char == "#":
                end = text.find("\n", self.at)
                self.at = end if end >= 0 else len(text)
            elif self.stack and self.stack[-1] == "case":
                self._pattern()
            else:
                self._token()
        if self.unclosed is not None:
            self.words = []  # the rest of the text is one word
        self._finish(";")
        self._bodies()
        if self.unclosed is None and self.stack:
            self.unclosed = (self._line(), f"`{self.stack[-1].partition(' ')[0]}`")
        return Script(self.commands, self.unclosed)

    def _line(self) -> int:
        """The number of the line of self.at."""
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = max(self.counted, self.at)
        return self.line

    def _token(self) -> None:
        text = self.text
        number = _NUMBER.match(text, self.at)
        if number:
            self.at = number.end()
        operator = _OPERATOR.match(text, self.at)
        if operator and not (operator[0] in "<>" and text[operator.end() : operator.end() + 1] == "("):
            self._operator(operator[0])
            return
        self._word(self._read())

    def _read(self) -> Word:
        """The word that begins here."""
        line = self._line()
        start = self.at
        end = word_end(self.text, start)
        if end > len(self.text):
            end = len(self.text)
            if self.unclosed is None:
                self.unclosed = (line, "a quote or bracket")
        self.at = max(end, start + 1)
        return Word(self.text[start : self.at], line)

    def _operator(self, operator: str) -> None:
        line = self._line()
        self.at += len(operator)
        if operator in _REDIRECTS:
            self._skip()
            if self.at < len(self.text) and self.text[self.at] not in "\n|&;()<>#":
                redirect = Redirect(operator, self._read())
                self.redirects.append(redirect)
                if operator in ("<<", "<<-"):
                    self.heredocs.append(redirect)
        elif operator == "(":
            if not self.words and self.text.startswith("(", self.at):
                self._arithmetic(self.at - 1)
            else:
                self._finish(";")
                self._open("(", line)
        elif operator == ")":
            self._finish(";")
            if self.stack and self.stack[-1] == "(":
                self._close(Word(")", line))
        elif operator in (";;", ";&", ";;&"):
            self._finish(";")
            if self.stack and self.stack[-1] == "case body":
                self.stack[-1] = "case"
        else:
            self._finish("|" if operator == "|&" else operator)

    def _skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        if match:
            self.at = match.end()

    def _arithmetic(self, start: int) -> None:
        """`((...))`: nothing in it matters."""
        self.at = min(group_end(self.text, start), len(self.text))

    def _word(self, word: Word) -> None:
        raw = word.raw
        if self.words:
            self.words.append(word)
        elif raw in _RESERVED:
            self._reserved(word)
        else:
            match = _FUNCTION.match(self.text, self.at)
            if match and _NAME.fullmatch(raw):
                self.at = match.end()
                self._function(word)
            else:
                self.words.append(word)

    def _reserved(self, word: Word) -> None:
        raw = word.raw
        if raw in ("if", "while", "until", "{"):
            self._open(raw, word.line)
        elif raw in ("then", "elif", "else", "do"):
            self._emit(BRANCH, [word])
        elif raw in ("fi", "done", "esac", "}"):
            self._close(word)
        elif raw in ("for", "select"):
            self._skip()
            if self.text.startswith("((", self.at):
                self._arithmetic(self.at)
                self._open(raw, word.line)
            else:
                self._open(raw, word.line, self._head())
        elif raw == "case":
            self._open("case", word.line, [each for each in self._head(2) if each.raw != "in"])
        elif raw == "function":
            head = self._head(1)
            match = _FUNCTION.match(self.text, self.at)
            if match:
                self.at = match.end()
            if head:
                self._function(head[0])

    def _head(self, most: int | None = None) -> list[Word]:
        """The words up to the end of this list, at most so many."""
        found: list[Word] = []
        while most is None or len(found) < most:
            self._skip()
            if self.at >= len(self.text) or self.text[self.at] in "\n|&;()<>#":
                break
            found.append(self._read())
        return found

    def _function(self, name: Word) -> None:
        """A definition; its body, in braces as a rule, is what follows."""
        while self.at < len(self.text) and self.text[self.at] in " \t\n":
            self.at += 1
        if self.text.startswith("{", self.at):
            self.at += 1
            self._emit(OPEN, [Word("function", name.line), name])
            self.stack.append("{")

    def _open(self, what: str, line: int, head: Sequence[Word] = ()) -> None:
        self._emit(OPEN, [Word(what, line), *head])
        self.stack.append(what)

    def _close(self, word: Word) -> None:
        wanted = _CLOSES[word.raw]
        # What is closed although something inside of it is not: the text is broken; the outer end counts.
        if any(each in wanted for each in self.stack):
            while self.stack[-1] not in wanted:
                self.stack.pop()
                self._emit(CLOSE, [word])
            self.stack.pop()
            self._emit(CLOSE, [word])

    def _pattern(self) -> None:
        """`a|b)` of a case, or its esac."""
        if _ESAC.match(self.text, self.at):
            word = self._read()
            self._close(word)
            return
        found: list[Word] = []
        line = self._line()
        if self.text.startswith("(", self.at):
            self.at += 1
        while self.at < len(self.text):
            self._skip()
            char = self.text[self.at : self.at + 1]
            if char == ")":
                self.at += 1
                break
            if char in ("|", ";", "&", "<", ">", "("):
                self.at += 1
            elif char in ("", "\n"):
                break
            else:
                found.append(self._read())
        self.stack[-1] = "case body"
        self._emit(BRANCH, [Word("pattern", line), *found])

    def _emit(self, kind: str, words: list[Word]) -> None:
        self.commands.append(Command(kind, words, [], self.before, words[0].line))
        self.before = ";"

    def _finish(self, operator: str) -> None:
        if self.words or self.redirects:
            line = self.words[0].line if self.words else self.redirects[0].line
            self.commands.append(Command(COMMAND, self.words, self.redirects, self.before, line))
            self.words, self.redirects = [], []
            self.before = operator
        elif operator != ";":
            self.before = operator

    def _bodies(self) -> None:
        """The heredocs that were announced on the line before."""
        for redirect in self.heredocs:
            quoted = re.sub(r"[\\'\"]", "", redirect.word.raw)
            redirect.line = self._line()
            start = self.at
            lines: list[str] = []
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end
                found = self.text[self.at : end]
                self.at = min(end + 1, len(self.text))
                if redirect.operator == "<<-":
                    found = found.lstrip("\t")
                if found == quoted:
                    break
                lines.append(found)
            else:
                if self.unclosed is None:
                    self.unclosed = (redirect.word.line, f"the heredoc {quoted}")
            redirect.body = "".join(each + "\n" for each in lines)
            if start == self.at:
                redirect.body = ""
        self.heredocs = []


_ESAC = re.compile(r"esac(?![^\s;&|)])")
_CLOSES = {
    "fi": ("if",), "done": ("for", "select", "while", "until"), "esac": ("case", "case body"), "}": ("{",), ")": ("(",),
}  # fmt: skip
_RESERVED = frozenset(
    ("if", "then", "elif", "else", "fi", "for", "select", "while", "until", "do", "done", "case", "esac", "{", "}")
    + ("function", "!", "time")
)
