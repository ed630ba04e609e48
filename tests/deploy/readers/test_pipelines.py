"""Pipelines of GitHub and GitLab: servers that their steps and services start."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("yaml")

from pytest_trt.deploy.edge import Edge
from pytest_trt.deploy.files import read_all
from pytest_trt.deploy.tree import Tree

GITHUB, GITLAB = ".github/workflows/test.yml", ".gitlab-ci.yml"


@pytest.fixture
def edges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()

    def of(text: str, path: str) -> list[Edge]:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return read_all([path], Tree(["."]))[1]

    return of


RUN = "docker run -v MOUNT -e MODEL_NAME=a tensorflow/serving:TAG"


def workflow(step: str, job: str = "") -> str:
    return f"on: [push]\nenv: {{TAG: 2.18.0}}\njobs:\n  test:\n    runs-on: x\n{job}    steps:\n    - uses: y\n{step}"


@pytest.mark.parametrize(
    ("mount", "tag", "image"),
    [
        ("$PWD/models/a:/models/a", "$TAG", "tensorflow/serving:2.18.0"),
        ("${{ github.workspace }}/models/a:/models/a", "${{ env.TAG }}", "tensorflow/serving:2.18.0"),
        ("./models/a:/models/a", "${{ matrix.tag }}", None),
        ("${GITHUB_WORKSPACE:-.}/models/a:/models/a", "2.17.0-gpu", "tensorflow/serving:2.17.0-gpu"),
    ],
)
def test_steps_of_github(edges, mount: str, tag: str, image: str | None) -> None:  # type: ignore[no-untyped-def]
    command = RUN.replace("MOUNT", mount).replace("TAG", tag, 1) if "TAG" not in mount else ""
    command = command or RUN.replace(":TAG", f":{tag}").replace("MOUNT", mount)
    (edge,) = edges(workflow(f"    - name: serve\n      run: |\n        set -e\n        {command}\n"), GITHUB)
    assert edge.server.image.text == image
    assert image is not None or "matrix.tag" in edge.server.image.why
    assert edge.paths[-1:] == ("models/a",)
    assert edge.at.line == 11


def test_the_folder_and_the_variables_of_a_step(edges) -> None:  # type: ignore[no-untyped-def]
    command = RUN.replace("MOUNT", "$PWD/a:/models/a").replace("TAG", "$V")
    step = f"    - run: {command}\n      working-directory: models\n      env: {{V: 2.16.1}}\n"
    (edge,) = edges(workflow(step), GITHUB)
    assert (edge.server.image.text, edge.paths[-1]) == ("tensorflow/serving:2.16.1", "models/a")
    assert edges(workflow(f"    - {{shell: pwsh, run: '{command}'}}\n"), GITHUB) == []


def test_services_of_github(edges) -> None:  # type: ignore[no-untyped-def]
    job = (
        "    services:\n      db: postgres\n      tfs:\n        image: tensorflow/serving:${{ env.TAG }}\n"
        "        env: {MODEL_NAME: a}\n        volumes: ['${{ github.workspace }}/models:/models', '/x']\n"
    )
    (edge,) = edges(workflow("", job), GITHUB)
    assert (edge.server.image.text, edge.model, edge.paths[-1]) == ("tensorflow/serving:2.18.0", "a", "models/a")
    (other,) = edges(workflow("", job.replace("${{ github.workspace }}", "/home/runner")), GITHUB)
    assert "runner" in other.unknown


def test_gitlab(edges) -> None:  # type: ignore[no-untyped-def]
    text = (
        "variables: {TFS: 'tensorflow/serving:2.18.0', TAG: {value: 2.17.0, description: d}}\n"
        "before_script:\n- export WHERE=$CI_PROJECT_DIR/models/a\n"
        "serve:\n  image: docker:24\n  services: ['docker:dind', {name: 'tensorflow/serving:$TAG', alias: tfs,"
        " variables: {MODEL_BASE_PATH: 'gs://b'}}]\n"
        "  script:\n  - docker run -v $WHERE:/models/a -e MODEL_NAME=a $TFS\n  - !reference [.x, script]\n"
    )
    found = {edge.server.image.text: edge for edge in edges(text, GITLAB)}
    assert found["tensorflow/serving:2.18.0"].paths == ("models/a",)
    assert found["tensorflow/serving:2.18.0"].at.line == 8
    assert found["tensorflow/serving:2.17.0"].uri == "gs://b/model"


def test_a_job_of_gitlab_is_no_service_of_compose(edges) -> None:  # type: ignore[no-untyped-def]
    assert edges("deploy:\n  image: tensorflow/serving:2.17.0\n  environment: x\n  script: [echo]\n", GITLAB) == []


@pytest.mark.parametrize(
    "text",
    [
        "on: x\njobs: {a: {steps: {b: c}}, d: [e], f: {services: [g], steps: [h, null, {run: [i]}, {run: {j: k}}]}}\n",
        "on: x\njobs: {a: {env: [b], services: {c: null, d: [e], f: {image: [g], volumes: {h: i}}}}}\n",
        "variables: [x]\na: {script: {b: c}, services: {d: e}, variables: y}\nf: {script: [[g, [h]], null]}\n",
        "a: {script: [docker run tensorflow/serving], services: [null, [x], {name: [y]}, {name: z, command: w}]}\n",
    ],
)
def test_pipelines_of_any_shape(edges, text: str) -> None:  # type: ignore[no-untyped-def]
    edges(text + "# docker run tensorflow/serving\n", GITLAB)


def test_a_step_is_followed_in_bounded_time(edges) -> None:  # type: ignore[no-untyped-def]
    step = "    - run: |\n" + "        docker run tensorflow/serving:${{ a }} ${{ b }}\n" * 3000
    assert len(edges(workflow(step), GITHUB)) <= 3000
