"""Builder options in one form: every option, every way to write it, and what is refused before TensorRT sees it."""

from __future__ import annotations

import enum
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_trt.engines.building.spec import PRECISIONS, BuildSpec, Range, make_spec
from pytest_trt.engines.errors import PrecisionUnavailable, ProfileMismatch, UsageError


class Flag(enum.Enum):
    """As TensorRT's enumerations look from Python."""

    STRICT_NANS = 19


# Option -> ways to write one and the same thing; the last is the form that it gets.
SPELLINGS: dict[str, tuple[Any, ...]] = {
    "flags": (["STRICT_NANS"], "strict_nans", ("STRICT_NANS",), {"STRICT_NANS"}, Flag.STRICT_NANS, ("STRICT_NANS",)),
    "network_flags": ("strongly_typed", ["STRONGLY_TYPED"], ("STRONGLY_TYPED",)),
    "parser_flags": (["native_instancenorm"], ("NATIVE_INSTANCENORM",)),
    "optimization_level": (3, np.int64(3), 3),
    "memory_pools": ({"workspace": "1GiB"}, {"WORKSPACE": 2**30}, {"WORKSPACE": "1024 MiB"}, {"WORKSPACE": 2**30}),
    "tactic_sources": (["CUBLAS", "cudnn"], {"CUDNN", "CUBLAS"}, ("CUBLAS", "CUDNN")),
    "preview_features": ({"profile_sharing_0806": 1}, {"PROFILE_SHARING_0806": True}),
    "hardware_compatibility": ("ampere_plus", "HardwareCompatibilityLevel.AMPERE_PLUS", "AMPERE_PLUS"),
    "compute_capabilities": (["sm89", "8.6"], ["SM86", "SM89", "SM86"], ("SM86", "SM89")),
    "runtime_platform": ("windows_amd64", "WINDOWS_AMD64"),
    "profiling_verbosity": ("detailed", "DETAILED"),
    "tiling_optimization_level": ("fast", "FAST"),
    "max_aux_streams": (0, 0),
    "avg_timing_iterations": (np.int32(8), 8),
    "max_num_tactics": (-1, -1),
    "l2_limit_for_tiling": (2**40, 2**40),
    "layer_precisions": ({"conv1": "FP16"}, {"conv1": "fp16"}),
    "plugins": ("libx.so", Path("libx.so"), ["libx.so"], ("libx.so",)),
    "embed_plugins": (1, True),
}


def test_every_option_is_here() -> None:
    assert set(SPELLINGS) == set(BuildSpec.__dataclass_fields__) - {"precision", "profiles"}


@pytest.mark.parametrize("option", SPELLINGS)
def test_spellings(option: str) -> None:
    *ways, form = SPELLINGS[option]
    specs = [make_spec(None, None, **{option: way}) for way in ways]
    assert {json.dumps(getattr(spec, option)) for spec in specs} == {json.dumps(form)}
    assert all(spec == specs[0] for spec in specs)


@pytest.mark.parametrize("option", [name for name in SPELLINGS if name != "plugins"])
def test_every_option_is_in_the_canonical_form(option: str) -> None:
    plain, given = make_spec().canonical(), make_spec(None, None, **{option: SPELLINGS[option][0]}).canonical()
    assert {name for name in plain if plain[name] != given[name]} == {option}
    assert json.loads(json.dumps(given)) == given


def test_none_is_left_out() -> None:
    assert make_spec(None, None, **dict.fromkeys(SPELLINGS)) == BuildSpec() == make_spec()


def test_workspace() -> None:
    assert make_spec(workspace="1.5K").memory_pools == {"WORKSPACE": 1536}
    assert make_spec(workspace=1e9).memory_pools == {"WORKSPACE": 10**9}
    assert make_spec(workspace=0, memory_pools={"DLA_LOCAL_DRAM": 1}).memory_pools == {
        "DLA_LOCAL_DRAM": 1,
        "WORKSPACE": 0,
    }
    with pytest.raises(UsageError, match="the same limit"):
        make_spec(workspace=1, memory_pools={"WORKSPACE": 1})


@pytest.mark.parametrize(
    "size", [-1, 2**63, 2**70, "2**70", "1e400", True, "1 PB", "", None, float("nan"), "9" * 5_000]
)
def test_sizes_that_are_none(size: Any) -> None:
    with pytest.raises(UsageError, match="WORKSPACE: .* is no size") as caught:
        make_spec(memory_pools={"WORKSPACE": size})
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"optimization_level": -1}, "optimization_level must be from 0 to 2147483647, not -1"),
        ({"optimization_level": 2**40}, "must be from 0 to 2147483647"),
        ({"optimization_level": True}, "must be a number, not True"),
        ({"optimization_level": 3.0}, "must be a number"),
        ({"optimization_level": "3"}, "must be a number"),
        ({"max_aux_streams": -1}, "max_aux_streams must be from 0"),
        ({"avg_timing_iterations": 0}, "avg_timing_iterations must be from 1"),
        ({"max_num_tactics": -2}, "max_num_tactics must be from -1"),
        ({"l2_limit_for_tiling": 2**63}, "l2_limit_for_tiling must be from 0"),
        ({"optimisation_level": 3}, "did you mean 'optimization_level'"),
        ({"zzz": 3}, "options: avg_timing_iterations, .*workspace"),
        ({"flags": 3}, "flags must be a list of names"),
        ({"flags": ["a b"]}, "'a b' is no name of TensorRT's"),
        ({"flags": ["\x1b[31m"]}, r"'\\x1b\[31m' is no name"),
        ({"memory_pools": ["WORKSPACE"]}, "memory_pools must be a mapping"),
        ({"layer_precisions": "fp16"}, "layer_precisions must be a mapping"),
        ({"plugins": 5}, "plugins must be a list of names"),
    ],
)
def test_wrong_options(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make_spec(**options)


def test_precisions() -> None:
    assert [make_spec(name.upper()).precision for name in PRECISIONS] == list(PRECISIONS)
    with pytest.raises(PrecisionUnavailable, match="did you mean fp16"):
        make_spec("pf16")


ONE = Range((1, 3), (1, 3), (1, 3))


@pytest.mark.parametrize(
    "ask",
    [
        (1, 3),
        [1, 3],
        np.array([1, 3]),
        (np.int64(1), np.int32(3)),
        ((1, 3),) * 3,
        [[1, 3]] * 3,
        np.array([[1, 3]] * 3),
        ONE,
    ],
    ids=str,
)
def test_ranges(ask: Any) -> None:
    (profile,) = make_spec(None, {"x": ask}).profiles
    assert profile == {"x": ONE}
    assert {type(size) for size in profile["x"].opt} == {int}


def test_three_sizes_are_a_shape() -> None:
    """Of NumPy's integers as well, which are no `int`."""
    for ask in ((1, 2, 3), np.array([1, 2, 3]), tuple(np.arange(1, 4))):
        assert make_spec(None, {"x": ask}).profiles[0]["x"].max == (1, 2, 3)


def test_scalars_and_empty_sizes() -> None:
    assert make_spec(None, {"x": ()}).profiles[0]["x"] == Range((), (), ())
    assert make_spec(None, {"x": ((0,), (0,), (2**40,))}).profiles[0]["x"].max == (2**40,)


def test_ranges_of_numpy_numbers_are_hashed() -> None:
    ask = Range((np.int64(1),), (np.int64(2),), (np.int64(4),))  # type: ignore[arg-type]
    assert json.dumps(make_spec(None, {"x": ask}).canonical()["profiles"]) == '[{"x": [[1], [2], [4]]}]'


def test_several_profiles_keep_their_order() -> None:
    profiles = make_spec(None, [{"x": (1,)}, {"x": (2,)}]).canonical()["profiles"]
    assert [profile["x"][0] for profile in profiles] == [[1], [2]]
    assert make_spec(None, []).profiles == ()


@pytest.mark.parametrize(
    "profiles",
    [
        5,
        "x",
        [5],
        {"x": 5},
        {"x": "abc"},
        {"x": (1.5,)},
        {"x": (-1,)},
        {"x": (float("inf"),)},
        {"x": (float("nan"),)},
        {"x": (2**63,)},
        {"x": ("1",)},
        {"x": ((1,), (2,))},
        {"x": ((1,), (2,), (3, 4))},
        {"x": ((4,), (2,), (4,))},
        {"x": ((1,), (2,), "no")},
    ],
    ids=str,
)
def test_wrong_profiles(profiles: Any) -> None:
    with pytest.raises(ProfileMismatch) as caught:
        make_spec(None, profiles)
    assert "profiles={" in caught.value.cure
