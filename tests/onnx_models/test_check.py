"""A whole check, with ONNX Runtime as the engine: what is found, how it is told, and what it leaves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from networks import in_onnx

from pytest_trt.engines.errors import InputMismatch
from pytest_trt.engines.running.tensors import Tensor, checked
from pytest_trt.equivalence.check import NotEquivalent, Report, assert_equivalent, compare
from pytest_trt.equivalence.errors import (
    BadCall,
    BadProfile,
    BadTolerance,
    GoldenMissing,
    NamesDiffer,
    NotAReference,
    ReferenceNotFinite,
    UnknownOutput,
)
from pytest_trt.equivalence.tolerance import Tolerance

PROFILES = (((1, 3, 16, 16), (2, 3, 16, 16), (4, 3, 16, 16)), ((4, 3, 16, 16),) * 3)


class OnnxEngine:
    """A model in ONNX Runtime behind what a check asks of an engine. after: changes what it computes."""

    def __init__(self, model: onnx.ModelProto, io: tuple[Tensor, ...], precision: str | None = "tf32") -> None:
        self.what = "models/m.onnx"
        self.key = "0" * 64
        self.source: Any = model
        self.io = io
        self.meta: dict[str, Any] = {"precision_in_use": precision, "product": "onnxruntime", "device": None}
        self.model = model
        self.runs: list[int | None] = []
        self.after: Mapping[str, Any] = {}

    def infer(self, feed: Mapping[str, Any], *, profile: int | None = None) -> dict[str, Any]:
        self.runs.append(profile)
        inputs = [tensor for tensor in self.io if tensor.mode == "input"]
        found = in_onnx.onnxruntime_of(self.model, checked(self.what, inputs, feed))
        return {name: self.after[name](array.copy()) if name in self.after else array for name, array in found.items()}


def tensor(name: str, mode: str, shape: tuple[int, ...], profiles: Any = ()) -> Tensor:
    return Tensor(name, mode, "FLOAT", np.dtype("float32"), shape, profiles=profiles)


@pytest.fixture
def convolution() -> OnnxEngine:
    io = (tensor("x", "input", (-1, 3, 16, 16), PROFILES), tensor("y", "output", (-1, 8, 16, 16)))
    return OnnxEngine(in_onnx.convolution(), io)


@pytest.fixture
def two() -> OnnxEngine:
    shapes = (((1, 64), (3, 64), (5, 64)),)
    inputs = (tensor("a", "input", (-1, 64), shapes), tensor("b", "input", (-1, 64), shapes))
    return OnnxEngine(
        in_onnx.two_in_two_out(), (*inputs, tensor("sum", "output", (-1, 64)), tensor("product", "output", (-1, 32)))
    )


def failing(engine: OnnxEngine, *words: Any, **options: Any) -> Report:
    with pytest.raises(NotEquivalent) as caught:
        assert_equivalent(engine, *words, **options)
    assert str(caught.value) == caught.value.report.text()
    return caught.value.report


def test_the_engines_own_model_is_the_reference(convolution: OnnxEngine) -> None:
    report = assert_equivalent(convolution)
    assert [case.label for case in report.cases] == ["profile 0 min", "profile 0 opt", "profile 0 max", "profile 1"]
    assert convolution.runs == [0, 0, 0, 1]
    assert report.saved is None
    assert report.worst is not None
    assert (report.worst[1].metrics.max_abs or 0) < 1e-5
    assert report.text().endswith("in 4 cases")
    assert all(case.arrays is None for case in report.cases)


def test_planted_faults(convolution: OnnxEngine, tmp_path: Path) -> None:
    """Each is found, and its text says where to look."""
    right = in_onnx.convolution()
    wrong = {
        "bias": in_onnx.with_weight(right, "b", np.zeros_like),
        "scale": in_onnx.with_weight(right, "w", lambda w: w * 1.02),
        "permute": in_onnx.permuted(right, (0, 1, 3, 2)),
    }
    for model in wrong.values():
        convolution.model = model
        report = failing(convolution, right, save_to=tmp_path / "saved", facts={"GPU": "none"})
        text = report.text()
        for words in ("models/m.onnx does not compute what", "y: float32", "seed", "GPU", ".npz", "Tolerance("):
            assert words in text, words
        assert report.precision == "tf32"


def test_the_largest_case_that_fails_is_told_and_saved(two: OnnxEngine, tmp_path: Path) -> None:
    two.after = {"product": lambda array: array + 1}
    report = failing(two, save_to=tmp_path)
    assert [case.passed for case in report.cases] == [False, False, False]
    (kept,) = [case for case in report.cases if case.arrays is not None]
    assert kept.label == "profile 0 max"
    assert "profile 0 max (the largest of 3 that fail, of 3)" in report.text()
    assert "the other cases:\n  profile 0 min: product: " in report.text()
    assert report.saved is not None
    with np.load(report.saved) as saved:
        names = {f"{side}/{name}" for side in ("engine", "reference") for name in ("sum", "product")}
        assert set(saved.files) == names | {"inputs/a", "inputs/b"}
        assert np.allclose(saved["engine/product"], saved["reference/product"] + 1)
        assert np.array_equal(saved["inputs/a"] + saved["inputs/b"], saved["reference/sum"])
    assert [path.name for path in tmp_path.iterdir()] == [report.saved.name]


def test_one_case_of_several_fails(convolution: OnnxEngine) -> None:
    convolution.after = {"y": lambda array: array * (2 if len(array) == 2 else 1)}
    report = failing(convolution)
    assert [case.passed for case in report.cases] == [True, False, True, True]
    assert "profile 0 opt (the largest of 1 that fail, of 4)" in report.text()
    assert report.text().count(": passed") == 3


def test_a_disk_that_refuses_leaves_the_verdict(two: OnnxEngine, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    two.after = {"sum": lambda array: array + 1}
    report = failing(two, save_to=tmp_path / "file")
    assert report.saved is None
    assert "not saved: " in report.text()


def test_the_folder_is_made_when_it_is_needed(two: OnnxEngine, tmp_path: Path) -> None:
    asked: list[Path] = []

    def folder() -> Path:
        asked.append(tmp_path / "made" / "here")
        return asked[-1]

    assert_equivalent(two, save_to=folder)
    assert asked == []
    two.after = {"sum": lambda array: -array}
    assert failing(two, save_to=folder).saved in (tmp_path / "made" / "here").iterdir()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda array: np.full_like(array, np.nan), "NaN"),
        (lambda array: np.where(np.arange(array.size).reshape(array.shape) == 3, np.inf, array), "Inf"),
        (lambda array: array.T, "shape"),
        (lambda array: array.astype(np.int32), "dtype int32"),
        (lambda array: array[:, :-1], "shape"),
        (lambda array: np.zeros_like(array), "elements"),
    ],
)
def test_what_no_tolerance_allows(two: OnnxEngine, change: Any, words: str) -> None:
    two.after = {"sum": change}
    loose = Tolerance(rtol=0.1, atol=0.1)
    assert words in failing(two, tolerance=loose).text()


def test_nan_on_both_sides(two: OnnxEngine) -> None:
    feed = {"a": np.full((1, 64), np.nan, np.float32), "b": np.ones((1, 64), np.float32)}
    with pytest.raises(ReferenceNotFinite, match="the reference of 'sum' holds NaN"):
        compare(two, inputs=feed)
    allowed = Tolerance(rtol=1e-3, atol=1e-3, equal_nan=True)
    assert compare(two, inputs=feed, tolerance=allowed).passed


def test_given_feeds(two: OnnxEngine) -> None:
    feed = {"a": np.ones((2, 64), np.float32), "b": np.full((2, 64), 2, np.float32)}
    report = assert_equivalent(two, inputs=feed)
    assert [(case.label, case.profile, case.seed) for case in report.cases] == [("given inputs", None, None)]
    assert report.cases[0].inputs == {"a": ((2, 64), "float32"), "b": ((2, 64), "float32")}
    report = assert_equivalent(two, inputs=[feed, {name: array * 2 for name, array in feed.items()}])
    assert [case.label for case in report.cases] == ["given inputs 0", "given inputs 1"]
    assert len({case.digest for case in report.cases}) == 2
    assert len(assert_equivalent(two, inputs=iter([feed])).cases) == 1


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        ([], BadCall, "inputs is empty"),
        (np.zeros((2, 64)), BadCall, "inputs is a numpy.ndarray, which names no input"),
        (5, BadCall, "inputs is a builtins.int, which names no input"),
        (["a"], BadCall, "inputs holds a builtins.str, which names no input"),
        ([np.zeros((2, 64))], BadCall, "inputs holds a numpy.ndarray, which names no input"),
        ({"a": np.zeros((1, 64), np.float32)}, InputMismatch, "input 'b' is missing"),
        ({"a": np.zeros((1, 64)), "b": np.zeros((1, 64))}, InputMismatch, "float64"),
    ],
)
def test_wrong_feeds(two: OnnxEngine, inputs: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        compare(two, inputs=inputs)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"atol": 1e-3}, "no option 'atol' of a check\n  cure: write tolerance=Tolerance"),
        ({"refrence": 1}, "no option 'refrence' of a check\n  cure: there are ranges, points, seed, names, precision"),
        ({"names": {"sum": "y"}}, "names={'sum': 'y'} pairs no names\n  cure: write names={\"inputs\": {"),
        ({"names": {"outputs": "y"}}, "pairs no names"),
        ({"names": 5}, "names=5 pairs no names"),
    ],
)
def test_wrong_options(two: OnnxEngine, options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadCall, match=re.escape(words)):
        assert_equivalent(two, **options)


def test_no_engine(two: OnnxEngine) -> None:
    something: Any = "model.onnx"
    for check in (assert_equivalent, compare):
        with pytest.raises(BadCall, match="a builtins.str is no engine"):
            check(something, two)


def test_no_points(two: OnnxEngine) -> None:
    with pytest.raises(BadProfile, match="no point of a profile is asked for"):
        compare(two, points=[])


def test_generated_inputs_are_the_same_again(two: OnnxEngine) -> None:
    first, again, other = (compare(two, seed=seed) for seed in (3, 3, 4))
    digests = [[case.digest for case in report.cases] for report in (first, again, other)]
    assert digests[0] == digests[1]
    assert not set(digests[0]) & set(digests[2])
    assert [case.seed for case in other.cases] == [4, 4, 4]


def test_points_and_ranges(two: OnnxEngine) -> None:
    report = compare(two, points=["opt"], ranges={"a": (5, 6)})
    assert [case.label for case in report.cases] == ["profile 0 opt"]


def test_tolerances(two: OnnxEngine) -> None:
    two.after = {"sum": lambda array: array + 1e-2}
    failing(two)
    assert_equivalent(two, tolerance="int8")
    assert_equivalent(two, precision="int8")
    assert_equivalent(two, tolerance={"sum": Tolerance(rtol=0, atol=0.1)})
    with pytest.raises(UnknownOutput, match="did you mean 'sum'"):
        compare(two, tolerance={"summ": 1e-3})
    with pytest.raises(BadTolerance, match="'fp61'"):
        compare(two, precision="fp61")


def test_a_plan_does_not_tell_its_precision(two: OnnxEngine) -> None:
    two.meta = {"precision_in_use": None}
    with pytest.raises(BadTolerance, match="a plan does not tell its precision"):
        compare(two)
    assert compare(two, precision="fp16").precision == "fp16"
    assert compare(two, tolerance=1e-3).passed


def test_references(two: OnnxEngine, tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    onnx.save(two.model, path)
    projected = in_onnx.weights("w", (64, 32))
    weight = onnx.numpy_helper.to_array(projected)
    for reference in (
        path,
        str(path),
        path.read_bytes(),
        two.model,
        lambda feed: (feed["a"] + feed["b"], feed["a"] * feed["b"] @ weight),
    ):
        report = assert_equivalent(two, reference)
        assert report.reference.describe() in report.text()
    two.source = None
    with pytest.raises(NotAReference, match="the engine has no model"):
        compare(two)
    with pytest.raises(NotAReference, match="does not exist"):
        compare(two, tmp_path / "absent.onnx")


def test_names(two: OnnxEngine) -> None:
    def reference(feed: dict[str, Any]) -> dict[str, Any]:
        found = in_onnx.onnxruntime_of(two.model, {"a": feed["a"], "b": feed["b"]})
        return {"added": found["sum"], "product": found["product"]}

    with pytest.raises(NamesDiffer):
        compare(two, lambda feed: {**reference(feed), "third": feed["a"]})
    assert_equivalent(two, reference, names={"outputs": {"sum": "added"}})


def test_golden(two: OnnxEngine, tmp_path: Path) -> None:
    """The first run writes it and fails; then it holds; a change fails until it is updated."""
    path = tmp_path / "two.npz"
    with pytest.raises(GoldenMissing):
        compare(two, path)
    assert assert_equivalent(two, path).reference.kind == "golden"
    assert len(two.runs) == 6, "three cases each: nothing is run twice"
    two.after = {"sum": lambda array: array + 1}
    assert "the golden file" in failing(two, path).text()
    assert compare(two, path, update_golden=True).passed
    assert compare(two, path).passed


def test_hostile_names_are_one_line(tmp_path: Path) -> None:
    """Of tensors; the text of a failure goes to a terminal."""
    name = "y\x1b[31m\n::error::"
    nodes = [onnx.helper.make_node("Relu", ["x"], [name])]
    values = [onnx.helper.make_tensor_value_info(one, 1, [4]) for one in ("x", name)]
    model = onnx.helper.make_model(
        onnx.helper.make_graph(nodes, "g", values[:1], values[1:]), opset_imports=[onnx.helper.make_opsetid("", 17)]
    )
    model.ir_version = 8
    engine = OnnxEngine(model, (tensor("x", "input", (4,)), tensor(name, "output", (4,))))
    engine.after = {name: lambda array: array + 1}
    text = failing(engine, save_to=tmp_path).text()
    assert "\x1b" not in text
    assert "\n::error::" not in text
