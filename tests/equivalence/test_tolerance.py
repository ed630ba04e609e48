"""Tolerances: what is one, what holds for which output, and what verdict and smallest tolerance make of them."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_trt.equivalence.errors import BadTolerance, UnknownOutput, UnsupportedOutput
from pytest_trt.equivalence.measure import measure
from pytest_trt.equivalence.minimum import minimum, minimum_tolerance
from pytest_trt.equivalence.tolerance import DEFAULTS, EXACT, Tolerance, resolve, tolerance_for
from pytest_trt.equivalence.verdict import failures, kind, percent

OUTPUTS = {"y": "float32", "label": "int64", "mask": "bool"}


@pytest.mark.parametrize(
    "fields",
    [
        {"rtol": -1},
        {"rtol": math.nan},
        {"atol": math.inf},
        {"atol": "1e-3"},
        {"rtol": True},
        {"bad_fraction": 1.0},
        {"bad_fraction": -0.1},
        {"cosine": 1.5},
        {"cosine": math.nan},
        {"snr": math.inf},
        {"equal_nan": 1},
    ],
    ids=repr,
)
def test_no_tolerance(fields: dict[str, Any]) -> None:
    with pytest.raises(BadTolerance, match=next(iter(fields))):
        Tolerance(**{"rtol": 0, "atol": 0, **fields})


numbers = st.floats(0, 1e300)
tolerances = st.builds(
    Tolerance,
    rtol=numbers,
    atol=numbers,
    bad_fraction=st.floats(0, 0.99),
    cosine=st.none() | st.floats(-1, 1),
    snr=st.none() | st.floats(-200, 200),
    equal_nan=st.booleans(),
)


@given(tolerances)
def test_stored_and_read_back(tolerance: Tolerance) -> None:
    stored = json.loads(json.dumps(tolerance.as_dict(), allow_nan=False))
    assert Tolerance.from_dict(stored) == tolerance


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Tolerance)])
def test_stored_amiss(name: str) -> None:
    stored = dict(DEFAULTS["fp16"].as_dict())
    with pytest.raises(BadTolerance, match="holds 'more'"):
        Tolerance.from_dict({**stored, "more": 1})
    del stored[name]
    with pytest.raises(BadTolerance, match=f"lacks '{name}'"):
        Tolerance.from_dict(stored)


def test_as_text_it_can_be_pasted() -> None:
    for tolerance in (*DEFAULTS.values(), EXACT, Tolerance(1, 2, equal_nan=True)):
        assert eval(str(tolerance)) == tolerance


def test_defaults_grow_looser() -> None:
    rows = list(DEFAULTS.values())
    for strict, loose in zip(rows, rows[1:]):
        assert (strict.rtol, strict.atol, strict.bad_fraction) <= (loose.rtol, loose.atol, loose.bad_fraction)
        assert strict.cosine is not None and loose.cosine is not None and strict.cosine >= loose.cosine


def test_by_precision_and_dtype() -> None:
    assert tolerance_for("tf32", np.float32) is DEFAULTS["tf32"]
    assert tolerance_for("fp32", np.float64) is DEFAULTS["fp32"]
    for dtype in ("bool", "int8", "uint8", "int32", "int64"):
        assert tolerance_for("int4", dtype) is EXACT
    # Its own dtype rounds more than the engine does.
    assert tolerance_for("fp32", np.float16) is DEFAULTS["fp16"]
    assert tolerance_for("int8", np.float16) is DEFAULTS["int8"]
    with pytest.raises(BadTolerance, match="did you mean 'fp16'") as caught:
        tolerance_for("pf16", "float32")
    assert "'bf16'" in str(caught.value)
    with pytest.raises(UnsupportedOutput, match="complex64"):
        tolerance_for("fp32", "complex64")


def test_by_precision_and_dtype_of_ml_dtypes() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    assert tolerance_for("tf32", ml_dtypes.bfloat16) is DEFAULTS["bf16"]
    assert tolerance_for("tf32", ml_dtypes.float8_e4m3fn) is DEFAULTS["fp8"]
    assert tolerance_for("tf32", ml_dtypes.int4) is EXACT
    assert kind("float4_e2m1fn") == "float"


def test_what_a_user_gives() -> None:
    fp16, mine = DEFAULTS["fp16"], Tolerance(0.5, 0.25)
    assert resolve(None, OUTPUTS, "fp16") == {"y": fp16, "label": EXACT, "mask": EXACT}
    assert resolve(mine, OUTPUTS, "fp16") == {"y": mine, "label": EXACT, "mask": EXACT}
    assert resolve("int8", OUTPUTS, "fp16") == {"y": DEFAULTS["int8"], "label": EXACT, "mask": EXACT}
    assert resolve(0.125, OUTPUTS, "fp16")["y"] == dataclasses.replace(fp16, rtol=0.125)
    assert resolve({"y": 0, "label": mine}, OUTPUTS, "fp16") == {
        "y": dataclasses.replace(fp16, rtol=0),
        "label": mine,
        "mask": EXACT,
    }
    assert resolve({"y": None}, OUTPUTS, "fp16")["y"] is fp16
    assert resolve({"y": np.float32(0.125)}, OUTPUTS, "fp16")["y"].rtol == 0.125
    with pytest.raises(UnknownOutput, match="'lable', which is no output") as caught:
        resolve({"lable": mine}, OUTPUTS, "fp16")
    assert "did you mean 'label'" in str(caught.value) and "'y', 'label', 'mask'" in str(caught.value)
    for wrong in (True, [1e-3], object(), {"y": {"rtol": 1}}):
        with pytest.raises(BadTolerance):
            resolve(wrong, OUTPUTS, "fp16")
    with pytest.raises(BadTolerance):
        resolve("fast", OUTPUTS, "fp16")


def small_pair(seed: int, noise: float, size: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    reference = rng.standard_normal(size).astype(np.float32)
    reference[::7] = 0
    return (reference * (1 + noise * rng.standard_normal(size)) + noise * rng.random(size)).astype(
        np.float32
    ), reference


def passes(actual: np.ndarray, reference: np.ndarray, tolerance: Tolerance) -> bool:
    return not failures(measure(actual, reference, tolerance).as_dict(), tolerance.as_dict())


loosened = st.fixed_dictionaries(
    {"rtol": st.floats(0, 1), "atol": st.floats(0, 1), "bad_fraction": st.floats(0, 0.5), "floor": st.floats(0, 1)}
)


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 2**32), st.sampled_from([1e-6, 1e-3, 0.1, 2]), st.sampled_from(list(DEFAULTS.values())), loosened)
def test_a_looser_tolerance_never_fails_what_passed(
    seed: int, noise: float, tolerance: Tolerance, more: dict[str, float]
) -> None:
    assume(passes(*small_pair(seed, noise), tolerance))
    looser = Tolerance(
        rtol=tolerance.rtol + more["rtol"],
        atol=tolerance.atol + more["atol"],
        bad_fraction=min(0.99, tolerance.bad_fraction + more["bad_fraction"]),
        cosine=None if tolerance.cosine is None else max(-1, tolerance.cosine - more["floor"]),
        snr=None if tolerance.snr is None else tolerance.snr - 20 * more["floor"],
    )
    assert passes(*small_pair(seed, noise), looser)


floats_tolerances = st.sampled_from(
    [
        *DEFAULTS.values(),
        EXACT,
        Tolerance(rtol=1e-3, atol=0),
        Tolerance(rtol=0, atol=1e-3),
        Tolerance(rtol=1e-7, atol=1e-9, bad_fraction=0.1),
        Tolerance(rtol=0, atol=0, bad_fraction=0.3),
        Tolerance(rtol=10, atol=10, cosine=1.0, snr=150.0),
    ]
)


@settings(deadline=None, max_examples=300)
@given(
    st.integers(0, 2**32), st.sampled_from([0, 1e-6, 1e-3, 0.1, 2]), floats_tolerances, st.sampled_from([1, 9, 2000])
)
def test_the_smallest_tolerance_passes_and_less_does_not(
    seed: int, noise: float, tolerance: Tolerance, size: int
) -> None:
    actual, reference = small_pair(seed, noise, size)
    found = measure(actual, reference, tolerance)
    line = minimum_tolerance("y", found, tolerance)
    assert line is not None and line.startswith('tolerance={"y": Tolerance(')
    pasted = eval(f"dict({line})")["tolerance"]["y"]
    assert passes(actual, reference, pasted)
    if passes(actual, reference, tolerance):
        assert pasted == tolerance
        return
    assert pasted != tolerance
    changed = {name for name in ("rtol", "atol") if getattr(pasted, name) > getattr(tolerance, name)}
    if changed and (tolerance.atol or tolerance.exact):
        less = dataclasses.replace(pasted, **{name: 0.9 * getattr(pasted, name) for name in changed})
        assert not passes(actual, reference, less)
    if pasted.cosine != tolerance.cosine and pasted.cosine is not None and 1 - pasted.cosine > 1e-12:
        assert not passes(actual, reference, dataclasses.replace(pasted, cosine=1 - 0.9 * (1 - pasted.cosine)))
    if pasted.snr != tolerance.snr:
        assert pasted.snr is not None
        assert not passes(actual, reference, dataclasses.replace(pasted, snr=pasted.snr + 0.1 * abs(pasted.snr)))


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32), st.integers(1, 60), st.sampled_from(["int64", "uint8", "bool"]))
def test_the_smallest_tolerance_of_integers(seed: int, out: int, dtype: str) -> None:
    rng = np.random.default_rng(seed)
    reference = rng.integers(0, 2, 64).astype(dtype)
    actual = reference.copy()
    actual[rng.permutation(64)[:out]] ^= np.ones((), dtype)
    found = minimum(measure(actual, reference, EXACT), EXACT)
    assert found is not None and (found.rtol, found.atol) == (0, 0)
    assert passes(actual, reference, found)
    assert not passes(actual, reference, dataclasses.replace(found, bad_fraction=0.9 * found.bad_fraction))


@given(st.integers(1, 10**6), st.data())
def test_every_share_of_integers(size: int, data: st.DataObject) -> None:
    """Whatever the rounding of float64, as many elements as are out are allowed."""
    out = data.draw(st.integers(1, size))
    metrics = dataclasses.replace(
        measure(np.zeros(1, int), np.ones(1, int), EXACT), shape=(size,), reference_shape=(size,), size=size, out=out
    )
    found = minimum(metrics, EXACT)
    if found is None or found.atol:
        assert out / size > 0.99
    else:
        assert failures(metrics.as_dict(), found.as_dict()) == []


def test_integers_that_are_all_out() -> None:
    """An image of bytes that is darker by one: no share of the elements helps, and a distance does."""
    reference = np.full((4, 4), 100, np.uint8)
    found = minimum(measure(reference - np.uint8(1), reference, EXACT), EXACT)
    assert found == Tolerance(0, 0.011)
    assert failures(measure(reference - np.uint8(1), reference, found).as_dict(), found.as_dict()) == []
    flags = np.ones(3, bool)
    assert minimum(measure(~flags, flags, EXACT), EXACT) is None


def test_no_tolerance_helps() -> None:
    one, two = np.ones(3, np.float32), np.ones(3, np.float32)
    one[1] = math.nan
    for actual, reference in ((one, two), (two[:2], two), (two.astype(np.int32), two)):
        found = measure(actual, reference, DEFAULTS["fp16"])
        assert minimum_tolerance("y", found, DEFAULTS["fp16"]) is None
    found = measure(np.ones(3, np.int32), np.zeros(3, np.int32), EXACT)
    assert minimum_tolerance("y", found, EXACT) is None


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\x1b[31mb", "a\nb", "\u202eb", "é", "a/b:0", "😀\u202e"])
def test_a_name_that_is_hostile(name: str) -> None:
    actual, reference = small_pair(1, 0.1)
    line = minimum_tolerance(name, measure(actual, reference, DEFAULTS["fp32"]), DEFAULTS["fp32"])
    assert line is not None and line.isprintable()
    assert list(eval(f"dict({line})")["tolerance"]) == [name]


STORED = measure(*small_pair(0, 1e-5), DEFAULTS["fp8"]).as_dict()
READ = (
    "shape reference_shape dtype reference_dtype size out mask_mismatches nan nan_reference inf inf_reference rms"
    " max_abs cosine snr_db rtol atol"
).split()


@pytest.mark.parametrize("name", READ)
@pytest.mark.parametrize("value", ["absent", None, math.nan, math.inf, -1, "0", True, [], [None], {}], ids=repr)
def test_a_record_without_a_metric_does_not_pass(name: str, value: object) -> None:
    tolerance = DEFAULTS["fp8"].as_dict()
    assert failures(STORED, tolerance) == []
    broken = {**STORED, name: value}
    if value == "absent":
        del broken[name]
    assert failures(broken, tolerance), f"{name}={value!r} passes"


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Tolerance)])
@pytest.mark.parametrize("value", ["absent", math.nan, math.inf, "0", [], {}], ids=repr)
def test_a_record_without_a_tolerance_does_not_pass(name: str, value: object) -> None:
    broken: dict[str, object] = {**DEFAULTS["fp8"].as_dict(), name: value}
    if value == "absent":
        del broken[name]
    assert failures(STORED, broken)


def test_a_record_that_contradicts_itself() -> None:
    tolerance = DEFAULTS["fp8"].as_dict()
    assert any("measured with rtol" in why for why in failures(STORED, {**tolerance, "rtol": 9.0}))
    assert any("contradicts" in why for why in failures({**STORED, "size": 10**9}, tolerance))
    assert any("contradicts" in why for why in failures({**STORED, "out": 10**9}, tolerance))
    assert any("all elements" in why for why in failures(STORED, {**tolerance, "bad_fraction": 5.0}))
    assert failures({**STORED, "nan": 3}, tolerance) == ["the engine gives NaN in 3 of 200 elements (1.5 %)"]
    assert failures({**STORED, "nan_reference": 1}, tolerance) == [
        "the reference gives NaN in 1 of 200 elements (0.5 %)"
    ]
    assert failures({**STORED, "dtype": "float32\x1b[31m"}, tolerance) == [
        "'float32\\x1b[31m' is no dtype of an output"
    ]
    assert failures({**STORED, "shape": [10**400]}, tolerance) == ["the record holds no shape"]
    assert failures({}, {}) == ["the record holds no shape"]


def test_only_a_layout_of_ours_is_shown() -> None:
    other = {**STORED, "reference_shape": [2, 100], "layout": "reshape(2, 100)"}
    assert failures(other, {}) == ["shape (200,), the reference has (2, 100); reshape(2, 100) matches it"]
    assert failures({**other, "layout": "\x1b[2J"}, {}) == ["shape (200,), the reference has (2, 100)"]


@given(
    st.dictionaries(
        st.sampled_from(READ),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.sampled_from(["", "0", "float32", "int8"])
        | st.lists(st.integers(), max_size=3),
    )
)
def test_whatever_a_record_holds_there_is_a_verdict(changes: dict[str, object]) -> None:
    why = failures({**STORED, **changes}, DEFAULTS["fp8"].as_dict())
    assert all(isinstance(text, str) and text for text in why)


def test_what_failures_say() -> None:
    actual, reference = small_pair(3, 0.3)
    found = measure(actual, reference, DEFAULTS["fp8"])
    why = failures(found.as_dict(), DEFAULTS["fp8"].as_dict())
    assert why[0].startswith(f"{found.out} of 200 elements (") and why[0].endswith("out of tolerance, 2 allowed")
    assert why[1].startswith("cosine 0.9") and why[1].endswith("is below 0.99")
    assert why[2].startswith("SNR ") and why[2].endswith("dB is below 20 dB")


def test_shares_are_never_rounded_to_nothing_or_all() -> None:
    assert [percent(*share) for share in ((0, 9), (1, 10**9), (1, 3), (999_999_999, 10**9), (9, 9))] == [
        "0 %",
        "<0.0001 %",
        "33.3 %",
        ">99.99 %",
        "100 %",
    ]


def test_the_verdict_is_standard_library_only() -> None:
    program = (
        "import sys; before = set(sys.modules); import pytest_trt.equivalence.verdict;"
        " print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(run.stdout.split()) - set(sys.stdlib_module_names) == {"pytest_trt"}
