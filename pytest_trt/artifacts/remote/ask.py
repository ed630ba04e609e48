"""Asking a server: how long, how often, and what it means that it has nothing."""

from __future__ import annotations

import time

from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Unreadable
from pytest_trt.artifacts.location import Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    Answer = TypeVar("Answer")

# A request is sent at most so often; before the next try passes a pause, each twice as long as the one before.
TRIES = 4
FIRST_PAUSE = 0.5
# What a server that is busy asks for (Retry-After) is waited for up to here.
LONGEST_PAUSE = 8.0
# Seconds for a connection or an answer to begin or go on, for one request as a whole, and for all of a named URL.
SILENCE = 15.0
REQUEST = 60.0
WHOLE = 300.0


class Missing(Unreadable):
    """The server says that there is nothing at this place."""


class Unreached(LimitReached):
    """The bytes did not come, which says nothing of them: what needs them is unknown."""

    code = "TRT901"


def unreached(error: ArtifactError) -> ArtifactError:
    """What a failed request means for whoever reads a model."""
    return error if isinstance(error, LimitReached) else Unreached(error.location, error.why)


class Again(Exception):
    """A request that failed in a way that may pass. The text says how; pause: seconds that the server asked for."""

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.pause = pause


class Clock:
    """The time that one named URL, with all that is read below it, may take."""

    __slots__ = ("_until", "_sleep")

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._until = time.monotonic() + WHOLE
        self._sleep = sleep

    def request(self, shown: str) -> float:
        """Seconds that the next request may take. Raises LimitReached where none are left."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise LimitReached(Location(shown), f"not read within {WHOLE:g} seconds, which is what a URL may take")
        return min(left, REQUEST)

    def tried(self, shown: str, ask: Callable[[], Answer]) -> Answer:
        """What ask() returns, which is asked again while it raises Again. Raises Unreadable, LimitReached."""
        pause = FIRST_PAUSE
        for count in range(1, TRIES + 1):
            try:
                return ask()
            except Again as error:
                if count == TRIES:
                    raise Unreadable(Location(shown), f"{error} (tried {TRIES} times)") from None
                wait = min(max(pause, error.pause), LONGEST_PAUSE)
                if wait >= self._until - time.monotonic():
                    raise Unreadable(Location(shown), f"{error} (no time is left to try again)") from None
                self._sleep(wait)
                pause *= 2
        raise AssertionError("unreachable")
