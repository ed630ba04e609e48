"""What a user said that cannot be done: one clear line, exit status 2."""

from __future__ import annotations

import argparse
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NoReturn


class UsageError(Exception):
    """The text is the line that the user sees; it names what was said and what would have been right."""


def _formatter(prog: str) -> argparse.HelpFormatter:
    """argparse makes one for every option that is added, and without a width each asks for shutil."""
    try:
        width = os.get_terminal_size().columns
    except OSError:
        width = 80
    return argparse.RawDescriptionHelpFormatter(prog, width=min(max(width, 40), 120) - 2)


class Parser(argparse.ArgumentParser):
    """argparse whose errors are UsageError, with a suggestion for an option that is not known."""

    def __init__(self, prog: str, description: str, usage: str | None = None) -> None:
        super().__init__(
            prog=prog,
            usage=usage,
            description=description,
            formatter_class=_formatter,
            allow_abbrev=False,
        )

    def parse(self, arguments: list[str]) -> argparse.Namespace:
        """Raises UsageError."""
        known, unknown = self.parse_known_args(arguments)
        if unknown:
            said = unknown[0].partition("=")[0]
            options = [option for action in self._actions for option in action.option_strings]
            if said.startswith("-"):
                raise UsageError(f"unknown option {said}{suggestion(said, options)} (see {self.prog} --help)")
            raise UsageError(f"{said!r} is one argument too many (see {self.prog} --help)")
        return known

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def suggestion(said: str, known: Iterable[str]) -> str:
    """ "; did you mean X?" for the known word that is nearest to what was said, "" where none is near."""
    import difflib

    near = {word.casefold().lstrip("-"): word for word in known}
    found = difflib.get_close_matches(said.casefold().lstrip("-"), near, n=1, cutoff=0.6)
    return f"; did you mean {near[found[0]]}?" if found else ""
