"""Command lines as people write them: what they deploy, in small repositories made for each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from repositories import drawn, read, write

IMAGE = "tensorflow/serving:2.17.0"
GPU = IMAGE + "-gpu"
TRITON = "nvcr.io/nvidia/tritonserver:24.05-py3"
RUN = f"docker run -v $PWD/models/resnet:/models/resnet -e MODEL_NAME=resnet {IMAGE}"
RESNET = f"{IMAGE} resnet models/resnet"
SERVED = "COPY models/resnet /models/resnet\nENV MODEL_NAME=resnet\n"
MODELS = ("models/resnet/1/saved_model.pb", "models/bert/1/saved_model.pb", "triton/net/1/model.plan")


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir(".git")
    for name in MODELS:
        write(name, "x")


@pytest.mark.parametrize(
    "before",
    ["timeout -k 5 60s ", "taskset -c 0-3 ", "numactl --cpunodebind=0 -m 0 ", "ionice -c 2 -n 7 ", "chrt -r 99 "]
    + ["setsid ", "winpty ", "flock /tmp/lock ", "sudo -u root -E ", "env -u A B=c ", "nice -n 10 nohup ", "$SUDO "],
)
def test_programs_that_only_run_what_follows(before: str) -> None:
    assert drawn({"run.sh": f"{before}{RUN}\n"}) == [RESNET]


def test_a_server_behind_mpirun() -> None:
    words = "mpirun --allow-run-as-root -n 1 /opt/tritonserver/bin/tritonserver --model-repository=/m"
    assert drawn({"run.sh": f"docker run --gpus all -v $PWD/triton:/m {TRITON} {words}\n"}) == [
        f"{TRITON} - triton gpu"
    ]


@pytest.mark.parametrize(
    "text",
    ['su -c "{}" deploy', 'sg docker -c "{}"', "screen -dmS tfs {}", 'tmux new-session -d -s tfs "{}"']
    + ['tmux send-keys -t tfs "{}" C-m', "bash <<EOF\n{}\nEOF", "sudo bash -s <<'EOF'\n{}\nEOF", "xargs {} < hosts"]
    + ["id=`date` id2=x$(date)$({})"],
)
def test_commands_that_another_shell_gets(text: str) -> None:
    assert drawn({"run.sh": text.format(RUN) + "\n"}) == [RESNET]


@pytest.mark.parametrize(
    "text",
    ["ssh -i key user@host '{}'", "ssh user@host {}", "ssh host <<'EOF'\n{}\nEOF", "ssh host bash -s <<EOF\n{}\nEOF"],
)
def test_another_machine_has_folders_of_its_own(text: str) -> None:
    there = f"docker run -v /srv/m:/models/m -e MODEL_NAME=m {IMAGE}"
    assert drawn({"run.sh": text.format(there) + "\n"}) == [f"{IMAGE} m ?/srv/m"]
    assert drawn({"run.sh": f"ssh host '{RUN}'\n"}) == [f"{IMAGE} resnet -"]


def test_what_xargs_is_given_is_not_known() -> None:
    text = f"ls models | xargs -I{{}} docker run -v $PWD/models/{{}}:/models/{{}} -e MODEL_NAME={{}} {IMAGE}\n"
    assert drawn({"run.sh": text}) == [f"{IMAGE} - -"]


@pytest.mark.parametrize(
    "text", ["pushd a\ntrue\npopd\n", "cd a\ncd -\n", "pushd a\npushd /x\npopd\npopd\n", "(pushd a)\n", "cd a; cd ..\n"]
)
def test_back_to_the_folder_before(text: str) -> None:
    assert drawn({"run.sh": text + RUN + "\n"}) == [RESNET]


def test_a_branch_that_may_have_gone_elsewhere() -> None:
    text = f"pushd models\nif test -d x; then popd; fi\npopd\n{RUN}\n"
    assert drawn({"run.sh": text}) == [f"{IMAGE} resnet -"]


@pytest.mark.parametrize("redirect", ["&> /dev/null", ">/dev/null 2>&1", "&>/dev/null", "> /dev/null"])
def test_the_folder_of_the_script(redirect: str) -> None:
    text = f'DIR="$( cd "$( dirname "${{BASH_SOURCE[0]}}" )" {redirect} && pwd )"\n{RUN.replace("$PWD", "$DIR")}\n'
    assert drawn({"run.sh": text}) == [RESNET]


@pytest.mark.parametrize(
    "taken", ["$(grep -v '^#' .env | xargs)", "$(cat .env)", "`cat .env | xargs`", "$(xargs < .env)", "$(<.env)"]
)
def test_variables_of_a_file(taken: str) -> None:
    text = f"export {taken}\ndocker run -v $PWD/models:/models -e MODEL_NAME=$NAME tensorflow/serving:$TAG\n"
    assert drawn({"run.sh": text, ".env": "# x\nNAME=resnet\nTAG=2.17.0\n"}) == [RESNET]


def test_braces_of_a_loop() -> None:
    text = f"for m in {{resnet,bert}}; do docker run -v $PWD/models/$m:/models/$m -e MODEL_NAME=$m {IMAGE}; done\n"
    assert drawn({"run.sh": text}) == [f"{IMAGE} bert models/bert", RESNET]
    text = f"for i in {{0..1}}; do docker run --name s$i -v $PWD/models/x$i:/models/m -e MODEL_NAME=m {IMAGE}; done\n"
    assert drawn({"run.sh": text}) == [f"{IMAGE} m ?models/x0", f"{IMAGE} m ?models/x1"]


def test_the_first_argument_or_a_default() -> None:
    text = 'TAG="$1"\nif [ -z "$TAG" ]; then\n TAG=2.17.0\nfi\n' + RUN.replace(":2.17.0", ":$TAG") + "\n"
    assert drawn({"run.sh": text}) == [RESNET]


def test_a_device_that_is_not_known_is_a_gpu() -> None:
    run = RUN.replace("run", 'run --gpus "device=$i"', 1)
    assert drawn({"run.sh": f"for i in $(seq 0 3); do {run}; done\n"}) == [RESNET + " gpu"]


def test_a_slash_before_the_folder_for_git_on_windows() -> None:
    assert drawn({"run.sh": RUN.replace("$PWD", "/$PWD") + "\n"}) == [RESNET]


def test_volumes_of_another_container() -> None:
    text = "docker run --name data -v $PWD/models:/models busybox\n"
    text += f"docker run --volumes-from data -e MODEL_NAME=resnet {IMAGE}\n"
    assert drawn({"run.sh": text}) == [RESNET]


def test_an_image_that_is_not_known_is_said() -> None:
    edges, _ = read({"run.sh": f"case $1 in gpu) I={GPU};; *) I={IMAGE};; esac\n{RUN.replace(IMAGE, '$I')}\n"})
    assert [(edge.server.image.text, edge.unknown) for edge in edges] == [
        (None, "the image is not known: I is set in a branch (line 1)")
    ]


def test_a_config_that_a_script_adds_to() -> None:
    config = f"docker run -v $PWD/m.config:/m.config -v $PWD/models:/m {IMAGE} --model_config_file=/m.config\n"
    head = "echo 'model_config_list {' > m.config\n"
    model = """ config { name: "resnet" base_path: "/m/resnet" model_platform: "tensorflow" } }"""
    assert drawn({"run.sh": f"{head}echo '{model}' >> m.config\n{config}"}) == [RESNET]
    assert drawn({"run.sh": f"{head}cat >> m.config <<EOF\n{model}\nEOF\n{config}"}) == [RESNET]
    edges, remarks = read({"run.sh": f"{head}python models.py >> m.config\n{config}"})
    assert [edge.unknown for edge in edges] == ["/m.config: what m.config holds is known only when the script has run"]
    assert {each.code for each in remarks} == {"TRT418"}


@pytest.mark.parametrize("length", [100, 5_000])
def test_a_file_that_grows_with_every_line(length: int) -> None:
    text = "cat > a <<E\nx\nE\n" + "echo aaaaaaaaaaaaaaaaaaaaaaa >> a\n" * length + f"docker run -v $PWD:/x {IMAGE}\n"
    assert drawn({"run.sh": text}) == [f"{IMAGE} model -"]


def test_variables_of_a_batch_file_that_are_replaced_late() -> None:
    text = "setlocal EnableDelayedExpansion\r\nset N=resnet\r\n"
    text += f"docker run -v %cd%/models/!N!:/models/!N! -e MODEL_NAME=!N! {IMAGE}\r\n"
    assert drawn({"run.bat": text}) == [RESNET]


def test_a_makefile_calls_its_own_functions() -> None:
    text = "define serve\ndocker run -v $(PWD)/models/$(1):/models/$(1) -e MODEL_NAME=$(1) $(2)\nendef\n"
    text += f"run:\n\t$(call serve,resnet,{IMAGE})\n\t$(call serve,$(addprefix b,ert),{IMAGE})\n"
    assert drawn({"Makefile": text}) == [f"{IMAGE} - -", RESNET]


def test_functions_of_a_makefile_that_call_themselves() -> None:
    doubling = "".join(f"f{i} = $(call f{i + 1},$(1)$(1))$(call f{i + 1},$(1))\n" for i in range(35))
    text = f"f = $(call f,$(1))$(call f,$(1))\n{doubling}f35 = docker run $(1)\n"
    text += f"run:\n\t$(call f,a)\n\t$(call f0,a)\n\tdocker run {IMAGE}\n"
    assert drawn({"Makefile": text}) == [f"{IMAGE} model -"]


def test_models_of_a_multi_model_endpoint_of_sagemaker() -> None:
    """/opt/ml/models/NAME/model/VERSION: each is asked for by its own name."""
    image = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference:2.14.1-gpu"
    files = {f"endpoint/{name}/model/1/saved_model.pb": "x" for name in "ab"}
    files["run.sh"] = f"docker run -v $PWD/endpoint:/opt/ml/models -e SAGEMAKER_MULTI_MODEL=true {image} serve\n"
    assert drawn(files) == [f"{image} {name} endpoint/{name}/model" for name in "ab"]
    assert [each.code for each in read(files)[1]] == []
