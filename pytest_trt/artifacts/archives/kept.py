"""What is kept of an archive's members when they are unpacked: the bytes that readers of models may ask for."""

from __future__ import annotations

import os

from pytest_trt.artifacts import sniff
from pytest_trt.artifacts.archives.unpack import KEPT_LIMIT, spans
from pytest_trt.artifacts.errors import ArtifactError, Malformed
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.plan import HEAD, read_plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_trt.artifacts.archives.unpack import Store

GRAPH_NAMES = ("saved_model.pb", "saved_model.pbtxt", "saved_model.cpb")
_TEXTS = (".pbtxt", ".prototxt", ".textproto", ".pbtext", ".config")
# Parts of a SavedModel that are read with it, by the beginnings of their names.
_PARTS = ("variables/variables.index", "assets/trt-serialized-engine.", "assets.extra/tf_serving_warmup_requests")


class Member:
    """A file of an archive.

    size: its bytes. link: where it leads, "" for a file of its own.
    fetch: has it unpacked, when it is first asked for; error: what came of that.
    spans: (start, stop, offset in the bytes that `of` reads) of what can be read, in order; why: why not the rest.
    """

    __slots__ = ("size", "link", "spans", "why", "of", "fetch", "error")

    def __init__(self, size: int, link: str = "") -> None:
        self.size = size
        self.link = link
        self.spans: list[tuple[int, int, int]] = []
        self.why = "a member that was not kept when the archive was unpacked"
        self.of: Callable[[int, int], bytes] | None = None
        self.fetch: Callable[[], None] | None = None
        self.error: ArtifactError | None = None


def keep(store: Store, shown: str, member: Member, read: Callable[[int], bytes]) -> None:
    """Keep of a member what the readers may ask for; read gives its bytes, once. shown: `model.tar.gz!/a/b`."""
    if not _matters(shown):
        return
    head = read(min(HEAD, member.size))
    if len(head) < min(HEAD, member.size):
        raise Malformed(Location(shown), "cut: the archive ends inside of it", True)
    end, is_plan = _wanted(shown, head, member.size)
    if end > len(head) and is_plan:
        head += read(end - len(head))
    wanted = _spans_of_plan(head, member.size) if is_plan else [(0, end)]
    total = sum(stop - start for start, stop in wanted)
    if store.size + total > KEPT_LIMIT:
        member.why = f"its {total:,} bytes are more than is kept of an archive ({KEPT_LIMIT:,} bytes)"
        return
    member.of = store.read
    member.spans = spans(read, store, head, wanted, Location(shown))


def _matters(name: str) -> bool:
    """Whether a member's name leaves open that a reader asks for its bytes."""
    end = "/".join(name.split("/")[-2:])
    if end.startswith(_PARTS):
        return True
    return not end.startswith("variables/variables.data-") and os.path.splitext(end)[1].lower() not in sniff.NEVER


def _wanted(name: str, head: bytes, size: int) -> tuple[int, bool]:
    """(how many bytes to keep of a member that begins like this, False); of a plan the beginning to look at, True."""
    end = "/".join(name.split("/")[-2:])
    if end.rpartition("/")[2] in GRAPH_NAMES or end.endswith(_TEXTS) or end.startswith(_PARTS):
        return size, False
    kind = sniff.kind_of_bytes(head[: sniff.HEAD], size)
    if kind == sniff.UNKNOWN and not (head[0] == 8 and head[1:2] > b"\x02"):
        return size, False
    if kind == sniff.PREFIXED:
        return min(size, 4 + int.from_bytes(head[:4], "little") + HEAD), True
    return min(size, HEAD), kind == sniff.PLAN


def _spans_of_plan(head: bytes, size: int) -> list[tuple[int, int]]:
    """What the reader of plans asks for, given a plan's beginning; put in order, and joined where it overlaps."""
    asked = [(0, len(head))]

    def read(offset: int, length: int) -> bytes:
        asked.append((offset, offset + length))
        piece = head[offset : offset + length]
        return piece + bytes(length - len(piece))

    read_plan(read, size)
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(asked):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined
