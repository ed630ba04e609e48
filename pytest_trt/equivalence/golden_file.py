"""The golden file: an .npz that numpy.load reads, with a member golden.json that says what it is.

Members: golden.json, then inputs/CASE/NAME.npy and outputs/CASE/NAME.npy for each array; CASE and NAME are
percent-encoded, because a tensor may be called ../x. Stored without compression and without times: the same content
gives the same bytes, and a file cannot grow when it is read. Nothing is ever pickled or unpickled.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import secrets
import stat
import zipfile
from collections.abc import Mapping
from typing import IO, Any, NamedTuple
from urllib.parse import quote

import numpy as np

from pytest_trt.equivalence.arrays import Array, as_array
from pytest_trt.equivalence.errors import GoldenNotWritten, GoldenUnreadable

SCHEMA = 1
_ABOUT = "golden.json"
_ABOUT_LIMIT = 16 << 20
_HEADER_LIMIT = 64 << 10
_STAMP = (1980, 1, 1, 0, 0, 0)
_AGAIN = "restore it from version control, or delete it and run again to have it written anew"


class Case(NamedTuple):
    """One run: arrays by the engine's names."""

    inputs: Mapping[str, Array]
    outputs: Mapping[str, Array]


class GoldenFile(NamedTuple):
    """What a golden file holds. made_by: facts about the run that wrote it, for people."""

    cases: dict[str, Case]
    made_by: dict[str, Any]


def write(path: str, golden: GoldenFile) -> None:
    """Write the file whole or not at all; links are followed. Raises GoldenNotWritten."""
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        os.makedirs(folder, exist_ok=True)
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            with open(fd, "w+b") as file:
                _write(file, golden)
                file.flush()
                os.fsync(fd)
            os.replace(temporary, target)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
    except OSError as error:
        raise GoldenNotWritten(
            f"the golden file {path!r} cannot be written: {error.strerror or error}",
            "make its folder writable, or run where the checkout may be changed and commit what is written",
        ) from None


def read(path: str) -> GoldenFile:
    """Read and check the whole file. Raises GoldenUnreadable; FileNotFoundError where there is none."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise GoldenUnreadable(f"the golden file {path!r} is no regular file", "give another path")
            return _read(path, file)
    except (FileNotFoundError, GoldenUnreadable):
        raise
    except OSError as error:
        raise GoldenUnreadable(
            f"the golden file {path!r} cannot be read: {error.strerror or error}", "see that it may be read"
        ) from None
    except Exception as error:  # zipfile and NumPy raise nearly everything when they are given nonsense
        raise _damaged(path, f"{type(error).__name__}: {error}") from None


def same(one: Mapping[str, Array], other: Mapping[str, Array]) -> bool:
    """Whether names, dtypes, shapes and all bits of two sets of arrays are the same."""
    return set(one) == set(other) and all(
        array.dtype == other[name].dtype
        and array.shape == other[name].shape
        and array.tobytes() == other[name].tobytes()
        for name, array in one.items()
    )


def _write(file: IO[bytes], golden: GoldenFile) -> None:
    about: dict[str, Any] = {"schema": SCHEMA, "made_by": golden.made_by, "cases": {}}
    members = []
    for label, case in golden.cases.items():
        listed: dict[str, Any] = {}
        for part, arrays in (("inputs", case.inputs), ("outputs", case.outputs)):
            listed[part] = {}
            for name in sorted(arrays):
                array = as_array(arrays[name])
                listed[part][name] = {"dtype": array.dtype.name, "shape": list(array.shape)}
                members.append((_member(part, label, name), array))
        about["cases"][label] = listed
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_info(_ABOUT), json.dumps(about, indent=1, sort_keys=True) + "\n")
        for member, array in members:
            with archive.open(_info(member), "w", force_zip64=array.nbytes >= 1 << 31) as out:
                np.lib.format.write_array(out, _plain(array), version=(1, 0), allow_pickle=False)


def _read(path: str, file: IO[bytes]) -> GoldenFile:
    with zipfile.ZipFile(file) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        if _ABOUT not in infos:
            raise GoldenUnreadable(
                f"{path!r} is an .npz file, but none that this plugin wrote: it has no {_ABOUT}",
                "give another path; to use its arrays as the reference, load them and give the mapping",
            )
        if any(info.compress_type != zipfile.ZIP_STORED for info in infos.values()):
            raise _damaged(path, "a member is compressed, and this plugin never compresses")
        if infos[_ABOUT].file_size > _ABOUT_LIMIT:
            raise _damaged(path, f"{_ABOUT} is too long")
        about = json.loads(archive.read(_ABOUT))
        if not isinstance(about, dict) or about.get("schema") != SCHEMA:
            known = about.get("schema") if isinstance(about, dict) else None
            raise GoldenUnreadable(
                f"the golden file {path!r} has schema {known!r}, and this plugin reads {SCHEMA}",
                "run a version of pytest-trt that knows it, or delete it and run again to have it written anew",
            )
        cases = {}
        expected = {_ABOUT}
        for label, listed in about["cases"].items():
            parts: dict[str, dict[str, Array]] = {}
            for part in ("inputs", "outputs"):
                parts[part] = {}
                for name, fact in listed[part].items():
                    member = _member(part, label, name)
                    expected.add(member)
                    parts[part][name] = _array(path, archive.read(member), name, fact)
            cases[label] = Case(parts["inputs"], parts["outputs"])
        if set(infos) != expected:
            raise _damaged(path, f"members that {_ABOUT} does not list: {sorted(set(infos) - expected)[:3]!r}")
        return GoldenFile(cases, dict(about["made_by"]))


def _array(path: str, data: bytes, name: str, fact: Mapping[str, Any]) -> Array:
    """The array of a .npy member, which must be what golden.json says of it."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    if version != (1, 0):
        raise _damaged(path, f"array {name!r} has .npy version {version}")
    shape, fortran, stored = np.lib.format.read_array_header_1_0(stream, max_header_size=_HEADER_LIMIT)
    wanted = _dtype(path, name, str(fact["dtype"]))
    rest = len(data) - stream.tell()
    count = 1
    for size in shape:
        count *= size
    if stored.hasobject or stored != _stored(wanted) or list(shape) != fact["shape"]:
        raise _damaged(path, f"array {name!r} is {stored} {list(shape)}, and {_ABOUT} says {dict(fact)!r}")
    if min(shape, default=0) < 0 or count * stored.itemsize != rest:
        raise _damaged(path, f"array {name!r} of {stored} {list(shape)} has {rest:,} bytes")
    flat = np.frombuffer(data, stored, count, stream.tell())
    return as_array(flat.reshape(shape, order="F" if fortran else "C").view(wanted))


def _dtype(path: str, name: str, text: str) -> np.dtype[Any]:
    """A dtype by its name; NumPy knows bfloat16 and its kin only once ml_dtypes is imported."""
    try:
        return np.dtype(text)
    except TypeError:
        try:
            dtype: np.dtype[Any] = np.dtype(getattr(importlib.import_module("ml_dtypes"), text))
            return dtype
        except (ImportError, AttributeError, TypeError):
            raise GoldenUnreadable(
                f"array {name!r} of the golden file {path!r} is {text}, which NumPy lacks", "pip install ml_dtypes"
            ) from None


def _stored(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """How a dtype is stored: as itself where .npy can say it, else as unsigned bytes or words of its size."""
    return dtype.newbyteorder("<") if _is_numpys(dtype) else np.dtype(f"<u{dtype.itemsize}")


def _plain(array: Array) -> Array:
    stored = _stored(array.dtype)
    contiguous = array if array.ndim == 0 else np.ascontiguousarray(array)
    return contiguous.astype(stored) if _is_numpys(array.dtype) else contiguous.view(stored)


def _is_numpys(dtype: np.dtype[Any]) -> bool:
    return dtype.type.__module__ == "numpy"


def _member(part: str, label: str, name: str) -> str:
    return f"{part}/{_encoded(label)}/{_encoded(name)}.npy"


def _encoded(name: str) -> str:
    """A name as one component of a path that leads nowhere."""
    text = quote(name, safe="", errors="surrogatepass")
    return text.replace(".", "%2E") if text.strip(".") == "" else text


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _STAMP)
    info.create_system = 3
    info.external_attr = 0o644 << 16
    return info


def _damaged(path: str, why: str) -> GoldenUnreadable:
    text = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in " ".join(why.split())[:300])
    return GoldenUnreadable(f"the golden file {path!r} is damaged: {text}", _AGAIN)
