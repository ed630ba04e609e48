"""Every model of models/product.py: what we say of it, and what the server's own loader said (models/verdicts-*.json).

The tables at the end hold what differs and why; a difference that comes or goes has to be put in or taken out.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from models.product import generate

from pytest_trt.lint import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_trt.serving.verdict import Verdict

    Recorded = dict[str, dict[str, "str | dict[str, str]"]]

RECORDS = Path(__file__).parents[1] / "models"
# Which server's verdicts were recorded with which loader: the wheel of 2.18 to 2.20 is not at hand.
RECORDED = {"tensorflow/serving:2.17.1": "2.17.1", "tensorflow/serving:2.20.0": "2.21.0"}
both = pytest.mark.parametrize("target", RECORDED)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {model.name: model.folder for model in generate(tmp_path_factory.mktemp("product"))}


@pytest.fixture(scope="module")
def ours(models: dict[str, Path]) -> Callable[[str], dict[str, Verdict]]:
    known: dict[str, dict[str, Verdict]] = {}

    def verdicts(target: str) -> dict[str, Verdict]:
        if target not in known:
            known[target] = {}
            for name, folder in models.items():
                (case,) = check([folder], targets=[target], rules=[]).cases
                assert case.artifact.complete, name
                (known[target][name],) = case.verdicts
        return known[target]

    return verdicts


def recorded(target: str) -> Recorded:
    read: Recorded = json.loads((RECORDS / f"verdicts-{RECORDED[target]}.json").read_text())
    return read


def by_the_server(name: str) -> bool:
    """Whether the recorded verdict holds for a server: Python's TensorFlow, which recorded it, has PyFunc's kernels."""
    return ".python." not in name


def word(status: str) -> str:
    return "ok" if status == "OK" else "fail"


def outcome(said: dict[str, str | dict[str, str]]) -> tuple[str, dict[str, str]]:
    load, signatures = said["load"], said["signatures"]
    assert isinstance(load, str)
    assert isinstance(signatures, dict)
    return word(load), {key: word(status) for key, status in signatures.items()} if load == "OK" else {}


def same_words(text: str) -> str:
    """A status without white space and marks that change from run to run."""
    return re.sub(r"\s+", " ", re.sub(r"goo\.gle/debug\w*\s*", "", text)).strip()


@both
def test_every_model_is_recorded(models: dict[str, Path], target: str) -> None:
    assert set(models) == set(recorded(target)), "run tests/models/record.py"
    assert len(models) > 700


@both
def test_every_kind_of_verdict_is_a_tenth_of_the_models(target: str) -> None:
    kinds = Counter(
        "fails at load" if load == "fail" else "fails a request" if "fail" in signatures.values() else "serves"
        for load, signatures in map(outcome, recorded(target).values())
    )
    assert len(kinds) == 3
    assert min(kinds.values()) >= sum(kinds.values()) / 10, kinds


@both
def test_nothing_is_unknown_on_a_cpu(ours: Callable[[str], dict[str, Verdict]], target: str) -> None:
    unknown = {
        name for name, verdict in ours(target).items() if "unknown" in (verdict.load, *verdict.signatures.values())
    }
    assert not unknown


@both
def test_verdicts(ours: Callable[[str], dict[str, Verdict]], target: str) -> None:
    loader = {name: outcome(said) for name, said in recorded(target).items() if by_the_server(name)}
    predicted = {name: (verdict.load, verdict.signatures) for name, verdict in ours(target).items()}
    differ = {name for name in loader if loader[name] != predicted[name]}
    known = {name for names in VERDICTS.values() for name in names}
    new = {name: {"ours": predicted[name], "loader": loader[name]} for name in sorted(differ - known)}
    assert not new, json.dumps(new, indent=1)
    assert not known - differ, "these agree now: take them out of VERDICTS"


def test_messages(ours: Callable[[str], dict[str, Verdict]], models: dict[str, Path]) -> None:
    """The words of a predicted failure are the loader's own."""
    target = "tensorflow/serving:2.17.1"
    differ = {}
    for name, said in recorded(target).items():
        verdict = ours(target)[name]
        if not by_the_server(name) or outcome(said) != (verdict.load, verdict.signatures):
            continue
        if verdict.load == "fail":
            wanted = {None: said["load"]}
        else:
            assert isinstance(said["signatures"], dict)
            wanted = {key: status for key, status in said["signatures"].items() if status != "OK"}  # type: ignore[misc]
        for signature, status in wanted.items():
            words = [reason.message for reason in verdict.reasons if reason.signature == signature]
            predicted = same_words(words[0].replace(os.fspath(models[name]), "DIR")) if words else None
            assert isinstance(status, str)
            if predicted != same_words(status):
                differ[name] = {"ours": predicted, "loader": same_words(status)}
    known = {name for names in MESSAGES.values() for name in names}
    new = {name: words for name, words in differ.items() if name not in known}
    assert not new, json.dumps(new, indent=1)
    assert not known - set(differ), "these agree now: take them out of MESSAGES"


def test_python_functions_fail_at_a_server(ours: Callable[[str], dict[str, Verdict]]) -> None:
    """Where they are reached: the server has no kernel that could call into Python."""
    verdicts = ours("tensorflow/serving:2.20.0")
    for name in ("main.path.python.PyFunc", "main.dangling.python.PyFunc"):
        assert verdicts[name].load == "fail"
        assert verdicts[name].reasons[0].code == "TRT313"
    assert verdicts["func.PartitionedCall.python.PyFunc"].signatures == {"serving_default": "fail"}
    assert verdicts["uncalled.python.PyFunc"].load == "ok"


# Why we say something else than the loader -> the models.
VERDICTS: dict[str, tuple[str, ...]] = {
    "ops are known by name and kernels by device: attributes, types and counts of inputs are not checked": (
        "func-dangling.PartitionedCall.attr.missing",
        "func.PartitionedCall.attr.bad-type",
        "func.PartitionedCall.attr.missing",
        "func.PartitionedCall.attr.placeholder",
        "func.PartitionedCall.attr.wrong-kind",
        "func.PartitionedCall.kernel.label",
        "func.PartitionedCall.kernel.type",
        "func.PartitionedCall.node.input-index",
        "func.PartitionedCall.node.input-type",
        "func.PartitionedCall.node.too-few-inputs",
        "main.dangling.attr.missing",
        "main.dangling.kernel.type",
        "main.init.attr.missing",
        "main.init.kernel.type",
        "main.path.attr.bad-type",
        "main.path.attr.missing",
        "main.path.attr.placeholder",
        "main.path.attr.wrong-kind",
        "main.path.kernel.label",
        "main.path.kernel.type",
        "main.path.node.input-index",
        "main.path.node.input-type",
        "main.path.node.too-few-inputs",
        "main.switch.attr.missing",
        "main.switch.kernel.type",
        "main.two.attr.missing",
        "main.two.kernel.type",
        "main.upstream.attr.missing",
        "main.upstream.kernel.type",
        "untaken.If-lowered.attr.missing",
        "untaken.If-lowered.kernel.type",
        "untaken.If.attr.missing",
    ),
    "nothing is computed: NaN is met when it is": (
        "func.PartitionedCall.value.error",
        "main.path.value.error",
    ),
    "the request decides which branch is taken: some requests fail, the loader's own, fed 4.0, does not": (
        "nested.PartitionedCall-untaken-If.kernel.none-stateful",
        "nested.PartitionedCall-untaken-If.kernel.none-stateless",
        "nested.untaken-If-lowered-PartitionedCall.kernel.none-stateful",
        "nested.untaken-If-lowered-PartitionedCall.kernel.none-stateless",
        "switch.PartitionedCall.kernel.none-stateful",
        "switch.PartitionedCall.kernel.none-stateless",
        "untaken.Case.kernel.none-stateful",
        "untaken.Case.kernel.none-stateless",
        "untaken.If-lowered.asset.missing",
        "untaken.If-lowered.variable.uninitialised",
        "untaken.If.asset.missing",
        "untaken.If.device.malformed",
        "untaken.If.kernel.none-stateful",
        "untaken.If.kernel.none-stateless",
        "untaken.If.variable.uninitialised",
        "untaken.While-body.kernel.none-stateful",
        "untaken.While-body.kernel.none-stateless",
    ),
}

# Why a predicted failure's words are not the loader's -> the models.
MESSAGES: dict[str, tuple[str, ...]] = {
    "a call that is undefined in a lowered While: the loader prints the other of its two functions": (
        "func.StatelessWhile-lowered-body.undefined.f",
        "func.StatelessWhile-lowered-cond.undefined.f",
        "func.While-lowered-body.undefined.f",
        "func.While-lowered-cond.undefined.f",
        "untaken.While-lowered-body.undefined.f",
    ),
    "the name of an op's output is not known": ("func.PartitionedCall.node.duplicate",),
    "an attribute that the op got after 2.17, listed with its default": ("main.path.kernel.gpu-only",),
    "a node's number in the graph after lowering": ("untaken.If-lowered.device.malformed",),
    "of two faults in two functions, the loader meets the other one first": (
        "several.two-functions.device.gpu+kernel.none-stateful.chain.reversed",
        "several.two-functions.device.gpu+kernel.none-stateful.chain.serial",
    ),
}
