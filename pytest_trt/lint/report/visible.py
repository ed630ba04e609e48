"""Text from artifacts made harmless: nothing in it moves a cursor, starts a line or speaks to a CI runner."""

from __future__ import annotations

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
LIMIT = 400


def visible(text: str, limit: int = LIMIT) -> str:
    """One line of printable characters, in which no CI service finds a command.

    What GitHub, Azure and TeamCity read as one is broken up (`##[`, `::`); all else is as printable() has it.
    """
    text = printable(text, limit)
    if "##" in text:
        text = text.replace("##", "#\\x23")
    if "::" in text:  # anywhere, because a terminal's width can make it the beginning of a line
        text = text.replace("::", ":\\x3a")
    return text


def printable(text: str, limit: int = LIMIT) -> str:
    """One line of printable characters.

    Control characters, line separators and marks of direction become escapes such as \\x1b or \\u202e; bytes of a
    name that are not UTF-8 become \\xNN. More than limit characters: the middle is left out, and how much of it.
    """
    if len(text) > limit:
        half = limit // 2
        text = f"{text[:half]} ... ({len(text) - 2 * half:,} more characters) ... {text[-half:]}"
    if not text.isprintable():
        text = "".join(character if character.isprintable() else _escape(character) for character in text)
    return text


def whole(text: str) -> str:
    """Text that any encoding of Unicode can carry: bytes that are not UTF-8 become \\xNN, all else stays."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join(_escape(one) if "\ud800" <= one <= "\udfff" else one for one in text)
    return text


def _escape(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character in _SHORT:
        return _SHORT[character]
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
