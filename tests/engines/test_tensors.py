"""Feeds against declared inputs: names, dtypes, shapes, what is converted without a change, and which profile fits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pytest_trt.engines.errors import InputMismatch
from pytest_trt.engines.running.tensors import Tensor, checked, fitting_profile, from_meta, numpy_dtype


def tensor(name: str = "x", kind: str = "FLOAT", shape: tuple[int, ...] = (-1, 3), **more: Any) -> Tensor:
    return Tensor(name, "input", kind, numpy_dtype(kind), shape, **more)


def given(tensors: list[Tensor], **feed: Any) -> dict[str, np.ndarray[Any, Any]]:
    return checked("m.onnx", tensors, feed)


def test_as_it_is() -> None:
    x = np.zeros((2, 3), np.float32)
    assert given([tensor()], x=x)["x"] is x


def test_in_the_order_of_the_engine() -> None:
    tensors = [tensor("b", shape=(1,)), tensor("a", shape=(1,))]
    assert list(given(tensors, a=np.zeros(1, np.float32), b=np.zeros(1, np.float32))) == ["b", "a"]


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        ({}, "input 'x' is missing"),
        ({"x": np.zeros((2, 3), np.float32), "z": 1}, "m.onnx has no input 'z'"),
        ({"x": np.zeros((2, 3))}, r"'x' is float32, and the given array is float64.*\.astype\(numpy.float32\)"),
        ({"x": np.zeros((2, 3), np.float16)}, "given array is float16"),
        ({"x": np.zeros((2, 3), np.int64)}, "given array is int64"),
        ({"x": np.zeros((2, 3), bool)}, "given array is bool"),
        ({"x": np.zeros((2, 3), complex)}, "given array is complex128"),
        ({"x": np.array([["a", "b", "c"]])}, "given array is <U1"),
        ({"x": np.array([[None] * 3])}, "given array is object"),
        ({"x": np.zeros((2, 4), np.float32)}, r"x: float32 \(\?, 3\) got an array of shape \(2, 4\)"),
        ({"x": np.zeros(3, np.float32)}, r"got an array of shape \(3,\)"),
        ({"x": np.float32(1)}, r"got an array of shape \(\)"),
        ({"x": np.zeros((1, 2, 3), np.float32)}, r"got an array of shape \(1, 2, 3\)"),
    ],
)
def test_refused(feed: dict[str, Any], words: str) -> None:
    import re

    with pytest.raises(InputMismatch) as caught:
        given([tensor()], **feed)
    assert re.search(words, str(caught.value), re.DOTALL), str(caught.value)


INTEGERS = {"INT8": np.int8, "UINT8": np.uint8, "INT32": np.int32, "INT64": np.int64}


@pytest.mark.parametrize("kind", INTEGERS)
@pytest.mark.parametrize(
    "given_type", [np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64]
)
def test_integers_at_the_borders(kind: str, given_type: type[np.integer[Any]]) -> None:
    """Each value that both can hold is taken as it is, each other one is refused, never wrapped."""
    wanted, offered = np.iinfo(INTEGERS[kind]), np.iinfo(given_type)
    for number in {
        0,
        1,
        -1,
        *(limit + step for i in (wanted, offered) for limit in (i.min, i.max) for step in (-1, 0, 1)),
    }:
        if not offered.min <= number <= offered.max:
            continue
        array = np.array([number], given_type)
        if wanted.min <= number <= wanted.max:
            found = given([tensor(kind=kind, shape=(1,))], x=array)["x"]
            assert (found.dtype, int(found[0])) == (INTEGERS[kind], number)
        else:
            with pytest.raises(InputMismatch, match=f"keep them within {wanted.min} and {wanted.max}"):
                given([tensor(kind=kind, shape=(1,))], x=array)


def test_bools_and_integers() -> None:
    assert given([tensor(kind="BOOL", shape=(2,))], x=np.array([0, 1]))["x"].tolist() == [False, True]
    assert given([tensor(kind="INT8", shape=(2,))], x=np.array([True, False]))["x"].tolist() == [1, 0]
    with pytest.raises(InputMismatch, match="0 and 1 only"):
        given([tensor(kind="BOOL", shape=(1,))], x=np.array([2]))


def test_lists_are_arrays() -> None:
    assert given([tensor(kind="INT32", shape=(2,))], x=[1, 2])["x"].dtype == np.int32


def test_scalars_and_empty_arrays() -> None:
    assert given([tensor(shape=())], x=np.float32(2))["x"].shape == ()
    assert given([tensor(shape=(0, 3))], x=np.zeros((0, 3), np.float32))["x"].size == 0
    assert given([tensor(shape=(-1, 3))], x=np.zeros((0, 3), np.float32))["x"].size == 0


def test_byte_order_and_layout_are_no_difference() -> None:
    swapped = np.arange(6, dtype=">f4").reshape(2, 3)
    with pytest.raises(InputMismatch, match="given array is >f4"):
        given([tensor()], x=swapped)
    transposed = np.arange(6, dtype=np.float32).reshape(3, 2).T
    assert np.array_equal(given([tensor()], x=transposed)["x"], transposed)


def test_a_type_that_numpy_lacks() -> None:
    with pytest.raises(InputMismatch, match="'x' is FP4, which NumPy does not have"):
        given([tensor(kind="FP4")], x=np.zeros((1, 3), np.float32))


ONE = (((1, 3), (2, 3), (4, 3)), ((8, 3), (8, 3), (16, 3)))


def fitting(tensors: list[Tensor], first: int, **arrays: Any) -> int:
    return fitting_profile("m.onnx", tensors, arrays, first)


def rows(count: int) -> np.ndarray[Any, Any]:
    return np.zeros((count, 3), np.float32)


def test_profiles() -> None:
    dynamic = tensor(profiles=ONE)
    assert fitting([dynamic], 0, x=rows(4)) == 0
    assert fitting([dynamic], 1, x=rows(4)) == 0
    assert fitting([dynamic], 0, x=rows(16)) == 1
    assert fitting([tensor(shape=(4, 3))], 0, x=rows(4)) == 0
    with pytest.raises(
        InputMismatch, match=r"(?s)profile 0: x has shape \(5, 3\), it takes \(1, 3\) to \(4, 3\).*profile 1"
    ):
        fitting([dynamic], 0, x=rows(5))


def test_the_first_is_kept_where_several_fit() -> None:
    twice = tensor(profiles=(ONE[0], ONE[0]))
    assert fitting([twice], 1, x=rows(2)) == 1


def test_values_of_shape_tensors() -> None:
    values = tensor("s", "INT64", (2,), is_shape_tensor=True, profiles=(((1, 2), (4, 2), (8, 2)),))
    assert fitting([values], 0, s=np.array([8, 2])) == 0
    with pytest.raises(InputMismatch, match=r"s has values \(9, 2\), it takes \(1, 2\) to \(8, 2\)"):
        fitting([values], 0, s=np.array([9, 2]))
    scalar = tensor("s", "INT64", (), is_shape_tensor=True, profiles=(((1,), (2,), (4,)),))
    assert fitting([scalar], 0, s=np.array(3)) == 0
    with pytest.raises(InputMismatch):
        fitting([scalar], 0, s=np.array(5))


def test_meta_is_read_back() -> None:
    io = [
        {
            "name": "x",
            "mode": "input",
            "dtype": "HALF",
            "shape": [-1, 3],
            "is_shape_tensor": False,
            "profiles": [[[1, 3], [2, 3], [4, 3]]],
        },
        {"name": "y", "mode": "output", "dtype": "FP4", "shape": [], "is_shape_tensor": False, "profiles": []},
    ]
    x, y = from_meta(io)
    assert str(x) == "x: float16 (?, 3)"
    assert x.profiles == (((1, 3), (2, 3), (4, 3)),)
    assert (y.dtype, y.shape, str(y)) == (None, (), "y: fp4 ()")
