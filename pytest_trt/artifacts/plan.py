"""A TensorRT plan's header: product, version, platform, entries, size, and the device that it was built on.

Decided by content. Layouts and their tests come from plans of known origin (docs/decisions/0007-plan-headers.md):
A TensorRT 4-5, B1 6.0.1-7.1.3, B2 8.0.1, C 8.2-8.5, D from 8.6 on (`ftrt`), RTX (`vtrt`). What a layout does not
give, or gives in a way nobody documented, stays None with the reason in `unknown`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

HEAD = 1024
_FOOTER = bytes.fromhex("998b8d8b")
_ENTRY_NAMES = {b"NGNE": "engine", b"THGW": "weights", b"NAEL": "lean runtime", b"NGLP": "plugin library"}
_PLATFORMS = {b"rtrt": "linux-x86_64", b"utrt": "linux-aarch64", b"qtrt": "windows-x86_64"}
_CAPABILITIES = ("7.5", "8.0", "8.6", "8.9", "12.0", "12.1", ">12.1")
# Types of the inner archive's records: u16 type, u16 1, payload. Types from 0x10 on are markers without payload.
_SIZES = {2: 1, 7: 4, 8: 8, 9: 8, 10: 1, 3: 1, 4: 2, 5: 2, 6: 4}
# TensorRT's major.minor -> the version word of its archives; only where every plan seen agrees.
_SERIALIZATIONS = {"8.6": 236, "10.0": 237}
# The number between the version and the device block, from TensorRT 8.6 on: the hardware compatibility level, as plans
# built on an H100 with and without AMPERE_PLUS have it (tests/data/plans).
_LEVELS = {0: "none", 1: "ampere+"}


class Plan:
    """What a plan's header says.

    product: "tensorrt" or "tensorrt-rtx". layout: A, B1, B2, C, D or RTX. version: up to four parts, "8.6.1.6".
    size: as declared; actual: bytes that are there. entries: (name, offset, size). compute_capability: "8.9", of the
    device that built it. hardware_compatibility: "none" or "ampere+" (it then runs on 8.0 and above).
    capabilities: what TensorRT-RTX says that it runs on. prefix: bytes of something else before the plan, as
    Ultralytics writes its metadata. damage: why it is not whole. disagreement: where it contradicts itself, though
    the runtime may not mind.
    unknown: fact -> why it is None.
    """

    __slots__ = (
        "product",
        "layout",
        "version",
        "platform",
        "size",
        "actual",
        "entries",
        "compute_capability",
        "multiprocessors",
        "memory",
        "hardware_compatibility",
        "prefix",
        "capabilities",
        "minimum_driver",
        "minimum_memory",
        "damage",
        "disagreement",
        "unknown",
    )

    def __init__(self, product: str, layout: str, actual: int) -> None:
        self.product = product
        self.layout = layout
        self.actual = actual
        self.version: str | None = None
        self.platform: str | None = None
        self.size: int | None = None
        self.entries: list[tuple[str, int, int]] = []
        self.compute_capability: str | None = None
        self.multiprocessors: int | None = None
        self.memory: int | None = None
        self.hardware_compatibility: str | None = None
        self.prefix = 0
        self.capabilities: tuple[str, ...] = ()
        self.minimum_driver: int | None = None
        self.minimum_memory: int | None = None
        self.damage: str | None = None
        self.disagreement: str | None = None
        self.unknown: dict[str, str] = {}


def read_plan(read: Callable[[int, int], bytes], size: int) -> Plan | None:
    """The plan of size bytes that read(offset, length) gives; None where it is none.

    Reads the head (at most HEAD bytes), one inner head and the footer.
    """
    head = read(0, min(HEAD, size))
    prefix = _prefix(read, head, size)
    if prefix:
        plan = read_plan(lambda offset, length: read(prefix + offset, length), size - prefix)
        if plan is not None:
            plan.prefix = prefix
        return plan
    magic = head[:4]
    if magic in (b"ftrt", b"vtrt"):
        return _outer(read, head, size)
    if magic == b"ptrt":
        return _inner_only(head, size)
    if len(head) >= 12 and (_u64(head, 0) == size or head[8:9] in (b"\x1c", b"\x18") and head[9:16] == b"\0" * 7):
        plan = Plan("tensorrt", "A", size)
        plan.size = _u64(head, 0)
        plan.unknown["version"] = "plans of TensorRT 4 and 5 do not hold it where anybody documented"
        plan.unknown["compute_capability"] = plan.unknown["multiprocessors"] = plan.unknown["version"]
        if plan.size != size:
            plan.damage = _size_differs(plan.size, size)
        return plan
    return None


def _prefix(read: Callable[[int, int], bytes], head: bytes, size: int) -> int:
    """Length of the JSON that Ultralytics writes before a plan (u32 length, then the text); 0 where there is none."""
    length = _u32(head, 0)
    if head[3:5] != b"\0{" or not 2 <= length <= 1 << 20 or 4 + length + 32 > size:
        return 0
    return 4 + length if read(4 + length, 4) in (b"ptrt", b"ftrt", b"vtrt") else 0


def _outer(read: Callable[[int, int], bytes], head: bytes, size: int) -> Plan:
    rtx = head[:4] == b"vtrt"
    plan = Plan("tensorrt-rtx" if rtx else "tensorrt", "RTX" if rtx else "D", size)
    at = 0x40 if rtx else 0x20
    if len(head) < at:
        plan.damage = f"cut: {size} bytes, its header alone has {at}"
        return plan
    plan.version = ".".join(str(byte) for byte in head[0x18:0x1C])
    plan.size = _u64(head, 0x10)
    count = _u64(head, 0x08)
    platform = head[0x1C:0x20]
    plan.platform = _PLATFORMS.get(platform)
    if rtx:
        mask = _u64(head, 0x20)
        plan.capabilities = tuple(name for bit, name in enumerate(_CAPABILITIES) if mask >> bit & 1)
        plan.minimum_driver = _u64(head, 0x28) or None
        plan.minimum_memory = _u64(head, 0x38)
        plan.unknown["platform"] = "TensorRT-RTX plans run on Windows and Linux"
        plan.unknown["compute_capability"] = "a TensorRT-RTX plan names the capabilities it runs on, not its builder's"
    elif plan.platform is None:
        plan.unknown["platform"] = (
            "TensorRT 8.6 does not write it" if platform == b"\0\0\0\0" else f"the tag {platform!r} is not documented"
        )
    if plan.size != size:
        plan.damage = _size_differs(plan.size, size)
    if not 1 <= count <= 64 or at + 24 * count > len(head):
        plan.damage = plan.damage or f"its header claims {count:,} entries"
        return plan
    cursor = at + 24 * count
    inner = None
    for place in range(at, at + 24 * count, 24):
        tag, offset, length = head[place : place + 8], _u64(head, place + 8), _u64(head, place + 16)
        name = _ENTRY_NAMES.get(tag[:4])
        plan.entries.append((name or tag.rstrip(b"\0").decode("ascii", "backslashreplace"), offset, length))
        if offset < cursor or offset + length > plan.size:
            plan.damage = plan.damage or f"its entry {plan.entries[-1][0]!r} lies outside of it or over another"
        cursor = max(cursor, min(offset + length, plan.size))
        if name == "engine" and inner is None:
            inner = offset
    if plan.damage is None and size >= 4 and read(size - 4, 4) != _FOOTER:
        plan.damage = "its last four bytes are not the end of a plan"
    if inner is None:
        plan.damage = plan.damage or "it holds no engine"
    declared = plan.version
    if inner is not None and not rtx and inner + 0x14 <= size:
        archive = read(inner, min(HEAD, size - inner))
        if archive[:4] != b"ptrt":
            plan.damage = plan.damage or "its engine does not begin with ptrt"
        else:
            # The archive's header lost a word between TensorRT 10.3 and 10.6: u32 0, u32 word before, u32 word after.
            _device(plan, archive, 0x18 if _u32(archive, 4) == 0 else 0x14)
            word = _u32(archive, 8) if _u32(archive, 4) == 0 else _u32(archive, 4)
            expected = _SERIALIZATIONS.get((plan.version or "").rpartition(".")[0].rpartition(".")[0])
            if expected not in (None, word):
                plan.damage = plan.damage or f"its archive says serialization version {word}, TensorRT's is {expected}"
            if plan.version != declared:
                plan.disagreement = f"its header says TensorRT {declared}, its engine {plan.version}"
    if plan.compute_capability is None:
        plan.unknown.setdefault("compute_capability", "the device block of this version has no documented layout")
    if plan.multiprocessors is None:
        plan.unknown.setdefault("multiprocessors", plan.unknown.get("compute_capability", "not in the header"))
    if plan.hardware_compatibility is None:
        plan.unknown["hardware_compatibility"] = plan.unknown.get(
            "compute_capability", "this version's level has no documented meaning"
        )
    return plan


def _inner_only(head: bytes, size: int) -> Plan:
    first, second = _u32(head, 4), _u32(head, 8)
    if second == 0x100:
        plan = Plan("tensorrt", "B2", size)
        plan.size = _u64(head, 16) + 24
    elif first == 0:
        plan = Plan("tensorrt", "C", size)
        plan.size = _u64(head, 16) + 24
    else:
        plan = Plan("tensorrt", "B1", size)
        plan.size = _u64(head, 12) + 24
    plan.unknown["platform"] = "plans before TensorRT 8.6 do not hold it"
    if len(head) < 24:
        plan.size, plan.damage = None, f"cut: {size} bytes, its header alone has 24"
        return plan
    if plan.size != size:
        plan.damage = _size_differs(plan.size, size)
    plan.entries = [("engine", 0, size)]
    _device(plan, head, 24)
    if plan.version is None:
        plan.unknown["version"] = f"its inner version word {first or second} has not been seen with a known TensorRT"
    if plan.compute_capability is None:
        plan.unknown["compute_capability"] = "the device block of this version has no documented layout"
    if plan.multiprocessors is None:
        plan.unknown["multiprocessors"] = "the device block of this version has no documented layout"
    return plan


def _device(plan: Plan, archive: bytes, pos: int) -> None:
    """Version and device from the inner archive's typed records; only where all of it is plausible."""
    values: list[tuple[int, int]] = []
    begin = None
    before = 0
    while pos + 4 <= len(archive) and len(values) < 48:
        kind = _u16(archive, pos) & 0x7FFF
        if _u16(archive, pos + 2) != 1:
            break
        pos += 4
        if kind >= 0x10:
            if before == 0x12 and kind == 0x10 and begin is None:
                begin = len(values)
            before = kind
            continue
        before = kind
        length = _SIZES.get(kind)
        if length is None or pos + length > len(archive):
            break
        values.append((kind, int.from_bytes(archive[pos : pos + length], "little")))
        pos += length
    version = values[:4]
    if len(version) == 4 and all(kind == 2 for kind, _ in version) and 5 <= version[0][1] <= 30:
        text = ".".join(str(value) for _, value in version)
        # The runtime goes by the engine's own version, not by the header's (seen with TensorRT 8.6.0).
        plan.version = text
    if begin is None or len(values) - begin < 12:
        return
    block = values[begin:]
    level = values[begin - 1] if begin > 4 else None
    if level is not None and level[0] == 7 and level[1] in _LEVELS:
        plan.hardware_compatibility = _LEVELS[level[1]]
    numbers = [value for _, value in block]
    if block[0][0] == 7:
        major, minor, multiprocessors = numbers[0], numbers[1], _multiprocessors(numbers, 512)
        memory = next((value for kind, value in block[6:] if kind in (8, 9) and value > 1 << 28), None)
    else:
        place = next((at for at in range(10, len(numbers) - 2) if numbers[at + 2] == 512), None)
        if place is None:
            return
        major, minor, multiprocessors, memory = numbers[place], numbers[place + 1], numbers[8], numbers[0]
    if 5 <= major <= 13 and 0 <= minor <= 9:
        plan.compute_capability = f"{major}.{minor}"
        if multiprocessors is not None and 1 <= multiprocessors <= 1024:
            plan.multiprocessors = multiprocessors
        if memory is not None and 1 << 28 <= memory <= 1 << 45:
            plan.memory = memory


def _multiprocessors(numbers: list[int], alignment: int) -> int | None:
    """The number behind the texture alignment, which is 512 on every device seen."""
    for at in range(6, min(len(numbers) - 1, 16)):
        if numbers[at] == alignment:
            return numbers[at + 1]
    return None


def _size_differs(declared: int, actual: int) -> str:
    if actual < declared:
        return f"cut: its header says {declared:,} bytes, {actual:,} are there"
    return f"longer than it says: {actual:,} bytes, its header says {declared:,}"


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _u64(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")
