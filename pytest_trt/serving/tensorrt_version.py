"""A TensorRT version as far as it is known of an image: numbers that are sourced, inferred, missing."""

from __future__ import annotations


class TensorRTVersion:
    """text: "8.6.1.6", the inferred numbers included, "" where nothing is known. sure: how many of the first numbers
    have a source. compared: how many numbers this TensorRT compares; why: why not all are sure, "" where they are.

    Written as "8.6.1.?6": what stands behind the question mark is inferred, or nothing where it is not known.
    TensorRT up to 8.2 names three numbers when it compares, later ones four (pytorch/TensorRT#1059,
    triton-inference-server/server#5975).
    """

    __slots__ = ("text", "numbers", "sure", "compared", "why")

    def __init__(self, written: str, why: str = "") -> None:
        known, mark, inferred = written.partition("?")
        self.text = (known + inferred).rstrip(".")
        self.numbers = _numbers(self.text)
        self.sure = len(_numbers(known.rstrip(".")))
        self.compared = 3 if (0,) < self.numbers[:2] < (8, 3) else 4
        self.why = why if mark or min(len(self.numbers), self.sure) < self.compared else ""

    @property
    def certain(self) -> bool:
        """Whether every number that counts has a source."""
        return min(self.sure, len(self.numbers)) >= self.compared

    @property
    def sure_text(self) -> str:
        """The numbers that have a source, those that count: "8.6.1.2", "10", "" for none."""
        return ".".join(map(str, self.numbers[: min(self.sure, self.compared)]))

    def takes(self, plan: str) -> bool | None:
        """Whether this TensorRT takes an engine of that one; None where a number decides that is not sure."""
        theirs = _numbers(plan)[: self.compared]
        ours = self.numbers[: self.compared]
        sure = min(self.sure, len(theirs), len(ours))
        if ours[:sure] != theirs[:sure]:
            return False
        # An inferred number that agrees with the engine is believed; one that does not decides nothing.
        return True if len(ours) == self.compared and ours[: len(theirs)] == theirs else None

    def shown(self, plan: str) -> str:
        """An engine's version, in as many numbers as the message of this TensorRT has."""
        return ".".join(plan.split(".")[: self.compared])


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part)
