"""The one base class of what the plugin's half says when something is wrong: what happened, and the cure."""

from __future__ import annotations


class TrtError(Exception):
    """Something that its reader can mend. The text is `what`, and the cure in a sentence of its own.

    what: names the file, the tensor or the place, and what is wrong there. cure: what to do about it. Both may hold
    names out of a model: what is not printable is escaped in the text.
    """

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what, cure)
        self.what = what
        self.cure = cure

    def __str__(self) -> str:
        text = f"{self.what}\n  cure: {self.cure}" if self.cure else self.what
        return "\n".join(map(visible, text.split("\n")))


def visible(text: object) -> str:
    """The text on one line: what is not printable becomes its Python escape."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in str(text))
