"""CRC-32C (Castagnoli), which TensorFlow's tables and records carry. Pure Python; long data in many lanes at once."""

from __future__ import annotations

_POLYNOMIAL = 0x82F63B78
# From here on lanes are worth their set-up; so long is a lane.
_LONG = 16 << 10
_LANE = 256

_table: list[int] = []
# The four bytes of each entry of the table, for bytes.translate.
_planes: list[bytes] = []
# What 256 bytes of zeros make of a checksum, by its four bytes.
_shift: list[list[int]] = []


def crc32c(data: bytes) -> int:
    """The checksum of the bytes."""
    if not _table:
        for number in range(256):
            for _ in range(8):
                number = number >> 1 ^ (_POLYNOMIAL if number & 1 else 0)
            _table.append(number)
    crc = 0xFFFFFFFF
    if len(data) >= _LONG:
        whole = len(data) // _LANE * _LANE
        crc = _in_lanes(data[:whole], crc)
        data = data[whole:]
    return _along(data, crc) ^ 0xFFFFFFFF


def _along(data: bytes, crc: int) -> int:
    table = _table
    for byte in data:
        crc = table[(crc ^ byte) & 255] ^ crc >> 8
    return crc


def _in_lanes(data: bytes, crc: int) -> int:
    """Each lane's checksum from 0, a byte of every lane a step; then one after the other, as they are linear.

    The state of all lanes is four strings of bytes, one for each byte of a checksum.
    """
    if not _planes:
        for byte in range(4):
            _planes.append(bytes(entry >> 8 * byte & 255 for entry in _table))
            bits = [_along(bytes(_LANE), 1 << 8 * byte + bit) for bit in range(8)]
            shifted = [0]
            for bit in bits:
                shifted += [value ^ bit for value in shifted]
            _shift.append(shifted)
    lanes = len(data) // _LANE
    first, second, third, fourth = _planes
    number = int.from_bytes
    low = middle = high = top = 0
    for place in range(_LANE):
        at = (low ^ number(data[place::_LANE], "little")).to_bytes(lanes, "little")
        low = middle ^ number(at.translate(first), "little")
        middle = high ^ number(at.translate(second), "little")
        high = top ^ number(at.translate(third), "little")
        top = number(at.translate(fourth), "little")
    states = zip(*(plane.to_bytes(lanes, "little") for plane in (low, middle, high, top)))
    one, two, three, four = _shift
    for a, b, c, d in states:
        crc = one[crc & 255] ^ two[crc >> 8 & 255] ^ three[crc >> 16 & 255] ^ four[crc >> 24]
        crc ^= a | b << 8 | c << 16 | d << 24
    return crc


def mask(crc: int) -> int:
    """How TFRecord and table files store a CRC. Source: tsl/lib/hash/crc32c.h."""
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
