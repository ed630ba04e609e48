"""The check of every field: sound messages pass, cut and bent ones do not, and nothing else is raised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models.everything import metagraph
from models.writer import Node, data, fixed32, number, saved_model, varint

from pytest_trt.artifacts import proto
from pytest_trt.artifacts.proto import Fault, check, check_once, table
from pytest_trt.artifacts.schema import MESSAGES

MODEL = saved_model([metagraph()])


def verify(content: bytes, message: str = "SavedModel", depth: int = 0) -> None:
    check(content, 0, len(content), table(message), depth)


def test_a_sound_model() -> None:
    verify(MODEL)
    verify(b"")
    check(b"\xff" + MODEL + b"\xff", 1, 1 + len(MODEL), table("SavedModel"), 0)


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_has_a_table(message: str) -> None:
    assert table(message) is table(message)
    verify(data(500, b"\xff") + number(501, 7) + fixed32(502, b"\xff\xff\xff\xff"), message)


def test_cut_at_every_byte() -> None:
    """A cut is refused unless it falls between two fields of the file."""
    between = {0, 2}
    for end in range(len(MODEL)):
        if end in between:
            verify(MODEL[:end])
            continue
        with pytest.raises(Fault) as caught:
            verify(MODEL[:end])
        assert 0 <= caught.value.position <= end


def test_every_bit_flipped() -> None:
    refused = 0
    for at in range(len(MODEL)):
        for bit in range(8):
            bent = bytearray(MODEL)
            bent[at] ^= 1 << bit
            try:
                verify(bytes(bent))
            except Fault as fault:
                refused += 1
                assert 0 <= fault.position <= len(bent)
    assert refused > len(MODEL)


@given(st.binary(max_size=300), st.sampled_from(sorted(MESSAGES)), st.integers(0, 101))
def test_any_bytes(content: bytes, message: str, depth: int) -> None:
    try:
        verify(content, message, depth)
    except Fault as fault:
        assert 0 <= fault.position <= len(content)
        assert fault.why


NODE = {
    "a string that is not UTF-8": [data(1, b"\xff"), data(5, data(1, b"\xff")), data(3, b"\xed\xa0\x80")],
    "a field with number 0": [b"\0", b"\x02\x00", data(6, b"\0")],
    "wire type 7": [b"\x0f"],
    "wire type 6": [data(5, b"\x0e")],
    "the end of a group": [b"\x0c"],
    "the bytes end inside a field": [b"\x08", b"\x0a", b"\x0a\x80"],
    "a field that is 1 bytes longer": [b"\x0a\x01"],
    "a field that is longer": [b"\x0d\0\0\0"],
    "a length of 2,147,483,647 bytes": [b"\x0a" + varint(2**31 - 1)],
    "a tag of more than five bytes": [b"\x8a\x80\x80\x80\x80\x00\x00"],
    "packed numbers that end": [
        data(5, data(2, data(8, data(10, b"\x80") + number(10, 1)))),
        data(5, data(2, data(8, data(5, b"\0\0\0")))),
        data(5, data(2, data(8, data(6, b"\0\0\0\0")))),
    ],
}


@pytest.mark.parametrize(("why", "content"), [(why, part) for why, parts in NODE.items() for part in parts])
def test_refused_in_a_node(why: str, content: bytes) -> None:
    with pytest.raises(Fault) as caught:
        verify(content, "NodeDef")
    assert caught.value.why.startswith(why)


@pytest.mark.parametrize(
    "content",
    [
        data(1, "n\u00e4me") + data(99, b"\xff"),
        number(1, 5),  # a string's number with another wire type is an unknown field
        data(5, data(2, data(8, data(10, b"\x80\x01") + number(10, 3) + data(5, b"\0\0\0\0")))),
        varint(99 << 3 | 3) + data(1, b"\xff") + varint(99 << 3 | 4),
        data(7, number(1, 2**64 - 1)),
    ],
)
def test_taken_in_a_node(content: bytes) -> None:
    verify(content, "NodeDef")


def types(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = data(2, content)
    return content


def test_messages_inside_one_another() -> None:
    verify(types(100), "FullTypeDef")
    for content, around in ((types(101), 0), (types(200), 0), (types(98), 3), (types(200_00), 0)):
        with pytest.raises(Fault, match="more than 100 messages inside one another"):
            verify(content, "FullTypeDef", around)


def test_what_was_sound_is_so_only_at_its_depth(monkeypatch: pytest.MonkeyPatch) -> None:
    content = types(60)
    check_once(content, 0, len(content), "FullTypeDef", 10)
    check_once(content, 0, len(content), "FullTypeDef", 5)
    with pytest.raises(Fault):
        check_once(content, 0, len(content), "FullTypeDef", 60)
    outer = data(2, content)
    verify(outer, "FullTypeDef", 0)
    with pytest.raises(Fault):
        verify(outer, "FullTypeDef", 40)


def test_memory_is_bounded() -> None:
    fields = table("NodeDef.AttrEntry")
    for place in range(6000):
        content = data(1, f"key{place}") + data(2, number(3, place))
        check_once(content, 0, len(content), "NodeDef.AttrEntry", 4)
    assert len(proto._sound[id(fields)]) <= 5000


def test_large_messages_are_checked_without_being_remembered() -> None:
    content = Node("n" * 700, "Op").encode()
    check_once(content, 0, len(content), "NodeDef", 3)
    with pytest.raises(Fault):
        check_once(content[:-1] + b"\xff", 0, len(content), "NodeDef", 3)
