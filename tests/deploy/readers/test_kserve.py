"""KServe, Seldon, Azure ML and Vertex AI -> edges and containers."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("yaml")

from pytest_trt.deploy.edge import Edge
from pytest_trt.deploy.join import join
from pytest_trt.deploy.readers import yaml
from pytest_trt.deploy.reading import Reading
from pytest_trt.deploy.tree import Tree

DATA = Path(__file__).parents[2] / "data/deploy/kserve/samples"
EXAMPLES = "gs://kfserving-examples/models/"
FLOWERS = EXAMPLES + "tensorflow/flowers"
TFS, TRITON = "tensorflow-serving", "triton"


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)

    def of(text: str, path: str = "s.yaml", **others: str) -> Reading:
        for name, content in {path: text, **others}.items():
            (tmp_path / name).write_text(content)
        reading = yaml.read(text, path, Tree(["."]))
        assert reading is not None
        return reading

    return of


def only(reading: Reading) -> Edge:
    assert len(reading.edges) == 1
    return reading.edges[0]


def service(predictor: str, group: str = "serving.kserve.io/v1beta1", meta: str = "") -> str:
    head = f"apiVersion: {group}\nkind: InferenceService\nmetadata: {{name: n{meta}}}\n"
    return head + f"spec:\n  predictor: {{{predictor}}}\n"


# name of the sample -> (line, family, image, model, uri, gpu, capability)
REAL = {
    "accelerator.yaml": (10, TFS, "tensorflow/serving:1.11.0-gpu", "tensorflow-gpu", FLOWERS, True, "7.5"),
    "bert_v1beta1.yaml": (
        23, TRITON, "nvcr.io/nvidia/tritonserver:23.10-py3", None, EXAMPLES + "triton/bert", None, None,
    ),
    "canary.yaml": (9, TFS, "tensorflow/serving:2.6.2", "flower-sample", FLOWERS + "-2", None, None),
    "gpu.yaml": (8, TFS, "tensorflow/serving:2.6.2-gpu", "tensorflow-gpu", FLOWERS, True, None),
    "grpc.yaml": (8, TFS, "tensorflow/serving:2.6.2", "flower-grpc", FLOWERS, None, None),
    "multi_model_triton.yaml": (8, TRITON, "nvcr.io/nvidia/tritonserver:23.05-py3", None, None, None, None),
    "tensorflow.yaml": (11, TFS, "tensorflow/serving:2.6.2", "flower-sample", FLOWERS, None, None),
    "torchscript.yaml": (
        8, TRITON, "nvcr.io/nvidia/tritonserver:21.08-py3", None, EXAMPLES + "torchscript", None, None,
    ),
    "uri.yaml": (
        8, TFS, "tensorflow/serving:2.6.2", "tensorflow-from-uri",
        "https://raw.githubusercontent.com/tduffy000/kfserving-uri-examples/master/tensorflow/frozen/model_artifacts.tar.gz",
        None, None,
    ),
    "versioning.yaml": (8, TFS, "tensorflow/serving:v1.14", "tensorflow-versioning", FLOWERS, None, None),
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_real_services(name: str) -> None:
    path = (DATA / name).as_posix()
    tree = Tree([DATA.as_posix()])
    reading = yaml.read(tree.read(path), path, tree)
    assert reading is not None and reading.kind == "kserve"
    assert not reading.containers
    edge = only(reading)
    server = edge.server
    assert (
        edge.at.line, server.family, server.image.text, edge.model, edge.uri, server.gpu, server.capability,
    ) == REAL[name]  # fmt: skip
    assert edge.inside == "/mnt/models"
    assert edge.shape == ("base path" if server.family == TFS else "model repository")
    assert [each.code for each in reading.remarks] == (["TRT418"] if edge.uri is None else [])


def test_a_real_runtime() -> None:
    path = (DATA / "runtime.yaml").as_posix()
    tree = Tree([DATA.as_posix()])
    reading = yaml.read(tree.read(path), path, tree)
    assert reading is not None
    (container,) = reading.containers
    assert container.image.text == "tensorflow-serving:replace"
    assert container.args is not None
    assert container.args[0].text is None
    assert container.args[3].text == "--model_base_path=/mnt/models"
    edges, _ = join([reading], tree)
    assert [(edge.server.family, edge.inside, edge.paths) for edge in edges] == [(TFS, "/mnt/models", ())]
    assert "InferenceServices that use this runtime" in edges[0].unknown


def test_every_real_sample_is_expected() -> None:
    assert sorted([*REAL, "runtime.yaml"]) == sorted(path.name for path in DATA.iterdir())


@pytest.mark.parametrize(
    ("node", "image"),
    [
        ("storageUri: 's3://b/m'", "tensorflow/serving:2.6.2"),
        ("storageUri: 's3://b/m', resources: {limits: {nvidia.com/mig-1g.5gb: 1}}", "tensorflow/serving:2.6.2-gpu"),
        ("storageUri: 's3://b/m', resources: {requests: {nvidia.com/gpu: 1}}", "tensorflow/serving:2.6.2"),
        ("storageUri: 's3://b/m', runtimeVersion: 2.18.0", "tensorflow/serving:2.18.0"),
        (
            "storageUri: 's3://b/m', image: 'x/tensorflow/serving:2.9.0', resources: {limits: {nvidia.com/gpu: 1}}",
            "x/tensorflow/serving:2.9.0-gpu",
        ),
        (
            "storageUri: 's3://b/m', image: 'tensorflow/serving@sha256:ab', resources: {limits: {nvidia.com/gpu: 1}}",
            "tensorflow/serving@sha256:ab",
        ),
        ("storageUri: 's3://b/m', image: 'r.io:5000/tensorflow/serving', runtimeVersion: "
            "2.5.1", "r.io:5000/tensorflow/serving:2.5.1"),
        ("storageUri: 's3://b/m', image: tensorflow/serving, resources: {limits: {nvidia.com/gpu: "
            "1}}", "tensorflow/serving"),
    ],
)  # fmt: skip
def test_tags(read, node: str, image: str) -> None:  # type: ignore[no-untyped-def]
    assert only(read(service(f"tensorflow: {{{node}}}"))).server.image.text == image


@pytest.mark.parametrize(
    ("version", "limits", "message"),
    [
        (
            "2.5.1",
            "{nvidia.com/gpu: 1}",
            "Tensorflow RuntimeVersion is not GPU enabled but GPU resources are requested",
        ),
        ("2.5.1-gpu", "{cpu: 1}", "Tensorflow RuntimeVersion is GPU enabled but GPU resources are not requested"),
        ("2.5.1-gpu", "{nvidia.com/gpu: 1}", None),
        ("2.5.1", "{}", None),
    ],
)
def test_versions_that_the_webhook_refuses(read, version: str, limits: str, message: str | None) -> None:  # type: ignore[no-untyped-def]
    node = f"storageUri: 's3://b/m',\n   runtimeVersion: {version}, resources: {{limits: {limits}}}"
    remarks = read(service(f"tensorflow: {{{node}}}")).remarks
    expected = [] if message is None else [("TRT422", 6, {"version": version, "message": message})]
    assert [(each.code, each.at.line, each.facts) for each in remarks] == expected
    # The check was written for predictor.tensorflow only.
    node = f"modelFormat: {{name: tensorflow}}, {node}"
    assert read(service(f"model: {{{node}}}")).remarks == []


@pytest.mark.parametrize(
    ("node", "family"),
    [
        ("modelFormat: {name: tensorflow}", TFS),
        ("modelFormat: {name: tensorflow}, protocolVersion: v2", TRITON),
        ("modelFormat: {name: tensorflow}, protocolVersion: grpc-v1", TFS),
        ("modelFormat: {name: triton}", TRITON),
        ("modelFormat: {name: tensorrt}, protocolVersion: v2", TRITON),
        ("modelFormat: {name: tensorrt}, runtime: kserve-tritonserver", TRITON),
        ("modelFormat: {name: pytorch}, runtime: kserve-tritonserver", TRITON),
        ("modelFormat: {name: sklearn}", None),
    ],
)
def test_routing(read, tmp_path: Path, node: str, family: str | None) -> None:  # type: ignore[no-untyped-def]
    text = service(f"model: {{{node}, storageUri: 's3://b/m'}}")
    if family is None:
        assert yaml.read(text, "s.yaml", Tree([str(tmp_path)])) is None
    else:
        assert only(read(text)).server.family == family


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ("modelFormat: {name: tensorrt}", "say protocolVersion: v2"),
        ("modelFormat: {name: tensorflow}, runtime: ours", "runtime ours is not in the files"),
    ],
)
def test_what_has_no_runtime(read, node: str, words: str) -> None:  # type: ignore[no-untyped-def]
    reading = read(service(f"model: {{{node}, storageUri: 's3://b/m'}}"))
    assert not reading.edges
    assert [each.code for each in reading.remarks] == ["TRT418"]
    assert words in reading.remarks[0].facts["why"]


RUNTIME = """\
apiVersion: serving.kserve.io/v1alpha1
kind: ServingRuntime
metadata:
  name: ours
spec:
  supportedModelFormats: [{name: tensorflow, version: "2", autoSelect: true}]
  protocolVersions: [v1]
  containers:
    - name: kserve-container
      image: tensorflow/serving:2.17.0-gpu
      command: [tensorflow_model_server]
      args: ["--model_name={{.Name}}", "--model_base_path=/mnt/models", "--port=9000"]
"""


@pytest.mark.parametrize("runtime", ["runtime: ours, ", ""])
def test_a_runtime_of_the_files(read, runtime: str) -> None:  # type: ignore[no-untyped-def]
    node = f"modelFormat: {{name: tensorflow}}, {runtime}storageUri: 's3://b/m', args: [--enable_batching]"
    reading = read(RUNTIME + "---\n" + service(f"model: {{{node}}}"))
    (container,) = reading.containers
    assert [word.text for word in container.args or []] == [
        "--model_name=n", "--model_base_path=/mnt/models", "--port=9000", "--enable_batching",
    ]  # fmt: skip
    edges, _ = join([reading], Tree(["."]))
    assert [(edge.model, edge.uri, edge.server.image.text) for edge in edges] == [
        ("n", "s3://b/m", "tensorflow/serving:2.17.0-gpu")
    ]


def test_a_runtime_of_another_file_and_its_tag(read) -> None:  # type: ignore[no-untyped-def]
    node = "modelFormat: {name: tensorflow}, runtime: ours, storageUri: 's3://b/m', runtimeVersion: 2.16.1-gpu"
    (container,) = read(service(f"model: {{{node}}}"), **{"runtime.yaml": RUNTIME}).containers
    assert container.image.text == "tensorflow/serving:2.16.1-gpu"


def test_flags_that_move_the_models(read) -> None:  # type: ignore[no-untyped-def]
    node = "storageUri: 's3://b/m', args: [--model_base_path=/mnt/models/export, --model_name=x]"
    reading = read(service(f"tensorflow: {{{node}}}"))
    assert not reading.edges
    edges, _ = join([reading], Tree(["."]))
    assert [(edge.model, edge.uri, edge.server.image.text) for edge in edges] == [
        ("x", "s3://b/m/export", "tensorflow/serving:2.6.2")
    ]


def test_containers_of_a_predictor(read) -> None:  # type: ignore[no-untyped-def]
    node = (
        "nodeSelector: {cloud.google.com/gke-accelerator: nvidia-l4}, containers: [{name: c, image: "
        "'tritonserver:24.05-py3', "
        "command: [tritonserver, --model-repository=/mnt/models], env: [{name: STORAGE_URI, value: 's3://b/r'}]}]"
    )
    edges, _ = join([read(service(node))], Tree(["."]))
    assert [(edge.uri, edge.server.capability) for edge in edges] == [("s3://b/r", "8.9")]


@pytest.mark.parametrize(
    ("uri", "paths", "unknown"),
    [
        ("pvc://claim/m", (), True),
        ("file:///srv/m", ("/srv/m",), False),
        ("models/m", ("models/m",), False),
        ("{{ uri }}", (), True),
    ],
)
def test_storage(read, uri: str, paths: tuple[str, ...], unknown: bool) -> None:  # type: ignore[no-untyped-def]
    edge = only(read(service(f"tensorflow: {{storageUri: '{uri}'}}")))
    assert (edge.paths, bool(edge.unknown), edge.uri) == (paths, unknown, None)


def test_kfserving(read) -> None:  # type: ignore[no-untyped-def]
    text = (
        "apiVersion: serving.kubeflow.org/v1alpha2\nkind: InferenceService\nmetadata: {name: n}\nspec:\n"
        "  default: {predictor: {tensorflow: {storageUri: 's3://b/1', resources: {limits: {nvidia.com/gpu: 1}}}}}\n"
        "  canary: {predictor: {triton: {storageUri: 's3://b/2'}}}\n"
    )
    one, two = read(text).edges
    assert (one.server.image.text, one.uri) == ("tensorflow/serving:1.14.0-gpu", "s3://b/1")
    assert (two.server.image.text, two.uri, two.server.family) == (None, "s3://b/2", TRITON)


def test_trained_models(read) -> None:  # type: ignore[no-untyped-def]
    model = (
        "apiVersion: serving.kserve.io/v1alpha1\nkind: TrainedModel\nmetadata: {name: m}\nspec:\n"
        "  inferenceService: n\n  model: {framework: tensorrt, storageUri: 's3://b/m'}\n"
    )
    edges = read(model + "---\n" + service("triton: {runtimeVersion: 24.05-py3}")).edges
    found = {edge.shape: edge for edge in edges}
    assert found["model"].server.image.text == "nvcr.io/nvidia/tritonserver:24.05-py3"
    assert (found["model"].model, found["model"].uri) == ("m", "s3://b/m")
    assert found["model repository"].unknown == "TrainedModels say what it serves"
    assert only(read(model)).server.image.text is None


# Seldon


def seldon(predictor: str, spec: str = "") -> str:
    head = "apiVersion: machinelearning.seldon.io/v1\nkind: SeldonDeployment\nmetadata: {name: s}\n"
    return head + f"spec:\n{spec}  predictors:\n  - {predictor}\n"


def test_seldons_own_servers(read) -> None:  # type: ignore[no-untyped-def]
    graph = (
        "{name: p, graph: {name: router, children: [{name: a, implementation: TENSORFLOW_SERVER, "
        "modelUri: 'gs://b/a'}, "
        "{name: t, implementation: TRITON_SERVER, modelUri: 'gs://b/t'}, {name: s, implementation: SKLEARN_SERVER}]}}"
    )
    one, two = read(seldon(graph)).edges
    assert (one.server.image.text, one.model, one.uri, one.shape) == (
        "tensorflow/serving:2.1.0",
        "a",
        "gs://b/a",
        "base path",
    )
    assert (two.server.image.text, two.uri, two.shape) == (
        "nvcr.io/nvidia/tritonserver:21.08-py3", "gs://b/t", "model repository",
    )  # fmt: skip


def test_seldons_server_with_an_image_of_ones_own(read) -> None:  # type: ignore[no-untyped-def]
    predictor = (
        "{graph: {name: a, implementation: TENSORFLOW_SERVER, modelUri: 'gs://b/a'}, componentSpecs: "
        "[{spec: {containers: "
        "[{name: a, image: 'tensorflow/serving:2.17.0-gpu', resources: {limits: {nvidia.com/gpu: 1}}}]}}]}"
    )
    edge = only(read(seldon(predictor, "  protocol: tensorflow\n")))
    assert (edge.server.image.text, edge.server.gpu) == ("tensorflow/serving:2.17.0-gpu", True)
    # With Seldon's protocol the container of that name is the proxy.
    assert only(read(seldon(predictor))).server.image.text == "tensorflow/serving:2.1.0"


def test_seldon_2(read) -> None:  # type: ignore[no-untyped-def]
    text = (
        "apiVersion: mlops.seldon.io/v1alpha1\nkind: Model\nmetadata: {name: m}\n"
        "spec: {storageUri: 'gs://b/m', requirements: [tensorflow]}\n"
    )
    edge = only(read(text))
    assert (edge.server.image.text, edge.shape) == ("nvcr.io/nvidia/tritonserver:23.03-py3", "model")


# Azure ML and Vertex AI

AZURE = """\
$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
name: tfserving-deployment
model:
  name: tfserving-mounted
  version: {{MODEL_VERSION}}
  path: ./half_plus_two
environment_variables:
  MODEL_BASE_PATH: /var/azureml-app/azureml-models/tfserving-mounted/{{MODEL_VERSION}}
  MODEL_NAME: half_plus_two
environment:
  image: docker.io/tensorflow/serving:latest
"""


def test_azure_mounts_the_registered_model(read) -> None:  # type: ignore[no-untyped-def]
    edges, remarks = join([read(AZURE)], Tree(["."]))
    assert [(edge.model, edge.paths[0], edge.at.line) for edge in edges] == [("half_plus_two", "half_plus_two", 6)]
    assert [each.code for each in remarks] == ["TRT403"]


def test_azures_triton_without_an_image(read) -> None:  # type: ignore[no-untyped-def]
    text = "name: d\nendpoint_name: e\nmodel: {name: m, version: 1, path: ./models, type: triton_model}\n"
    edge = only(read(text))
    assert (edge.server.image.text, edge.paths, edge.shape) == (None, ("models",), "model repository")


def test_vertex(read) -> None:  # type: ignore[no-untyped-def]
    text = (
        '{"displayName": "d", "artifactUri": "gs://b/m/1",\n'
        '"containerSpec": {"imageUri": "us-docker.pkg.dev/vertex-ai/prediction/tf2-gpu.2-15:latest"}}'
    )
    edge = only(read(text))
    assert (edge.uri, edge.shape, edge.server.gpu, edge.server.image.at.line) == ("gs://b/m/1", "artifact", True, 2)
    reading = read("artifactUri: gs://b/m\ncontainerSpec: {imageUri: 'tensorflow/serving:2.19.0', args: [--port=1]}\n")
    assert [container.image.text for container in reading.containers] == ["tensorflow/serving:2.19.0"]


@pytest.mark.parametrize(
    "text",
    [
        service("tensorflow: [x], triton: 3, model: x, containers: x"),
        service("tensorflow: {storageUri: [x], runtimeVersion: {a: b}, args: {x: y}, resources: [nvidia.com/gpu]}"),
        service("model: {modelFormat: [x], runtime: [y], protocolVersion: {}}, triton: {}"),
        seldon("{graph: {name: [x], implementation: [y], children: z}, componentSpecs: [x]}"),
        seldon("&p {graph: &g {name: a, implementation: TENSORFLOW_SERVER, children: [*g, *g]}}"),
        "kind: TrainedModel\napiVersion: serving.kserve.io/v1alpha1\nspec: {inferenceService: [x], "
        "model: [tensorflow]}\n",
        "kind: ServingRuntime\napiVersion: serving.kserve.io/v1alpha1\nspec: {containers: [x, {args: "
        "['{{.Name}}{{.X}}']}]}\n",
        "$schema: OnlineDeployment\nmodel: x\nenvironment: image\nenvironment_variables: [tensorflow]\n",
        "containerSpec: {imageUri: [model-image], env: [x]}\n",
    ],
)
def test_hostile_objects_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    reading = yaml.read(text, "s.yaml", Tree(["."]))
    join([reading] if reading else [], Tree(["."]))


WITH_FORMAT = (
    "apiVersion: serving.kserve.io/v1alpha1\nkind: ClusterServingRuntime\nmetadata: {name: mine}\nspec:\n"
    "  supportedModelFormats: [{name: tensorflow, autoSelect: true}]\n  containers:\n"
    "  - {name: kserve-container, image: 'tensorflow/serving:2.18.0-gpu', command: [tensorflow_model_server],"
    " args: ['--model_name={{.Name}}', --model_base_path=/mnt/models]}\n"
)


def test_a_runtime_that_is_disabled_is_not_chosen(read) -> None:  # type: ignore[no-untyped-def]
    wanted = service("model: {modelFormat: {name: tensorflow}, storageUri: 'gs://b/m'}")
    chosen = read(f"{WITH_FORMAT}---\n{wanted}")
    assert [container.image.text for container in chosen.containers] == ["tensorflow/serving:2.18.0-gpu"]
    disabled = read(WITH_FORMAT.replace("spec:\n", "spec:\n  disabled: true\n") + f"---\n{wanted}")
    assert not disabled.containers
    assert only(disabled).server.image.text == "tensorflow/serving:2.6.2"


def test_a_runtime_of_a_folder_beside(tmp_path: Path, read) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / ".git").mkdir()
    for folder in ("runtimes", "services", "more"):
        (tmp_path / folder).mkdir()
    (tmp_path / "runtimes/r.yaml").write_text(WITH_FORMAT)
    wanted = service("model: {modelFormat: {name: tensorflow}, runtime: mine, storageUri: 'gs://b/m'}")
    found = read(wanted, "services/s.yaml")
    assert [container.image.text for container in found.containers] == ["tensorflow/serving:2.18.0-gpu"]
    (tmp_path / "more/r.yaml").write_text(WITH_FORMAT.replace("2.18.0-gpu", "2.17.0"))
    assert [remark.code for remark in read(wanted, "services/s.yaml").remarks] == ["TRT418"]  # one of two
