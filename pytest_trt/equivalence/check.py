"""An engine against a reference, for given or generated inputs: every output measured, judged and explained.

from pytest_trt.equivalence.check import assert_equivalent

assert_equivalent(engine, "model.onnx", tolerance={"y": Tolerance(rtol=1e-3, atol=1e-3)})
"""

from __future__ import annotations

import hashlib
import inspect
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from pytest_trt.equivalence.errors import BadCall, BadTolerance
from pytest_trt.equivalence.explain import explain
from pytest_trt.equivalence.golden import Golden
from pytest_trt.equivalence.golden_file import Case as GoldenCase
from pytest_trt.equivalence.inputs import POINTS, Case, digest_of, generate
from pytest_trt.equivalence.measure import Metrics, measure
from pytest_trt.equivalence.reference import as_reference
from pytest_trt.equivalence.references.base import Reference
from pytest_trt.equivalence.tolerance import DEFAULTS, Tolerance, resolve
from pytest_trt.equivalence.verdict import failures

Array = npt.NDArray[Any]
# What a golden file tells of the engine that wrote it.
_MADE_BY = ("product", "tensorrt_version", "device")


class Compared(Protocol):
    """What is asked of an engine: pytest_trt.engines.engine.Engine has it."""

    @property
    def what(self) -> str: ...
    @property
    def source(self) -> Any: ...
    @property
    def key(self) -> str: ...
    @property
    def meta(self) -> Mapping[str, Any]: ...
    @property
    def io(self) -> Sequence[Any]: ...
    def infer(self, feed: Mapping[str, Any], *, profile: int | None = None) -> dict[str, Array]: ...


class NotEquivalent(AssertionError):
    """The engine does not compute what the reference computes. report: everything that was measured."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.text())
        self.report = report


@dataclass(frozen=True)
class Output:
    """One output of one case."""

    metrics: Metrics
    tolerance: Tolerance

    def failures(self) -> list[str]:
        return failures(self.metrics.as_dict(), self.tolerance.as_dict())


@dataclass(frozen=True)
class CaseResult:
    """One run with one set of inputs. arrays: output -> (engine's, reference's), kept of the largest
    case that fails."""

    label: str
    profile: int | None
    seed: int | None
    digest: str
    inputs: Mapping[str, tuple[tuple[int, ...], str]]
    outputs: Mapping[str, Output]
    feed: Mapping[str, Array] | None = None
    arrays: Mapping[str, tuple[Array, Array]] | None = None

    @property
    def passed(self) -> bool:
        return not any(output.failures() for output in self.outputs.values())

    @property
    def size(self) -> int:
        """Elements of all outputs."""
        return sum(output.metrics.size for output in self.outputs.values())


@dataclass
class Report:
    """What a check found. saved: the .npz of the first case that fails, where one was asked for."""

    engine: Compared
    reference: Reference
    precision: str
    cases: list[CaseResult]
    saved: Path | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return bool(self.cases) and all(case.passed for case in self.cases)

    @property
    def worst(self) -> tuple[str, Output] | None:
        """(output's name, output) with the largest error as a share of what is allowed."""
        all_of = [(name, output) for case in self.cases for name, output in case.outputs.items()]
        return max(all_of, key=lambda one: _share(one[1]), default=None)

    @property
    def told(self) -> CaseResult | None:
        """The case that fails and is told in full: the largest, of which the arrays were kept."""
        return next((case for case in self.cases if case.arrays is not None), None)

    def text(self) -> str:
        """For a person: the largest case that fails in full, the others in a line each."""
        first = self.told
        if first is None:
            return f"{self.engine.what}: equivalent to {self.reference.describe()} in {len(self.cases)} cases"
        head = f"{self.engine.what} does not compute what its reference does: {self.reference.describe()}"
        context = {"case": _of_many(first, self.cases), **self.facts}
        if first.seed is not None:
            context["seed"] = str(first.seed)
        if self.saved is not None:
            context["arrays"] = str(self.saved)
        measured = {name: (output.metrics, output.tolerance) for name, output in first.outputs.items()}
        lines = [head, "", explain(measured, context, first.arrays)]
        others = [f"  {case.label}: {_brief(case)}" for case in self.cases if case is not first]
        if others:
            lines += ["", "the other cases:", *others[:20]]
            if len(others) > 20:
                lines.append(f"  and {len(others) - 20} more")
        return "\n".join(lines)


def compare(
    engine: Compared,
    reference: Any = None,
    inputs: Any = None,
    tolerance: Any = None,
    *,
    ranges: Mapping[str, Any] | None = None,
    points: Sequence[str] = POINTS,
    seed: int = 0,
    names: Mapping[str, Mapping[str, str]] | None = None,
    precision: str | None = None,
    signature: str = "serving_default",
    reference_device: str = "cpu",
    update_golden: bool = False,
    save_to: Path | Callable[[], Path] | None = None,
    facts: Mapping[str, str] | None = None,
) -> Report:
    """Run both and measure. Raises what the engine and the reference raise, never for a difference.

    reference: see reference.as_reference; None is the model that the engine was built from, a path that ends in .npz
    a golden file. inputs: a feed, a list of feeds, or None for generated ones (ranges, points, seed: see
    inputs.generate). tolerance: see tolerance.resolve; None takes the default for the precision that the engine uses.
    names: {"inputs": {engine's: reference's}, "outputs": {...}}, where they cannot be matched without. precision: in
    place of the engine's own, which a plan that was given does not tell. signature, reference_device: of a TensorFlow
    reference. save_to: a folder for the .npz of a failing case. facts: more lines for the failure's text.
    """
    check_call(engine)
    tensors = {tensor.name: tensor for tensor in engine.io}
    outputs = [name for name, tensor in tensors.items() if tensor.mode == "output"]
    used = precision or engine.meta.get("precision_in_use")
    if used is None:
        if tolerance is None:
            raise BadTolerance(
                f"{engine.what}: a plan does not tell its precision, so there is no default tolerance",
                f"give tolerance=, or precision= one of {', '.join(DEFAULTS)}",
            )
        used = "tf32"
    tolerances = resolve(tolerance, {name: tensors[name].dtype for name in outputs}, used)
    pairs = _names(names)
    answer = as_reference(
        reference,
        engine.source,
        signature=signature,
        device=reference_device,
        inputs=pairs.get("inputs"),
        outputs=pairs.get("outputs"),
    )
    cases = _cases(engine, inputs, ranges, seed, points)
    given: dict[str, dict[str, Array]] = {}
    if isinstance(answer, Golden):
        given = {case.label: engine.infer(case.feed, profile=case.profile) for case in cases}
        made_by = {"engine": engine.key, "precision": used, **{name: engine.meta.get(name) for name in _MADE_BY}}
        answer.settle({case.label: GoldenCase(case.feed, given[case.label]) for case in cases}, made_by, update_golden)
    report = Report(engine, answer, used, [], facts=facts or {})
    for case in cases:
        actual = given.get(case.label) or engine.infer(case.feed, profile=case.profile)
        expected = answer.run(case.feed, outputs, {name: array.shape for name, array in actual.items()})
        measured = {
            name: Output(measure(actual[name], expected[name], tolerances[name], name), tolerances[name])
            for name in outputs
        }
        result = CaseResult(case.label, case.profile, case.seed, case.digest, _described(case.feed), measured)
        if not result.passed and result.size > max((one.size for one in report.cases if one.arrays), default=-1):
            # The largest case that fails is told in full: few elements tell little of what went wrong.
            arrays = {name: (actual[name], np.asarray(expected[name])) for name in outputs}
            report.cases[:] = [replace(one, feed=None, arrays=None) for one in report.cases]
            result = replace(result, feed=case.feed, arrays=arrays)
        report.cases.append(result)
    if report.told is not None and save_to is not None:
        try:
            report.saved = _save(save_to if isinstance(save_to, Path) else save_to(), engine, report.told)
        except OSError as error:
            report.facts = {**report.facts, "arrays": f"not saved: {error.strerror}"}
    return report


def assert_equivalent(
    engine: Compared, reference: Any = None, inputs: Any = None, tolerance: Any = None, **options: Any
) -> Report:
    """As compare, and raises NotEquivalent, an AssertionError that explains itself, where an output is out."""
    check_call(engine, options)
    report = compare(engine, reference, inputs, tolerance, **options)
    if not report.passed:
        raise NotEquivalent(report)
    return report


def check_call(engine: object, options: Iterable[str] = ()) -> None:
    """Raise BadCall for what is no engine, and for options that compare does not take."""
    if not all(hasattr(engine, name) for name in ("infer", "io", "meta")):
        raise BadCall(f"{_a(engine)} is no engine", "give what trt_engine(...) returned, then the reference")
    taken = [name for name, one in inspect.signature(compare).parameters.items() if one.kind is one.KEYWORD_ONLY]
    for name in options:
        if name in ("rtol", "atol"):
            raise BadCall(f"there is no option {name!r} of a check", "write tolerance=Tolerance(rtol=..., atol=...)")
        if name not in taken:
            raise BadCall(f"there is no option {name!r} of a check", f"there are {', '.join(taken)}")


def _names(given: Any) -> Mapping[str, Any]:
    """names=, as compare has it."""
    sides = ("inputs", "outputs")
    sound = isinstance(given, Mapping) and all(
        side in sides and (pairs is None or isinstance(pairs, Mapping)) for side, pairs in given.items()
    )
    if given is not None and not sound:
        form = 'names={"inputs": {"the engine\'s": "the reference\'s"}, "outputs": {...}}'
        raise BadCall(f"names={given!r:.200} pairs no names", f"write {form}")
    return given or {}


def _a(thing: object) -> str:
    return f"a {type(thing).__module__}.{type(thing).__qualname__}"


def _cases(
    engine: Compared, inputs: Any, ranges: Mapping[str, Any] | None, seed: int, points: Sequence[str]
) -> list[Case]:
    if inputs is None:
        return generate(engine.io, ranges, seed, points)
    form = "give a mapping of input names to arrays, a list of such mappings, or None to have them generated"
    if not isinstance(inputs, Iterable) or hasattr(inputs, "__array__"):
        raise BadCall(f"inputs is {_a(inputs)}, which names no input", form)
    feeds = [inputs] if isinstance(inputs, Mapping) else list(inputs)
    for feed in feeds:
        if not isinstance(feed, Mapping):
            raise BadCall(f"inputs holds {_a(feed)}, which names no input", form)
    if not feeds:
        raise BadCall("inputs is empty", form)
    made = []
    for number, feed in enumerate(feeds):
        arrays = {str(name): np.asarray(array) for name, array in feed.items()}
        label = "given inputs" if len(feeds) == 1 else f"given inputs {number}"
        made.append(Case(label, None, arrays, None, digest_of(arrays)))
    return made


def _described(feed: Mapping[str, Array]) -> dict[str, tuple[tuple[int, ...], str]]:
    return {name: (array.shape, array.dtype.name) for name, array in feed.items()}


def _share(output: Output) -> float:
    """The worst error as a share of what is allowed; infinite where none would be allowed."""
    metrics = output.metrics
    if metrics.out is None or metrics.mask_mismatches or metrics.nan:
        return float("inf")
    if metrics.worst is None:
        return 0.0
    return metrics.worst.ratio if metrics.worst.ratio is not None else float(bool(metrics.out))


def _of_many(case: CaseResult, cases: Sequence[CaseResult]) -> str:
    failing = sum(not one.passed for one in cases)
    return f"{case.label} (the largest of {failing} that fail, of {len(cases)})" if len(cases) > 1 else case.label


def _brief(case: CaseResult) -> str:
    for name, output in case.outputs.items():
        why = output.failures()
        if why:
            return f"{name}: {why[0]}"
    return "passed"


def _save(folder: Path, engine: Compared, case: CaseResult) -> Path:
    """Inputs and both sides' outputs as one .npz. Raises OSError where the disk refuses."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{Path(engine.what).stem}-{case.label}").strip("-")[:80]
    unique = hashlib.sha256(f"{engine.key}{case.digest}".encode()).hexdigest()[:8]
    path = folder / f"{stem}-{unique}.npz"
    members: dict[str, Any] = {f"inputs/{name}": array for name, array in (case.feed or {}).items()}
    for name, (actual, expected) in (case.arrays or {}).items():
        members[f"engine/{name}"] = actual
        members[f"reference/{name}"] = expected
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".tmp", delete=False) as file:
        try:
            np.savez(file, **members)
            file.close()
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return path
