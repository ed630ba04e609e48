"""What a rule yields and what a report shows."""

from __future__ import annotations

from pytest_trt.artifacts.location import Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class Severity:
    """How much a finding weighs: an error fails the run, a warning with --strict, a note never."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding:
    """A cause in an artifact.

    message: what will happen and why, in a sentence. at: where. hint: the cure.
    targets: names of the targets that it concerns; empty where it holds for any.
    quote: the server's own words, None where it has none. via: the path that leads there, as steps
    (what, name) from the signature or stage down, for people to follow.
    also: further places of the same cause, with what is there. count: how many there are in all.
    code, name, severity: of the rule; the runner fills them in. severity may be set by the rule where the
    contracts give a code two.
    """

    __slots__ = ("message", "at", "hint", "targets", "quote", "via", "also", "count", "code", "name", "severity")

    def __init__(
        self,
        message: str,
        at: Location,
        hint: str,
        *,
        targets: Sequence[str] = (),
        quote: str | None = None,
        via: Sequence[tuple[str, str]] = (),
        also: Sequence[tuple[Location, str]] = (),
        count: int = 1,
        severity: str | None = None,
    ) -> None:
        self.message = message
        self.at = at
        self.hint = hint
        self.targets = list(targets)
        self.quote = quote
        self.via = tuple(via)
        self.also = tuple(also)
        self.count = count
        self.code = ""
        self.name = ""
        self.severity = severity or ""

    def __repr__(self) -> str:
        return f"Finding({self.code} {self.severity} at {self.at}: {self.message})"

    def fingerprint(self) -> str:
        """Fingerprint v1: the same for two exports of one model. See docs/output.md."""
        import hashlib
        import re

        def plain(name: str) -> str:
            name = re.sub(r"(TRTEngineOp)_\d+(?:_\d+)*", lambda m: re.sub(r"_\d+", "_#", m.group()), name)
            return re.sub(r"^(__inference_.*|.*_wrapper)_\d+$", r"\1_#", name)

        path = "/".join("*" if step.isdigit() else step for step in self.at.path.split("/"))
        steps = [f"{kind}={plain(name)}" for kind, name in self.at.trail if kind != "line"]
        text = "\0".join([self.code, path, *steps])
        try:
            data = text.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # half of a pair, as JSON and YAML can hold it
            data = text.encode("utf-8", "surrogatepass")
        return "v1:" + hashlib.sha256(data).hexdigest()
