"""config.pbtxt: what it says, what Triton refuses in it, and the files that it sends to Triton."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_trt.deploy import files
from pytest_trt.deploy.edge import ARTIFACT, MODEL, TRITON
from pytest_trt.deploy.readers.triton_config import is_config, read
from pytest_trt.deploy.reading import Reading
from pytest_trt.deploy.tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.deploy.edge import Remark

CASES = Path(__file__).parents[2] / "data" / "deploy" / "triton"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def of(text: str, *inside: str, path: str = "repository/m/config.pbtxt") -> Reading:
    """The reading of a config whose model folder holds these files; a name that ends in / is a folder."""
    folder = Path(path).parent
    folder.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)
    for name in inside:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).mkdir(exist_ok=True) if name.endswith("/") else (folder / name).write_text("")
    tree = Tree(["."])
    return read(tree.read(path), path, tree)


def told(reading: Reading) -> list[tuple[str, int | None, str]]:
    """(code, line, the server's words or why) of each remark."""
    return [(one.code, one.at.line, one.facts.get("message") or one.facts.get("why", "")) for one in reading.remarks]


def one(reading: Reading) -> Remark:
    (remark,) = reading.remarks
    return remark


def paths(reading: Reading) -> list[str]:
    return [path for edge in reading.edges for path in edge.paths]


# case -> (remarks as code, line and words), (paths of artifacts), whether TF-TRT is on
EXPECTED: dict[str, tuple[list[object], list[str], bool]] = {
    "commented_accelerators": ([], [], False),
    "onnxruntime_accelerators": ([], [], False),
    "tf_trt": ([], [], True),
    "vot": ([], [], False),
}


@pytest.mark.parametrize("case", EXPECTED)
def test_cases(case: str, tmp_path: Path) -> None:
    shutil.copytree(CASES / case, tmp_path / case)
    tree = Tree(["."])
    path = f"{case}/config.pbtxt"
    reading = read(tree.read(path), path, tree)
    (model,) = reading.repositories
    on = model.tensorflow and any(accelerator.name == "tensorrt" for accelerator in model.accelerators)
    assert (told(reading), paths(reading), on) == EXPECTED[case]


def test_every_case_has_what_is_expected() -> None:
    assert {path.name for path in CASES.iterdir()} == set(EXPECTED)


def test_only_the_exact_name_counts() -> None:
    names = "config.pbtxt", "m/config.pbtxt", "m/configs/a100.pbtxt", "config.pbtxt.tftrt", "configs/x.txt", "x.pbtxt"
    assert [is_config(name) for name in names] == [True, True, True, False, False, False]


def test_one_of_several_configs_sends_nothing_by_itself() -> None:
    reading = of(
        'platform: "tensorrt_plan" optimization { graph { level: "x" } }', "../1/model.plan", "../config.pbtxt",
        path="repository/m/configs/a.pbtxt",
    )  # fmt: skip
    assert reading.edges == []
    (model,) = reading.repositories
    assert (model.path, model.platform) == ("repository/m", "tensorrt_plan")
    assert [remark.code for remark in reading.remarks] == ["TRT419"]


@pytest.mark.parametrize(
    ("platform", "file"),
    [
        ("tensorrt_plan", "model.plan"),
        ("tensorflow_savedmodel", "model.savedmodel/"),
        ("tensorflow_graphdef", "model.graphdef"),
        ("onnxruntime_onnx", "model.onnx"),
    ],
)
def test_edges(platform: str, file: str) -> None:
    reading = of(f'name: "m"\nplatform: "{platform}"', f"1/{file}", f"2/{file}", f"03/{file}", "labels.txt")
    (edge,) = reading.edges
    assert reading.remarks == [] and reading.kind == "config.pbtxt"
    assert (edge.shape, edge.paths, edge.model) == (ARTIFACT, (f"repository/m/2/{file.rstrip('/')}",), "m")
    assert edge.server.family == TRITON and edge.server.image.text is None and "does not say" in edge.server.image.why
    assert edge.at.line == 2 and len(edge.why) == 2


def test_edges_by_capability() -> None:
    text = """platform: "tensorrt_plan"
    instance_group { kind: KIND_GPU }
    version_policy { all { } }
    cc_model_filenames { key: "7.5" value: "t4.plan" }
    cc_model_filenames {
      key: "8.0"
      value: "a100.plan"
    }"""
    reading = of(text, "1/t4.plan", "1/a100.plan", "2/t4.plan", "2/model.plan")
    assert [(edge.paths[0][13:], edge.server.capability, edge.at.line) for edge in reading.edges] == [
        ("2/t4.plan", "7.5", 4), ("2/model.plan", None, 1), ("1/t4.plan", "7.5", 4), ("1/a100.plan", "8.0", 5),
    ]  # fmt: skip
    assert all(edge.server.gpu is True and edge.server.gpu_at.line == 2 for edge in reading.edges if edge.server.gpu_at)
    assert [(remark.code, remark.at.line, remark.facts["file"]) for remark in reading.remarks] == [
        ("TRT417", 5, "2/a100.plan")
    ]


def test_a_config_without_versions_is_an_edge_without_path() -> None:
    (edge,) = of('platform: "tensorrt_plan"').edges
    assert edge.shape == MODEL and edge.paths == () and "no version folder" in edge.unknown
    (edge,) = of('platform: "ensemble" ensemble_scheduling { }', "1/").edges
    assert "ensemble" in edge.unknown


REFUSED = {
    'platform: "tensorrt"': "unexpected platform type 'tensorrt' for m",
    'platform: "tensorrt_plan" backend: "onnxruntime"': (
        "unexpected 'platform' and 'backend' pair, got:tensorrt_plan, onnxruntime"
    ),
    'platform: "tensorflow" backend: "tensorrt"': "unexpected 'platform' and 'backend' pair, got:tensorflow, tensorrt",
    'backend: "tensorflow"': "unexpected 'platform' and 'backend' pair, got:, tensorflow",
    'backend: "tensorflow" default_model_filename: "resnet"': (
        "unexpected 'platform' and 'backend' pair, got:, tensorflow"
    ),
    'platform: "ensemble" backend: "tensorrt" ensemble_scheduling { }': (
        "Ensemble model 'm' must have platform type 'ensemble' and empty backend type"
    ),
    'platform: "ensemble"': "ensemble scheduling must be set for ensemble m whose platform is ensemble",
    "ensemble_scheduling { step { model_name: 'a' } }": "",
    'default_model_filename: "net.plan"': "unexpected platform type '' for m",
    'name: "other" platform: "tensorrt_plan"': (
        "unexpected directory name 'm' for model 'other', directory name must equal model name"
    ),
    "max_batch_size: 8": (
        "Invalid model name: Could not determine backend for model 'm' with no backend in model configuration. Expected"
        " model name of the form 'model.<backend_name>'."
    ),
    'platform: "tensorrt_plan"\nmax_batch: 8': "failed to read text proto from repository/m/config.pbtxt",
    'platform: "tensorrt_plan" input { data_type: TYPE_FLOAT }': (
        "failed to read text proto from repository/m/config.pbtxt"
    ),
    'platform: "tensorrt_plan': "failed to read text proto from repository/m/config.pbtxt",
    'name: "m" name: "m"': "failed to read text proto from repository/m/config.pbtxt",
}


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    remark = one(of(text, "1/strange.file"))
    assert (remark.code, remark.facts["message"], remark.facts["server"]) == ("TRT419", REFUSED[text], "triton")
    assert remark.facts["why"]


@pytest.mark.parametrize("text", ['backend: "mine" platform: "tensorrt_plan"', 'backend: "mine" platform: "mine"'])
def test_a_backend_of_one_s_own_has_any_platform_and_file(text: str) -> None:
    assert of(text, "1/strange.file").remarks == []


@pytest.mark.parametrize(
    "text",
    [
        'platform: "tensorrt_plan" backend: "tensorrt"',
        'backend: "mine" platform: "whatever"',
        'backend: "tensorrt"',
        'platform: "torch_aoti"',
        'platform: "caffe2_netdef"',
        "platform: 'tensorrt' '_plan', max_batch_size: 8; input < name: \"x\" dims: [ 1, -1 ] >",
        'max_batch_size: 8 input [ { name: "a" data_type: TYPE_FP32 dims: [ 16 ] } ]',
        "",
    ],
)
def test_taken(text: str) -> None:
    assert of(text, "1/model.plan", "1/model.onnx").remarks == []


def test_lines_of_what_is_refused() -> None:
    assert told(of('\n\nplatform: "x"\n'))[0][:2] == ("TRT419", 3)
    assert told(of('platform: "tensorrt_plan"\r\n# c\r\nfoo: 1\r\n'))[0][:2] == ("TRT419", 3)
    assert told(of('\ufeffplatform: "tensorrt_plan"')) == []


def test_a_template_is_not_told_its_name() -> None:
    """Without version folders it is no model's folder yet."""
    assert of('name: "other" platform: "tensorrt_plan"').remarks == []


def test_words_of_tensorflow_serving() -> None:
    remark = one(of('name: "m"\nbase_path: "/models/m"\nmodel_platform: "tensorflow"'))
    assert (remark.code, remark.at.line) == ("TRT409", 2)
    assert remark.facts["words"] == "base_path, model_platform" and remark.facts["meant"] == "platform"
    assert remark.facts["file_kind"] == "config.pbtxt"
    remark = one(of('model_config_list { config { name: "m" } }'))
    assert (remark.code, remark.facts["words"]) == ("TRT409", "model_config_list")


@pytest.mark.parametrize(
    "text",
    [
        'item { id: 1 name: "car" }',
        "model { ssd { num_classes: 3 } } train_config { batch_size: 4 }",
        "hello: 3",
        "just words, no fields",
        "{{ template }}",
        '<html platform="x">',
    ],
)
def test_other_programs_have_a_config_pbtxt_too(text: str) -> None:
    reading = of(text)
    assert reading.edges == [] and reading.remarks == [] and reading.repositories == []


ACCELERATORS = """name: "m"
platform: "tensorflow_savedmodel"
%s
optimization { execution_accelerators {
  %s
} }
"""
GPU = 'gpu_execution_accelerator: [ { name: "%s" %s} ]'


def parameter(key: str, value: str) -> str:
    return f'\n  parameters {{ key: "{key}"\n value: "{value}" }} '


TF_TRT = {
    GPU % ("tensorrt", ""): [],
    GPU % ("tensorrt", parameter("precision_mode", "FP16")): [],
    GPU % ("tensorrt", parameter("max_cached_engines", "5") + parameter("minimum_segment_size", "2")): [],
    GPU % ("gpu_io", ""): [],
    GPU % ("auto_mixed_precision", ""): [],
    GPU % ("tensorrt", parameter("precision_mode", "INT8")): [
        ("precision", 7, "INT8", "unsupported precision mode 'INT8' is requested")
    ],
    GPU % ("tensorrt", parameter("precision_mode", "fp16")): [
        ("precision", 7, "fp16", "unsupported precision mode 'fp16' is requested")
    ],
    GPU % ("tensorrt", parameter("max_workspace_size", "1")): [
        ("parameter", 7, "max_workspace_size",
         "unknown parameter 'max_workspace_size' is provided for TensorRT Execution Accelerator")
    ],
    GPU % ("tensorRT", ""): [("accelerator", 5, "tensorRT", "unknown Execution Accelerator 'tensorRT' is requested")],
    'gpu_execution_accelerator { name: "tensorrt" }\ngpu_execution_accelerator { name: "auto_mixed_precision" }': [
        ("mixed", 6, "auto_mixed_precision", "Auto mixed precision can not be set with TFTRT optimization")
    ],
    'cpu_execution_accelerator { name: "openvino" }': [
        ("cpu", 5, "openvino", "CPU Execution Accelerator is not supported in TensorFlow backend")
    ],
}  # fmt: skip


@pytest.mark.parametrize("block", TF_TRT)
def test_tf_trt_inside_triton(block: str) -> None:
    reading = of(ACCELERATORS % ("", block), "1/model.savedmodel/")
    assert {remark.code for remark in reading.remarks} <= {"TRT410"}
    facts = [
        (remark.facts["kind"], remark.at.line, remark.facts["value"], remark.facts["message"])
        for remark in reading.remarks
    ]
    assert facts == TF_TRT[block]
    commented = "\n".join("# " + line for line in block.split("\n"))
    assert of(ACCELERATORS % ("", commented)).remarks == []
    other = (ACCELERATORS % ("", block)).replace("tensorflow_savedmodel", "onnxruntime_onnx")
    assert of(other, "1/model.onnx").remarks == []


def test_tf_trt_on_a_cpu_is_ignored() -> None:
    block = GPU % ("tensorrt", parameter("precision_mode", "INT8"))
    remark = one(of(ACCELERATORS % ("instance_group { kind: KIND_CPU }", block)))
    assert (remark.facts["kind"], remark.at.line) == ("cpu-instance", 5)
    assert remark.facts["message"] == "GPU Execution Accelerator will be ignored for model instance on CPU"
    mixed = "instance_group [ { kind: KIND_CPU }, { kind: KIND_GPU } ]"
    assert one(of(ACCELERATORS % (mixed, block))).facts["kind"] == "precision"


@pytest.mark.parametrize(
    ("text", "file", "line"),
    [
        ('name: "m"\nplatform: "tensorflow_savedmodel"', "1/model.savedmodel", 2),
        ('platform: "tensorrt_plan"\ndefault_model_filename: "net.plan"', "1/net.plan", 2),
        ('\nbackend: "tensorrt"', "1/model.plan", 2),
    ],
)
def test_files_that_are_missing(text: str, file: str, line: int) -> None:
    remark = one(of(text, "1/another.file"))
    assert (remark.code, remark.facts["file"], remark.at.line) == ("TRT417", file, line)
    words = f"unable to find 'repository/m/{file}' for model instance 'm_0'"
    assert remark.facts.get("message") == (words if "tensorflow" in text else None)
    assert remark.also[0][0].path == "repository/m/1"


@pytest.mark.parametrize("there", [("1/",), ("1/.gitkeep",), (), ("01/model.graphdef",)])
def test_versions_that_wait_for_their_files(there: tuple[str, ...]) -> None:
    assert of('platform: "tensorrt_plan"', *there).remarks == []


def test_only_what_is_served_is_missed() -> None:
    text = 'platform: "tensorrt_plan" version_policy { latest { num_versions: 1 } }'
    assert of(text, "1/other", "2/model.plan").remarks == []
    assert one(of(text, "1/model.plan", "3/other")).facts["file"] == "3/model.plan"


def test_what_does_not_end() -> None:
    assert [remark.code for remark in of("input { " * 300 + 'platform: "x"').remarks] in ([], ["TRT418"])
    reading = of("max_batch_size: 1\n" + "input { " * 300)
    assert [remark.code for remark in reading.remarks] == ["TRT418"]
    assert len(of('platform: "tensorrt_plan"\n' + "x: 1\n" * 50_000).remarks) <= 20


@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    tree = Tree(["."])
    read(text, "config.pbtxt", tree)
    read('platform: "tensorflow_savedmodel" ' + text, "config.pbtxt", tree)
    read("optimization { execution_accelerators { gpu_execution_accelerator { " + text, "config.pbtxt", tree)


def test_a_config_of_another_name_is_read() -> None:
    """--model-config-name=NAME has Triton read configs/NAME.pbtxt in its place."""
    of('platform: "tensorrt_plan"\nmax_batch: 8', "1/model.plan", path="repository/m/config.pbtxt")
    other = Path("repository/m/configs/small.pbtxt")
    other.parent.mkdir()
    other.write_text('platform: "tensorrt_plan"\n\nmax_batch: 8')
    found = files.read(str(other), Tree(["."]))
    assert found is not None and [(remark.code, remark.at.line) for remark in found.remarks] == [("TRT419", 3)]
    other.write_text("item { id: 1 name: 'cat' }")
    found = files.read(str(other), Tree(["."]))
    assert found is not None and found.remarks == [] and found.edges == []


def test_a_byte_order_mark_is_refused() -> None:
    """TextFormat of protobuf 5.28.3 (C++): "Expected identifier, got: \\xef"."""
    of('platform: "tensorrt_plan"', "1/model.plan")
    path = Path("repository/m/config.pbtxt")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    found = files.read(str(path), Tree(["."]))
    assert found is not None
    assert told(found) == [("TRT419", 1, "failed to read text proto from repository/m/config.pbtxt")]
    assert paths(found) == ["repository/m/1/model.plan"]


@pytest.mark.parametrize("name", ["x", "../../../../x"])
def test_remarks_are_bounded(name: str) -> None:
    entries = "".join(f'cc_model_filenames {{ key: "{at}" value: "{name}{at}" }}\n' for at in range(1_000))
    assert len(of(f'platform: "tensorrt_plan"\n{entries}', "1/model.plan").remarks) == 200
