"""What can be wrong with an artifact that is read. None of these reaches a user as a traceback."""

from __future__ import annotations

from pytest_trt.artifacts.location import Location


class ArtifactError(Exception):
    """An artifact cannot be read (further).

    location: where. why: one sentence without the place. The subclass decides the code of the finding.
    """

    code = "TRT902"

    def __init__(self, location: Location, why: str) -> None:
        super().__init__(location, why)
        self.location = location
        self.why = why

    def __str__(self) -> str:
        place = str(self.location)
        if self.location.offset is not None:
            place += f" (byte {self.location.offset:,})"
        return f"{place}: {self.why}"


class Unreadable(ArtifactError):
    """The operating system does not give the bytes: permission, not a regular file, vanished, changed meanwhile."""

    code = "TRT901"


class Malformed(ArtifactError):
    """The bytes are not what they claim to be.

    ran_out: a parser that reads a stream meets the end of the file before it meets the fault;
    protobuf's reader then reports OUT_OF_RANGE, and DATA_LOSS otherwise.
    """

    code = "TRT902"

    def __init__(self, location: Location, why: str, ran_out: bool = False) -> None:
        super().__init__(location, why)
        self.ran_out = ran_out


class LimitReached(ArtifactError):
    """A bound of our own stopped the reading; the artifact may be fine."""

    code = "TRT903"
