"""References that need no other package: functions and arrays; which name is which; what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_trt.artifacts.content import saved_model_digest
from pytest_trt.equivalence.errors import NamesDiffer, NotAReference, ReferenceFailed
from pytest_trt.equivalence.reference import as_reference
from pytest_trt.equivalence.references.pairing import Port, bare, feed_for, outputs_for

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
X = np.arange(6, dtype=np.float32).reshape(2, 3)


def F(*shape: int) -> np.ndarray[Any, Any]:
    return np.zeros(shape, np.float32)


def test_callable_by_names() -> None:
    reference = as_reference(lambda feed: {"double": feed["x"] * 2, "sum": feed["x"].sum()})
    assert reference.kind == "callable"
    found = reference.run({"x": X}, ["sum", "double"])
    assert list(found) == ["sum", "double"]
    assert found["double"].tolist() == (X * 2).tolist() and found["sum"] == 15
    assert reference.digest() is None and reference.why_no_digest and "no content" in reference.why_no_digest


def test_callable_returns_one_array_or_a_sequence() -> None:
    assert as_reference(lambda feed: feed["x"]).run({"x": X}, ["anything"])["anything"].tolist() == X.tolist()
    assert as_reference(lambda feed: [1, 2.5]).run({"x": X}, ["a", "b"]) == {"a": 1, "b": 2.5}


def test_a_sequence_is_told_apart_by_shape_before_order() -> None:
    reference = as_reference(lambda feed: (F(2, 5), F(2, 3)))
    found = reference.run({"x": X}, ["a", "b"], {"a": (2, 3), "b": (2, 5)})
    assert found["a"].shape == (2, 3) and found["b"].shape == (2, 5)


def test_a_callable_may_write_to_its_inputs() -> None:
    def spoil(feed: dict[str, Any]) -> Any:
        feed["x"] += 1
        return feed.pop("x")

    given = X.copy()
    assert as_reference(spoil).run({"x": given}, ["y"])["y"][0, 0] == 1
    assert given.tolist() == X.tolist()


def test_a_callables_own_exception_passes_through() -> None:
    def broken(feed: dict[str, Any]) -> Any:
        return feed["y"]

    with pytest.raises(KeyError, match="y"):
        as_reference(broken).run({"x": X}, ["y"])


@pytest.mark.parametrize("result", ["text", None, {"y": object()}, [["ragged"], [1, 2]]])
def test_a_callable_that_returns_no_numbers(result: Any) -> None:
    with pytest.raises(ReferenceFailed, match="returned no array of numbers") as caught:
        as_reference(lambda feed: result).run({"x": X}, ["y"])
    assert "test_reference_callables.py" in str(caught.value) and "return {" in caught.value.cure


def test_a_tensor_that_has_to_come_to_the_cpu() -> None:
    class Tensor:
        def __init__(self, asked: str = "") -> None:
            self.asked = asked

        def detach(self) -> Tensor:
            return Tensor("detached")

        def cpu(self) -> Any:
            return np.ones(3) if self.asked == "detached" else np.zeros(3)

    assert as_reference(lambda feed: Tensor()).run({"x": X}, ["y"])["y"].tolist() == [1, 1, 1]


def test_arrays() -> None:
    reference = as_reference({"y": X, "n": [1, 2]})
    assert reference.kind == "arrays" and "'y', 'n'" in reference.describe()
    assert reference.run({}, ["n"])["n"].tolist() == [1, 2]
    digest = reference.digest()
    assert digest == as_reference({"n": np.array([1, 2]), "y": X.copy(order="F")}).digest()
    others = [{"y": X, "n": [1, 3]}, {"y": X.T, "n": [1, 2]}, {"z": X, "n": [1, 2]}, {"y": X.astype("f8"), "n": [1, 2]}]
    assert digest not in {as_reference(other).digest() for other in others}
    with pytest.raises(NotAReference, match="'y' is no array of numbers"):
        as_reference({"y": "text"})


def test_given_names() -> None:
    reference = as_reference({"a": F(1), "b": F(2)}, outputs={"y0": "b", "y1": "a"})
    found = reference.run({}, ["y0", "y1"])
    assert found["y0"].shape == (2,) and found["y1"].shape == (1,)
    for wrong in ({"y0": "c"}, {"z": "a"}, {"y0": "a", "y1": "a"}):
        with pytest.raises(NamesDiffer, match="outputs"):
            as_reference({"a": F(1), "b": F(2)}, outputs=wrong).run({}, ["y0", "y1"])


def test_a_reference_is_its_own_reference_and_none_is_the_source() -> None:
    reference = as_reference({"y": X})
    assert as_reference(reference) is reference
    assert as_reference(None, {"y": X}).kind == "arrays"
    with pytest.raises(NotAReference, match="no reference was given"):
        as_reference(None)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("plans/h100_fp32.plan", "is a TensorRT plan"),
        ("plans", "is a folder without saved_model.pb"),
        ("nowhere.onnx", "does not exist"),
        ("PROVENANCE.md", "is no ONNX model"),
    ],
)
def test_files_that_are_no_reference(path: str, says: str) -> None:
    where = DATA / path
    if path.endswith(".plan"):
        where = sorted((DATA / "plans").glob("*.plan"))[0]
    with pytest.raises(NotAReference) as caught:
        as_reference(where)
    assert says in str(caught.value) and repr(str(where)) in str(caught.value) and caught.value.cure


def test_parts_of_a_saved_model_name_the_whole() -> None:
    with pytest.raises(NotAReference, match="give the folder that it is in"):
        as_reference(ROOT / "examples/conv/1/saved_model.pb")
    with pytest.raises(NotAReference, match=r"name one of them: '.*examples/conv/1'"):
        as_reference(ROOT / "examples/conv")


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "is empty"), (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull")]
)
def test_bytes_that_are_no_model(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    for what in (content, tmp_path / "m.onnx"):
        with pytest.raises(NotAReference, match=says):
            as_reference(what)


def test_things_that_are_no_reference(tmp_path: Path) -> None:
    with pytest.raises(NotAReference, match=r"a builtins\.int is no reference"):
        as_reference(3)
    with pytest.raises(NotAReference, match="is no device"):
        as_reference({"y": X}, device="tpu")
    os.mkfifo(tmp_path / "m.onnx")
    with pytest.raises(NotAReference, match="a FIFO, not a regular file"):
        as_reference(tmp_path / "m.onnx")


def test_recognising_imports_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from pytest_trt.equivalence.reference import as_reference\n"
        f"as_reference({str(ROOT / 'examples/conv/1')!r}).digest()\n"
        "as_reference(lambda feed: feed).run({'x': 1}, ['x'])\n"
        "print({'tensorflow', 'keras', 'onnx', 'onnxruntime', 'tensorrt', 'tensorrt_rtx'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done.stderr


def test_saved_model_digest_is_of_names_and_content(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name / "variables").mkdir(parents=True)
        (tmp_path / name / "saved_model.pb").write_bytes(b"graph")
        (tmp_path / name / "variables" / "variables.index").write_bytes(b"index")
    (tmp_path / "b" / "fingerprint.pb").write_bytes(b"random")
    (tmp_path / "b" / "assets.extra").mkdir()
    (tmp_path / "b" / "assets.extra" / "tf_serving_warmup_requests").write_bytes(b"requests")
    os.utime(tmp_path / "b" / "saved_model.pb", (1, 1))
    first, files = saved_model_digest(str(tmp_path / "a"))
    assert sorted(files) == ["saved_model.pb", "variables/variables.index"]
    assert saved_model_digest(str(tmp_path / "b"))[0] == first
    (tmp_path / "b" / "variables" / "variables.index").rename(tmp_path / "b" / "variables" / "other")
    changed = saved_model_digest(str(tmp_path / "b"))[0]
    (tmp_path / "b" / "assets").mkdir()
    (tmp_path / "b" / "assets" / "vocabulary").write_bytes(b"words")
    assert len({first, changed, saved_model_digest(str(tmp_path / "b"))[0]}) == 3
    asked: list[str] = []

    def digest(path: str) -> tuple[str, int]:
        asked.append(os.path.relpath(path, tmp_path))
        return "0", 0

    saved_model_digest(str(tmp_path / "a"), digest)
    assert asked == ["a/saved_model.pb", "a/variables/variables.index"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [("x", "x"), ("x:0", "x"), ("serving_default_x:0", "x"), ("Identity:0", "Identity"), ("x:1", "x:1")],
)
def test_bare(name: str, plain: str) -> None:
    assert bare(name) == plain


@pytest.mark.parametrize(
    ("ports", "feed", "pairs"),
    [
        (["a f 2 3", "b f 2 3"], {"b": F(2, 3), "a": F(2, 3) + 1}, {"a": "a", "b": "b"}),
        (["serving_default_a:0 f 2 3", "b:0 f 2 3"], {"b": F(2, 3), "a:0": F(2, 3) + 1}, {"a:0": 0, "b": 1}),
        (["p f ? 3", "q f ? 4"], {"x": F(2, 4), "y": F(2, 3)}, {"x": 1, "y": 0}),
        (["p i ? 3", "q f ? 3"], {"x": F(2, 3), "y": np.zeros((2, 3), np.int32)}, {"x": 1, "y": 0}),
        (["p f 3 3"], {"x": np.zeros((3, 3), np.float64)}, {"x": 0}),
        (["a f ? 3", "q f ? 3"], {"x": F(2, 3), "a": F(2, 3)}, {"x": 1, "a": 0}),
    ],
)
def test_inputs_are_paired(ports: list[str], feed: dict[str, Any], pairs: dict[str, Any]) -> None:
    declared = [port(text) for text in ports]
    found = feed_for("the reference", declared, feed)
    for engine, other in pairs.items():
        name = other if isinstance(other, str) else declared[other].name
        assert found[name].shape == feed[engine].shape and np.array_equal(found[name], feed[engine])
    assert set(found) == {one.name for one in declared}


@pytest.mark.parametrize(
    ("ports", "feed"),
    [
        (["p f ? 3", "q f ? 3"], {"x": F(2, 3), "y": F(2, 3)}),
        (["p f ? 3", "q f ? 3"], {"x": F(2, 3)}),
        (["p f ? 3"], {"x": F(2, 3), "p": F(2, 3)}),
        ([], {"x": F(1)}),
    ],
)
def test_inputs_that_could_be_either(ports: list[str], feed: dict[str, Any]) -> None:
    with pytest.raises(NamesDiffer) as caught:
        feed_for("the reference", [port(text) for text in ports], feed)
    text = str(caught.value)
    assert all(f"engine:    {name!r}" in text for name in feed)
    assert all(f"reference: {one.split()[0]!r}" in text for one in ports)
    assert ("names={'inputs': {" in caught.value.cure) == (len(ports) == len(feed))


def port(text: str) -> Port:
    name, kind, *sizes = text.split()
    dtype = {"f": "float32", "i": "int32"}[kind]
    return Port(name, dtype, tuple(None if size == "?" else int(size) for size in sizes))


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (np.array([1, -(2**31)], np.int64), "int32"),
        (np.array([7], np.int32), "int64"),
        (np.array([255], np.int16), "uint8"),
        (np.array([0.5, np.nan, np.inf], np.float64), "float16"),
        (np.array([1e-30], np.float32), "float64"),
        (np.array([True]), "bool"),
    ],
)
def test_casts_that_change_nothing(given: Any, dtype: str) -> None:
    found = feed_for("r", [Port("x", dtype, (None,))], {"x": given})["x"]
    assert found.dtype == dtype and np.array_equal(found, given, equal_nan=given.dtype.kind == "f")


@pytest.mark.parametrize(
    ("given", "dtype"),
    [
        (np.array([2**31], np.int64), "int32"),
        (np.array([-1], np.int32), "uint64"),
        (np.array([2**63], np.uint64), "int64"),
        (np.array([0.1], np.float32), "float16"),
        (np.array([1e300], np.float64), "float32"),
        (np.array([1], np.int32), "float32"),
        (np.array([1.0], np.float32), "int32"),
        (np.array([True]), "uint8"),
        (np.array([1], np.uint8), "bool"),
        (np.array([1.0], np.float32), "string"),
    ],
)
def test_casts_that_would_change_something(given: Any, dtype: str) -> None:
    with pytest.raises(ReferenceFailed, match=f"input 'x' takes {dtype}") as caught:
        feed_for("the reference", [Port("x", dtype, (1,))], {"x": given})
    assert str(given.dtype) in str(caught.value) and caught.value.cure


def test_a_shape_that_does_not_fit() -> None:
    with pytest.raises(ReferenceFailed, match=r"input 'x' takes the shape \[\?, 3\], not \[2, 4\]"):
        feed_for("the reference", [Port("x", "float32", (None, 3))], {"x": F(2, 4)})


@pytest.mark.parametrize(
    ("results", "outputs", "shapes", "found"),
    [
        ({"a": F(1), "b": F(1), "c": F(1)}, ["b"], None, ["b"]),
        ({"Identity:0": F(1), "Identity_1:0": F(1)}, ["Identity_1", "Identity"], None, ["Identity_1:0", "Identity:0"]),
        ({"output_0": F(1)}, ["logits"], None, ["output_0"]),
        ({"p": F(2, 3), "q": F(2, 5)}, ["x", "y"], {"x": (2, 5), "y": (2, 3)}, ["q", "p"]),
        ({"p": F(2, 3), "y": F(2, 3)}, ["x", "y"], None, ["p", "y"]),
        ({"p": F(1), "q": F(2), "r": F(2)}, ["x", "q", "r"], {"x": (1,), "q": (2,), "r": (2,)}, ["p", "q", "r"]),
    ],
)
def test_outputs_are_paired(results: Any, outputs: list[str], shapes: Any, found: list[str]) -> None:
    paired = outputs_for("the reference", results, outputs, shapes)
    assert list(paired) == outputs
    assert all(paired[name] is results[other] for name, other in zip(outputs, found))


@pytest.mark.parametrize(
    ("results", "outputs", "shapes", "cure"),
    [
        ({"p": F(2), "q": F(3)}, ["x", "y"], None, "names={'outputs': {'x': 'p', 'y': 'q'}"),
        ({"p": F(2), "q": F(2)}, ["x", "y"], {"x": (2,), "y": (2,)}, "names={'outputs': {'x': 'p', 'y': 'q'}"),
        ({"p": F(2), "q": F(3)}, ["x"], {"x": (2,)}, "names={'outputs': {'x': 'p'}"),
        ({"p": F(2)}, ["p", "y"], None, "their numbers differ"),
        ({"p": F(2), "q": F(3), "y": F(1)}, ["x", "y", "z"], None, "names={'outputs': {'x': 'p', 'y': 'y', 'z': 'q'}"),
    ],
)
def test_outputs_that_could_be_either(results: Any, outputs: list[str], shapes: Any, cure: str) -> None:
    with pytest.raises(NamesDiffer) as caught:
        outputs_for("the reference", results, outputs, shapes)
    assert cure in caught.value.cure
    for name in results:
        assert f"reference: {name!r} float32 {list(results[name].shape)}" in str(caught.value)
