"""Kubernetes manifests -> containers and ConfigMaps."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("yaml")

from pytest_trt.deploy.edge import Edge, Said
from pytest_trt.deploy.join import join
from pytest_trt.deploy.readers import yaml
from pytest_trt.deploy.reading import Container, Mount, Reading
from pytest_trt.deploy.scope import UNKNOWN, shape
from pytest_trt.deploy.tree import Tree

DATA = Path(__file__).parents[2] / "data/deploy/kubernetes"


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()

    def of(text: str, path: str = "k8s/pod.yaml", **others: str) -> Reading:
        for name, content in {path: text, **others}.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        reading = yaml.read(text, path, Tree(["."]))
        assert reading is not None
        return reading

    return of


def only(reading: Reading) -> Container:
    assert len(reading.containers) == 1
    return reading.containers[0]


def texts(words: list[Said] | None) -> list[str | None] | None:
    return None if words is None else [word.text for word in words]


def shown(mount: Mount) -> tuple[str, str, str | None]:
    return mount.target, mount.kind, mount.source.text


def pod(container: str, spec: str = "") -> str:
    """A pod of one container of TensorFlow Serving, with more of its own and of the spec."""
    return (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n    - name: serving\n"
        f"      image: tensorflow/serving:2.19.0-gpu\n{container}{spec}"
    )


# Real manifests: what they say, read by hand.

REAL = {
    "nemesis/deployment.yaml": [("tensorflow-serving", 23, None, None, [], None)],
    "tensorrt-laboratory/deploy.yml": [
        (
            "nvcr.io/nvidia/tensorrtserver:19.02-py3",
            21,
            ["trtserver", "--model-store=/tmp/models"],
            [],
            [("/tmp/models", "host", "/shared/trtis/example-model-store")],
            26,
        )
    ],
    "tf-serving-k8s-tutorial/k8s_resnet_serving_solution.yaml": [
        (
            None,
            30,
            ["/usr/bin/tensorflow_model_server"],
            ["--port=9000", "--model_name=resnet", "--model_base_path=/resnet_servable/"],
            [],
            None,
        )
    ],
    "tf-serving-k8s-tutorial/k8s_resnet_serving_template.yaml": [
        (
            None,
            30,
            ["/usr/bin/tensorflow_model_server"],
            ["--port=9000", "--model_name=resnet", "--model_base_path="],
            [],
            None,
        )
    ],
}


@pytest.mark.parametrize("name", REAL)
def test_real_manifests(name: str) -> None:
    path = (DATA / name).as_posix()
    tree = Tree([DATA.as_posix()])
    reading = yaml.read(tree.read(path), path, tree)
    assert reading is not None
    assert reading.kind == "kubernetes"
    assert not reading.remarks
    assert [
        (
            container.image.text,
            container.image.at.line,
            texts(container.entrypoint),
            texts(container.args),
            [shown(mount) for mount in container.mounts],
            container.gpu_at and container.gpu_at.line,
        )
        for container in reading.containers
    ] == REAL[name]


def test_every_real_manifest_is_expected() -> None:
    assert sorted(REAL) == sorted(
        path.relative_to(DATA).as_posix() for path in DATA.rglob("*") if path.suffix in (".yaml", ".yml")
    )


# Where pods are.


@pytest.mark.parametrize(
    ("kind", "around"),
    [
        ("Pod", "spec: %s"),
        ("Deployment", "spec: {template: {spec: %s}}"),
        ("StatefulSet", "spec: {template: {spec: %s}}"),
        ("DaemonSet", "spec: {template: {spec: %s}}"),
        ("ReplicaSet", "spec: {template: {spec: %s}}"),
        ("Job", "spec: {template: {spec: %s}}"),
        ("CronJob", "spec: {jobTemplate: {spec: {template: {spec: %s}}}}"),
        ("DeploymentConfig", "spec: {template: {spec: %s}}"),
        ("Rollout", "spec: {template: {spec: %s}}"),
        ("Service", "spec: {template: {spec: %s}}"),
        ("PodTemplate", "template: {spec: %s}"),
    ],
)
def test_kinds_that_make_pods(read, kind: str, around: str) -> None:  # type: ignore[no-untyped-def]
    spec = "{containers: [{name: c, image: 'tensorflow/serving:2.19.0'}]}"
    container = only(read(f"apiVersion: x\nkind: {kind}\nmetadata: {{name: n}}\n{around % spec}\n"))
    assert container.image.text == "tensorflow/serving:2.19.0"
    assert container.why == f"container c of {kind} n"


def test_lists_and_templates_of_openshift(read) -> None:  # type: ignore[no-untyped-def]
    inner = (
        "{kind: Pod, metadata: {name: model}, spec: {containers: [{name: c, image: "
        "'${IMAGE}:${TAG}', args: ['${NO}']}]}}"
    )
    template = (
        f"kind: Template\nobjects:\n- {inner}\nparameters:\n- {{name: IMAGE, value: tensorflow/serving}}\n"
        "- {name: TAG, value: 2.18.0}\n- {name: NO}\n"
    )
    container = only(read(template))
    assert container.image.text == "tensorflow/serving:2.18.0"
    assert texts(container.args) == [None]
    assert container.args is not None and "NO" in container.args[0].why
    listed = "apiVersion: v1\nkind: List\nitems:\n- kind: PodList\n  items:\n  - " + inner + "\n"
    image = only(read(listed)).image
    assert image.text is None and shape(image) == f"{UNKNOWN}:{UNKNOWN}" and "${IMAGE}" in image.why


def test_json(read) -> None:  # type: ignore[no-untyped-def]
    text = '{"kind": "Pod", "spec": {"containers": [\n{"name": "c", "image": "tensorflow/serving:2.19.0"}]}}'
    container = only(read(text, "pod.json"))
    assert container.image.at.line == 2


# Words and environment.


def test_words_and_variables(read) -> None:  # type: ignore[no-untyped-def]
    container = only(
        read(
            pod(
                "      args: ['--model_name=$(NAME)', '--a=$(UNSET)', '--b=$$(NAME)', '--c=$(SECRET)x']\n"
                "      env:\n        - {name: NAME, value: resnet}\n        - {name: MODEL_NAME, value: $(NAME)}\n"
                "        - {name: EMPTY}\n        - name: SECRET\n          valueFrom: "
                "{secretKeyRef: {name: s, key: k}}\n"
            )
        )
    )
    assert container.entrypoint is None
    assert container.args is not None
    assert texts(container.args) == ["--model_name=resnet", "--a=$(UNSET)", "--b=$(NAME)", None]
    assert shape(container.args[3]) == f"--c={UNKNOWN}x"
    assert "secretKeyRef" in container.args[3].why
    assert container.env["MODEL_NAME"].text == "resnet"
    assert container.env["EMPTY"].text == ""
    assert container.env["SECRET"].text is None


def test_a_command_puts_the_images_arguments_aside(read) -> None:  # type: ignore[no-untyped-def]
    container = only(read(pod("      command: [tensorflow_model_server]\n")))
    assert texts(container.entrypoint) == ["tensorflow_model_server"]
    assert container.args == []


def test_config_maps_give_variables(read) -> None:  # type: ignore[no-untyped-def]
    text = pod(
        "      envFrom:\n        - configMapRef: {name: here}\n        - {prefix: P_, configMapRef: {name: beside}}\n"
        "      env:\n        - name: K\n          valueFrom: {configMapKeyRef: {name: here, key: A}}\n"
        "        - name: MODEL_NAME\n          value: own\n"
    )
    text += "---\nkind: ConfigMap\nmetadata: {name: here}\ndata: {A: a, MODEL_NAME: theirs}\n"
    beside = "kind: ConfigMap\nmetadata: {name: beside}\ndata:\n  B: b\n"
    env = only(read(text, **{"k8s/cm.yaml": beside})).env
    assert {name: value.text for name, value in env.items()} == {
        "A": "a", "MODEL_NAME": "own", "P_B": "b", "K": "a",
    }  # fmt: skip
    assert env["P_B"].at.path == "k8s/cm.yaml"


def test_a_config_map_that_is_not_there_leaves_names_open(read) -> None:  # type: ignore[no-untyped-def]
    env = only(read(pod("      envFrom: [{configMapRef: {name: gone}}]\n"))).env
    assert env["MODEL_NAME"].text is None
    assert "gone" in env["MODEL_NAME"].why
    assert "MODEL_NAME" not in only(read(pod("      envFrom: [{secretRef: {name: gone}}]\n"))).env


# Volumes.


def mounted(read, volume: str, mount: str = "mountPath: /models", more: str = "") -> list[tuple[str, str, str | None]]:  # type: ignore[no-untyped-def]
    text = pod(f"      volumeMounts: [{{name: v, {mount}}}]\n", f"  volumes: [{{name: v, {volume}}}]\n") + more
    return [shown(each) for each in only(read(text)).mounts]


@pytest.mark.parametrize(
    ("volume", "mount", "expected"),
    [
        ("hostPath: {path: /srv/m}", "mountPath: /models", [("/models", "host", "/srv/m")]),
        ("hostPath: {path: /srv/m/}", "mountPath: /models, subPath: a/b", [("/models", "host", "/srv/m/a/b")]),
        ("nfs: {server: s, path: /x}", "mountPath: /models", [("/models", "uri", "nfs://s/x")]),
        (
            "csi: {driver: gcsfuse.csi.storage.gke.io, volumeAttributes: {bucketName: b}}",
            "mountPath: /models",
            [("/models", "uri", "gs://b")],
        ),
        (
            "csi: {driver: gcsfuse.csi.storage.gke.io, volumeAttributes: {bucketName: b, "
                "mountOptions: 'ro,only-dir=m/n'}}",
            "mountPath: /models",
            [("/models", "uri", "gs://b/m/n")],
        ),
        ("csi: {driver: x.y}", "mountPath: /models", [("/models", "volume", None)]),
        ("emptyDir: {}", "mountPath: /models", [("/models", "volume", None)]),
        ("persistentVolumeClaim: {claimName: c}", "mountPath: /models", [("/models", "volume", "c")]),
        ("configMap: {name: m}", "mountPath: /etc/m", [("/etc/m", "configmap", "m")]),
        ("configMap: {name: m}", "mountPath: /etc/x.config, subPath: k", [("/etc/x.config", "configmap", "m/k")]),
        (
            "configMap: {name: m, items: [{key: k, path: a/models.config}]}",
            "mountPath: /etc/m",
            [("/etc/m/a/models.config", "configmap", "m/k")],
        ),
        (
            "configMap: {name: m, items: [{key: k, path: f}, {key: l, path: g}]}",
            "mountPath: /etc/f, subPath: f",
            [("/etc/f", "configmap", "m/k")],
        ),
        (
            "projected: {sources: [{configMap: {name: m}}, {secret: {name: s}}, {configMap: {name: "
                "n, items: [{key: k, path: p}]}}]}",
            "mountPath: /etc/m",
            [("/etc/m", "configmap", "m"), ("/etc/m/p", "configmap", "n/k")],
        ),
        ("image: {reference: 'x:1'}", "mountPath: /models", [("/models", "volume", None)]),
        ("hostPath: {path: /m}", "mountPath: /models, subPathExpr: $(POD)", [("/models", "volume", None)]),
    ],
)  # fmt: skip
def test_volumes(read, volume: str, mount: str, expected: list[tuple[str, str, str | None]]) -> None:  # type: ignore[no-untyped-def]
    assert mounted(read, volume, mount) == expected


def test_a_claim_that_the_files_bind(read) -> None:  # type: ignore[no-untyped-def]
    more = (
        "---\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {volumeName: pv}\n"
        "---\nkind: PersistentVolume\nmetadata: {name: pv}\nspec: {hostPath: {path: /data}}\n"
    )
    assert mounted(read, "persistentVolumeClaim: {claimName: c}", more=more) == [("/models", "host", "/data")]
    more = (
        "---\nkind: PersistentVolume\nmetadata: {name: pv}\nspec: {claimRef: {name: d}, nfs: {server: s, path: /y}}\n"
    )
    assert mounted(read, "persistentVolumeClaim: {claimName: d}", more=more) == [("/models", "uri", "nfs://s/y")]


def test_config_maps_hold_models_configs(read) -> None:  # type: ignore[no-untyped-def]
    text = pod(
        "      args: [--model_config_file=/etc/tf/models.config]\n"
        "      volumeMounts: [{name: c, mountPath: /etc/tf}, {name: m, mountPath: /models}]\n",
        "  volumes:\n    - {name: c, configMap: {name: config}}\n    - {name: m, hostPath: {path: /srv}}\n"
        "---\nkind: ConfigMap\nmetadata: {name: config}\ndata:\n  models.config: |\n    model_config_list {\n"
        "      config { name: 'r' base_path: '/models/r' model_platform: 'tensorflow' }\n    }\n",
    )
    reading = read(text)
    assert reading.config_maps["config"]["models.config"].at.line == 18
    edges, _ = join([reading], Tree(["."]))
    assert [(edge.model, edge.paths) for edge in edges] == [("r", ("/srv/r",))]


# Init containers.


def initial(read, container: str, mount: str = "mountPath: /models") -> list[tuple[str, str, str | None]]:  # type: ignore[no-untyped-def]
    text = pod(
        f"      volumeMounts: [{{name: v, {mount}}}]\n",
        f"  initContainers:\n    - {{name: get, volumeMounts: [{{name: v, mountPath: /out}}], {container}}}\n"
        "  volumes: [{name: v, emptyDir: {}}]\n",
    )
    return [shown(each) for each in only(read(text)).mounts if each.kind == "uri"]


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ("command: [aws, s3, sync, 's3://b/models', /out]", [("/models", "uri", "s3://b/models")]),
        (
            "image: amazon/aws-cli, args: [s3, cp, --recursive, 's3://b/m', /out/m]",
            [("/models/m", "uri", "s3://b/m")],
        ),
        ("command: [aws, s3, cp, '--region', eu, --recursive, 's3://b/m', /out/m]", [("/models/m", "uri", "s3://b/m")]),
        ("command: [aws, s3, cp, 's3://b/m.tar', /out/]", [("/models/m.tar", "uri", "s3://b/m.tar")]),
        ("command: [gsutil, -m, cp, -r, 'gs://b/m/resnet', /out]", [("/models/resnet", "uri", "gs://b/m/resnet")]),
        ("command: [gsutil, -m, cp, -r, 'gs://b/m/*', /out/x]", [("/models/x", "uri", "gs://b/m")]),
        ("command: [gsutil, cp, -r, 'gs://b/m', /out/x]", []),
        ("command: [gcloud, storage, rsync, --recursive, 'gs://b/m', /out]", [("/models", "uri", "gs://b/m")]),
        (
            'command: [sh, -c, "set -e; mkdir -p /out/r && gsutil -q rsync -r gs://$BUCKET/r '
                '/out/r"], env: [{name: BUCKET, value: b}]',
            [("/models/r", "uri", "gs://b/r")],
        ),
        ("command: [sh, -c, 'aws s3 sync s3://$UNSET/m /out']", []),
        (
            "image: 'kserve/storage-initializer:v0.11.0', args: ['s3://b/m', /out]",
            [("/models", "uri", "s3://b/m")],
        ),
        ("command: [wget, 'https://x/m.tar', -O, /out/m.tar]", []),
        ("command: [aws, s3, sync, 's3://b/m', /elsewhere]", []),
    ],
)  # fmt: skip
def test_what_init_containers_fetch(read, container: str, expected: list[tuple[str, str, str | None]]) -> None:  # type: ignore[no-untyped-def]
    assert initial(read, container) == expected


def test_fetched_into_a_part_of_a_volume(read) -> None:  # type: ignore[no-untyped-def]
    command = "command: [aws, s3, sync, 's3://b/models', /out]"
    assert initial(read, command, "mountPath: /m, subPath: resnet") == [("/m", "uri", "s3://b/models/resnet")]
    command = "command: [aws, s3, sync, 's3://b/models', /out/resnet]"
    assert initial(read, command, "mountPath: /m, subPath: resnet") == [("/m", "uri", "s3://b/models")]
    assert initial(read, command, "mountPath: /m, subPath: other") == []


def test_what_fills_a_volume_is_said(read) -> None:  # type: ignore[no-untyped-def]
    text = pod(
        "      volumeMounts: [{name: v, mountPath: /models}, {name: v, mountPath: /tmp, subPath: t}]\n",
        "  initContainers: [{name: get, command: [python, get.py], volumeMounts: [{name: v, "
        "mountPath: /o, subPath: s}]}]\n"
        "  volumes: [{name: v, emptyDir: {}}]\n",
    )
    models, tmp = only(read(text)).mounts
    assert models.source.why == "init container get fills it; with what, cannot be told from its command"
    assert tmp.source.why == "volume v is empty at first"


# GPUs.


@pytest.mark.parametrize(
    ("container", "spec", "gpu", "capability"),
    [
        ("      resources: {limits: {nvidia.com/gpu: 1}}\n", "", True, None),
        ("      resources: {limits: {nvidia.com/gpu: 0}}\n", "", False, None),
        ("      resources: {requests: {nvidia.com/mig-1g.5gb: 1}}\n", "", True, None),
        ("      resources: {limits: {cpu: 1}}\n", "", None, None),
        ("", "  runtimeClassName: nvidia\n", True, None),
        ("", "  nodeSelector: {cloud.google.com/gke-accelerator: nvidia-tesla-t4}\n", None, "7.5"),
        ("", "  nodeSelector: {nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB-MIG-1g.10gb}\n", None, "8.0"),
        ("", "  nodeSelector: {nvidia.com/gpu.compute.major: '8', nvidia.com/gpu.compute.minor: '9'}\n", None, "8.9"),
        ("", "  nodeSelector: {disk: ssd, node.kubernetes.io/instance-type: g5.xlarge}\n", None, "8.6"),
        ("", "  nodeSelector: {disk: nvidia-l4}\n", None, None),
        (
            "",
            "  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
                "{nodeSelectorTerms: [{matchExpressions: "
            "[{key: karpenter.k8s.aws/instance-gpu-name, operator: In, values: [l4, l40s]}]}]}}}\n",
            None,
            "8.9",
        ),
        (
            "",
            "  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
                "{nodeSelectorTerms: [{matchExpressions: "
            "[{key: karpenter.k8s.aws/instance-gpu-name, operator: In, values: [l4, t4]}]}]}}}\n",
            None,
            None,
        ),
        (
            "",
            "  affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
                "{nodeSelectorTerms: [{matchExpressions: "
            "[{key: karpenter.k8s.aws/instance-gpu-name, operator: In, values: [l4]}]}, {matchExpressions: []}]}}}\n",
            None,
            None,
        ),
    ],
)  # fmt: skip
def test_gpus(read, container: str, spec: str, gpu: bool | None, capability: str | None) -> None:  # type: ignore[no-untyped-def]
    found = only(read(pod(container, spec)))
    assert found.gpu is gpu
    assert (found.gpu_at is None) == (gpu is None)
    assert found.capability == capability
    assert (found.capability_at is None) == (capability is None)


# kustomize.


def test_kustomize_changes_images_of_files_that_it_lists(read) -> None:  # type: ignore[no-untyped-def]
    kustomization = (
        "resources: [./pod.yaml]\nimages:\n- {name: other, newTag: '1'}\n"
        "- {name: tensorflow/serving, newName: r.io:5000/tensorflow/serving, newTag: 2.17.0-gpu}\n"
    )
    container = only(read(pod(""), **{"k8s/kustomization.yaml": kustomization}))
    assert container.image.text == "r.io:5000/tensorflow/serving:2.17.0-gpu"
    assert "kustomization.yaml" in container.image.why
    other = only(read(pod(""), **{"k8s/kustomization.yaml": kustomization.replace("pod.yaml", "x.yaml")}))
    assert other.image.text == "tensorflow/serving:2.19.0-gpu"
    digest = kustomization.replace("newTag: 2.17.0-gpu", "digest: 'sha256:abc'")
    found = only(read(pod(""), **{"k8s/kustomization.yaml": digest}))
    assert found.image.text == "r.io:5000/tensorflow/serving@sha256:abc"


def test_kustomize_generates_config_maps(read) -> None:  # type: ignore[no-untyped-def]
    text = (
        "kind: Kustomization\nconfigMapGenerator:\n- name: m\n  files: [models.config, "
        "other=sub/x.config, gone.config]\n"
        "  literals: [A=a, 'B=\"b\"']\n"
    )
    reading = read(text, "k8s/kustomization.yaml", **{"k8s/models.config": "one", "k8s/sub/x.config": "two"})
    found = reading.config_maps["m"]
    assert {name: said.text for name, said in found.items()} == {
        "models.config": "one", "other": "two", "gone.config": None, "A": "a", "B": "b",
    }  # fmt: skip
    assert found["models.config"].at.path == "k8s/models.config"


# Objects of other files.

MAP = "kind: ConfigMap\nmetadata: {name: settings}\ndata: {MODEL_NAME: resnet}\n"
FROM = "      envFrom: [{configMapRef: {name: settings}}]\n"


def test_a_config_map_of_a_folder_around(read) -> None:  # type: ignore[no-untyped-def]
    found = only(read(pod(FROM), "k8s/apps/pod.yaml", **{"k8s/config/settings.yaml": MAP}))
    assert found.env["MODEL_NAME"].text == "resnet"
    assert found.env["MODEL_NAME"].at.path == "k8s/config/settings.yaml"
    several = {"k8s/config/settings.yaml": MAP, "k8s/other/settings.yaml": MAP.replace("resnet", "mnist")}
    assert only(read(pod(FROM), "k8s/apps/pod.yaml", **several)).env["MODEL_NAME"].text is None
    beside = {**several, "k8s/apps/settings.yaml": MAP.replace("resnet", "near")}
    assert only(read(pod(FROM), "k8s/apps/pod.yaml", **beside)).env["MODEL_NAME"].text == "near"


def test_folders_of_many_manifests_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tree = Tree(["."])
    text = pod(FROM) + "---\n" + MAP.replace("settings", "another")
    for number in range(150):
        (tmp_path / f"p{number}.yaml").write_text(text)
    read_before: list[str] = []
    original = tree.read
    monkeypatch.setattr(tree, "read", lambda path, *rest: (read_before.append(path), original(path, *rest))[1])
    for number in range(150):
        assert yaml.read(text, f"p{number}.yaml", tree) is not None
    assert len(read_before) <= 150


# What another tool fills in.


@pytest.mark.parametrize("variable", ["${BASE}", "$BASE", "${BASE:-x}"])
def test_variables_that_kubernetes_does_not_expand(read, variable: str) -> None:  # type: ignore[no-untyped-def]
    text = pod(f"      args: ['--model_name=m', '--model_base_path={variable}/m']\n").replace("2.19.0-gpu", variable)
    container = only(read(text))
    assert container.image.text is None and shape(container.image) == f"tensorflow/serving:{UNKNOWN}"
    assert container.args is not None and container.args[1].text is None
    assert "Kubernetes expands $(NAME) alone" in container.args[1].why
    _, remarks = join([read(text)], Tree(["."]))
    assert [remark.code for remark in remarks] == ["TRT418"]  # and no TRT405


@pytest.mark.parametrize(
    "words",
    [
        "command: [sh, -c], args: ['tensorflow_model_server --model_base_path=$BASE/m']",
        "args: [/bin/bash, -c, 'tensorflow_model_server --model_base_path=${BASE}/m']",
    ],
)
def test_variables_of_a_shell_stay(read, words: str) -> None:  # type: ignore[no-untyped-def]
    text = f"kind: Pod\nspec: {{containers: [{{image: 'tensorflow/serving:2.19.0', {words}}}]}}\n"
    container = only(read(text))
    said = [*(container.entrypoint or []), *(container.args or [])]
    assert "BASE" in (said[-1].text or "")


# Files that are not for us, and hostile ones.


@pytest.mark.parametrize(
    "text",
    [
        "kind: Service\nmetadata: {name: model}\nspec: {ports: [{port: 1}]}\n",
        "kind: Pod\nmetadata: {name: model}\nspec: {image: tensorflow}\n",
        "kind: [tensorflow]\nspec: image\n",
        "kind: Deployment\nmetadata: {name: model-image}\nspec:\n\ttabs: 1\n",
    ],
)
def test_other_files_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert yaml.read(text, "x.yml", Tree(["."])) is None


def test_a_fault_in_a_manifest_of_a_server_is_said(read) -> None:  # type: ignore[no-untyped-def]
    reading = read(
        pod("      args: [a\n---\nkind: Pod\nmetadata: {name: q}\nspec: {containers: [{image: tensorflow/serving}]}\n")
    )
    assert [(each.code, each.at.line) for each in reading.remarks] == [("TRT420", 9)]
    assert [container.image.text for container in reading.containers] == ["tensorflow/serving"]


@pytest.mark.parametrize(
    "text",
    [
        pod("      args: &a [*a]\n      env: *a\n      volumeMounts: *a\n"),
        pod("      args: {a: b}\n      env: {A: b}\n      volumeMounts: {x: y}\n      resources: [x]\n"),
        pod(
            "      env: [x, [y], {name: [z]}, {name: n, value: [q]}]\n",
            "  volumes: [x, {name: v}, {name: [w], configMap: 3}]\n",
        ),
        pod(
            "      volumeMounts: [{name: v, mountPath: [x]}, {name: v}, 3]\n",
            "  volumes: [{name: v, hostPath: {path: [1]}}]\n",
        ),
        pod(
            "", "  nodeSelector: [x]\n  affinity: x\n  initContainers: [x, {command: x, args: [1], volumeMounts: x}]\n"
        ),
        pod("      args: ['" + "$(A)" * 1000 + "']\n      env: [{name: A, value: '" + "x" * 1000 + "'}]\n"),
        "kind: List\nitems: &i [{kind: List, items: *i}, {kind: Pod, spec: {containers: [{image: "
        "tensorflow/serving}]}}]\n",
    ],
)
def test_hostile_manifests_end(read, text: str) -> None:  # type: ignore[no-untyped-def]
    reading = read(text)
    assert reading.containers or reading.remarks
    join([reading], Tree(["."]))


def edges_of(reading: Reading) -> list[Edge]:
    return join([reading], Tree(["."]))[0]


def test_an_alias_bomb_of_containers_is_a_note(read) -> None:  # type: ignore[no-untyped-def]
    env = ", ".join(f"{{name: A{number}, value: b}}" for number in range(2000))
    text = (
        f"x: &e [{env}]\ny: &c {{image: tensorflow/serving, env: *e}}\nkind: Pod\nspec:\n  "
        f"containers: [{', '.join(['*c'] * 2000)}]\n"
    )
    reading = read(text)
    assert [each.code for each in reading.remarks] == ["TRT418"]
