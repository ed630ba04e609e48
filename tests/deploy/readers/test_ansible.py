"""Ansible's playbooks: containers that their tasks start."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("yaml")

from pytest_trt.deploy.files import read_all
from pytest_trt.deploy.readers import yaml
from pytest_trt.deploy.tree import Tree

PLAY = """\
- hosts: all
  vars: {tag: 2.18.0}
  tasks:
    - name: cpu
      community.docker.docker_container:
        name: tfs
        image: "tensorflow/serving:{{ tag }}"
        env: {MODEL_NAME: a}
        volumes: ["/opt/models:/models:ro", "{{ home }}/x:/x"]
        command: --rest_api_port=8501
    - block:
        - docker_container:
            image: tensorflow/serving:latest-gpu
            device_requests: [{driver: nvidia, count: -1, capabilities: [[gpu]]}]
            command: [--model_name=b, "--model_base_path=gs://b/b"]
        - docker_container: {name: old, image: "tensorflow/serving:1.9.0", state: absent}
"""


def test_containers_of_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site.yml").write_text(PLAY)
    _, (first, second), remarks = read_all(["site.yml"], Tree(["."]))
    assert (first.server.family, first.server.image.text, first.model) == ("tensorflow-serving", None, "a")
    assert first.unknown.startswith("/opt/models of the hosts") and first.at.line == 9
    assert (second.server.image.text, second.server.gpu, second.uri) == (
        "tensorflow/serving:latest-gpu", True, "gs://b/b",
    )  # fmt: skip
    assert [(remark.code, remark.at.line) for remark in remarks] == [("TRT418", 9), ("TRT403", 13)]


@pytest.mark.parametrize(
    "text",
    [
        "- tasks: {a: b}\n- docker_container: {image: [x], volumes: {a: b}, env: [c], command: {d: e}}\n",
        "- docker_container: {image: null, volumes: [null, [x], ':', '{{ a }}'], mounts: [x, {target: [y]}]}\n",
        '- docker_container: {image: tensorflow/serving, command: "\'", device_requests: [x, {capabilities: y}]}\n',
        "- &a {tasks: [*a, *a], docker_container: {image: tensorflow/serving}}\n",
    ],
)
def test_tasks_of_any_shape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "site.yml").write_text(text)
    read_all(["site.yml"], Tree(["."]))


def test_other_lists_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert yaml.read("- name: x\n  image: tensorflow/serving\n- [y]\n", "x.yml", Tree(["."])) is None
