"""The k largest of a stream of numbers, exactly, in the memory of about twice as many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class Largest:
    """Keeps the count largest of all float64 values that are added, at most `most` at a time. No NaN.

    floor: a guess; values up to it are let go at once. Where fewer than count lie above it, `nth` knows only those.
    """

    def __init__(self, count: int, most: int, floor: float = -np.inf) -> None:
        self._count = count
        self._held = np.empty(2 * count + most)
        self._used = 0
        self._floor = floor

    def add(self, values: npt.NDArray[np.float64]) -> None:
        """values: one dimension, at most `most` of them."""
        if self._floor > -np.inf:
            # Values equal to the floor are not needed: count of at least that size are held.
            values = values[values > self._floor]
            if not values.size:
                return
        if self._used + values.size > self._held.size:
            self._compact()
        self._held[self._used : self._used + values.size] = values
        self._used += values.size

    def _compact(self) -> None:
        held = self._held[: self._used]
        held.partition(self._used - self._count)
        self._held[: self._count] = held[self._used - self._count :]
        self._used = self._count
        self._floor = float(np.min(self._held[: self._count]))

    def nth(self, place: int) -> float | None:
        """The place-th largest value, counted from 1 up to count; None where fewer values are held."""
        if place > self._used:
            return None
        at = self._used - place
        return float(np.partition(self._held[: self._used], at)[at])
