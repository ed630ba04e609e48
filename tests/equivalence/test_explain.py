"""The text of a failed check: as a reader sees it, and whatever the names and numbers are."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_trt.equivalence.explain import WIDTH, explain
from pytest_trt.equivalence.measure import Metrics, measure
from pytest_trt.equivalence.tolerance import DEFAULTS, EXACT, Tolerance, tolerance_for
from pytest_trt.equivalence.verdict import failures

Pairs = dict[str, tuple[np.ndarray, np.ndarray]]
CONTEXT = {
    "case": "profile 0 opt (the first of 2 that fail, of 3)",
    "engine": "0123456789abcdef" * 4,
    "TensorRT": "8.6.0.12, CUDA 12.0",
    "GPU": "NVIDIA H100 80GB HBM3 (compute capability 9.0, 132 multiprocessors), driver 550.54.15",
    "flags": "TF32, PREFER_PRECISION_CONSTRAINTS, optimization level 3, workspace 1 GiB, hardware compatibility none",
    "seed": "0",
    "arrays": "/tmp/pytest-of-someone/pytest-0/test_ranker0/ranker-profile-0-opt-1f0c2d3e.npz",
}


def text_of(pairs: Pairs, tolerances: dict[str, Tolerance] | None = None, context: dict[str, str] | None = None) -> str:
    outputs = {}
    for name, (actual, reference) in pairs.items():
        tolerance = (tolerances or {}).get(name) or tolerance_for("tf32", actual.dtype)
        outputs[name] = (measure(actual, reference, tolerance, name), tolerance)
    return explain(outputs, CONTEXT if context is None else context, pairs)


def everything() -> Pairs:
    """Multiples of a power of two: the same sums on every processor, to the digits that are shown."""
    rng = np.random.default_rng(0)

    def steps(*shape: int) -> np.ndarray:
        return (rng.integers(-256, 257, shape) / 128).astype(np.float32)

    features, images, scores = steps(8, 64, 7, 7), steps(2, 3, 4, 5), steps(8, 20)
    biased = features + steps(8, 64, 7, 7) * np.float32(2**-12)
    biased[:, 17] -= np.float32(0.3125)
    large = features[:, :3] * np.float32(2**16)
    with np.errstate(over="ignore"):
        half = large.astype(np.float16)
    scores[::2, 3] = scores[::2, 11] = 5
    labels = scores.argmax(1)
    others = np.where(labels == 3, 11, labels)
    return {
        "features": (biased, features),
        "activations": (half, large),
        "images": (np.ascontiguousarray(images.transpose(0, 2, 3, 1)), images),
        "label": (others, labels),
        "scores": (scores + np.float32(2**-13), scores),
        "mask": (labels > 9, labels > 9),
        "boxes": (np.zeros((0, 4), np.float32), np.zeros((0, 4), np.float32)),
    }


def test_everything(golden: Callable[[str, str], None]) -> None:
    golden("explained.txt", text_of(everything()) + "\n")


def test_one_output(golden: Callable[[str, str], None]) -> None:
    reference = (np.arange(24).reshape(2, 3, 4) - 7).astype(np.float32) / 8
    golden("explained-one.txt", text_of({"y": (reference / 255, reference)}, context={"seed": "0"}) + "\n")


def test_a_scalar_and_a_reference_of_zeros() -> None:
    text = text_of({"loss": (np.float32(1.5), np.float32(1)), "zero": (np.ones(4, np.float32), np.zeros(4))})
    assert "loss: float32 scalar\n" in text
    assert "first, worst    ()" in text
    assert "1.526e-05 (least scale)" in text
    assert "engine = -" in text and "zero: float32 (4,), compared with float64" in text


def test_first_non_finite_place_has_its_own_row() -> None:
    reference = np.ones((4, 5), np.float32)
    actual = reference.copy()
    actual[0, 1], actual[2, 3], actual[3, 4] = 2, math.nan, -math.inf
    text = text_of({"y": (actual, reference)})
    rows = [" ".join(line.split()) for line in text.splitlines() if line.startswith(("  first", "  worst"))]
    starts = ("first, worst [0, 1] 2 1 1", "first NaN, Inf [2, 3] nan 1 - -")
    assert len(rows) == 2 and all(row.startswith(start) for row, start in zip(rows, starts))
    assert "engine 1 NaN, 1 Inf; reference 0 NaN, 0 Inf" in text
    assert "no tolerance would" in text


def test_a_long_index_stands_above_its_numbers() -> None:
    reference = np.full((1, 2, 1, 1, 1, 2, 1, 1, 1, 3000), 2**62)
    actual = reference.copy()
    actual[0, 1, 0, 0, 0, 1, 0, 0, 0, 2999] *= -1
    text = text_of({"y": (actual, reference)})
    assert "first, worst    [0, 1, 0, 0, 0, 1, 0, 0, 0, 2999]\n" + " " * 18 + "-4611686018427387904 " in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_long_lines_are_broken() -> None:
    reference = np.ones((1, 2, 1, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3000))
    name = "a/rather/long/name/of/an/output/as/TensorFlow/gives/it:0"
    near = reference.astype(np.float32) + np.float32(1e-3)
    text = text_of({name: (near, reference), f"{name}1": (near + 1, reference)}, {name: DEFAULTS["int8"]})
    assert "/an/output/as/TensorFlow/gives/it:0  float32 (1, 2, 1," in text
    assert "/an/output/as/TensorFlow/gives/it:01: float32 (1, 2, 1," in text
    assert max(map(len, text.splitlines())) <= WIDTH


def test_in_few_words() -> None:
    reference = np.arange(1000)
    actual = reference.copy()
    actual[3] = 7
    pairs = {"y": (actual, reference), "z": (actual, reference), "nan": (np.full(2, math.nan),) * 2}
    some = {"y": Tolerance(0, 0, bad_fraction=0.01), "nan": Tolerance(0, 1, equal_nan=True)}
    text = text_of(pairs, some)
    assert text.startswith("1 of 3 outputs differs from the reference: z\n")
    assert "  y    int64 (1000,): 1 element out, within bad_fraction" in text
    assert "  nan  float64 (2,): equal" in text
    almost = np.ones(1000, np.float32)
    almost[5] = 9
    loose = Tolerance(1e-2, 1e-2, bad_fraction=0.01, cosine=0.5)
    text = text_of({"y": (almost, np.ones(1000, np.float32)), "z": (actual, reference)}, {"y": loose})
    assert "worst 400 of what is allowed, 1 element out, cosine 0.9" in text


def test_nothing_to_check_and_no_arrays() -> None:
    reference = np.ones(3, np.float32)
    tolerance = DEFAULTS["fp32"]
    outputs = {"y": (measure(reference + 1, reference, tolerance), tolerance)}
    text = explain(outputs, {})
    assert text.startswith("the output differs from the reference: y\n\ny: float32 (3,)\n")
    assert "Checked" not in text and "Probably" not in text and "Passed" not in text


def test_the_line_to_paste_is_whole() -> None:
    reference = np.linspace(-1, 1, 100, dtype=np.float32)
    for name in ("y", "a/rather/long/name/of/an/output/as/TensorFlow/gives/it:0", 'quo"te'):
        actual = reference * np.float32(1.25) + np.float32(0.125)
        text = text_of({name: (actual, reference)}, {name: DEFAULTS["int8"]})
        _, _, rest = text.partition("would pass      ")
        pasted = eval(f"dict({rest.partition('Probably')[0].partition('Checked')[0].strip()})")["tolerance"]
        tolerance = pasted[name]
        assert isinstance(tolerance, Tolerance)
        assert not failures(measure(actual, reference, tolerance).as_dict(), tolerance.as_dict())
        assert max(map(len, text.splitlines())) <= WIDTH


HOSTILE = ["\x1b[31mred", "a\nb", "\r", "\u202eevil", "::error::x", "\x00", "x" * 500, "é", "[bold]b[/]", "\ud800"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text(name: str) -> None:
    reference = np.ones((4, 50), np.float32)
    labels = np.arange(4)
    pairs: Pairs = {name: (reference * 2, reference), "ok": (reference, reference), "label": (labels + 1, labels)}
    text = text_of(pairs, context={name: name, "engine": name})
    assert all(line.isprintable() for line in text.split("\n"))
    assert all(line.isascii() or "é" in line for line in text.split("\n"))
    text.encode()
    if len(name) < 100:
        assert max(map(len, text.splitlines())) <= WIDTH


numbers = st.floats(width=32, allow_nan=False) | st.sampled_from([0.0, math.inf, 1e-45, 3e38])


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(numbers, numbers), min_size=1, max_size=12),
    st.sampled_from([*DEFAULTS.values(), EXACT, Tolerance(1e-30, 0, 0.5, 1, 100)]),
    st.booleans(),
)
def test_any_numbers(pairs: list[tuple[float, float]], tolerance: Tolerance, nan: bool) -> None:
    actual, reference = (np.array(side, np.float32) for side in zip(*pairs))
    if nan:
        actual[-1] = math.nan
    text = text_of({"y": (actual, reference)}, {"y": tolerance})
    assert max(map(len, text.splitlines())) <= WIDTH
    assert text == text.rstrip() and not any(line != line.rstrip() for line in text.splitlines())


def test_a_record_that_is_read_back_is_not_needed() -> None:
    """Metrics are shown as they are; None, where something is not known, is a dash."""
    tolerance = DEFAULTS["fp32"]
    found = measure(np.ones(3), np.zeros(3), tolerance)
    unknown = dict.fromkeys(("max_rel", "mean_abs", "p99_abs", "cosine", "bias", "scale", "first_out"))
    text = explain({"y": (dataclasses.replace(found, **unknown), tolerance)}, {})
    assert "mean -   p99 -   max 1" in text and isinstance(found, Metrics)
