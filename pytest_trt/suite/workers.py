"""One GPU for each worker of xdist, set before anything asks CUDA for devices. Standard library only."""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import MutableMapping

_VARIABLE = "CUDA_VISIBLE_DEVICES"
_NODE = re.compile(r"nvidia\d+")


def assign(environment: MutableMapping[str, str], devices: str = "/dev") -> None:
    """Show worker gwN of xdist the (N mod count)-th GPU of those that its caller shows.

    The caller's CUDA_VISIBLE_DEVICES is a list of indices, GPU UUIDs or MIG UUIDs, which CUDA reads up to the first
    entry that is not valid, -1 say; a list without a valid entry stays as it is. Where the variable is not set, the
    device nodes nvidia0, nvidia1, ... of the folder devices are counted, and it is set if there are two or more.
    """
    match = re.fullmatch(r"gw(\d+)", environment.get("PYTEST_XDIST_WORKER", ""))
    if match is None:
        return
    number = int(match[1])
    said = environment.get(_VARIABLE)
    if said is None:
        count = _count(devices)
        if count > 1:
            environment[_VARIABLE] = str(number % count)
        return
    visible = entries(said)
    if visible:
        environment[_VARIABLE] = visible[number % len(visible)]


def entries(visible: str) -> list[str]:
    """The entries of a CUDA_VISIBLE_DEVICES up to the first that is none: no index, no GPU-... and no MIG-... ."""
    found = []
    for word in visible.split(","):
        word = word.strip()
        if re.fullmatch(r"\d+|(GPU|MIG)-\S+", word, re.ASCII) is None:
            break
        found.append(word)
    return found


def _count(devices: str) -> int:
    try:
        return sum(_NODE.fullmatch(name) is not None for name in os.listdir(devices))
    except OSError:
        return 0
