"""Plans: real ones, and what becomes of them when they are cut, bent or made up. Never an exception."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_trt.artifacts.plan import Plan, read_plan

DATA = Path(__file__).parents[1] / "data"
PLANS = sorted((DATA / "plans").glob("*.plan"))
FOOTER = bytes.fromhex("998b8d8b")


def read(content: bytes, size: int | None = None) -> Plan | None:
    """The plan; checks that nothing outside of the file is asked for."""
    asked = 0

    def at(offset: int, length: int) -> bytes:
        nonlocal asked
        asked += length
        assert 0 <= offset
        assert 0 <= length
        assert offset + length <= len(content)
        return content[offset : offset + length]

    plan = read_plan(at, len(content) if size is None else size)
    assert asked <= 4096
    return plan


def header(size: int, entries: list[tuple[bytes, int, int]], version: bytes = b"\x0a\x00\x01\x06") -> bytes:
    table = b"".join(tag.ljust(8, b"\0") + struct.pack("<QQ", offset, length) for tag, offset, length in entries)
    return b"ftrt\0\0\0\0" + struct.pack("<QQ", len(entries), size) + version + b"rtrt" + table


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_real_plans(path: Path) -> None:
    content = path.read_bytes()
    plan = read(content)
    assert plan is not None
    assert plan.damage is None
    assert plan.version is not None
    assert plan.size == plan.actual == len(content)
    assert plan.product == ("tensorrt-rtx" if path.name == "rtx.plan" else "tensorrt")
    assert ("engine", "weights")[0] in [name for name, _, _ in plan.entries]
    for fact in ("platform", "compute_capability", "multiprocessors"):
        assert (getattr(plan, fact) is None) == (fact in plan.unknown) or plan.product == "tensorrt-rtx"


@pytest.mark.parametrize("path", PLANS[:2], ids=lambda path: path.name)
def test_cut_anywhere(path: Path) -> None:
    """Cut at every byte of the head, and here and there behind it."""
    content = path.read_bytes()
    for end in [*range(600), *range(600, len(content), 997), len(content) - 1]:
        plan = read(content[:end])
        if end < 4:
            assert plan is None
        else:
            assert plan is not None
            assert plan.damage is not None
            assert plan.damage.startswith("cut: ")


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_every_bit_of_the_head_flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for at in [*range(1200), *range(len(content) - 4, len(content))]:
        for bit in (0, 3, 7):
            content[at] ^= 1 << bit
            plan = read(bytes(content))
            content[at] ^= 1 << bit
            if at < 4:
                assert plan is None or plan.layout
            elif 0x10 <= at < 0x18 or at >= len(content) - 4:
                assert plan is not None
                assert plan.damage is not None


@given(st.sampled_from([b"ftrt", b"vtrt", b"ptrt", b""]), st.binary(max_size=1200))
def test_any_bytes(magic: bytes, content: bytes) -> None:
    plan = read(magic + content)
    if magic in (b"ftrt", b"vtrt"):
        assert plan is not None
    if plan is not None:
        assert plan.size is None or plan.size >= 0
        assert plan.damage is None or "\n" not in plan.damage


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"ftrt", "cut: 4 bytes, its header alone has 32"),
        (b"vtrt" + b"\0" * 40, "cut: 44 bytes, its header alone has 64"),
        (b"ptrt" + b"\0" * 16, "cut: 20 bytes, its header alone has 24"),
        (header(32, []), "its header claims 0 entries"),
        (header(2**63, []), "cut: its header says 9,223,372,036,854,775,808 bytes, 32 are there"),
        (header(32 + 24, [(b"NGNE", 56, 2**64 - 1)]), "its entry 'engine' lies outside of it or over another"),
        (header(32 + 24, [(b"NGNE", 2**64 - 1, 1)]), "its entry 'engine' lies outside of it or over another"),
        (header(32 + 24, [(b"NGNE", 0, 56)]), "its entry 'engine' lies outside of it or over another"),
        (header(32 + 48, [(b"NGNE", 80, 0), (b"\x1b[1m", 90, 1)]), r"its entry '\\x1b[1m' lies outside"),
        (header(32 + 24 + 4, [(b"THGW", 56, 4)]) + b"abcd", "its last four bytes are not the end of a plan"),
        (header(56 + 20 + 4, [(b"NGNE", 56, 20)]) + b"\0" * 20 + FOOTER, "its engine does not begin with ptrt"),
        (header(32 + 24 + 4, [(b"THGW", 56, 4)]) + FOOTER + b"x", "longer than it says: 61 bytes, its header says 60"),
    ],
)
def test_damage(content: bytes, why: str) -> None:
    plan = read(content)
    assert plan is not None
    assert plan.damage is not None
    assert plan.damage.encode("unicode_escape").decode().replace("\\\\", "\\").startswith(why.replace("\\\\", "\\"))


def test_a_count_of_entries_beyond_all_bounds() -> None:
    for count in (65, 2**32, 2**64 - 1):
        content = b"ftrt\0\0\0\0" + struct.pack("<QQ", count, 64) + b"\x0a\0\x01\x06rtrt" + b"\0" * 32
        plan = read(content)
        assert plan is not None
        assert plan.damage == f"its header claims {count:,} entries"
        assert plan.entries == []


def test_what_is_no_plan() -> None:
    for content in (b"", b"ftr", b"junk" * 100, b"\0" * 2000, b"\x08\x01\x12\x00"):
        assert read(content) is None
