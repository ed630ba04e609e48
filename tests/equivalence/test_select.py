"""The k largest of a stream against a sort of all of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pytest_trt.equivalence.select import Largest

numbers = st.floats(0, 100) | st.sampled_from([0.0, 1.0, float("inf")])


@given(st.lists(st.lists(numbers, max_size=7), max_size=30), st.integers(1, 9))
def test_as_a_sort_has_it(parts: list[list[float]], count: int) -> None:
    largest = Largest(count, 7)
    for part in parts:
        largest.add(np.array(part))
    ordered = sorted((value for part in parts for value in part), reverse=True)
    for place in range(1, count + 1):
        assert largest.nth(place) == (ordered[place - 1] if place <= len(ordered) else None)


@given(st.lists(st.lists(numbers, max_size=7), max_size=30), st.integers(1, 9), st.floats(0, 100))
def test_from_a_floor_on(parts: list[list[float]], count: int, floor: float) -> None:
    """With a floor that was too high it says that it does not know."""
    largest = Largest(count, 7, floor)
    for part in parts:
        largest.add(np.array(part))
    above = sorted((value for part in parts for value in part if value > floor), reverse=True)
    assert [largest.nth(place) for place in range(1, count + 1)] == (above + [None] * count)[:count]


def test_little_memory() -> None:
    largest = Largest(100, 1000)
    for start in range(0, 10**6, 1000):
        largest.add(np.arange(start, start + 1000, dtype=np.float64))
    assert largest.nth(100) == 10**6 - 100
    assert largest._held.size == 1200
