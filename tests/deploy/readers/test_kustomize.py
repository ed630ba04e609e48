"""Kustomizations: what the objects of a file become in the overlays that build upon it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

pytest.importorskip("yaml")

from pytest_trt.deploy.edge import Edge
from pytest_trt.deploy.files import read_all
from pytest_trt.deploy.readers import yaml
from pytest_trt.deploy.reading import Container, Reading
from pytest_trt.deploy.tree import Tree

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: tfs}
spec:
  template:
    spec:
      containers:
      - name: tfs
        image: tensorflow/serving
        args: ["--model_name=a", "--model_base_path=gs://b/a"]
"""
BASE = {"base/kustomization.yaml": "resources: [d.yaml]\n", "base/d.yaml": DEPLOYMENT}
PROD = "overlays/prod/kustomization.yaml"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()

    def of(files: dict[str, str]) -> None:
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)

    return of


def containers(files: dict[str, str], write, path: str = "base/d.yaml") -> list[Container]:  # type: ignore[no-untyped-def]
    write(files)
    found = yaml.read(files[path], path, Tree(["."]))
    return found.containers if found is not None else []


def edges(files: dict[str, str], write) -> list[Edge]:  # type: ignore[no-untyped-def]
    write(files)
    return read_all(sorted(files), Tree(["."]))[1]


def images(found: list[Container]) -> list[str | None]:
    return [container.image.text for container in found]


def test_images_of_each_overlay(write) -> None:  # type: ignore[no-untyped-def]
    files = {
        **BASE,
        PROD: "bases: [../../base]\nimages: [{name: tensorflow/serving, newName: r.io/tfs, newTag: 2.18.0-gpu}]\n",
        "overlays/dev/kustomization.yml": (
            "resources: [../../base]\nimages: [{name: tensorflow/serving, newTag: 2.17.0}]\n"
        ),
    }
    found = containers(files, write)
    assert sorted(map(str, images(found))) == ["r.io/tfs:2.18.0-gpu", "tensorflow/serving:2.17.0"]
    assert all("kustomization.y" in each.image.why for each in found)
    assert {each.image.at.line for each in found} == {9}


def test_overlays_of_overlays_in_their_order(write) -> None:  # type: ignore[no-untyped-def]
    patch = "- {op: replace, path: /spec/template/spec/containers/0/image, value: 'x/tfs:1'}"
    files = {
        **BASE,
        "base/kustomization.yaml": "resources: [d.yaml]\nimages: [{name: x/tfs, newTag: '9'}]\n",
        "mid/kustomization.yaml": (
            f'resources: [../base]\npatches: [{{target: {{kind: Deployment}}, patch: "{patch}"}}]\n'
        ),
        PROD: "resources: [../../mid]\nimages: [{name: x/tfs, newTag: '2'}]\n",
    }
    assert images(containers(files, write)) == ["x/tfs:2"]


PATCH = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: tfs}\nspec:\n  template:\n    spec:\n"
    "      containers:\n      - name: tfs\n        args: ['--model_base_path=gs://prod/a']\n"
    "        resources: {limits: {nvidia.com/gpu: 1}}\n"
)


@pytest.mark.parametrize(
    "said",
    [
        "patchesStrategicMerge: [p.yaml]\n",
        "patches: [{path: p.yaml}]\n",
        "patches:\n- path: p.yaml\n  target: {kind: Deployment, name: t.*}\n",
        "patchesStrategicMerge:\n- |-\n  " + PATCH.replace("\n", "\n  ").rstrip() + "\n",
        "patches:\n- patch: |-\n    " + PATCH.replace("\n", "\n    ").rstrip() + "\n",
    ],
)
def test_strategic_patches(write, said: str) -> None:  # type: ignore[no-untyped-def]
    files = {**BASE, PROD: "resources: [../../base]\n" + said, "overlays/prod/p.yaml": PATCH}
    (container,) = containers(files, write)
    assert container.gpu is True and container.image.text == "tensorflow/serving"
    assert container.args is not None
    assert [word.text for word in container.args] == ["--model_base_path=gs://prod/a"]
    place = container.args[0].at
    assert place.path.startswith("overlays/prod/")
    text = Path(place.path).read_text().splitlines()[(place.line or 0) - 1]
    assert "gs://prod/a" in text
    if "p.yaml" in said:
        # The patch deploys nothing by itself.
        assert yaml.read(PATCH, "overlays/prod/p.yaml", Tree(["."])) is None


@pytest.mark.parametrize("target", ["{kind: Service}", "{kind: Deployment, name: other}", "{name: 'x.*'}"])
def test_patches_for_other_objects(write, target: str) -> None:  # type: ignore[no-untyped-def]
    said = f"resources: [../../base]\npatches: [{{target: {target}, path: p.yaml}}]\n"
    (container,) = containers({**BASE, PROD: said, "overlays/prod/p.yaml": PATCH}, write)
    assert container.gpu is None


def test_a_patch_by_the_name_with_its_prefix(write) -> None:  # type: ignore[no-untyped-def]
    files = {
        **BASE,
        "base/kustomization.yaml": "namePrefix: my-\nresources: [d.yaml]\n",
        PROD: "resources: [../../base]\npatches: [{path: p.yaml}]\n",
        "overlays/prod/p.yaml": PATCH.replace("name: tfs}\nspec", "name: my-tfs}\nspec"),
    }
    assert containers(files, write)[0].gpu is True


def test_components(write) -> None:  # type: ignore[no-untyped-def]
    files = {
        **BASE,
        "components/gpu/kustomization.yaml": (
            "kind: Component\npatches: [{path: p.yaml}]\nimages: [{name: tensorflow/serving, newTag: 2.17.0-gpu}]\n"
        ),
        "components/gpu/p.yaml": PATCH,
        PROD: "resources: [../../base]\ncomponents: [../../components/gpu]\n",
    }
    (container,) = containers(files, write)
    assert (container.gpu, container.image.text) == (True, "tensorflow/serving:2.17.0-gpu")


CONFIG = 'model_config_list { config { name: "a" base_path: "gs://%s/a" model_platform: "tensorflow" } }'
WITH_CONFIG = DEPLOYMENT.replace(
    'args: ["--model_name=a", "--model_base_path=gs://b/a"]',
    "args: [--model_config_file=/etc/tf/models.config]\n        volumeMounts: [{name: c, mountPath: /etc/tf}]\n"
    "      volumes: [{name: c, configMap: {name: models}}]",
)


def test_generated_config_maps(write) -> None:  # type: ignore[no-untyped-def]
    generator = "configMapGenerator:\n- name: models\n  files: [models.config]\n"
    files = {
        "base/kustomization.yaml": "resources: [d.yaml]\n" + generator, "base/d.yaml": WITH_CONFIG,
        "base/models.config": CONFIG % "base",
    }  # fmt: skip
    assert [edge.uri for edge in edges(files, write)] == ["gs://base/a"]
    over = generator.replace("name: models\n", "name: models\n  behavior: replace\n")
    more = {**files, PROD: "resources: [../../base]\n" + over, "overlays/prod/models.config": CONFIG % "prod"}
    served = [edge.uri for edge in edges(more, write) if edge.server.image.text is not None]
    assert served == ["gs://prod/a"]


def test_generated_variables(write) -> None:  # type: ignore[no-untyped-def]
    generator = (
        "configMapGenerator:\n- name: one\n  envs: [x.env]\n- name: two\n  literals: [MODEL_BASE_PATH=gs://bucket]\n"
    )
    sources = "envFrom: [{configMapRef: {name: one}}, {configMapRef: {name: two}}]"
    files = {
        "base/kustomization.yaml": "resources: [d.yaml]\n" + generator, "base/x.env": "MODEL_NAME=resnet\n",
        "base/d.yaml": DEPLOYMENT.replace('args: ["--model_name=a", "--model_base_path=gs://b/a"]', sources),
    }  # fmt: skip
    assert [edge.uri for edge in edges(files, write)] == ["gs://bucket/resnet"]


def remarks(files: dict[str, str], write) -> list[tuple[str, str]]:  # type: ignore[no-untyped-def]
    write(files)
    found: Reading | None = yaml.read(files["base/d.yaml"], "base/d.yaml", Tree(["."]))
    assert found is not None
    return [(each.code, each.facts["why"]) for each in found.remarks]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("patches: [{target: {labelSelector: a=b}, path: p.yaml}]\n", "selects by a=b"),
        ("patches: [{path: gone.yaml}]\n", "no such file"),
        ("patches: [{target: {kind: Deployment}, patch: '[{op: move, from: /a, path: /b}]'}]\n", "move"),
        ("replacements: [{path: r.yaml}]\n", "replacements"),
        ("patches: [{path: ../../../../../etc/passwd}]\n", "leads out"),
    ],
)
def test_what_is_not_followed_is_said(write, said: str, why: str) -> None:  # type: ignore[no-untyped-def]
    files = {**BASE, PROD: "resources: [../../base]\n" + said, "overlays/prod/p.yaml": PATCH}
    ((code, text),) = remarks(files, write)
    assert code == "TRT418" and why in text


def test_kustomizations_in_a_circle(write) -> None:  # type: ignore[no-untyped-def]
    files = {
        "base/kustomization.yaml": "resources: [d.yaml, ../a, .]\n", "base/d.yaml": DEPLOYMENT,
        "a/kustomization.yaml": "resources: [../base, ../a]\ncomponents: [../a, ../base]\n",
    }  # fmt: skip
    assert images(containers(files, write)) == ["tensorflow/serving"]


def test_many_overlays_take_bounded_time(write) -> None:  # type: ignore[no-untyped-def]
    files = {**BASE}
    for level in range(12):
        for number in range(4):
            below = ["../../base"] if not level else [f"../l{level - 1}n{other}" for other in range(4)]
            files[f"o/l{level}n{number}/kustomization.yaml"] = f"resources: [{', '.join(below)}]\n"
    start = time.perf_counter()
    assert images(containers(files, write)) == ["tensorflow/serving"] * len(containers(files, write))
    assert time.perf_counter() - start < 20


@pytest.mark.parametrize(
    "said",
    [
        "resources: x\n", "resources: {a: b}\nimages: {a: b}\npatches: {c: d}\n", "[resources]\n",
        "resources: [[d.yaml]]\n",
        "patches: [[x], {path: [x]}, {patch: {a: b}}, null]\nresources: [d.yaml]\n", "resources: [d.yaml\n",
        "resources: [d.yaml]\nimages: [x, {name: [y]}, {name: tensorflow/serving, newTag: {a: b}}]\n",
        "resources: [d.yaml]\nconfigMapGenerator: [x, {name: c, files: {a: b}, envs: [[x], /dev/zero], env: [y]}]\n",
    ],
)  # fmt: skip
def test_a_kustomization_of_any_shape(write, said: str) -> None:  # type: ignore[no-untyped-def]
    found = containers({**BASE, "base/kustomization.yaml": said}, write)
    assert images(found) == ["tensorflow/serving"]


def test_more_overlays_than_are_followed(write) -> None:  # type: ignore[no-untyped-def]
    files = {**BASE, **{f"o{number}/kustomization.yaml": "resources: [../base]\n" for number in range(80)}}
    ((code, text),) = remarks(files, write)
    assert code == "TRT418" and "only 64" in text


def test_aliases_that_stand_for_much(write) -> None:  # type: ignore[no-untyped-def]
    bomb = "a0: &a0 [x, x, x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    files = {
        **BASE,
        "base/d.yaml": bomb + DEPLOYMENT,
        PROD: "resources: [../../base]\nimages: [{name: x, newTag: y}]\n",
    }
    ((code, text),) = remarks(files, write)
    assert code == "TRT418" and "aliases" in text
    nested = {
        **BASE,
        PROD: "resources: [../../base]\npatches: [{path: p.yaml}]\n",
        "base/d.yaml": DEPLOYMENT + "x: &x {y: *x}\n",
    }
    patch = PATCH + "x: &x {y: *x}\n"
    ((code, text),) = remarks({**nested, "overlays/prod/p.yaml": patch}, write)
    assert code == "TRT418" and "nested too deeply" in text


def test_a_patch_of_another_kind_replaces_lists(write) -> None:  # type: ignore[no-untyped-def]
    service = (
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: m}\nspec:\n  predictor:\n"
        "    containers: [{name: a, image: 'tensorflow/serving:2.18.0', env: [{name: STORAGE_URI, value: 'gs://b/m'}]}]\n"
    )
    patch = service.replace(
        "name: a, image: 'tensorflow/serving:2.18.0'", "name: b, image: 'tensorflow/serving:2.17.0'"
    )
    files = {**BASE, "base/d.yaml": service, PROD: "resources: [../../base]\npatches: [{path: p.yaml}]\n"}
    found = containers({**files, "overlays/prod/p.yaml": patch}, write)
    assert images(found) == ["tensorflow/serving:2.17.0"]
