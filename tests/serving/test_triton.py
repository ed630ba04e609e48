"""Triton: what images of a month are, and the verdicts of plans, SavedModels and frozen graphs on them."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from pytest_trt.lint import check
from pytest_trt.lint.config import load as load_config
from pytest_trt.serving.images import months
from pytest_trt.serving.runtime import Runtime
from pytest_trt.serving.target import TargetError, parse
from pytest_trt.serving.tensorrt_version import TensorRTVersion
from pytest_trt.serving.triton import Triton

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.serving.verdict import Verdict

ROOT = Path(__file__).parents[2]
PLAN = ROOT / "tests" / "data" / "plans" / "fp32.plan"
BUILT = ROOT / "examples" / "conv_trt_built"  # its engine: TensorRT 8.5.3.1, compute capability 9.0
UNBUILT = ROOT / "examples" / "conv_trt_unbuilt"
PLAIN = ROOT / "examples" / "conv"
ON_GPU = ROOT / "examples" / "half_plus_two_gpu"
FROZEN = ROOT / "tests" / "data" / "oracle" / "c28b_frozen_graph_pb_other_name" / "frozen_inference_graph.pb"
NO_BACKEND = "unable to find backend library for backend '{}', try specifying runtime on the model configuration."


def triton(text: str) -> Triton:
    target = parse(text)
    assert isinstance(target, Triton)
    return target


def judged(path: Path, target: str) -> Verdict:
    (case,) = check([path], targets=[target]).cases
    (verdict,) = case.verdicts
    assert verdict.target.name == target
    return verdict


def plan_of(version: str, folder: Path) -> Path:
    """The plan in tests/data with another TensorRT written into its header and its engine."""
    data = bytearray(PLAN.read_bytes())
    numbers = bytes(int(part) for part in version.split("."))
    # As tests/gpu/make_plans.py changes it: four records of five bytes.
    inner = data.find(bytes.fromhex("0280010008")) + 4
    data[0x18:0x1C] = numbers
    for place, number in enumerate(numbers):
        data[inner + 5 * place] = number
    if version == "10.0.1.6":
        data[64:68] = struct.pack("<I", 237)  # its serialization version
    path = folder / f"{version}.plan"
    path.write_bytes(data)
    (case,) = check([path], targets=["tensorrt:1"]).cases
    assert case.artifact.plan is not None and case.artifact.plan.version == version
    return path


@pytest.mark.parametrize(
    ("text", "month", "version", "variant"),
    [
        ("tritonserver:24.05", "24.05", "2.46.0", ""),
        ("tritonserver:24.05-py3", "24.05", "2.46.0", ""),
        ("tritonserver:24.05-py3-min", "24.05", "2.46.0", "min"),
        ("tritonserver:24.05-py3-sdk", "24.05", "2.46.0", "sdk"),
        ("nvcr.io/nvidia/tritonserver:24.05-py3", "24.05", "2.46.0", ""),
        ("nvcr.io/nvidia/tritonserver:24.05-trtllm-python-py3", "24.05", "2.46.0", "trtllm"),
        ("localhost:5000/mirror/tritonserver:22.01-tf2-python-py3", "22.01", "2.18.0", "tf2"),
        ("gcr.io/nvidia-ngc-public/tritonserver:23.05-pyt-python-py3", "23.05", "2.34.0", "pyt"),
        ("tritonserver:26.08-vllm-python-py3", "26.08", "2.72.0", "vllm"),
        ("nvcr.io/nvidia/tensorrtserver:20.02-py3", "20.02", "1.11.0", ""),
        ("nvcr.io/nvidia/tritonserver:20.03.1-py3", "20.03.1", "1.13.0", ""),
        ("tritonserver:20.06-v1-py3", "20.06", "2.0.0", ""),
        ("1.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-tritonserver:23.02-py3-cpu", "23.02", "2.31.0", "cpu"),
        ("tritonserver:23.05-py3@sha256:0123", "23.05", "2.34.0", ""),
    ],
)
def test_references(text: str, month: str, version: str, variant: str) -> None:
    target = triton(text)
    assert (target.name, target.month, target.version, target.variant) == (text, month, version, variant)
    assert target.gpu is (variant != "cpu")


def test_the_gpu() -> None:
    target = triton("tritonserver:23.05@sha256:0,gpu=sm_86")
    assert target.runtime is not None and target.tensorflow is not None
    assert target.capability == target.runtime.capability == target.tensorflow.capability == "8.6"
    assert target.image == "tritonserver:23.05@sha256:0"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tritonserver", "Triton has no tag `latest`"),
        ("nvcr.io/nvidia/tritonserver@sha256:0", "Triton has no tag `latest`"),
        ("tritonserver:latest", "'latest' names no month"),
        ("tritonserver:2.46.0", "'2.46.0' names no month"),
        ("tritonserver:21.01-py3", "nothing is known of a Triton 21.01; near it are 20.12 and 21.02"),
        ("tritonserver:20.04-py3", "near it are 20.03.1 and 20.06"),
        ("tritonserver:30.01-py3", "near it are 26.08"),
        ("tritonserver:24.13-py3", "names no month"),
        ("tritonserver:²4.05", "names no month"),
        ("tensorrtserver:20.03-py3", "the image of 20.03 is tritonserver:20.03-py3"),
        ("tritonserver:20.02-py3", "the image of 20.02 is tensorrtserver:20.02-py3"),
        ("tritonserver:24.05-py4", "what -py4 holds is not known; known are -py3, "),
        ("tritonserver:24.05-py3-cpu", "what -py3-cpu holds is not known"),
        ("tritonserver:24.05,os=linux", "'os=linux' is not understood; the options are gpu=sm_NN"),
        ("tritonserver:22.05,tensorflow=3", "'tensorflow=3' is not understood"),
        ("tritonserver:23.04,tensorflow=1", "only the months from 20.08 to 23.03 have TensorFlow 1 and 2"),
    ],
)
def test_refused(text: str, why: str) -> None:
    with pytest.raises(TargetError) as refused:
        parse(text)
    assert str(refused.value).startswith(f"target {text!r}: ")
    assert why in str(refused.value)


@pytest.mark.parametrize(
    ("written", "plan", "takes"),
    [
        ("8.6.1.2", "8.6.1.2", True),
        ("8.6.1.2", "8.6.1.6", False),
        ("8.2.4.2", "8.2.4.1", True),  # three numbers count up to 8.2
        ("8.2.4.2", "8.2.3.0", False),
        ("7.2.1", "7.2.1.6", True),
        ("8.6.1.?6", "8.6.1.6", True),
        ("8.6.1.?6", "8.6.1.2", None),
        ("8.6.1.?6", "8.6.3.1", False),
        ("8.6.1.?", "8.6.1.6", None),
        ("8.6.1.?", "8.5.3.1", False),
        ("10.?4.0.26", "10.4.0.26", True),
        ("10.?4.0.26", "10.3.0.26", None),
        ("10.?4.0.26", "8.6.1.6", False),
        ("?8.6.3", "8.6.3.1", None),
        ("?8.6.3", "10.0.1.6", None),
        ("", "8.6.1.6", None),
    ],
)
def test_versions(written: str, plan: str, takes: bool | None) -> None:
    assert TensorRTVersion(written, "why").takes(plan) is takes


def test_every_month() -> None:
    """Each row can be read, and what it does not know has a reason."""
    before = (0, 0)
    for month, row in months.MONTHS.items():
        assert before < months.order(month), "in order"
        before = months.order(month)
        assert months.is_month(month) and row.source
        name = "tensorrtserver" if month == "20.02" else "tritonserver"
        target = triton(f"{name}:{month}-py3")
        assert target.runtime is not None and target.runtime.known is not None
        assert target.runtime.known.certain or target.runtime.known.why
        assert (target.tensorflow is None) == (target.no_tensorflow is not None)
        if before > (25, 2):
            assert target.no_tensorflow is not None and target.no_tensorflow.sure
        elif target.tensorflow is not None:
            assert target.tensorflow.tensorrt_ops is (True if before < (24, 5) else None)
            assert target.tensorflow.why_ops or target.tensorflow.tensorrt_ops
            assert not target.tensorflow.serving
    assert {month for month in months.TRTLLM if month not in months.MONTHS} == set()
    # Versions whose every number has a source never become older.
    sure = [TensorRTVersion(row.tensorrt) for row in months.MONTHS.values()]
    known = [version.numbers[:3] for version in sure if version.certain]
    assert known == sorted(known)


def test_the_trap_of_23_05() -> None:
    """One month, two TensorRTs. Source: triton-inference-server/server#5975."""
    server, image = parse("tritonserver:23.05-py3"), parse("nvcr.io/nvidia/tensorrt:23.05-py3")
    assert isinstance(server, Triton) and server.runtime is not None
    assert server.runtime.version_text == "8.6.1.2"
    assert isinstance(image, Runtime) and image.version_text == "8.6.1.6"


@pytest.mark.parametrize(
    ("plan", "target", "load", "message"),
    [
        (
            "8.6.1.6",
            "tritonserver:23.05",
            "fail",
            "The engine plan file is not compatible with this version of TensorRT, expecting library version 8.6.1.2"
            " got 8.6.1.6, please rebuild.",
        ),
        ("8.6.1.2", "tritonserver:23.05", "ok", ""),
        ("8.6.1.6", "nvcr.io/nvidia/tensorrt:23.05-py3", "ok", ""),
        ("8.6.1.2", "tensorrt:23.05", "fail", "expecting library version 8.6.1.6 got 8.6.1.2, please rebuild."),
        ("8.6.1.6", "tritonserver:23.08", "ok", ""),
        ("8.6.1.2", "tritonserver:23.08", "unknown", ""),
        ("8.6.1.6", "tritonserver:24.01", "unknown", ""),
        ("8.6.1.6", "tritonserver:24.05", "fail", ""),
        ("10.0.1.6", "tritonserver:24.05", "ok", ""),
        ("10.0.1.6", "tritonserver:24.05-trtllm-python-py3", "unknown", ""),
        ("10.9.0.34", "tritonserver:25.04-trtllm-python-py3", "ok", ""),
        ("8.6.1.6", "tritonserver:25.04", "unknown", ""),
        ("10.11.0.33", "tritonserver:25.06", "ok", ""),
        ("10.9.0.34", "tritonserver:25.06", "unknown", ""),
        ("8.6.0.12", "tritonserver:24.02", "fail", ""),
        ("8.6.1.2", "tritonserver:23.05,gpu=sm_80", "fail", "expecting compute 8.0 got compute 9.0, please rebuild."),
        ("8.6.1.2", "tritonserver:23.05-py3-min", "fail", NO_BACKEND.format("tensorrt")),
        ("8.6.1.2", "tritonserver:23.05-tf2-python-py3", "fail", NO_BACKEND.format("tensorrt")),
        ("8.6.1.2", "tritonserver:23.05-py3-sdk", "fail", ""),
        ("8.5.3.1", "sagemaker-tritonserver:23.02-py3-cpu", "fail", ""),
    ],
)
def test_plans(plan: str, target: str, load: str, message: str, tmp_path: Path) -> None:
    verdict = judged(plan_of(plan, tmp_path), target)
    assert verdict.load == load
    assert [reason.code for reason in verdict.reasons] == (
        []
        if load == "ok"
        else ["TRT904"]
        if load == "unknown"
        else ["TRT206" if "compute" in message else "TRT205" if verdict.reasons[0].code == "TRT205" else "TRT411"]
    )
    if load != "ok":
        assert verdict.reasons[0].message.endswith(message) and bool(verdict.reasons[0].message) == bool(message)


def test_what_is_unknown_of_a_plan_is_said(tmp_path: Path) -> None:
    said = {
        "tritonserver:25.04": "which TensorRT tritonserver:25.04 has is not known",
        "tritonserver:24.01": "only 8.6.1 is known, not the last number",
        "tritonserver:25.06": "is taken to be 10.11.0.33, which is not sure",
        "tritonserver:23.08": "is taken to be 8.6.1.6, of which only 8.6.1 is sure",
    }
    path = plan_of("8.6.1.2", tmp_path)
    for target, why in said.items():
        report = check([path], targets=[target])
        (finding,) = report.findings
        assert (finding.code, finding.severity) == ("TRT904", "warning")
        assert "the plan was built by TensorRT 8.6.1.2, and" in finding.message
        assert why in finding.message
        assert report.exit_status() == 0


@pytest.mark.parametrize(
    ("target", "load"),
    [
        ("tritonserver:23.05", "unknown"),  # later than the plan: the lean runtime would run it
        ("tritonserver:24.05", "unknown"),
        ("tritonserver:23.02", "fail"),
        ("tensorrt:23.05", "ok"),
        ("same", "unknown"),
    ],
)
def test_a_lean_runtime_needs_a_flag(target: str, load: str, tmp_path: Path) -> None:
    config = tmp_path / "trt-lint.toml"
    config.write_text('[targets.same]\nimage = "tritonserver:23.05"\ntensorrt = "8.6.0.12"\n')
    data = PLAN.read_bytes()
    engine = data[56:-4]
    start = 32 + 2 * 24
    entries = b"NGNE" + struct.pack("<IQQ", 0, start, len(engine))
    entries += b"NAEL" + struct.pack("<IQQ", 0, start + len(engine), 16)
    head = data[:8] + struct.pack("<QQ", 2, start + len(engine) + 20) + data[0x18:0x20]
    path = tmp_path / "lean.plan"
    path.write_bytes(head + entries + engine + b"\x7fELF" + bytes(12) + data[-4:])
    (case,) = check([path], targets=[parse(target, load_config(str(config)).targets)]).cases
    (verdict,) = case.verdicts
    assert verdict.load == load
    if load == "unknown":
        assert "version-compatible=true" in verdict.reasons[0].facts["why"]


def test_a_plan_on_triton_is_at_home() -> None:
    """Neither "meant for TensorFlow Serving" nor "without home"."""
    report = check([PLAN], targets=["tritonserver:24.01"])
    assert [finding.code for finding in report.findings] == ["TRT205"]


@pytest.mark.parametrize("path", [PLAIN, BUILT, FROZEN], ids=["plain", "tf-trt", "frozen"])
@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("tritonserver:25.03-py3", NO_BACKEND.format("tensorflow")),
        ("tritonserver:26.08", NO_BACKEND.format("tensorflow")),
        ("tritonserver:24.05-pyt-python-py3", NO_BACKEND.format("tensorflow")),
        ("tritonserver:24.05-trtllm-python-py3", NO_BACKEND.format("tensorflow")),
        ("tritonserver:22.01-tf2-python-py3", "unable to find 'libtriton_tensorflow1.so'"),
        ("tritonserver:24.05-py3-sdk", ""),
    ],
)
def test_no_tensorflow_backend(path: Path, target: str, message: str) -> None:
    verdict = judged(path, target)
    (reason,) = verdict.reasons
    assert (verdict.load, verdict.signatures) == ("fail", {})
    assert (reason.code, reason.stage, reason.message) == ("TRT411", "load", message)
    platform = "tensorflow_graphdef" if path == FROZEN else "tensorflow_savedmodel"
    assert (reason.facts["image"], reason.facts["platform"]) == (target, platform)
    assert reason.facts["last"] == "25.02"
    assert check([path], targets=[target]).exit_status() == 1


@pytest.mark.parametrize(
    ("target", "load", "code"),
    [
        ("tritonserver:23.02,gpu=sm_90", "ok", None),  # 8.5.3.1, as the engine
        ("tritonserver:23.02,gpu=sm_80", "fail", "TRT111"),
        ("tritonserver:23.02", "unknown", "TRT904"),
        ("tritonserver:23.05,gpu=sm_90", "fail", "TRT107"),
        ("tritonserver:24.01,gpu=sm_90", "fail", "TRT107"),
        ("tritonserver:23.08,gpu=sm_90", "unknown", "TRT904"),  # its TensorFlow is not known
        ("tritonserver:24.04,gpu=sm_90", "unknown", "TRT904"),  # its TensorRT is not sure
        ("tritonserver:24.08,gpu=sm_90", "unknown", "TRT904"),  # nor whether there are the ops
        ("tritonserver:24.06", "unknown", "TRT904"),  # nor which TensorFlow
        ("tritonserver:22.07", "unknown", "TRT904"),  # nor which of the two
        ("tritonserver:22.07,tensorflow=2", "fail", "TRT107"),
        ("tritonserver:22.01-tf2-python-py3,tensorflow=2", "fail", "TRT107"),
        ("nvcr.io/nvidia/tensorflow:23.02-tf2-py3,gpu=sm_90", "ok", None),
    ],
)
def test_a_stored_engine(target: str, load: str, code: str | None) -> None:
    verdict = judged(BUILT, target)
    assert verdict.load == load
    assert [reason.code for reason in verdict.reasons] == ([code] if code else [])
    assert (verdict.signatures == {"serving_default": "ok"}) == (load == "ok")


def test_engines_that_are_built_at_a_request() -> None:
    assert [one.code for one in judged(UNBUILT, "tritonserver:23.05").remarks] == ["TRT105"]
    verdict = judged(UNBUILT, "tritonserver:24.08")
    assert (verdict.load, verdict.signatures) == ("ok", {"serving_default": "unknown"})
    assert [reason.code for reason in verdict.reasons] == ["TRT904"]


def test_which_tensorflow_runs() -> None:
    versions = {}
    for text in ("tritonserver:22.06", "tritonserver:22.06,tensorflow=2", "tritonserver:22.08", "tritonserver:24.01"):
        tensorflow = triton(text).tensorflow
        assert tensorflow is not None
        versions[text] = tensorflow.version
    assert list(versions.values()) == [(1, 15, 5), (2, 9, 1), (2, 9, 1), (2, 14, 0)]


def test_an_inferred_tensorflow_decides_what_every_list_says() -> None:
    """24.12 is taken to be 2.17.0. Of an op that came or went between 2.13 and 2.21 nobody knows."""
    from pytest_trt.serving import ops

    inferred, sourced = triton("tritonserver:24.12").tensorflow, parse("tensorflow/serving:2.17.0-gpu")
    assert inferred is not None and not inferred.version_sure and inferred.graph_version is None
    differ = [pattern for pattern in ops.ROWS if len(set(pattern) - {"?"}) > 1 and set(pattern[:9]) == set("c.")]
    names = [name for pattern in differ for name in ops.ROWS[pattern].split()]
    assert names
    assert {inferred.kernels(name) for name in names} == {None}
    assert None not in {sourced.kernels(name) for name in names}  # type: ignore[union-attr]
    assert inferred.kernels("MatMul") == "+"
    assert inferred.kernels("NoSuchOp") == "."


def test_it_is_not_tensorflow_serving(tmp_path: Path) -> None:
    """No op libraries beside TensorFlow's, no warm-up that is replayed, and nodes may be placed elsewhere."""
    tensorflow, serving = triton("tritonserver:24.01").tensorflow, parse("tensorflow/serving:2.14.1-gpu")
    assert tensorflow is not None
    op = "TFText>WhitespaceTokenizeWithOffsetsV2"
    assert (tensorflow.kernels(op), serving.kernels(op)) == (".", "+")  # type: ignore[union-attr]
    assert judged(ON_GPU, "sagemaker-tritonserver:24.01-py3-cpu").load == "ok"
    assert judged(ON_GPU, "tensorflow/serving:2.14.1").load == "fail"


def test_frozen_graphs(tmp_path: Path) -> None:
    verdict = judged(FROZEN, "tritonserver:24.01")
    assert (verdict.load, verdict.reasons) == ("ok", [])
    renamed = tmp_path / "model.graphdef"
    ours = FROZEN.read_bytes()
    (op,) = {name for name in (b"Placeholder",) if name in ours}
    renamed.write_bytes(ours.replace(op, b"NoSuchOpEver"[: len(op)]))
    verdict = judged(renamed, "tritonserver:24.01")
    assert verdict.load == "fail"
    assert verdict.reasons[0].code == "TRT301"
    assert verdict.reasons[0].message.startswith("NOT_FOUND: Op type not registered 'NoSuchOpEve' in binary running")


def test_frozen_graphs_with_engines(tmp_path: Path) -> None:
    """At home on Triton, an error for TensorFlow Serving, not known with TensorRT 10."""
    path = tmp_path / "model.graphdef"
    node = b"\x0a\x01e\x12\x0bTRTEngineOp"
    path.write_bytes(b"\x0a" + bytes([len(node)]) + node)
    assert check([path], targets=["tritonserver:24.01"]).findings == []
    assert [one.code for one in check([path], targets=["tritonserver:24.08"]).findings] == ["TRT904"]
    both = check([path], targets=["tritonserver:24.01", "tensorflow/serving:2.17.1-gpu"])
    assert [one.code for one in both.findings] == ["TRT104"]


def test_json_stays(tmp_path: Path) -> None:
    from pytest_trt.lint.report import json as report

    said = json.loads(report.render(check([PLAIN], targets=["tritonserver:25.03-py3", "tensorflow/serving:2.20.0"])))
    first, second = said["artifacts"][0]["verdicts"]
    assert (first["target"], first["load"], first["reasons"][0]["code"]) == ("tritonserver:25.03-py3", "fail", "TRT411")
    assert (second["target"], second["load"]) == ("tensorflow/serving:2.20.0", "ok")
    assert said["targets"] == ["tritonserver:25.03-py3", "tensorflow/serving:2.20.0"]
