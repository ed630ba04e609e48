"""Verdict: what a server does with an artifact, as its own loader would say it."""

from __future__ import annotations

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.location import Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.triton import Triton

OK, FAIL, UNKNOWN = "ok", "fail", "unknown"
LOAD, WARMUP, REQUEST, FILE = "load", "warmup", "request", "file"


class Reason:
    """Why something fails, or what is worth saying of it.

    stage: LOAD, WARMUP, REQUEST, or FILE where no server is involved. signature: whose request, None for all.
    code: the rule that words it. message: the server's own words, as its status prints them ("NOT_FOUND: ..."),
    HOST for the host's name; "" where the server says nothing. at: the first place. via: the way there, as
    (what, name) from the signature or the stage down. also: further places. count: how many in all.
    facts: what the rule needs for its sentence, by names that the rule knows.
    """

    __slots__ = ("stage", "signature", "code", "message", "at", "via", "also", "count", "facts")

    def __init__(
        self,
        stage: str,
        code: str,
        message: str,
        at: Location,
        *,
        signature: str | None = None,
        via: Sequence[tuple[str, str]] = (),
        also: Sequence[tuple[Location, str]] = (),
        count: int = 1,
        facts: dict[str, str] | None = None,
    ) -> None:
        self.stage = stage
        self.signature = signature
        self.code = code
        self.message = message
        self.at = at
        self.via = tuple(via)
        self.also = tuple(also)
        self.count = count
        self.facts = facts or {}

    @classmethod
    def of_error(cls, error: ArtifactError) -> Reason:
        """The notice that an artifact could not be read (wholly)."""
        return cls(FILE, error.code, "", error.location, facts={"why": error.why})

    def cause(self) -> tuple[object, ...]:
        """The same for the same cause on another target."""
        return (self.code, self.facts.get("cause") or self.at)

    def __repr__(self) -> str:
        return f"Reason({self.stage} {self.code} {self.signature or ''} {self.message[:80]!r})"


class Verdict:
    """load: OK, FAIL or UNKNOWN; signatures: the same for a request, by signature, empty where the load fails.

    reasons: why not OK, the one that the loader reports first. remarks: what is worth saying though it works.
    """

    __slots__ = ("target", "load", "signatures", "reasons", "remarks")

    def __init__(self, target: Target | Runtime | Triton) -> None:
        self.target = target
        self.load = OK
        self.signatures: dict[str, str] = {}
        self.reasons: list[Reason] = []
        self.remarks: list[Reason] = []

    def fail_load(self, reason: Reason, state: str = FAIL) -> None:
        if self.load != FAIL:
            self.load = state
        self.signatures = {}
        self.reasons.append(reason)

    def fail_request(self, signature: str, reason: Reason, state: str = FAIL) -> None:
        if self.signatures.get(signature) != FAIL:
            self.signatures[signature] = state
        self.reasons.append(reason)
