"""Verdicts and messages against the server's own loader, in this environment's TensorFlow.

The generated models are judged by the loader here and compared with the recorded verdicts, which tests/serving holds
the predictions to; everything else is predicted and judged side by side.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import socket
from collections import Counter
from pathlib import Path

import pytest
import tensorflow as tf
from models.product import generate
from models.record import normal
from oracle.judge import judge

from pytest_trt.artifacts.open import is_model_folder
from pytest_trt.lint import check
from pytest_trt.serving.target import Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.serving.verdict import Verdict

TESTS = Path(__file__).resolve().parents[1]
VERSION = tuple(int(part) for part in tf.__version__.split(".")[:3])
# Faults of single nodes that need TensorFlow's op definitions, which we do not read; see docs/decisions.
OP_DEFINITION = re.compile(
    r"No attr named|type attr not found|incompatible with expected|beyond input size|is not found: \{\{node"
    r"|AttrValue missing|AttrValue had value|Connecting to invalid output|Incomplete graph|expected type|Value for attr"
    r"|Inconsistent values for attr|Type mismatch|does not match|Could not colocate"
)


def target() -> Target:
    return Target(f"tensorflow {tf.__version__}", VERSION, False)


def predict(folder: Path) -> Verdict:
    case = next(one for one in check([folder], targets=[target()], rules=[]).cases if one.artifact.model is not None)
    (verdict,) = case.verdicts
    return verdict


def outcome(said: dict) -> tuple[str, dict[str, str]]:
    """As ours: ("ok", {signature: "ok"}) and so on; a crash is a failure."""
    if said["load"] != "OK":
        return "fail", {}
    return "ok", {key: "ok" if text == "OK" else "fail" for key, text in said["signatures"].items()}


def words(text: str) -> str:
    text = re.sub(r"goo\.gle/debug\w*\s*", "", text).replace(socket.gethostname(), "HOST")
    # Control characters are spaces in what the oracle prints. The library's dump has no fixed order of functions, and
    # which kernels are registered for XLA depends on what ran before in the process.
    for end in (" in function library:", "Registered kernels:"):
        text = text.partition(end)[0]
    return re.sub(r"[\x00-\x20]+", " ", text).strip()


def test_the_generated_models_are_judged_as_recorded(tmp_path: Path) -> None:
    names = {str(model.folder): model.name for model in generate(tmp_path)}
    said = judge(list(names))
    record = TESTS / "models" / f"verdicts-{tf.__version__}.json"
    if not record.exists():
        # A newer TensorFlow than those recorded: what it says must still be what is predicted for the newest of them.
        record = TESTS / "models" / "verdicts-2.21.0.json"
    recorded = json.loads(record.read_text())
    same_version = record.name == f"verdicts-{tf.__version__}.json"
    differ = {}
    for folder, verdict in said.items():
        name = names[folder]
        if outcome(verdict) != outcome(recorded[name]):
            differ[name] = (verdict, recorded[name])
        # Of two functions that run in parallel, the one that fails first names the failure: a race.
        elif (
            same_version and not name.startswith(("small.", "mid.")) and not {"python", "parallel"} & {*name.split(".")}
        ):
            for text, old in zip(
                [verdict["load"], *map(str, dict(sorted(verdict["signatures"].items())).values())],
                [recorded[name]["load"], *map(str, recorded[name]["signatures"].values())],
            ):
                if words(normal(text, folder)) != words(old):
                    differ[name] = (text, old)
    assert not differ, json.dumps(differ, indent=1)[:5000]
    kinds = Counter(
        "load" if load == "fail" else "request" if "fail" in signatures.values() else "serves"
        for load, signatures in map(outcome, said.values())
    )
    assert min(kinds["load"], kinds["request"], kinds["serves"]) >= len(said) / 10


def folders() -> list[Path]:
    """Every SavedModel that the repository holds."""
    places = [TESTS / "data", TESTS.parent / "examples"]
    found = [path for place in places for path in sorted(place.rglob("*")) if path.is_dir()]
    return [path for path in found if is_model_folder(str(path))]


def test_the_models_of_the_repository() -> None:
    places = folders()
    assert len(places) > 20
    said = judge([str(path) for path in places])
    for path in places:
        verdict, loader = predict(path), said[str(path)]
        assert (verdict.load, verdict.signatures) == outcome(loader), (path, loader)
        for reason in verdict.reasons[:1]:
            text = loader["load"] if verdict.load == "fail" else loader["signatures"][reason.signature]
            assert words(reason.message) == words(text), path


@pytest.mark.parametrize("origin", ["c00_v1_clean", "c40_v1_two_sigs_one_trt", "tftrt_2.14.1_fp16_nobuild"])
def test_damaged_models(origin: str, tmp_path: Path) -> None:
    """Cut and flipped graph files: what the loader cannot parse is never called fine, and the other way round."""
    chance = random.Random(origin)
    source = TESTS / "data" / "oracle" / origin
    data = (source / "saved_model.pb").read_bytes()
    made = []
    for number in range(120):
        place = chance.randrange(len(data))
        if number % 3:
            changed = bytearray(data)
            changed[place] ^= 1 << chance.randrange(8)
        else:
            changed = bytearray(data[:place])
        folder = tmp_path / str(number)
        shutil.copytree(source, folder)
        (folder / "saved_model.pb").chmod(0o644)
        (folder / "saved_model.pb").write_bytes(bytes(changed))
        made.append(folder)
    said = judge([str(folder) for folder in made])
    wrong = {}
    for folder in made:
        verdict, loader = predict(folder), said[str(folder)]
        texts = " ".join([loader["load"], *loader["signatures"].values()])
        if OP_DEFINITION.search(texts) or loader["load"].startswith("crashed"):
            continue
        if (verdict.load, verdict.signatures) != outcome(loader):
            wrong[folder.name] = (verdict.load, verdict.signatures, loader)
        elif verdict.load == "fail" and words(verdict.reasons[0].message) != words(loader["load"]):
            wrong[folder.name] = (verdict.reasons[0].message, loader["load"])
    assert not wrong, json.dumps(wrong, indent=1)[:4000]
