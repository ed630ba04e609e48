"""Golden files: the flow, what is in them, and what is refused."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_trt.equivalence import golden_file
from pytest_trt.equivalence.errors import GoldenDiffers, GoldenMissing, GoldenNotWritten, GoldenUnreadable
from pytest_trt.equivalence.golden import Golden
from pytest_trt.equivalence.golden_file import Case, GoldenFile, same
from pytest_trt.equivalence.reference import as_reference

MADE_BY = {"engine": "ab12", "tensorrt": "8.6.0", "gpu": "NVIDIA H100", "precision": "fp16"}
DTYPES = ("bool", "int8", "uint8", "int32", "int64", "float16", "float32", "float64")
FIXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def cases(seed: int = 0) -> dict[str, Case]:
    random = np.random.default_rng(seed)
    return {
        f"profile 0 {point}": Case(
            {"x": random.standard_normal((size, 3)).astype(np.float32)},
            {"y": random.standard_normal((size, 2)).astype(np.float16), "n": np.arange(size)},
        )
        for size, point in ((1, "min"), (4, "max"))
    }


def written(path: Path, seed: int = 0) -> dict[str, Case]:
    with pytest.raises(GoldenMissing):
        Golden(path).settle(cases(seed), MADE_BY)
    return cases(seed)


def test_first_run_writes_and_fails_and_the_second_passes(tmp_path: Path) -> None:
    path = tmp_path / "goldens" / "x.npz"
    with pytest.raises(GoldenMissing) as caught:
        Golden(path).settle(cases(), MADE_BY)
    assert f"Written: {str(path)!r}" in str(caught.value) and "commit it" in caught.value.cure
    golden = as_reference(path)
    assert isinstance(golden, Golden) and golden.settle(cases(), MADE_BY) is False
    for case in cases().values():
        assert same(golden.run(case.inputs, ["y", "n"]), case.outputs)
    assert os.listdir(path.parent) == ["x.npz"]


def test_outputs_that_changed_are_what_the_golden_holds(tmp_path: Path) -> None:
    before = written(tmp_path / "x.npz")
    label, case = next(iter(before.items()))
    changed = {**before, label: Case(case.inputs, {**case.outputs, "y": case.outputs["y"] + 1})}
    golden = Golden(tmp_path / "x.npz")
    golden.settle(changed, MADE_BY)
    assert same(golden.run(case.inputs, ["y", "n"]), case.outputs)


def test_update_rewrites_only_what_changed(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    written(path)
    first = path.read_bytes()
    assert Golden(path).settle(cases(), {"tensorrt": "another"}, update=True) is False
    assert path.read_bytes() == first
    golden = Golden(path)
    assert golden.settle(cases(1), MADE_BY, update=True) is True
    case = cases(1)["profile 0 min"]
    assert path.read_bytes() != first and same(golden.run(case.inputs, ["y", "n"]), case.outputs)
    assert Golden(tmp_path / "new.npz").settle(cases(), MADE_BY, update=True) is True


def test_numpy_reads_it_and_it_says_who_made_it(tmp_path: Path) -> None:
    written(tmp_path / "x.npz")
    with np.load(tmp_path / "x.npz", allow_pickle=False) as archive:
        assert archive["outputs/profile%200%20max/y"].dtype == np.float16
        about = json.loads(archive["golden.json"])
    assert about["schema"] == 1 and about["made_by"] == {**MADE_BY, "utc": about["made_by"]["utc"]}
    assert about["made_by"]["utc"].endswith("+00:00")
    assert about["cases"]["profile 0 min"]["inputs"] == {"x": {"dtype": "float32", "shape": [1, 3]}}


def test_same_content_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        golden_file.write(str(tmp_path / name), GoldenFile(cases(), {"utc": "now"}))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"z": np.zeros((1, 3), np.float32)}, "has inputs 'x', and the engine was given 'z'"),
        ({"x": np.zeros((2, 3), np.float32)}, "3] in it, and the engine was given float32 [2, 3]"),
        ({"x": np.zeros((1, 3), np.float64)}, "the engine was given float64 [1, 3]"),
        ({"x": np.zeros((1, 3), np.float32)}, "3 of 3 values of input 'x' differ"),
    ],
)
def test_other_inputs(tmp_path: Path, inputs: dict[str, Any], says: str) -> None:
    path = tmp_path / "x.npz"
    written(path)
    golden = Golden(path)
    for run in (lambda: golden.settle({"profile 0 min": Case(inputs, {})}, {}), lambda: golden.run(inputs, ["y"])):
        with pytest.raises(GoldenDiffers) as caught:
            run()
        assert str(path) in str(caught.value) and says in str(caught.value)
        assert "--trt-update-goldens" in caught.value.cure


def test_other_outputs(tmp_path: Path) -> None:
    case = written(tmp_path / "x.npz")["profile 0 min"]
    with pytest.raises(GoldenDiffers, match="no output 'logits'; it has 'n', 'y'"):
        Golden(tmp_path / "x.npz").run(case.inputs, ["logits"])
    mapped = as_reference(tmp_path / "x.npz", outputs={"logits": "y"})
    assert same(mapped.run(case.inputs, ["logits"]), {"logits": case.outputs["y"]})


def test_run_without_a_file(tmp_path: Path) -> None:
    golden = Golden(tmp_path / "x.npz")
    with pytest.raises(GoldenMissing, match=r"no golden file .*x\.npz"):
        golden.run({}, [])
    assert golden.digest() is None and golden.why_no_digest == "the file is not there yet"


def test_digest_is_of_the_arrays(tmp_path: Path) -> None:
    golden_file.write(str(tmp_path / "a.npz"), GoldenFile(cases(), {"utc": "1"}))
    golden_file.write(str(tmp_path / "b.npz"), GoldenFile(cases(), {"utc": "2"}))
    golden_file.write(str(tmp_path / "c.npz"), GoldenFile(cases(1), {"utc": "1"}))
    first, second, third = (Golden(tmp_path / f"{name}.npz").digest() for name in "abc")
    assert first == second != third


names = st.text(min_size=1, max_size=12) | st.sampled_from(
    ["../../etc/x", "..", ".", "a/b:0", "\x1b[2J", "\udcff", "C:\\x", "golden.json"]
)


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    shape = draw(st.lists(st.integers(0, 4), max_size=3))
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    data = draw(st.binary(min_size=int(np.prod(shape)) * dtype.itemsize, max_size=int(np.prod(shape)) * dtype.itemsize))
    array = np.frombuffer(data, np.uint8).view(dtype) if dtype.kind != "b" else np.frombuffer(data, np.uint8) > 127
    return array.reshape(shape, order=draw(st.sampled_from("CF")))


@FIXED
@given(
    st.dictionaries(names, st.tuples(st.dictionaries(names, arrays()), st.dictionaries(names, arrays())), max_size=3)
)
def test_round_trip(tmp_path: Path, content: dict[str, Any]) -> None:
    path = tmp_path / "x.npz"
    before = {label: Case(*parts) for label, parts in content.items()}
    golden_file.write(str(path), GoldenFile(before, {"a": None}))
    after = golden_file.read(str(path))
    assert after.made_by == {"a": None} and set(after.cases) == set(before)
    for label, case in before.items():
        assert same(after.cases[label].inputs, case.inputs) and same(after.cases[label].outputs, case.outputs)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            assert not name.startswith("/") and "\\" not in name and name.isprintable()
            assert not {"..", "."} & set(name.removesuffix(".npy").split("/"))


def test_dtypes_that_numpy_lacks(tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = {
        "b": np.array([[1, -2.5]], ml_dtypes.bfloat16),
        "e": np.array([0.5, 448], ml_dtypes.float8_e4m3fn),
        "scalar": np.array(3, ml_dtypes.bfloat16),
    }
    golden_file.write(str(tmp_path / "x.npz"), GoldenFile({"c": Case(values, {})}, {}))
    assert same(golden_file.read(str(tmp_path / "x.npz")).cases["c"].inputs, values)


def test_big_endian_arrays_keep_their_values(tmp_path: Path) -> None:
    golden_file.write(str(tmp_path / "x.npz"), GoldenFile({"c": Case({"x": np.array([1, 2, 3], ">i4")}, {})}, {}))
    assert golden_file.read(str(tmp_path / "x.npz")).cases["c"].inputs["x"].tolist() == [1, 2, 3]


@pytest.mark.parametrize("array", [np.array([{}]), np.array(["a"]), np.zeros(2, [("a", "f4")])])
def test_what_is_no_number_is_not_written(tmp_path: Path, array: Any) -> None:
    with pytest.raises(TypeError):
        golden_file.write(str(tmp_path / "x.npz"), GoldenFile({"c": Case({"x": array}, {})}, {}))
    assert os.listdir(tmp_path) == []


def remade(path: Path, change: Any) -> None:
    """Write the archive again, with each member's bytes as change(name, data) gives them; None leaves it out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            if (kept := change(name, data)) is not None:
                archive.writestr(name, kept)


def npy(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, **options)
    return stream.getvalue()


def about(**changed: Any) -> Any:
    return lambda name, data: json.dumps({**json.loads(data), **changed}) if name == "golden.json" else data


MIN_Y = "outputs/profile%200%20min/y.npy"
HUGE = npy(np.zeros((1, 2), np.float16)).replace(b"(1, 2), }         ", b"(1000000000, 2), }")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (about(schema=2), "has schema 2, and this plugin reads 1"),
        (about(schema=None), "has schema None"),
        (lambda name, data: "[]" if name == "golden.json" else data, "has schema None"),
        (lambda name, data: "{" if name == "golden.json" else data, "JSONDecodeError"),
        (lambda name, data: "[" * 100_000 if name == "golden.json" else data, "damaged"),
        (about(cases={}), "members that golden.json does not list"),
        (about(cases=3), "damaged"),
        (lambda name, data: None if name == "golden.json" else data, "it has no golden.json"),
        (lambda name, data: None if name == MIN_Y else data, "KeyError"),
        (lambda name, data: b"" if name == MIN_Y else data, "damaged"),
        (lambda name, data: data[:-1] if name == MIN_Y else data, "has 3 bytes"),
        (lambda name, data: data + b"x" if name == MIN_Y else data, "has 5 bytes"),
        (lambda name, data: HUGE if name == MIN_Y else data, "golden.json says"),
        (lambda name, data: npy(np.zeros((2, 2), np.float16)) if name == MIN_Y else data, "golden.json says"),
        (lambda name, data: npy(np.array([[{}]]), allow_pickle=True) if name == MIN_Y else data, "object"),
        (lambda name, data: npy(np.zeros((1, 2), np.float16), version=(3, 0)) if name == MIN_Y else data, "version"),
    ],
)
def test_damaged(tmp_path: Path, change: Any, says: str) -> None:
    path = tmp_path / "x.npz"
    written(path)
    remade(path, change)
    before = path.read_bytes()
    for update in (False, True):
        with pytest.raises(GoldenUnreadable) as caught:
            Golden(path).settle(cases(), MADE_BY, update=update)
        assert str(path) in str(caught.value) and says in str(caught.value) and caught.value.cure
    assert path.read_bytes() == before


def test_an_array_of_gigabytes_is_not_allocated(tmp_path: Path) -> None:
    """A header, and golden.json with it, that claim 4 GB of which 4 bytes are there."""
    path = tmp_path / "x.npz"
    written(path)

    def change(name: str, data: bytes) -> bytes:
        if name == "golden.json":
            return data.replace(
                b'"dtype": "float16",\n     "shape": [\n      1,',
                b'"dtype": "float16",\n     "shape": [\n      1000000000,',
            )
        return HUGE if name == MIN_Y else data

    remade(path, change)
    with pytest.raises(GoldenUnreadable, match=r"\[1000000000, 2\] has 4 bytes"):
        golden_file.read(str(path))


def test_compressed_members_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    written(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    with pytest.raises(GoldenUnreadable, match="compressed"):
        golden_file.read(str(path))


def test_somebody_elses_npz_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, x=np.zeros(3))
    before = path.read_bytes()
    with pytest.raises(GoldenUnreadable, match="none that this plugin wrote"):
        Golden(path).settle(cases(), MADE_BY, update=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"", b"PK", b"version https://git-lfs.github.com/spec/v1\n", b"\0" * 1000])
def test_not_an_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(GoldenUnreadable, match="damaged"):
        golden_file.read(str(tmp_path / "x.npz"))


def test_cut_at_every_length_and_every_bit_flipped(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    case = {"c": Case({"x": np.arange(3, dtype=np.int8)}, {"y": np.arange(2, dtype=np.int8)})}
    golden_file.write(str(path), GoldenFile(case, {}))
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(GoldenUnreadable):
            golden_file.read(str(path))
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << at % 8]) + whole[at + 1 :])
        try:
            golden = golden_file.read(str(path))
        except GoldenUnreadable:
            continue
        # What zip does not check: times, attributes, versions. No array and no name may be another.
        assert list(golden.cases) == ["c"] and same(golden.cases["c"].inputs, case["c"].inputs)
        assert same(golden.cases["c"].outputs, case["c"].outputs)


def test_special_files_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.npz")
    with pytest.raises(GoldenUnreadable, match="no regular file"):
        golden_file.read(str(tmp_path / "x.npz"))
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(GoldenUnreadable):
        golden_file.read(str(tmp_path / "folder.npz"))


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GoldenNotWritten) as caught:
        golden_file.write(str(tmp_path / "file" / "x.npz"), GoldenFile(cases(), {}))
    assert "cannot be written: " in str(caught.value) and "writable" in caught.value.cure
    if os.geteuid() != 0:
        (tmp_path / "locked").mkdir(mode=0o500)
        with pytest.raises(GoldenNotWritten, match="Permission denied"):
            golden_file.write(str(tmp_path / "locked" / "x.npz"), GoldenFile(cases(), {}))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """A file size limit stops the writer in the middle, as a full disk does."""
    path = tmp_path / "x.npz"
    written(path)
    before = path.read_bytes()
    program = (
        "import resource, signal, sys, numpy as np\n"
        "from pytest_trt.equivalence.errors import GoldenNotWritten\n"
        "from pytest_trt.equivalence.golden_file import Case, GoldenFile, write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "try:\n"
        "    write(sys.argv[1], GoldenFile({'c': Case({'x': np.zeros(100_000)}, {})}, {}))\n"
        "except GoldenNotWritten as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, timeout=60)
    assert "cannot be written: File too large" in done.stdout, done.stderr
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["x.npz"]


def test_links_are_followed_and_the_umask_is_kept(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "x.npz").symlink_to(tmp_path / "there" / "real.npz")
    old = os.umask(0o022)
    try:
        written(tmp_path / "x.npz")
    finally:
        os.umask(old)
    assert (tmp_path / "x.npz").is_symlink()
    assert (tmp_path / "there" / "real.npz").stat().st_mode & 0o777 == 0o644


def test_racing_writers_leave_one_whole_file(tmp_path: Path) -> None:
    """Four processes write two contents again and again; whoever reads meanwhile reads one of the two."""
    path = tmp_path / "x.npz"
    program = (
        "import sys, time, numpy as np\n"
        "from pytest_trt.equivalence.golden_file import Case, GoldenFile, write\n"
        "end = time.monotonic() + 1.5\n"
        "value = int(sys.argv[2])\n"
        "while time.monotonic() < end:\n"
        "    write(sys.argv[1], GoldenFile({'c': Case({}, {'y': np.full(50_000, value)})}, {}))\n"
    )
    racers = [subprocess.Popen([sys.executable, "-c", program, str(path), str(one % 2)]) for one in range(4)]
    seen = set()
    while any(racer.poll() is None for racer in racers):
        try:
            values = np.unique(golden_file.read(str(path)).cases["c"].outputs["y"])
        except FileNotFoundError:
            continue
        assert len(values) == 1
        seen.add(int(values[0]))
    assert [racer.wait() for racer in racers] == [0] * 4
    assert seen <= {0, 1} and seen and os.listdir(tmp_path) == ["x.npz"]
