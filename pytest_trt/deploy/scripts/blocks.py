"""The compound commands of a shell text: where they end, their branches, what they test."""

from __future__ import annotations

import re

from pytest_trt.deploy.scripts.quoting import group_end, tick_end
from pytest_trt.deploy.scripts.words import BRANCH, CLOSE, COMMAND, OPEN, Command, Word, script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_TESTS = frozenset(("[", "[[", "test", "command", "which", "type", "hash", "grep", "!"))
_EMPTY_TEST = re.compile(r"-z\s+\"?\$\{?(\w+)(?::?-)?\}?\"?|!\s+-v\s+(\w+)")


_SUBSTITUTION = re.compile(r"\$\((?!\()|`")


class Body:
    """Commands, and where each compound one ends."""

    __slots__ = ("commands", "ends")

    def __init__(self, commands: list[Command]) -> None:
        self.commands = commands
        self.ends: dict[int, int] = {}
        open_now: list[int] = []
        for index, command in enumerate(commands):
            if command.kind == OPEN:
                open_now.append(index)
            elif command.kind == CLOSE and open_now:
                self.ends[open_now.pop()] = index
        for index in open_now:
            self.ends[index] = len(commands)

    def branches(self, start: int, end: int) -> list[tuple[int, int]]:
        """The parts between the branch words of one compound command."""
        found: list[tuple[int, int]] = []
        index = begin = start
        while index < end:
            command = self.commands[index]
            if command.kind == OPEN:
                index = self.ends[index]
            elif command.kind == BRANCH:
                found.append((begin, index))
                begin = index + 1
            index += 1
        return [*found, (begin, end)]


def elements(raw: str, number: int) -> list[Word]:
    """The words of `(a b c)`."""
    inner = raw[1:-1] if raw.endswith(")") else raw[1:]
    found = script(inner, number).commands
    return [word for command in found if command.kind == COMMAND for word in command.words]


def is_test(command: Command | None) -> bool:
    return command is not None and command.kind == COMMAND and bool(command.words) and command.words[0].raw in _TESTS


def emptiness(commands: Sequence[Command]) -> str | None:
    """The variable that these commands test for being empty, if that is all they do."""
    if len(commands) != 1 or not is_test(commands[0]):
        return None
    match = _EMPTY_TEST.search(" ".join(word.raw for word in commands[0].words))
    return (match[1] or match[2]) if match else None


def substitutions(raw: str) -> list[tuple[str, int]]:
    """The commands in a word, `$(...)` and backticks, with the number of lines before each; not those in them."""
    found: list[tuple[str, int]] = []
    match = _SUBSTITUTION.search(raw)
    while match:
        ticks = match[0] == "`"
        end = tick_end(raw, match.start()) if ticks else group_end(raw, match.start() + 1)
        if end > len(raw):
            break
        found.append((raw[match.end() : end - 1], raw.count("\n", 0, match.start())))
        match = _SUBSTITUTION.search(raw, end)
    return found
