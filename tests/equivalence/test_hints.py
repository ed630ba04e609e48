"""Each fault is planted, and named; without it nothing is said. Noise lies on every engine's output."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_trt.equivalence.hints import (
    Hint,
    affine,
    channel_offset,
    constant,
    find,
    overflow,
    permuted,
    shifted,
    single_index,
    tie,
)
from pytest_trt.equivalence.measure import measure
from pytest_trt.equivalence.sample import Sample, places_out
from pytest_trt.equivalence.tolerance import DEFAULTS, EXACT, Tolerance

TF32 = DEFAULTS["tf32"]
# The last two are looked at by a sample.
SHAPES = [(4, 8, 6, 6), (2, 16, 16), (32, 16), (2, 64, 32, 32), (3, 100, 1000)]


def images(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def noisy(reference: np.ndarray, noise: float = 1e-4) -> np.ndarray:
    return reference + np.float32(noise) * images(reference.shape, 99)


def sampled(actual: np.ndarray, reference: np.ndarray, tolerance: Tolerance = TF32) -> Sample:
    return Sample(actual, reference, measure(actual, reference, tolerance), tolerance)


def found(actual: np.ndarray, reference: np.ndarray, tolerance: Tolerance = TF32) -> list[Hint]:
    return find({"y": (actual, reference)}, {"y": (measure(actual, reference, tolerance), tolerance)})


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("noise", [0, 1e-4, 0.1, 10])
def test_noise_alone_has_no_hint(shape: tuple[int, ...], noise: float) -> None:
    reference = images(shape)
    actual = noisy(reference, noise)
    sample = sampled(actual, reference)
    for hint in (permuted(sample), shifted(sample), affine(sample), channel_offset(sample)):
        assert hint is None
    assert overflow(actual, reference) is constant(actual, reference) is None
    assert found(actual, reference) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_what_passes_has_no_hint(shape: tuple[int, ...]) -> None:
    reference = images(shape)
    assert found(reference.copy(), reference) == []


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_overflow(dtype: str) -> None:
    reference = images((8, 100)) * 30000
    with np.errstate(over="ignore"):
        actual = reference.astype(np.float16).astype(dtype)
    (hint, *_) = found(actual, reference, DEFAULTS["fp16"])
    assert hint.what.startswith("FP16 overflow")
    assert "elements are NaN or Inf where the reference is finite" in hint.why and "65504" in hint.why


def test_overflow_held_at_the_largest() -> None:
    reference = images((8, 100)) * 30000
    actual = reference.clip(-65504, 65504).astype(np.float16)
    (hint, *_) = found(actual, reference, DEFAULTS["fp16"])
    assert hint.what.startswith("FP16 overflow") and "held at 65504" in hint.why
    # 65510 is 65504 in FP16 as it should be.
    near = np.array([65510.0, 1.0], np.float32)
    assert overflow(near.astype(np.float16), near) is None


def test_overflow_of_an_intermediate() -> None:
    reference = images((8, 100))
    actual = reference.copy()
    actual[2, 3] = np.nan
    hint = overflow(actual, reference)
    assert hint is not None and "intermediate" in hint.what and hint.why.startswith("1 element is NaN or Inf")
    reference[2, 3] = 5000
    hint = overflow(actual, reference)
    assert hint is not None and "of an intermediate value" in hint.what


def test_no_overflow_in_what_is_infinite_on_both_sides() -> None:
    reference = images((8, 100))
    reference[0] = np.inf
    assert overflow(reference.copy(), reference) is None
    assert overflow(np.arange(5), np.arange(5)) is None


@pytest.mark.parametrize("shape", [(4, 8, 6, 6), (2, 64, 32, 32)])
def test_permuted_in_the_same_shape(shape: tuple[int, ...]) -> None:
    """Two axes of one size, exchanged."""
    reference = images(shape)
    (hint, *_) = found(noisy(reference).swapaxes(2, 3).copy(), reference)
    assert hint.why == "engine.transpose(0, 1, 3, 2) matches the reference"


def test_memory_of_another_layout() -> None:
    """NHWC values in an array that says NCHW."""
    reference = images((2, 3, 5, 7))
    actual = noisy(reference).transpose(0, 2, 3, 1).reshape(2, 3, 5, 7)
    (hint, *_) = found(actual, reference)
    assert hint.why == "engine.reshape(2, 5, 7, 3).transpose(0, 3, 1, 2) matches the reference"
    assert np.allclose(actual.reshape(2, 5, 7, 3).transpose(0, 3, 1, 2), reference, atol=1e-3)


def test_permuted_in_another_shape() -> None:
    reference = images((2, 3, 5, 7))
    (hint, *_) = found(noisy(reference).transpose(0, 2, 3, 1).copy(), reference)
    assert hint.why == "engine.transpose(0, 3, 1, 2) matches the reference"


def test_a_shape_that_is_only_as_large() -> None:
    assert found(images((6, 4)), images((4, 6), 1)) == []


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
@pytest.mark.parametrize("step", [1, -1])
def test_shifted(axis: int, step: int) -> None:
    reference = images((6, 8, 10, 30))
    (hint, *_) = found(np.roll(noisy(reference), step, axis), reference)
    assert hint.why.endswith(f"one index {'later' if step == 1 else 'earlier'} along axis {axis}")


def test_shifted_in_a_large_array() -> None:
    reference = images((4, 100, 1000))
    (hint, *_) = found(np.roll(noisy(reference), 1, 2), reference)
    assert hint.why.endswith("one index later along axis 2")


@pytest.mark.parametrize("place", [0, 5, 99])
def test_a_single_element_is_no_shift(place: int) -> None:
    reference = np.zeros((2, 100), np.float32)
    actual = reference.copy()
    actual[1, place] = 3
    assert found(actual, reference) == []


def test_shifted_indices() -> None:
    reference = np.random.default_rng(0).integers(0, 50, (4, 100))
    (hint, *_) = found(np.roll(reference, 1, 1), reference, EXACT)
    assert hint.what.startswith("a shift by one")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("scale", "offset", "what", "why"),
    [
        (1 / 255, 0, "a scale of 1/255;", "engine = 1/255 * reference explains"),
        (255, 0, "a scale of 255;", "engine = 255 * reference explains"),
        (0.5, 0, "a scale of 0.5", "* reference explains"),
        (-1, 0, "a scale of -1", "* reference explains"),
        (4.3668, -2.1179, "and an offset of -2.1", "* reference - 2.1"),
        (1, 0.25, "a constant offset;", "engine = reference + 0.2"),
        (1, -3, "a constant offset;", "engine = reference - 3"),
    ],
)
def test_missing_normalisation(shape: tuple[int, ...], scale: float, offset: float, what: str, why: str) -> None:
    reference = images(shape)
    hint = affine(sampled(noisy(reference) * np.float32(scale) + np.float32(offset), reference))
    assert hint is not None
    assert what in hint.what and why in hint.why


@pytest.mark.parametrize("shape", SHAPES)
def test_a_dropped_bias(shape: tuple[int, ...]) -> None:
    reference = images(shape)
    bias = images((shape[1],), 5).reshape(-1, *[1] * (len(shape) - 2))
    hint = channel_offset(sampled(noisy(reference) - bias, reference))
    assert hint is not None and hint.what.startswith("an offset for each index of axis 1;")
    worst = int(np.abs(bias).argmax())
    assert f"largest {-bias.ravel()[worst]:+.2g}"[:-1] in hint.why and f"at index {worst}" in hint.why


def test_a_dropped_bias_of_one_channel() -> None:
    reference = images((4, 64, 14, 14))
    actual = noisy(reference)
    actual[:, 17] -= np.float32(0.3125)
    hints = found(actual, reference)
    assert hints[0].what.startswith("an offset for each index of axis 1;")
    assert "at 1 of 64 indices" in hints[0].why and "-0.3125 at index 17" in hints[0].why
    assert "index 17 of axis 1" in hints[1].what


@pytest.mark.parametrize("shape", SHAPES)
def test_a_single_channel(shape: tuple[int, ...]) -> None:
    reference = images(shape)
    actual = noisy(reference)
    actual[:, 5] = images(shape, 3)[:, 5]
    (hint,) = found(actual, reference)
    assert hint.why == "all elements that are out have index 5 of axis 1"


def test_a_few_elements_of_a_large_array_in_one_channel() -> None:
    """Fewer than a sample would meet."""
    reference = images((4, 100, 1000))
    actual = noisy(reference)
    actual[[0, 1, 2, 3], 7, [5, 10, 800, 999]] += 1
    (hint,) = found(actual, reference)
    assert hint.why == "all elements that are out have index 7 of axis 1"


def test_a_single_channel_of_chance() -> None:
    """One element is always in one channel, and two of three in one half."""
    reference = images((4, 100))
    for places in ([(0, 3)], [(0, 3), (1, 3)]):
        actual = noisy(reference)
        for place in places:
            actual[place] += 1
        assert single_index(
            places_out(actual, reference, measure(actual, reference, TF32), TF32), (4, 100)
        ) is None or (len(places) > 1)
    spread = np.unravel_index(np.arange(50), (5, 10))
    assert single_index(spread, (5, 10)) is None


@pytest.mark.parametrize("value", [0, 1.5, np.nan])
def test_nothing_written(value: float) -> None:
    reference = images((4, 100))
    hints = found(np.full_like(reference, value), reference)
    if np.isnan(value):
        assert [hint.weight for hint in hints] == [0.5]
    else:
        assert hints[0].why.startswith(f"the engine gives {value:g} everywhere")
    assert constant(np.zeros((4, 100)), np.zeros((4, 100))) is None


def test_a_part_of_the_batch() -> None:
    reference = images((8, 3, 50))
    actual = noisy(reference)
    actual[5:] = 0
    (hint, *_) = found(actual, reference)
    assert hint.why.startswith("the engine gives zeros from index 5 of axis 0 on")
    reference[5:] = 0
    assert constant(actual, reference) is None


def scored(rows: int = 50, classes: int = 20) -> np.ndarray:
    scores = images((rows, classes), 11)
    scores[::5, 3] = scores[::5, 8] = 9
    return scores


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("keepdims", [False, True])
def test_a_tie_in_argmax(axis: int, keepdims: bool) -> None:
    reference = scored() if axis == 1 else scored().T.copy()
    actual = reference.copy()
    np.moveaxis(actual, axis, -1)[::5, 8] += np.float32(1e-5)
    labels, others = (np.argmax(array, axis, keepdims=keepdims) for array in (reference, actual))
    arrays = {"label": (others, labels), "score": (actual, reference)}
    measured = {name: (measure(*pair, tol), tol) for (name, pair), tol in zip(arrays.items(), [EXACT, TF32])}
    (hint, *_) = find(arrays, measured)
    assert (hint.output, hint.what[:5]) == ("label", "a tie")
    assert "at 10 of 10 indices that differ, 'score' has scores at most 0 apart" in hint.why


def test_no_tie_in_argmax() -> None:
    reference = scored()
    actual = reference.copy()
    labels, others = reference.argmax(1), (reference.argmax(1) + 1) % 20
    arrays = {"label": (others, labels), "score": (actual, reference)}
    measured = {name: (measure(*pair, tol), tol) for (name, pair), tol in zip(arrays.items(), [EXACT, TF32])}
    assert tie("label", arrays, measured) is None
    assert tie("score", arrays, measured) is None
    # Indices that are no argmax of these scores.
    arrays["label"] = (np.zeros(50, np.int64), np.ones(50, np.int64))
    assert tie("label", arrays, measured) is None
    arrays["label"] = (np.full(50, 99), np.full(50, 98))
    assert tie("label", arrays, measured) is None


def top(scores: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    indices = np.argsort(-scores, axis=1, kind="stable")[:, :count]
    return indices, np.take_along_axis(scores, indices, 1)


def test_a_tie_in_top_k() -> None:
    """Also one at the end, where the engine keeps an index that the reference leaves out."""
    reference = scored()
    actual = reference.copy()
    actual[::5, 8] += np.float32(1e-5)
    for count in (5, 1):
        labels, best = top(reference, count)
        others, values = top(actual, count)
        arrays = {"indices": (others, labels), "values": (values, best)}
        measured = {name: (measure(*pair, tol), tol) for (name, pair), tol in zip(arrays.items(), [EXACT, TF32])}
        (hint, *_) = find(arrays, measured)
        assert (hint.output, hint.what[:5]) == ("indices", "a tie")


def test_no_tie_in_top_k() -> None:
    labels, best = top(scored(), 5)
    others = labels.copy()
    others[1, [0, 4]] = others[1, [4, 0]]
    arrays = {"indices": (others, labels), "values": (best.copy(), best)}
    measured = {name: (measure(*pair, tol), tol) for (name, pair), tol in zip(arrays.items(), [EXACT, TF32])}
    assert tie("indices", arrays, measured) is None


def test_the_three_surest() -> None:
    arrays, measured = {}, {}
    for number in range(5):
        reference = images((4, 8, 6, 6), number)
        arrays[f"y{number}"] = (noisy(reference).swapaxes(2, 3).copy(), reference)
        measured[f"y{number}"] = (measure(*arrays[f"y{number}"], TF32), TF32)
    reference = images((8, 100))
    actual = reference.copy()
    actual[3, 3] = np.nan
    arrays = {"nan": (actual, reference), **arrays}
    measured["nan"] = (measure(actual, reference, TF32), TF32)
    hints = find(arrays, measured)
    assert [hint.output for hint in hints] == ["y0", "y1", "y2"]
    assert hints[0].weight >= hints[-1].weight


@pytest.mark.parametrize("shape", [(), (1,), (0, 3), (2,), (1, 1, 1)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "uint8", "bool"])
def test_small_arrays_are_no_trouble(shape: tuple[int, ...], dtype: str) -> None:
    reference = np.zeros(shape, dtype)
    found(np.ones(shape, dtype), reference, EXACT)


@pytest.mark.parametrize("one", [np.inf, -np.inf, 1e300, 0.0])
@pytest.mark.parametrize("two", [np.inf, 1e300, 5.0])
def test_extreme_values_are_no_trouble(one: float, two: float) -> None:
    reference = np.full((6, 7), two)
    reference[1, 2] = 1
    actual = np.full((6, 7), one)
    actual[3, 3] = np.nan
    found(actual, reference)
