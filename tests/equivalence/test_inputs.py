"""Generated inputs: at which points, within which ranges, and always the same."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_trt.equivalence.errors import BadProfile, BadRange, UnknownInput
from pytest_trt.equivalence.inputs import Case, digest_of, generate

Shapes = tuple[tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]], ...]


@dataclasses.dataclass
class Declared:
    name: str
    dtype: Any = "float32"
    shape: tuple[int, ...] = (2, 3)
    profiles: Shapes = ()
    mode: str = "input"
    is_shape_tensor: bool = False

    def __post_init__(self) -> None:
        self.dtype = np.dtype(self.dtype)


def one(tensor: Declared, **options: Any) -> np.ndarray:
    (case,) = generate([tensor], **options)
    return case.feed[tensor.name]


IMAGES = Declared("images", "float32", (-1, 3, -1), (((1, 3, 4), (2, 3, 5), (9, 3, 8)), ((4, 3, 4),) * 3))
TOKENS = Declared("tokens", "int32", (-1, 7), (((1, 7), (2, 7), (2, 7)), ((3, 7),) * 3))
SCORES = Declared("scores", "float32", (-1, 9), mode="output")


def test_every_point_of_every_profile() -> None:
    cases = generate([IMAGES, SCORES, TOKENS])
    assert [(case.label, case.profile, case.feed["images"].shape, case.feed["tokens"].shape) for case in cases] == [
        ("profile 0 min", 0, (1, 3, 4), (1, 7)),
        ("profile 0 opt", 0, (2, 3, 5), (2, 7)),
        ("profile 0 max", 0, (9, 3, 8), (2, 7)),
        ("profile 1", 1, (4, 3, 4), (3, 7)),
    ]
    assert all(set(case.feed) == {"images", "tokens"} for case in cases)
    assert all(case.feed["tokens"].dtype == np.int32 for case in cases)
    assert [case.label for case in generate([TOKENS])] == ["profile 0 min", "profile 0 opt=max", "profile 1"]


def test_a_static_engine_is_run_once() -> None:
    (case,) = generate([Declared("x")])
    assert (case.label, case.profile, case.seed, case.feed["x"].shape) == ("profile 0", 0, 0, (2, 3))
    assert generate([])[0].feed == {}


def test_a_static_input_beside_a_dynamic_one() -> None:
    cases = generate([IMAGES, Declared("static")])
    assert [case.feed["static"].shape for case in cases] == [(2, 3)] * 4


def test_shape_tensors_get_the_profiles_values() -> None:
    size = Declared("size", "int64", (2,), (((1, 2), (3, 4), (5, 6)),), is_shape_tensor=True)
    scalar = Declared("n", "int32", (), (((1,), (2,), (3,)),), is_shape_tensor=True)
    cases = generate([size, scalar])
    assert [case.feed["size"].tolist() for case in cases] == [[1, 2], [3, 4], [5, 6]]
    assert [(case.feed["n"].shape, int(case.feed["n"])) for case in cases] == [((), 1), ((), 2), ((), 3)]
    with pytest.raises(BadRange, match="'size' is a shape tensor"):
        generate([size], {"size": (0, 3)})


def test_points() -> None:
    full = {case.label: case for case in generate([IMAGES, TOKENS])}
    (alone, other) = generate([IMAGES, TOKENS], points=["opt"])
    assert alone.label == "profile 0 opt" and alone.digest == full["profile 0 opt"].digest
    assert other.digest == full["profile 1"].digest
    with pytest.raises(BadProfile, match="no point 'best'"):
        generate([IMAGES], points=["best"])


def test_the_same_whatever_surrounds_it() -> None:
    """Another order, another input: an input's values stay."""
    before = generate([IMAGES, TOKENS])
    after = generate([TOKENS, Declared("more"), SCORES, IMAGES])
    for left, right in zip(before, after):
        for name in ("images", "tokens"):
            assert left.feed[name].tobytes() == right.feed[name].tobytes()
    assert [case.digest for case in before] == [case.digest for case in generate([TOKENS, IMAGES])]


def test_everything_that_seeds() -> None:
    digests = {
        generate([Declared(name)], seed=seed)[0].feed[name].tobytes() for name in ("x", "y") for seed in (0, 1, -1)
    }
    assert len(digests) == 6
    two = generate([Declared("x", "float32", (-1,), (((5,), (6,), (6,)), ((5,), (6,), (6,))))])
    assert len({case.feed["x"].tobytes() for case in two}) == 4


def test_the_same_in_another_process_and_for_ever() -> None:
    """A change here changes what every user's check runs on: it goes into the changelog."""
    io = [Declared("x", dtype, (3, 4)) for dtype in ("float16", "float32", "float64", "int32", "bool")]
    digests = [generate([tensor], seed=7)[0].digest for tensor in io]
    program = (
        "import dataclasses, numpy as np\nfrom pytest_trt.equivalence.inputs import generate\n"
        "class T: name='x'; mode='input'; shape=(3, 4); profiles=(); is_shape_tensor=False\n"
        "for d in ('float16', 'float32', 'float64', 'int32', 'bool'):\n"
        "    T.dtype = np.dtype(d); print(generate([T()], seed=7)[0].digest)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == digests
    assert [digest[:8] for digest in digests] == KNOWN


KNOWN = ["e8293ec8", "d85a058e", "7780ebe1", "056aa0cb", "76a17f52"]


@settings(deadline=None)
@given(
    st.sampled_from(["float16", "float32", "float64", "int8", "uint8", "int32", "int64", "uint64", "bool"]),
    st.lists(st.integers(1, 4), max_size=3).map(tuple),
    st.integers(0, 1000),
)
def test_default_values(dtype: str, shape: tuple[int, ...], seed: int) -> None:
    values = one(Declared("x", dtype, shape), seed=seed)
    assert values.shape == shape and values.dtype == dtype
    wide = values.astype(np.float64)
    assert np.isfinite(wide).all() and np.abs(wide).max() >= 1 / 64
    if values.dtype.kind == "f":
        assert -1 <= wide.min() and wide.max() <= 1
    else:
        assert 0 <= wide.min() and wide.max() <= 7
    if dtype == "bool" and values.size > 1:
        assert values.any() and not values.all()


def test_default_values_cover_their_range() -> None:
    floats = one(Declared("x", "float32", (10000,)))
    assert floats.min() < -0.99 and floats.max() > 0.99 and abs(float(floats.mean())) < 0.05
    assert set(one(Declared("x", "int32", (1000,))).tolist()) == set(range(8))
    assert one(Declared("x", "float32", (0, 3))).shape == (0, 3)


@settings(deadline=None)
@given(
    st.sampled_from(["float16", "float32", "float64"]),
    st.floats(-60000, 60000, width=16),
    st.floats(-60000, 60000, width=16),
    st.integers(0, 100),
)
def test_ranges_of_floats(dtype: str, low: float, high: float, seed: int) -> None:
    low, high = sorted((low, high))
    values = one(Declared("x", dtype, (4, 4)), ranges={"x": (low, high)}, seed=seed)
    assert values.dtype == dtype
    assert (values >= low).all() and (values <= high).all()
    assert low == high == 0 or values.any()


@settings(deadline=None)
@given(st.sampled_from(["int8", "uint8", "int32", "uint64", "int64"]), st.data())
def test_ranges_of_integers(dtype: str, data: st.DataObject) -> None:
    info = np.iinfo(dtype)
    low, high = sorted(data.draw(st.tuples(*[st.integers(info.min, info.max)] * 2)))
    values = [int(value) for value in one(Declared("x", dtype, (20,)), ranges={"x": (low, high)})]
    assert all(low <= value < high or low == high == value for value in values)
    assert any(values) or (low, high) in ((0, 0), (0, 1))


def test_wide_ranges() -> None:
    most = float(np.finfo(np.float64).max)
    values = one(Declared("x", "float64", (100,)), ranges={"x": (-most, most)})
    assert np.isfinite(values).all() and values.min() < 0 < values.max()
    assert one(Declared("x", "uint8", (5000,)), ranges={"x": (0, 256)}).max() == 255


def test_few_values_are_lively_too() -> None:
    """One or two values, which chance would often make all zero, tiny or alike."""
    for seed in range(60):
        assert one(Declared("x", "bool", ()), seed=seed)
        assert sorted(one(Declared("x", "bool", (2,)), seed=seed).tolist()) == [False, True]
        assert one(Declared("x", "int32", (1,)), ranges={"x": (-1.0, 2.0)}, seed=seed)[0] in (-1, 1)
        assert abs(one(Declared("x", "float32", (1,)), seed=seed)[0]) >= 1 / 64
        assert one(Declared("x", "float32", (1,)), ranges={"x": (0, 1e-3)}, seed=seed)[0] >= 1e-3 / 64


def test_values_to_choose_from() -> None:
    assert set(one(Declared("x", "int64", (100,)), ranges={"x": [2, 5]}).tolist()) == {2, 5}
    assert set(one(Declared("x", "float16", (100,)), ranges={"x": np.array([0.5])}).tolist()) == {0.5}
    assert one(Declared("x", "bool", (4,)), ranges={"x": [True]}).all()


def test_a_function() -> None:
    asked = []

    def make(shape: tuple[int, ...], dtype: np.dtype[Any], rng: np.random.Generator) -> np.ndarray:
        asked.append((shape, dtype))
        return np.sort(rng.random(shape))

    first, again = (one(Declared("x", "float16", (3, 4)), ranges={"x": make}) for _ in range(2))
    assert asked == [((3, 4), np.dtype("float16"))] * 2
    assert first.dtype == np.float16 and (np.diff(first) >= 0).all() and np.array_equal(first, again)


@pytest.mark.parametrize(
    ("dtype", "given"),
    [
        ("float32", (1, 0)),
        ("float32", (0, float("nan"))),
        ("float32", (0, float("inf"))),
        ("float16", (0, 70000)),
        ("float32", (0,)),
        ("float32", (0, 1, 2)),
        ("float32", ("0", 1)),
        ("float32", (False, True)),
        ("int8", (0, 200)),
        ("uint8", (-1, 5)),
        ("int32", (0.5, 3)),
        ("int32", (0, 2**40)),
        ("uint64", (0, 2**65)),
        ("bool", (0, 3)),
        ("int32", []),
        ("int8", [1, 300]),
        ("float16", [1e6]),
        ("float32", [float("nan")]),
        ("int32", ["a"]),
        ("int32", [1.5]),
        ("float32", lambda shape, dtype, rng: np.zeros(3)),
        ("float32", lambda shape, dtype, rng: np.zeros(shape, int)),
        ("float32", lambda shape, dtype, rng: np.full(shape, np.nan)),
        ("float16", lambda shape, dtype, rng: np.full(shape, 1e6)),
        ("int8", lambda shape, dtype, rng: np.full(shape, 1000)),
    ],
)
def test_no_range(dtype: str, given: Any) -> None:
    with pytest.raises(BadRange, match="input 'x' has") as caught:
        one(Declared("x", dtype), ranges={"x": given})
    assert caught.value.cure


def test_an_unknown_input() -> None:
    with pytest.raises(UnknownInput, match="'imges', which is no input") as caught:
        generate([IMAGES, TOKENS, SCORES], {"imges": (0, 1)})
    assert "did you mean 'images'?" in str(caught.value) and "'images', 'tokens'" in str(caught.value)
    with pytest.raises(UnknownInput):
        generate([IMAGES, SCORES], {"scores": (0, 1)})


@pytest.mark.parametrize(
    "tensor",
    [
        Declared("x", shape=(-1, 3)),
        Declared("x", is_shape_tensor=True),
        Declared("x", shape=(-1, 3), profiles=(((1, 3), (2, 3), (2, 4)),)),
        Declared("x", shape=(-1, 3), profiles=(((1,), (2,), (3,)),)),
        Declared("x", shape=(-1, 3), profiles=(((-1, 3), (2, 3), (2, 3)),)),
    ],
)
def test_no_shape(tensor: Declared) -> None:
    with pytest.raises(BadProfile, match="input 'x'"):
        generate([tensor])


def test_profiles_of_different_number() -> None:
    with pytest.raises(BadProfile, match="'tokens' has 1 profiles"):
        generate([IMAGES, dataclasses.replace(TOKENS, profiles=TOKENS.profiles[:1])])


def test_the_digest() -> None:
    base = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.ones(2, np.int64)}
    same = {"b": base["b"].astype(">i8"), "a": np.asfortranarray(base["a"])}
    assert digest_of(base) == digest_of(same)
    for change in (
        {"a": base["a"].reshape(3, 2)},
        {"a": base["a"].astype(np.float64)},
        {"a": base["a"].view(np.int32)},
        {"a": -base["a"]},
        {"c": base["a"]},
    ):
        assert digest_of({**base, **change}) != digest_of(base)
    assert digest_of({"ab": base["b"]}) != digest_of({"a": base["b"]})


def test_bfloat16_and_int4() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for dtype in (ml_dtypes.bfloat16, ml_dtypes.float8_e4m3fn, ml_dtypes.int4):
        (case,) = generate([Declared("x", dtype, (50,))])
        assert isinstance(case, Case)
        assert case.feed["x"].dtype == dtype
        assert np.abs(case.feed["x"].astype(np.float64)).max() > 0.1
    with pytest.raises(BadRange):
        one(Declared("x", ml_dtypes.int4), ranges={"x": (0, 10)})
    with pytest.raises(BadRange, match="dtype complex64"):
        one(Declared("x", "complex64"))
