"""Where a report goes: the terminal, a pipe or a file."""

from __future__ import annotations

import os
import sys

from pytest_trt.cli.usage import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from rich.console import Console

AUTO, ALWAYS, NEVER = "auto", "always", "never"


def drawn(color: str) -> bool:
    """Whether stdout gets the drawn report: it is a terminal that can, or the user forces it."""
    if color == ALWAYS:
        return True
    if color == AUTO and os.environ.get("FORCE_COLOR", "0") not in ("", "0") and not os.environ.get("NO_COLOR"):
        return True
    return is_terminal(sys.stdout) and os.environ.get("TERM", "") not in ("dumb", "unknown")


def console(color: str) -> Console:
    """What to draw with. NO_COLOR takes the colours and leaves bold and dim; --color outranks it."""
    from pytest_trt.lint.report import terminal

    return terminal.console(color == ALWAYS or color == AUTO and not os.environ.get("NO_COLOR"), color != NEVER)


def is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def write(text: str) -> None:
    """To stdout. A reader that has gone is no error: what was found decides the exit status."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def check_writable(path: str, option: str, named: bool = False) -> None:
    """Raise UsageError where a file cannot be written, before any work is done for it. named: option names the file."""
    said = option if named else f"{option} {path}"
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path):
        raise UsageError(f"{said}: is a folder")
    if not os.path.isdir(folder):
        raise UsageError(f"{said}: the folder {folder} does not exist")
    if not os.access(path if os.path.lexists(path) else folder, os.W_OK):
        raise UsageError(f"{said}: no permission to write there")


# Files of which none is a report: nobody means to lose them.
_KEPT = (".yaml", ".yml", ".pbtxt", ".prototxt", ".sh", ".bash", ".bat", ".mk", ".toml", ".py")


def check_replaceable(path: str, said: str) -> None:
    """Raise UsageError where a file is there that a report must not replace: a model, a deployment file."""
    if not os.path.isfile(path) or not os.path.getsize(path):
        return
    name = os.path.basename(path).lower()
    text = name.endswith(_KEPT) or name.startswith(("dockerfile", "makefile")) or name == "models.config"
    if text or _is_model(path):
        raise UsageError(f"{said}: there is a file already, and it is no report; name another")


def _is_model(path: str) -> bool:
    from pytest_trt.artifacts.sniff import HEAD, LFS_POINTER, OTHER, kind_of_bytes

    try:
        with open(path, "rb") as file:
            head = file.read(HEAD)
    except OSError:
        return False
    kind = kind_of_bytes(head, os.path.getsize(path))
    return kind == LFS_POINTER or kind != OTHER and min(head) < ord("\t")


def replace(path: str, text: str) -> None:
    """To a file, whole or not at all: what stood there stays until the new text is complete. Raises OSError."""
    data = text.encode("utf-8", "backslashreplace")
    aim = os.path.realpath(path)
    unfinished = f"{aim}.{os.getpid()}.part"
    if os.path.lexists(aim) and not os.path.isfile(aim):
        with open(aim, "wb") as device:
            device.write(data)
        return
    try:
        with open(unfinished, "xb") as file:
            file.write(data)
        if os.path.exists(aim):
            os.chmod(unfinished, os.stat(aim).st_mode & 0o7777)
        os.replace(unfinished, aim)
    finally:
        if os.path.lexists(unfinished):
            os.unlink(unfinished)
