"""Shell scripts, batch files and PowerShell: `docker run` lines, and servers that are started on the host itself."""

from __future__ import annotations

from pytest_trt.deploy.edge import Remark, line
from pytest_trt.deploy.reading import Reading
from pytest_trt.deploy.scope import Variables
from pytest_trt.deploy.scripts.script import TRIGGER, Walk
from pytest_trt.deploy.scripts.words import script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.deploy.tree import Tree

# What is longer carries data behind its commands, or is no script.
SIZE_LIMIT = 512 << 10


def read(text: str, path: str, tree: Tree) -> Reading:
    """What a script deploys. .bat and .cmd files are read as cmd.exe reads them, .ps1 files as PowerShell does."""
    reading = Reading(path, "shell")
    if not TRIGGER.search(text):
        return reading
    if len(text) > SIZE_LIMIT:
        why = f"longer than {SIZE_LIMIT:,} characters"
        reading.remarks.append(Remark("TRT418", line(path, 1), {"what": "file", "why": why}))
        return reading
    if path.lower().endswith((".bat", ".cmd")):
        from pytest_trt.deploy.scripts.batch import follow

        follow(text, reading, tree)
        return reading
    if path.lower().endswith(".ps1"):
        from pytest_trt.deploy.scripts import powershell

        powershell.follow(text, reading, tree)
        return reading
    parsed = script(text)
    walk = Walk(reading, path, tree, Variables())
    walk.follow(parsed)
    if parsed.unclosed is not None:
        number, what = parsed.unclosed
        why = f"{what} that begins here is never closed"
        reading.remarks.append(Remark("TRT418", line(path, number), {"what": "file", "why": why}))
    return reading
