"""Where a finding is, as the formats say it: path and line, the steps inside a file, the path in the repository."""

from __future__ import annotations

import os

from pytest_trt.artifacts.member import ARCHIVES
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.location import Location

# What a CI service calls the folder that it checked out.
_VARIABLES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE")
_DIGITS = 9  # no text file has more lines


def line(at: Location) -> int | None:
    """The line of a place in a text file, None where it names none."""
    return at.line


def steps(at: Location) -> list[tuple[str, str]]:
    """The way inside the file, without the line."""
    return [step for step in at.trail if step[0] != "line"]


def shown(at: Location, path: str | None = None) -> str:
    """`path:12`, or `path` where no line is known. path: what to call the file."""
    number = line(at)
    text = visible(at.path if path is None else path)
    return text if number is None else f"{text}:{number}"


def whole(at: Location) -> str:
    """The place with the way inside the file and the byte: `a.pb: serve > x (byte 1,024)`."""
    text = shown(at)
    inside = steps(at)
    if inside:
        text += ": " + " > ".join(visible(name) for _, name in inside)
    return text if at.offset is None else f"{text} (byte {at.offset:,})"


def is_url(path: str) -> bool:
    from pytest_trt.artifacts.remote import url as remote_url

    return remote_url.is_url(path)


def member(path: str) -> tuple[str, str]:
    """A file and the member of it that a path names: model.tar.gz!/1/saved_model.pb. ("" for the file itself)"""
    head, found, tail = path.partition("!/")
    while found and not head.lower().endswith(ARCHIVES):
        more, found, tail = tail.partition("!/")
        head += f"!/{more}"
    return (head, tail) if found else (path, "")


def root() -> str:
    """The folder that CI services start paths from: of the repository that we stand in, else where we stand."""
    here = folder = os.getcwd()
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    else:
        return folder
    for name in _VARIABLES:
        said = os.environ.get(name, "")
        if said and _below(os.path.realpath(here), os.path.realpath(said)) is not None:
            return os.path.realpath(said)
    return here


def relative(path: str, root: str) -> str:
    """A file's path from the root, with forward slashes; as an absolute path where it is outside of it."""
    try:
        absolute = os.path.abspath(path)
        found = _below(absolute, root)
        if found is None:
            found = _below(os.path.realpath(absolute), os.path.realpath(root))
    except ValueError:  # a NUL character in the name
        return path
    return (absolute if found is None else found).replace(os.sep, "/")


def _below(path: str, root: str) -> str | None:
    """A path from a folder that holds it ("." for the folder itself), None where that does not hold it."""
    if path == root:
        return "."
    start = root.rstrip(os.sep) + os.sep
    return path[len(start) :] if path.startswith(start) else None
