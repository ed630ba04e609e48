"""trt-lint on models and the files that deploy them; trt-lint destinations, the map of both."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Run

    Trt = Callable[..., Run]

EXAMPLES = Path(__file__).parents[2] / "examples"
PLANS = Path(__file__).parents[1] / "data" / "plans"
COMPOSE = """\
services:
  tf:
    image: tensorflow/serving:2.18.0-gpu
    volumes: ["./models/conv:/models/conv:ro"]
    environment: {MODEL_NAME: conv}
"""


@pytest.fixture
def project(here: Path) -> Path:
    """A TF-TRT model that a compose file sends to an image without its ops."""
    shutil.copytree(EXAMPLES / "conv_trt_built", here / "models" / "conv")
    (here / "compose.yaml").write_text(COMPOSE)
    return here


def concise(run: Run) -> list[str]:
    return [line.partition("]")[0] + "]" for line in run.out.splitlines()]


def test_the_pair_is_reported_at_the_line_that_deploys(trt_lint: Trt, project: Path) -> None:
    run = trt_lint(".", "--output-format", "json")
    document = json.loads(run.out)
    by_code = {finding["code"]: finding for finding in document["findings"]}
    assert run.code == 1
    assert set(by_code) == {"TRT101", "TRT401"}
    assert (by_code["TRT401"]["path"], by_code["TRT401"]["location"]["line"]) == ("compose.yaml", 4)
    assert any(one["path"].startswith("models/conv/1") for one in by_code["TRT401"]["related"])
    assert any(one["path"] == "compose.yaml" for one in by_code["TRT101"]["related"])
    assert document["targets"] == ["tensorflow/serving:2.18.0-gpu"]
    assert [verdict["target"] for verdict in document["artifacts"][0]["verdicts"]] == ["tensorflow/serving:2.18.0-gpu"]


def test_the_image_that_has_the_ops(trt_lint: Trt, project: Path) -> None:
    (project / "compose.yaml").write_text(COMPOSE.replace("2.18.0", "2.17.1"))
    assert "TRT401" not in trt_lint(".").out


def test_a_named_target_outranks_the_files(trt_lint: Trt, project: Path) -> None:
    run = trt_lint(".", "--target", "tensorflow/serving:2.16.1-gpu", "--output-format", "json")
    document = json.loads(run.out)
    assert document["targets"] == ["tensorflow/serving:2.16.1-gpu"]
    assert not [finding for finding in document["findings"] if finding["code"] == "TRT401"]


def test_models_outside_of_the_checked_path(trt_lint: Trt, project: Path) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    (project / "deploy").mkdir()
    (project / "deploy" / "compose.yaml").write_text(COMPOSE.replace("./models", "../models"))
    run = trt_lint("deploy", "--output-format", "concise")
    assert "deploy/compose.yaml:4: TRT401 [error]" in concise(run)
    assert any("conv/1/saved_model.pb" in line and "TRT101" in line for line in concise(run))


def test_destinations_of_the_configuration(trt_lint: Trt, project: Path) -> None:
    (project / "compose.yaml").unlink()
    (project / "trt-lint.toml").write_text(
        'destination = [{ path = "models/**", target = ["tensorflow/serving:2.18.0-gpu", "own"],'
        ' reason = "by hand" }]\n'
        '[targets.own]\nimage = "tensorflow/serving:2.17.1-gpu"\n'
    )
    document = json.loads(trt_lint(".", "--output-format", "json").out)
    assert document["targets"] == ["tensorflow/serving:2.18.0-gpu", "own"]
    drawn = trt_lint("destinations", ".")
    assert "-> own\n" in drawn.out
    assert "trt-lint.toml:1: the configuration sends models/** there: by hand" in drawn.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("destination = 3", "must be an array of tables"),
        ('destination = [{ path = "a" }]', "target must name targets"),
        ('destination = [{ path = "", target = "x" }]', "must hold texts"),
        ('destination = [{ path = "a", target = "tensorflow/serving:9.9" }]', "there is no TensorFlow Serving 9.9"),
        ('destination = [{ path = "a", target = "x", why = "y" }]', "is not known"),
    ],
)
def test_destinations_that_cannot_be_used(trt_lint: Trt, project: Path, text: str, words: str) -> None:
    (project / "trt-lint.toml").write_text(text + "\n")
    for command in ((".",), ("destinations", ".")):
        run = trt_lint(*command)
        assert run.code == 2
        assert words in run.err
        assert "trt-lint.toml:1" in run.err


def test_a_plan_at_home_is_silent_and_elsewhere_an_error(trt_lint: Trt, here: Path) -> None:
    home = here / "repository" / "net"
    (home / "1").mkdir(parents=True)
    shutil.copy(PLANS / "fp32.plan", home / "1" / "model.plan")
    (home / "config.pbtxt").write_text('name: "net"\nplatform: "tensorrt_plan"\n')
    run = trt_lint("repository", "--output-format", "concise")
    assert (run.code, concise(run)) == (0, [])
    (here / "run.sh").write_text(
        'docker run -v "$PWD/repository/net:/models/net" -e MODEL_NAME=net tensorflow/serving:2.17.1\n'
    )
    run = trt_lint(".", "--output-format", "concise")
    assert run.code == 1
    assert "run.sh:1: TRT416 [error]" in concise(run)
    assert "repository/net/1/model.plan: TRT201 [error]" in concise(run)


def test_gitignored_models_are_left_out(trt_lint: Trt, project: Path) -> None:
    subprocess.run(["git", "init", "-q"], check=True)
    (project / "compose.yaml").unlink()
    (project / ".gitignore").write_text("/models/conv\n")
    assert "No model artifacts" in trt_lint(".").out
    assert "TRT101" in trt_lint("models/conv").out, "what is named is checked"
    assert "TRT101" in trt_lint(".", "--no-respect-gitignore").out
    (project / "trt-lint.toml").write_text("respect-gitignore = false\n")
    assert "TRT101" in trt_lint(".").out


def test_the_map_as_text(trt_lint: Trt, project: Path) -> None:
    shutil.copytree(EXAMPLES / "conv", project / "models" / "other")
    (project / "run.sh").write_text(
        "docker run -e MODEL_NAME=far -e MODEL_BASE_PATH=s3://bucket tensorflow/serving:2.17.1\n"
    )
    run = trt_lint("destinations", ".")
    assert (run.code, run.err) == (0, "")
    assert run.out == (
        "models/conv/1  (SavedModel)\n"
        "  -> tensorflow/serving:2.18.0-gpu\n"
        "       compose.yaml:4: serves it as 'conv' from /models/conv\n"
        "       compose.yaml:2: service tf\n"
        "       compose.yaml:5: the entrypoint serves ${MODEL_BASE_PATH}/${MODEL_NAME}\n"
        "models/other/1  (SavedModel)\n"
        "  -> no deployment file or configuration says which server gets it\n"
        "s3://bucket/far  (not among these files)\n"
        "  -> tensorflow/serving:2.17.1\n"
        "       run.sh:1: serves it as 'far' from s3://bucket/far\n"
        "       run.sh:1: the entrypoint serves ${MODEL_BASE_PATH}/${MODEL_NAME}\n"
        "       not known: s3://bucket/far is not among the files\n"
        "2 artifacts, 1 of them without a known server; 1 deployment of models that are not here\n"
    )


def test_the_map_for_programs(trt_lint: Trt, project: Path) -> None:
    document = json.loads(trt_lint("destinations", ".", "--output-format", "json").out)
    (artifact,) = document["artifacts"]
    assert (artifact["path"], artifact["kind"]) == ("models/conv/1", "saved_model")
    (one,) = artifact["destinations"]
    assert one["server"] == {
        "name": "tensorflow/serving:2.18.0-gpu",
        "family": "tensorflow-serving",
        "image": "tensorflow/serving:2.18.0-gpu",
        "target": "tensorflow/serving:2.18.0-gpu",
        "gpu": None,
        "capability": None,
    }
    assert one["at"] == {"path": "compose.yaml", "line": 4}
    assert (document["elsewhere"], document["unread"]) == ([], [])


def test_mermaid_holds_no_markup_of_a_hostile_name(trt_lint: Trt, here: Path) -> None:
    name = 'a"]; click b "javascript:x" <img src=x>|`'
    shutil.copytree(EXAMPLES / "conv", here / name)
    run = trt_lint("destinations", ".", "--output-format", "mermaid")
    first, node = run.out.splitlines()
    assert first == "flowchart LR"
    body = node.strip().removeprefix('a0["').removesuffix('"]')
    assert not set('"<>|`;&[]') & set(body.replace("#34;", "").replace("#60;", "").replace("#", ";").replace(";", ""))


def test_nothing_there(trt_lint: Trt, here: Path) -> None:
    (here / "notes.txt").write_text("nothing\n")
    run = trt_lint("destinations", ".")
    assert (run.code, run.out) == (0, "No model artifacts and no deployments found.\n")
    run = trt_lint("destinations")
    assert run.code == 2
    assert "no PATH given" in run.err
    run = trt_lint("destinations", "missing")
    assert run.code == 3
    assert "not read: missing: no such file" in run.out


def test_a_large_manifest_is_a_note(trt_lint: Trt, here: Path) -> None:
    text = "image: tensorflow/serving:2.17.1\nkind: Deployment\n"
    with open("big.yaml", "w") as file:
        file.write(text)
        file.truncate(50 << 20)
    run = trt_lint(".", "--output-format", "concise")
    assert run.code == 0
    assert "big.yaml:1: TRT418 [note]" in concise(run)
    assert "52,428,800 bytes" in run.out


def test_links_out_of_the_tree_are_not_followed(
    trt_lint: Trt, here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "compose.yaml").write_text(COMPOSE)
    os.symlink(outside / "compose.yaml", here / "compose.yaml")
    os.symlink(outside / "compose.yaml", here / "Dockerfile")
    run = trt_lint(".", "--output-format", "concise")
    assert concise(run) == ["Dockerfile:1: TRT418 [note]"]
