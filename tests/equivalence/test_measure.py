"""Metrics against a plain computation in float64 on arrays of every dtype, and what measure refuses."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pytest_trt.equivalence import accumulate
from pytest_trt.equivalence.errors import ReferenceNotFinite, UnsupportedOutput
from pytest_trt.equivalence.measure import Metrics, measure
from pytest_trt.equivalence.tolerance import DEFAULTS, EXACT, Tolerance
from pytest_trt.equivalence.verdict import SCALE_FLOOR, failures

LOOSE = Tolerance(rtol=1e-2, atol=1e-2)
FLOATS = ["float16", "float32", "float64"]
INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]


def naive(actual: np.ndarray, reference: np.ndarray, tolerance: Tolerance) -> dict[str, Any]:
    """Every number of Metrics, from whole arrays in the float64 of NumPy."""
    one, two = actual.astype(np.float64).ravel(), reference.astype(np.float64).ravel()
    both = np.isfinite(one) & np.isfinite(two)
    alike = both | (one == two) | (np.isnan(one) & np.isnan(two) & tolerance.equal_nan)
    finite = two[np.isfinite(two)]
    rms = math.sqrt(float(np.mean(finite**2))) if finite.size else 0.0
    a, r = one[both], two[both]
    error = np.abs(a - r)
    bound = tolerance.atol * max(rms, SCALE_FLOOR) + tolerance.rtol * np.abs(r)
    if tolerance.exact and actual.dtype.kind in "iub":
        out = np.flatnonzero(actual.ravel() != reference.ravel())
    else:
        out = np.flatnonzero(~alike)
        out = np.union1d(out, np.flatnonzero(both)[error > bound])
    ordered = np.sort(error)
    return {
        "out": len(out),
        "mask_mismatches": int(np.count_nonzero(~alike)),
        "first": tuple(map(int, np.unravel_index(out[0], actual.shape))) if len(out) else None,
        "max_abs": float(error.max()) if error.size else 0.0,
        "mean_abs": float(error.mean()) if error.size else 0.0,
        "p99_abs": float(ordered[math.ceil(0.99 * len(ordered)) - 1]) if error.size else 0.0,
        "max_rel": float((error[r != 0] / np.abs(r[r != 0])).max()) if np.any(r != 0) else None,
        "bias": float(np.mean(a - r)) if error.size else 0.0,
        "rms": rms,
        "cosine": float(a @ r) / math.sqrt(float(a @ a) * float(r @ r)) if np.any(a) and np.any(r) else None,
        "scale": float(a @ r) / float(r @ r) if np.any(r) else None,
        "snr_db": 10 * math.log10(float(r @ r) / float(error @ error)) if np.any(error) and np.any(r) else None,
        "ratios": np.divide(error, bound, out=np.where(error > 0, math.inf, 0.0), where=bound > 0),
    }


def agree(actual: np.ndarray, reference: np.ndarray, tolerance: Tolerance) -> Metrics:
    found, plain = measure(actual, reference, tolerance), naive(actual, reference, tolerance)
    assert (found.out, found.mask_mismatches) == (plain["out"], plain["mask_mismatches"])
    assert (found.first_out.index if found.first_out else None) == plain["first"]
    assert found.p99_abs == plain["p99_abs"]
    assert found.max_abs == plain["max_abs"]
    for name in ("mean_abs", "max_rel", "bias", "rms", "scale", "snr_db"):
        value = getattr(found, name)
        if plain[name] is None:
            assert value is None, name
        else:
            assert value == pytest.approx(plain[name], rel=1e-9, abs=1e-12 * (plain["rms"] + plain["max_abs"])), name
    if plain["cosine"] is not None:
        assert found.cosine == pytest.approx(plain["cosine"], abs=1e-12)
    if not tolerance.exact and plain["ratios"].size:
        assert found.worst is not None
        largest = float(plain["ratios"].max())
        assert found.worst.ratio == (None if math.isinf(largest) else pytest.approx(largest, rel=1e-12))
    json.dumps(found.as_dict(), allow_nan=False)
    return found


def arrays(dtype: str, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    if dtype in FLOATS:
        width = np.dtype(dtype).itemsize * 8
        elements = st.floats(-60000, 60000, width=width, allow_subnormal=False).filter(
            lambda x: x == 0 or abs(x) > 1e-4
        )
        return hnp.arrays(dtype, shape, elements=elements | st.sampled_from([math.inf, -math.inf]))
    return hnp.arrays(dtype, shape)


@st.composite
def pairs(draw: st.DrawFn, dtypes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of one shape and kind, of the same or different dtypes; the second near the first, or not."""
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=6))
    one = draw(arrays(draw(st.sampled_from(dtypes)), shape))
    if draw(st.booleans()):
        other = one.copy()
        if other.size:
            flat = other.reshape(-1)
            place = draw(st.integers(0, flat.size - 1))
            flat[place] = draw(arrays(one.dtype.name, ()))
        return one, other
    return one, draw(arrays(draw(st.sampled_from(dtypes)), shape))


@settings(deadline=None, max_examples=300)
@given(pairs(FLOATS), st.sampled_from([LOOSE, EXACT, DEFAULTS["fp32"], DEFAULTS["int8"], Tolerance(0.1, 0)]))
def test_floats_as_plainly_computed(pair: tuple[np.ndarray, np.ndarray], tolerance: Tolerance) -> None:
    agree(*pair, tolerance)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from([*INTEGERS, "bool"]).flatmap(lambda dtype: pairs([dtype])))
def test_integers_as_plainly_computed(pair: tuple[np.ndarray, np.ndarray]) -> None:
    found, plain = measure(*pair, EXACT), naive(*pair, EXACT)
    assert found.out == plain["out"]
    assert (found.first_out.index if found.first_out else None) == plain["first"]
    assert not failures(found.as_dict(), EXACT.as_dict()) == bool(np.array_equal(*pair))


@pytest.mark.parametrize("dtypes", [("int64", "int64"), ("uint64", "uint64"), ("int64", "uint64"), ("int64", "int32")])
def test_long_integers_are_exact(dtypes: tuple[str, str]) -> None:
    """float64 cannot tell 2**53 from 2**53 + 1."""
    one = np.array([5, 2**53 if dtypes[1] != "int32" else 7], dtypes[0])
    two = one.astype(dtypes[1])
    two[1:] += np.ones(1, two.dtype)
    found = measure(one, two, EXACT)
    assert found.out == 1
    assert found.first_out is not None and found.first_out.index == (1,) and found.first_out.abs == 1
    assert measure(one, one.astype(dtypes[1]), EXACT).out == 0


def test_long_integers_in_a_few_blocks() -> None:
    """The sample for the percentile meets none of the errors that are below float64's digits."""
    one = np.full(100 * accumulate.BLOCK, 2**53)
    two = one.copy()
    sampled = list(accumulate.Blocks(one).spread())[32:34]
    for block in sampled:
        two[block * accumulate.BLOCK :][: accumulate.BLOCK] += 1
    found = measure(one, two, EXACT)
    assert (found.out, found.p99_abs, found.max_abs) == (2 * accumulate.BLOCK, 1, 1)
    two[:] = one
    two[sampled[0] * accumulate.BLOCK :][:100] += 1
    assert measure(one, two, EXACT).p99_abs == 0


def test_long_integers_of_another_sign() -> None:
    """-1 as int64 and 2**64 - 1 as uint64 are the same bits."""
    assert measure(np.array([-1, 3]), np.array([2**64 - 1, 3], np.uint64), EXACT).out == 1
    assert measure(np.array([2**64 - 1, 3], np.uint64), np.array([-1, 3]), EXACT).out == 1
    assert measure(np.array([-1, 3]), np.array([-1, 3], np.int8), EXACT).out == 0


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(
    "size", [0, 1, 99, 100, 101, accumulate.BLOCK, 3 * accumulate.BLOCK + 7, 70 * accumulate.BLOCK]
)
def test_many_blocks(dtype: str, size: int) -> None:
    rng = np.random.default_rng(size)
    reference = rng.standard_normal(size)
    actual = (reference * (1 + 0.01 * rng.standard_normal(size))).astype(dtype)
    agree(actual, reference.astype(np.float32), LOOSE)


@pytest.mark.parametrize("where", ["first", "last", "blocks", "growing", "falling"])
def test_the_99th_percentile_of_uneven_errors(where: str) -> None:
    """The sample that it starts from tells nothing of errors that a few blocks have alone."""
    size = 100 * accumulate.BLOCK
    reference = np.zeros(size)
    error = np.zeros(size)
    noise = np.random.default_rng(1).random(2 * accumulate.BLOCK)
    if where == "first":
        error[: noise.size] = noise
    elif where == "last":
        error[-noise.size :] = noise
    elif where == "blocks":
        sampled = list(accumulate.Blocks(reference).spread())
        for block in sampled[:32]:
            error[block * accumulate.BLOCK :][: accumulate.BLOCK // 8] = 7.0
    else:
        error = np.linspace(0, 1, size)[:: 1 if where == "growing" else -1]
    agree(reference + error, reference, LOOSE)


@pytest.mark.parametrize("size", [10, 70 * accumulate.BLOCK])
def test_non_finite(size: int) -> None:
    rng = np.random.default_rng(2)
    reference = rng.standard_normal(size).astype(np.float32)
    actual = reference + np.float32(1e-3)
    for value, places in ((math.inf, [1, 2]), (-math.inf, [3])):
        actual[places] = reference[places] = value
    assert agree(actual, reference, LOOSE).mask_mismatches == 0
    actual[2], actual[5], actual[7], reference[8] = -math.inf, math.nan, math.inf, math.inf
    found = agree(actual, reference, LOOSE)
    assert (found.mask_mismatches, found.nan, found.nan_reference) == (4, 1, 0)
    assert (found.inf, found.inf_reference) == (4, 4)
    assert found.first_mask_mismatch is not None and found.first_mask_mismatch.index == (2,)
    assert any("one side only" in why for why in failures(found.as_dict(), LOOSE.as_dict()))


def test_nan_in_the_reference() -> None:
    reference = np.ones((3, 4, 20000), np.float16)
    reference[1, 2, 3] = math.nan
    actual = reference.copy()
    with pytest.raises(ReferenceNotFinite, match=r"'y' holds NaN, first at \[1, 2, 3\]") as caught:
        measure(actual, reference, LOOSE, "y")
    assert "equal_nan=True" in caught.value.cure
    meant = Tolerance(1e-2, 1e-2, cosine=0.9, equal_nan=True)
    found = measure(actual, reference, meant)
    assert (found.nan, found.nan_reference, found.mask_mismatches, found.out) == (1, 1, 0, 0)
    assert failures(found.as_dict(), meant.as_dict()) == []
    actual[1, 2, 3] = 1
    assert failures(measure(actual, reference, meant).as_dict(), meant.as_dict())


def test_nan_in_the_engine_fails() -> None:
    for tolerance in DEFAULTS.values():
        reference = np.ones(10**5, np.float32)
        actual = reference.copy()
        actual[77] = math.nan
        assert failures(measure(actual, reference, tolerance).as_dict(), tolerance.as_dict())


@pytest.mark.parametrize("magnitude", [1e-320, 1e-200, 1e-30, 1e30, 1e200, 1e307])
def test_extreme_magnitudes(magnitude: float) -> None:
    """Squares that overflow or vanish in float64 take nothing from cosine, SNR and scale."""
    rng = np.random.default_rng(3)
    plain = rng.standard_normal(1000)
    actual, reference = 1.5 * plain * magnitude, plain * magnitude
    found = measure(actual, reference, Tolerance(rtol=0.6, atol=0.6))
    digits = 1e-2 if magnitude < 1e-300 else 1e-9
    assert found.cosine == pytest.approx(1, abs=digits)
    assert found.scale == pytest.approx(1.5, rel=digits)
    assert found.snr_db == pytest.approx(20 * math.log10(2), rel=digits)
    assert found.rms == pytest.approx(math.sqrt(np.mean(plain**2)) * magnitude, rel=digits)
    assert found.max_abs == pytest.approx(np.abs(actual - reference).max(), rel=digits)
    assert found.out == 0


def test_an_engine_beyond_float64_squares() -> None:
    """What cannot be known is None, and no floor is passed by it."""
    found = measure(np.array([1e300, 1.0]), np.array([1.0, 1.0]), DEFAULTS["fp32"])
    assert (found.out, found.cosine, found.max_abs) == (1, None, 1e300)
    assert any("cosine is not known" in why for why in failures(found.as_dict(), DEFAULTS["fp32"].as_dict()))


@pytest.mark.parametrize("dtype", [*FLOATS, "int32", "bool"])
def test_layouts_in_memory(dtype: str) -> None:
    rng = np.random.default_rng(4)
    reference = (rng.standard_normal((7, 30, 200)) * 10).astype(dtype)
    actual = reference.copy()
    actual[3, 4, 5] = 1 - actual[3, 4, 5]
    plain = measure(actual, reference, EXACT)
    assert plain.first_out is not None and plain.first_out.index == (3, 4, 5)
    views = [
        (np.asfortranarray(actual), np.asfortranarray(reference)),
        (np.asfortranarray(actual), reference),
        (np.repeat(actual, 2, axis=1)[:, ::2], np.repeat(reference, 3, axis=2)[:, :, ::3]),
        (actual[::-1].copy()[::-1], reference.astype(np.dtype(dtype).newbyteorder(">"))),
    ]
    for one, two in views:
        assert measure(one, two, EXACT) == plain


def test_nothing_is_changed() -> None:
    rng = np.random.default_rng(5)
    reference = rng.standard_normal((50, 1000))
    actual = reference + 1
    actual[0, 0] = math.nan
    reference.flags.writeable = actual.flags.writeable = False
    before = actual.tobytes(), reference.tobytes()
    measure(actual, reference, LOOSE)
    assert (actual.tobytes(), reference.tobytes()) == before


def test_no_axes_and_no_elements() -> None:
    found = measure(np.float32(2), np.float32(1), LOOSE)
    assert (found.shape, found.size, found.out) == ((), 1, 1)
    assert found.worst is not None and found.worst.index == () and found.worst.rel == 1
    for dtype in (np.float32, np.int64, np.bool_):
        empty = np.zeros((0, 3), dtype)
        found = measure(empty, empty, DEFAULTS["fp32"])
        assert (found.size, found.out, found.worst) == (0, 0, None)
        assert failures(found.as_dict(), DEFAULTS["fp32"].as_dict()) == []


def test_a_reference_of_zeros() -> None:
    """Rounding noise on zeros passes, and whatever is more does not."""
    reference = np.zeros(1000, np.float32)
    tolerance = DEFAULTS["fp16"]
    assert not failures(measure(reference + np.float32(6e-8), reference, tolerance).as_dict(), tolerance.as_dict())
    assert failures(measure(reference + np.float32(1e-6), reference, tolerance).as_dict(), tolerance.as_dict())


@pytest.mark.parametrize("dtype", ["complex64", "complex128", "U3", "object", "datetime64[s]"])
def test_dtypes_that_no_engine_has(dtype: str) -> None:
    odd = np.zeros(3, dtype)
    with pytest.raises(UnsupportedOutput, match="'y' has dtype"):
        measure(odd, np.zeros(3), LOOSE, "y")
    with pytest.raises(UnsupportedOutput, match="reference's 'y'"):
        measure(np.zeros(3), odd, LOOSE, "y")


def test_kinds_and_shapes_that_differ() -> None:
    found = measure(np.zeros(3, np.int32), np.zeros(3), LOOSE)
    assert failures(found.as_dict(), LOOSE.as_dict()) == ["dtype int32, the reference has float64"]
    found = measure(np.zeros((3, 1)), np.zeros((3, 2)), LOOSE)
    assert failures(found.as_dict(), LOOSE.as_dict()) == ["shape (3, 1), the reference has (3, 2)"]
    assert found.out is None


def test_another_shape_that_is_the_same_layout() -> None:
    reference = np.random.default_rng(6).standard_normal((2, 3, 4, 5)).astype(np.float32)
    actual = np.ascontiguousarray(reference.transpose(0, 3, 1, 2))
    found = measure(actual, reference, LOOSE)
    assert found.layout == "transpose(0, 2, 3, 1)"
    (why,) = failures(found.as_dict(), LOOSE.as_dict())
    assert why.endswith("transpose(0, 2, 3, 1) matches it")
    assert measure(actual + 1, reference, LOOSE).layout is None
    assert measure(reference.reshape(2, 60), reference, LOOSE).layout == "reshape(2, 3, 4, 5)"
    assert measure(actual.reshape(2, 60), reference, LOOSE).layout == "reshape(2, 5, 3, 4).transpose(0, 2, 3, 1)"


@pytest.mark.parametrize("dtype", FLOATS)
def test_ulp(dtype: str) -> None:
    one = np.array([1.0, -0.0, 0.0], dtype)
    two = one.copy()
    two[0] = np.nextafter(np.nextafter(two[0], np.array(2, dtype)), np.array(2, dtype))
    found = measure(two, one, EXACT)
    assert found.worst is not None and found.worst.ulp == 2
    two = one.copy()
    two[1] = np.nextafter(np.array(0, dtype), np.array(1, dtype))
    one[1] = -two[1]
    found = measure(two, one, EXACT)
    assert found.worst is not None and found.worst.ulp == 2


def test_ulp_in_the_engines_dtype() -> None:
    found = measure(np.array([1.001], np.float16), np.array([1.0], np.float64), EXACT)
    assert found.worst is not None and found.worst.ulp == 1
    found = measure(np.array([1.0], np.float16), np.array([70000.0], np.float64), EXACT)
    assert found.worst is not None and found.worst.ulp is None


def test_bfloat16_and_float8() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    rng = np.random.default_rng(7)
    reference = rng.standard_normal((40, 1000)).astype(np.float32)
    for dtype, rounding in ((ml_dtypes.bfloat16, 2**-8), (ml_dtypes.float8_e4m3fn, 2**-3)):
        actual = reference.astype(dtype)
        found = measure(actual, reference, Tolerance(rtol=rounding, atol=1e-2))
        assert found.out == 0
        assert found.max_abs == np.abs(actual.astype(np.float64) - reference).max()
        one = np.array([1.0], dtype)
        two = (one.view(f"u{one.itemsize}") + 3).view(dtype)
        place = measure(two, one, EXACT).worst
        assert place is not None and place.ulp == 3
