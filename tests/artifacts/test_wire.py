"""The wire format: what is read, what is refused and where; and files that are no files, or change meanwhile.

tests/oracle/test_readers_agree.py holds the same oddities against C++ protobuf.
"""

from __future__ import annotations

import os
import socket
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from models.writer import data, fixed32, number
from models.writer import varint as written

from pytest_trt.artifacts import wire
from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed, Unreadable
from pytest_trt.artifacts.wire import Source, fields, int32, long_size, long_tag, message, signed, skip, varint

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Opened = Callable[[bytes], Source]
    Large = Callable[[], None]

group = 77 << 3 | 3
END = written(77 << 3 | 4)
START = written(group)
needs_permissions = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read anything")


def groups(depth: int) -> bytes:
    return START * depth + END * depth


# Numbers


@given(st.integers(0, 2**64 - 1))
def test_varint(value: int) -> None:
    encoded = written(value)
    assert varint(b"x" + encoded + b"y", 1) == (value, 1 + len(encoded))
    for end in range(len(encoded)):
        with pytest.raises(IndexError):
            varint(encoded[:end], 0)


@pytest.mark.parametrize(("extra", "taken"), [(1, True), (9, True), (10, False), (1000, False)])
def test_varints_of_more_bytes_than_they_need(extra: int, taken: bool) -> None:
    encoded = b"\x85" + b"\x80" * (extra - 1) + b"\0"
    if taken:
        assert varint(encoded, 0) == (5, len(encoded))
    else:
        with pytest.raises(ValueError, match="more than ten bytes"):
            varint(encoded, 0)


def test_an_endless_varint_costs_ten_bytes() -> None:
    with pytest.raises(ValueError, match="more than ten bytes"):
        varint(b"\xff" * 100, 0)


@pytest.mark.parametrize(
    ("value", "as_signed", "as_int32"),
    [
        (0, 0, 0),
        (5, 5, 5),
        (2**64 - 1, -1, -1),
        (2**63, -(2**63), 0),
        (2**31, 2**31, -(2**31)),
        (2**32 + 7, 2**32 + 7, 7),
    ],
)
def test_signs(value: int, as_signed: int, as_int32: int) -> None:
    assert (signed(value), int32(value)) == (as_signed, as_int32)


def test_tags_and_lengths_have_five_bytes_at_most() -> None:
    assert long_tag(b"\x8a\x80\x80\x80\x70", 0) == (0x0A, 5)
    assert long_size(b"\x85\x80\x80\x80\x00", 0) == (5, 5)
    with pytest.raises(ValueError, match="a tag of more than five bytes"):
        long_tag(b"\x8a\x80\x80\x80\x80\x00", 0)
    with pytest.raises(ValueError, match="written in more than five bytes"):
        long_size(b"\x85\x80\x80\x80\x80\x00", 0)
    with pytest.raises(ValueError, match="more than a message can hold"):
        long_size(written(2**31 - 16), 0)


# Fields


def read(source: Source, depth: int = 0) -> list[tuple[int, int, bytes]]:
    return [
        (tag, value, source.at(at, stop - at) if tag & 7 == 2 else b"")
        for tag, value, _, at, stop in fields(source, 0, source.size, depth)
    ]


numbers = st.integers(1, (1 << 29) - 1)
one_field = st.one_of(
    st.builds(lambda tag, value: (number(tag, value), (tag << 3, value, b"")), numbers, st.integers(0, 2**64 - 1)),
    st.builds(lambda tag, value: (data(tag, value), (tag << 3 | 2, 0, value)), numbers, st.binary(max_size=300)),
    st.builds(lambda tag: (fixed32(tag, b"abcd"), (tag << 3 | 5, 0, b"")), numbers),
    st.builds(lambda tag: (written(tag << 3 | 1) + b"12345678", (tag << 3 | 1, 0, b"")), numbers),
    st.builds(lambda inside: (START + data(1, inside) + END, (group, 0, b"")), st.binary(max_size=300)),
)


@given(st.lists(one_field, max_size=12))
def test_fields_come_back(opened: Opened, parts: list[tuple[bytes, tuple[int, int, bytes]]]) -> None:
    source = opened(b"".join(part for part, _ in parts))
    assert read(source) == [expected for _, expected in parts]
    assert source.bytes_read == source.size


@given(st.lists(one_field, max_size=12))
def test_fields_come_back_through_windows(
    opened: Opened, as_large: Large, parts: list[tuple[bytes, tuple[int, int, bytes]]]
) -> None:
    as_large()
    source = opened(b"".join(part for part, _ in parts))
    assert read(source) == [expected for _, expected in parts]


def outcome(source: Source, depth: int) -> object:
    """What was read up to the fault, and where that is."""
    found: list[object] = []
    try:
        found += fields(source, 0, source.size, depth)
    except Malformed as error:
        found.append((error.location.offset, error.ran_out))
    return found


odd = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda parts, at, byte: (lambda raw: raw[:at] + byte + raw[at + 1 :])(b"".join(part for part, _ in parts)),
        st.lists(one_field, min_size=1, max_size=8),
        st.integers(0, 300),
        st.binary(min_size=1, max_size=1),
    ),
)


@given(odd, st.sampled_from([0, 1, 99]))
def test_windows_read_as_the_whole_does(tmp_path: Path, content: bytes, depth: int) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    with Source(str(path)) as source:
        whole = outcome(source, depth)
    with pytest.MonkeyPatch.context() as patched, Source(str(path)) as source:
        patched.setattr(wire, "WHOLE", 0)
        patched.setattr(wire, "FIRST_WINDOW", 24)
        assert outcome(source, depth) == whole


REFUSED = {
    b"\0": "a field with number 0",
    b"\x02\0": "a field with number 0",
    b"\x0e": "wire type 6",
    b"\x0f": "wire type 7",
    b"\x0c": "the end of a group that never began",
    b"\x08": "the file ends at byte 3",
    b"\x08" + b"\xff" * 11: "a varint of more than ten bytes",
    b"\x0a": "the file ends at byte 3",
    b"\x0a\x01": "the file ends at byte 4",
    b"\x09" + b"\0" * 7: "the file ends at byte 10",
    b"\x0d\0\0\0": "the file ends at byte 6",
    b"\x0a" + written(2**31 - 1): "a length of 2,147,483,647 bytes, more than a message can hold",
    b"\x0a" + written(2**63): "a length of 9,223,372,036,854,775,808 bytes",
    b"\x0a" + written(2**31 - 17): "the file ends at byte 8",
    START: "the file ends at byte 4",
    START + b"\x08": "the file ends at byte 5",
    START + written(78 << 3 | 4): "a group that ends another group",
    START + b"\0": "a field with number 0",
    groups(101): "more than 100 groups inside one another",
    START * 200: "more than 100 groups inside one another",
    START * 100_000: "more than 100 groups inside one another",
}
ids = [why[:30] for why in REFUSED.values()]


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(("content", "why"), REFUSED.items(), ids=ids)
def test_refused(opened: Opened, as_large: Large, content: bytes, why: str, large: bool) -> None:
    if large:
        as_large()
    source = opened(number(10, 5) + content)
    with pytest.raises(Malformed) as caught:
        list(fields(source, 0, source.size))
    assert caught.value.location.offset == 2
    assert caught.value.why.startswith(why)
    assert str(caught.value).startswith("file.pb (byte 2): ")


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("content", [groups(100), START + data(1, b"x" * 70) * 40 + END, groups(1) * 50])
def test_groups_are_jumped_over(opened: Opened, as_large: Large, content: bytes, large: bool) -> None:
    if large:
        as_large()
    source = opened(content + number(5, 6))
    assert read(source)[-1] == (5 << 3, 6, b"")


def test_groups_count_with_the_messages_around_them(opened: Opened) -> None:
    assert len(read(opened(groups(97)), 3)) == 1
    with pytest.raises(Malformed, match="more than 100 groups"):
        read(opened(groups(98)), 3)


def test_a_group_is_followed_so_far(opened: Opened, as_large: Large, monkeypatch: pytest.MonkeyPatch) -> None:
    as_large()
    monkeypatch.setattr(wire, "_GROUP_LIMIT", 100)
    source = opened(START + number(1, 1) * 101 + END)
    with pytest.raises(LimitReached, match="a group of more than 100 fields"):
        list(fields(source, 0, source.size))


def test_a_field_longer_than_its_message(opened: Opened) -> None:
    source = opened(data(1, b"\x0a\x05abc") + data(2, b"more"))
    (first, _) = fields(source, 0, source.size)
    with pytest.raises(Malformed, match="a field that is 2 bytes longer than its message"):
        list(fields(source, *first[3:]))


def test_skip_needs_no_end() -> None:
    assert skip(b"\x05abc", 0, 0x0A) == 6
    with pytest.raises(IndexError):
        skip(b"\x85", 0, 0x0A)


def test_names_have_a_bound(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    source = opened(b"x" * 100)
    assert message(source, 0, 100) == b"x" * 100
    monkeypatch.setattr(wire, "SMALL", 99)
    with pytest.raises(LimitReached) as caught:
        message(source, 0, 100)
    assert caught.value.location.length == 100


def test_more_than_two_gib_are_no_message(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(2**31)
    with Source(str(path)) as source, pytest.raises(Malformed, match="2,147,483,648 bytes"):
        source.one_message()
    os.truncate(path, 2**31 - 1)
    with Source(str(path)) as source:
        source.one_message()
        assert source.bytes_read == 0


# Files


def refused(path: Path | str) -> str:
    with pytest.raises(Unreadable) as caught:
        Source(os.fspath(path))
    assert caught.value.code == "TRT901"
    return caught.value.why


def test_only_regular_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "fifo")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(tmp_path)  # a socket's path has 108 bytes at most
        listener.bind("socket")
        assert "a socket" in refused(tmp_path / "socket")
    assert refused(tmp_path / "fifo") == "a FIFO, not a regular file"
    assert refused(tmp_path) == "a folder, not a regular file"
    assert refused(loop) == "a symbolic link that leads back to itself"
    assert refused(tmp_path / "absent") == "no such file or folder"
    assert refused("nul\0") == "the name holds a NUL character"
    for device in ("/dev/zero", "/dev/null", "/dev/tty"):
        if os.path.exists(device):
            assert "not a regular file" in refused(device) or "no such device" in refused(device)


def test_a_fifo_that_somebody_writes(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: os.close(os.open(fifo, os.O_RDWR)))
    writer.start()
    assert refused(fifo) == "a FIFO, not a regular file"
    writer.join()


@needs_permissions
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch(0)
    assert refused(path) == "permission denied"


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff\x1b[31m"
    try:
        Path(os.fsdecode(path)).write_bytes(b"\x08\x01")
    except OSError:
        pytest.skip("this file system has UTF-8 names only")
    with Source(os.fsdecode(path)) as source:
        assert read(source) == [(8, 1, b"")]


def test_no_file_is_left_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    before = len(os.listdir("/dev/fd")) if os.path.isdir("/dev/fd") else 0
    for _ in range(5):
        refused(tmp_path / "fifo")
    if before:
        assert len(os.listdir("/dev/fd")) == before
    path = tmp_path / "file"
    path.touch()
    source = Source(str(path))
    source.close()
    source.close()


def test_what_is_read_is_told_to_have_changed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"\x08\x01")
    with Source(str(path)) as source:
        source.unchanged()
        os.utime(path, ns=(1, 1))
        with pytest.raises(Unreadable, match="changed while it was read"):
            source.unchanged()
    with Source(str(path)) as source:
        with path.open("ab") as file:
            file.write(b"x")
        with pytest.raises(Unreadable, match="changed while it was read"):
            source.unchanged()


def test_a_file_that_shrinks(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data(1, b"x" * 5000))
    with Source(str(path)) as source:
        os.truncate(path, 10)
        with pytest.raises(Unreadable, match="became shorter while it was read"):
            list(fields(source, 0, source.size))


def test_a_file_that_vanishes_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(data(1, b"x"))
    with Source(str(path)) as source:
        path.unlink()
        assert read(source) == [(0x0A, 0, b"x")]


def test_a_read_that_fails(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    source = opened(b"\x08\x01")

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", fail)
    with pytest.raises(Unreadable, match="input/output error"):
        list(fields(source, 0, 2))


def test_a_read_that_gives_less(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    pread = os.pread
    monkeypatch.setattr(os, "pread", lambda file, size, offset: pread(file, min(size, 3), offset))
    assert read(opened(data(1, b"x" * 50))) == [(0x0A, 0, b"x" * 50)]


def test_jumps_read_little(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    size = 64 << 20
    with path.open("wb") as file:
        for _ in range(40):
            file.write(b"\x0a" + written(size))
            file.seek(size, os.SEEK_CUR)
        file.truncate(file.tell())
    with Source(str(path)) as source:
        assert sum(1 for _ in fields(source, 0, source.size)) == 40
        assert source.bytes_read < 40 * 2048


@pytest.mark.parametrize("mode", [stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, 0])
def test_every_kind_of_file_has_a_name(mode: int) -> None:
    assert wire.kind_of_file(mode).startswith(("a ", "something"))


@given(st.binary(max_size=100))
def test_nothing_else_is_raised(opened: Opened, content: bytes) -> None:
    source = opened(content)
    try:
        list(fields(source, 0, source.size))
    except ArtifactError as error:
        assert error.location.offset is not None
        assert 0 <= error.location.offset <= len(content)
