"""Golden outputs: what an engine gave when somebody looked at it, in a file beside the tests."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pytest_trt.equivalence.arrays import Array, as_array
from pytest_trt.equivalence.errors import GoldenDiffers, GoldenMissing
from pytest_trt.equivalence.golden_file import Case, GoldenFile, read, same, write
from pytest_trt.equivalence.inputs import digest_of
from pytest_trt.equivalence.references.base import Reference

_UPDATE = "run with --trt-update-goldens, look at the difference and commit it"


class Golden(Reference):
    """The outputs that a golden .npz file holds, case by case; a case is found by its inputs.

    One file belongs to one check. The file is read when it is first asked for.
    """

    kind = "golden"

    def __init__(self, path: str | os.PathLike[str], **names: Any) -> None:
        super().__init__(**names)
        self.path = os.fspath(path)
        self._file: GoldenFile | None = None

    def describe(self) -> str:
        return f"the golden file {self.path!r}"

    def digest(self) -> str | None:
        """SHA-256 of all its arrays. Raises GoldenUnreadable."""
        golden = self.load()
        if golden is None:
            self.why_no_digest = "the file is not there yet"
            return None
        arrays = {}
        for label, case in golden.cases.items():
            arrays.update({f"inputs/{label}/{name}": array for name, array in case.inputs.items()})
            arrays.update({f"outputs/{label}/{name}": array for name, array in case.outputs.items()})
        return digest_of(arrays)

    def load(self) -> GoldenFile | None:
        """What the file holds; None where there is none. Raises GoldenUnreadable."""
        if self._file is None:
            try:
                self._file = read(self.path)
            except FileNotFoundError:
                return None
        return self._file

    def settle(self, cases: Mapping[str, Case], made_by: Mapping[str, Any], update: bool = False) -> bool:
        """Have a file that holds these cases; call it before `run`. True: the file was written.

        cases: what the engine was given and what it gave. made_by: facts for people, such as engine key, TensorRT,
        GPU and precision; the UTC time is added. Without a file, it is written and GoldenMissing is raised. With
        update, a file whose arrays are others is rewritten; one that is no golden file, or a damaged one, never is.
        Raises GoldenUnreadable, GoldenNotWritten, and GoldenDiffers where the file is for other inputs or outputs.
        """
        known = self.load()
        asked = {label: Case(_arrays(case.inputs), _arrays(case.outputs)) for label, case in cases.items()}
        if known is None or update:
            if known is not None and _same_cases(known.cases, asked):
                return False
            now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")
            golden = GoldenFile(asked, {**made_by, "utc": now})
            write(self.path, golden)
            self._file = golden
            if update:
                return True
            self._file = None
            raise GoldenMissing(
                f"there was no golden file. Written: {self.path!r}", "look at it, commit it, and run again"
            )
        for label, case in asked.items():
            self._case(known, case.inputs, label)
        return False

    def run(
        self,
        feed: Mapping[str, Array],
        outputs: Sequence[str],
        shapes: Mapping[str, tuple[int, ...]] | None = None,
    ) -> dict[str, Array]:
        """The outputs of the case with these inputs. Raises GoldenMissing, GoldenDiffers, GoldenUnreadable."""
        golden = self.load()
        if golden is None:
            raise GoldenMissing(f"there is no golden file {self.path!r}", "run the test that writes it, and commit it")
        case = self._case(golden, _arrays(feed), None)
        wanted = {name: (self._outputs or {}).get(name, name) for name in outputs}
        missing = [name for name in wanted.values() if name not in case.outputs]
        if missing:
            has = ", ".join(map(repr, case.outputs))
            raise GoldenDiffers(f"{self.describe()} holds no output {missing[0]!r}; it has {has}", _UPDATE)
        return {name: case.outputs[other] for name, other in wanted.items()}

    def _case(self, golden: GoldenFile, inputs: Mapping[str, Array], label: str | None) -> Case:
        for case in golden.cases.values():
            if same(case.inputs, inputs):
                return case
        near = golden.cases.get(label or "") or max(
            golden.cases.values(), key=lambda case: _likeness(case.inputs, inputs), default=None
        )
        why = _difference(near.inputs, inputs) if near is not None else "it holds no case"
        where = f", case {label!r}" if label else ""
        raise GoldenDiffers(f"{self.describe()} is for other inputs{where}: {why}", _UPDATE)


def _arrays(arrays: Mapping[str, Any]) -> dict[str, Array]:
    return {name: as_array(array) for name, array in arrays.items()}


def _same_cases(one: Mapping[str, Case], other: Mapping[str, Case]) -> bool:
    return set(one) == set(other) and all(
        same(case.inputs, other[label].inputs) and same(case.outputs, other[label].outputs)
        for label, case in one.items()
    )


def _likeness(golden: Mapping[str, Array], asked: Mapping[str, Array]) -> int:
    """How many inputs have the same name, dtype and shape."""
    return sum(
        name in golden and (array.dtype, array.shape) == (golden[name].dtype, golden[name].shape)
        for name, array in asked.items()
    )


def _difference(golden: Mapping[str, Array], asked: Mapping[str, Array]) -> str:
    """The first thing in which the inputs differ from the golden ones."""
    if set(golden) != set(asked):
        return f"it has inputs {', '.join(map(repr, golden))}, and the engine was given {', '.join(map(repr, asked))}"
    for name, array in asked.items():
        other = golden[name]
        if (array.dtype, array.shape) != (other.dtype, other.shape):
            return (
                f"input {name!r} is {other.dtype} {list(other.shape)} in it,"
                f" and the engine was given {array.dtype} {list(array.shape)}"
            )
    for name, array in asked.items():
        other = golden[name]
        if array.tobytes() != other.tobytes():
            changed = int(np.count_nonzero(array != other))
            return f"{changed:,} of {array.size:,} values of input {name!r} differ; another seed or other ranges?"
    return "no case of it has these inputs"
