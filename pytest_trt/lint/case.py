"""What a rule is asked about: one artifact, and a verdict for each target."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.artifacts.open import Artifact
    from pytest_trt.serving.verdict import Reason, Verdict


# What a finding says of the target itself: targets that differ in it are not spoken of together.
_OF_TARGET = {
    "TRT107": "image",
    "TRT111": "gpu",
    "TRT205": "runtime",
    "TRT206": "runtime",
    "TRT411": "why",
    "TRT904": "why",
}


def cause(reason: Reason) -> tuple[object, ...]:
    """The same for reasons that are one finding on all their targets."""
    return (*reason.cause(), reason.facts.get(_OF_TARGET.get(reason.code, "")))


class Case:
    """An artifact and its verdicts.

    verdicts: one a target, in the order asked; empty for an artifact that TensorFlow Serving is not asked for.
    notices: observations that do not depend on a target (Reason with stage "file").
    """

    __slots__ = ("artifact", "verdicts", "notices")

    def __init__(self, artifact: Artifact, verdicts: list[Verdict], notices: list[Reason]) -> None:
        self.artifact = artifact
        self.verdicts = verdicts
        self.notices = notices

    def codes(self) -> set[str]:
        """The codes of all causes of this case."""
        found = {reason.code for reason in self.notices}
        for verdict in self.verdicts:
            found.update(reason.code for reason in verdict.reasons)
            found.update(reason.code for reason in verdict.remarks)
        return found

    def reasons(self, code: str) -> Iterator[tuple[Reason, list[str]]]:
        """Every cause with this code once, with the names of the targets that it concerns.

        Where a finding names the target's own TensorRT or GPU, those of another are another cause.
        """
        for reason in self.notices:
            if reason.code == code:
                yield reason, []
        found: dict[tuple[object, ...], tuple[Reason, list[str]]] = {}
        for verdict in self.verdicts:
            for reason in verdict.reasons + verdict.remarks:
                if reason.code == code:
                    first, targets = found.setdefault(cause(reason), (reason, []))
                    if first is not reason and first.at != reason.at and (reason.at, "") not in first.also:
                        first.also = (*first.also, (reason.at, ""))[:3]
                        first.count += 1
                    known = first.facts.get("signatures", "").split(", ")
                    if reason.signature and reason.signature not in known:
                        first.facts["signatures"] = ", ".join([*filter(None, known), reason.signature])
                    if verdict.target.name not in targets:
                        targets.append(verdict.target.name)
        yield from found.values()
