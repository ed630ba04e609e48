"""Where reports go: FORMAT or FORMAT=FILE, as --output and the configuration's `output` say it; `-` is stdout."""

from __future__ import annotations

import os

from pytest_trt.lint.config import FORMATS, ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Output:
    """A report in one format.

    path: the file that it goes to, None for stdout. said: who asked for it, for errors: "--output json".
    """

    __slots__ = ("format", "path", "said")

    def __init__(self, format_: str, path: str | None, said: str) -> None:
        self.format = format_
        self.path = path
        self.said = said


def parse(text: str, said: str, folder: str | None = None) -> Output:
    """The output that FORMAT or FORMAT=FILE names. folder: what FILE starts from. Raises ConfigError."""
    name, file, path = text.partition("=")
    if name not in FORMATS:
        raise ConfigError(f"{name!r} is no format; {_cure(name)}")
    if not file or path == "-":
        return Output(name, None, f"{said} {text}")
    if not path.strip():
        raise ConfigError(f"no file is named after {name}=")
    if folder is not None and not os.path.isabs(path):
        path = os.path.relpath(os.path.join(folder, path))
    return Output(name, path, f"{said} {text}")


def _cure(name: str) -> str:
    import difflib

    found = difflib.get_close_matches(name.casefold(), FORMATS, n=1)
    return f"did you mean {found[0]}?" if found else f"the formats are {', '.join(FORMATS)}"


def clash(outputs: Sequence[Output], taken: Mapping[str, str]) -> str:
    """Why these cannot be written in one run, "" where they can. taken: files that are spoken for, and by whom."""
    owners = {os.path.realpath(path): said for path, said in taken.items()}
    stdout = ""
    for output in outputs:
        if output.path is None:
            if stdout:
                return f"{stdout} and {output.said} both go to stdout; name a file for one, as in {output.format}=FILE"
            stdout = output.said
            continue
        real = os.path.realpath(output.path)
        if real in owners:
            return f"{owners[real]} and {output.said} name the same file"
        owners[real] = output.said
    return ""
