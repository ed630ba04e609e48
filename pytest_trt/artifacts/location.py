"""Where a thing is: a file, a trail inside it, a byte span."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# More than any file has lines; the conversion of long numbers is refused.
_DIGITS = 18


class Location:
    """A place in an artifact.

    path: the file or folder as the user named it, with forward slashes.
    trail: steps such as ("metagraph", "serve"), ("function", "f_12"), ("node", "x"); empty for the file itself.
    offset, length: bytes in the file; None where the format does not say (text form, a folder).
    """

    __slots__ = ("path", "trail", "offset", "length")

    def __init__(
        self,
        path: str,
        trail: Sequence[tuple[str, str]] = (),
        offset: int | None = None,
        length: int | None = None,
    ) -> None:
        self.path = path
        self.trail = tuple(trail)
        self.offset = offset
        self.length = length

    @property
    def line(self) -> int | None:
        """The line in a text file, counted from 1; None where the trail names none."""
        for step, name in self.trail:
            if step == "line" and name.isascii() and name.isdigit() and len(name) <= _DIGITS:
                return int(name) or None
        return None

    def __str__(self) -> str:
        return self.path + (": " + " > ".join(name for _, name in self.trail) if self.trail else "")

    def __repr__(self) -> str:
        return f"Location({self.path!r}, {self.trail!r}, {self.offset!r}, {self.length!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Location) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash((self.path, self.trail, self.offset, self.length))
