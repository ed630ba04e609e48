"""Edges and artifacts brought together: targets, what lies where, what is said once and where."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_trt.artifacts.location import Location
from pytest_trt.deploy.edge import (
    ARTIFACT,
    BASE_PATH,
    BASE_PATHS,
    OTHER,
    REPOSITORY,
    TENSORFLOW_SERVING,
    TRITON,
    Edge,
    Remark,
    Said,
    Server,
    line,
)
from pytest_trt.deploy.tree import Tree
from pytest_trt.lint.case import Case
from pytest_trt.lint.destinations import servers
from pytest_trt.lint.destinations.destination import Destination
from pytest_trt.lint.destinations.pairing import Pairing, pair
from pytest_trt.lint.destinations.remarks import deployment_case, reason_of
from pytest_trt.lint.runner import ask, read_case
from pytest_trt.serving.target import Target, parse
from pytest_trt.serving.verdict import Reason
from pytest_trt_rules import RULES

TESTS = Path(__file__).resolve().parent.parent
TF_TRT = TESTS / "data" / "tftrt" / "conv_fp32_built"
NATIVE = TESTS.parent / "examples" / "conv" / "1"
PLAN = TESTS / "data" / "plans" / "fp32.plan"
GPU_2_18 = "tensorflow/serving:2.18.0-gpu"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, which is the working directory."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(source: Path, path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, path)
    else:
        shutil.copyfile(source, path)


def server(image: str | None = GPU_2_18, family: str = TENSORFLOW_SERVING, **options: Any) -> Server:
    return Server(family, Said(image, line("compose.yml", 3), "variable TAG is not set"), **options)


def edge(path: str, serves: Server | None = None, number: int = 7, shape: str = BASE_PATH, **options: Any) -> Edge:
    options.setdefault("paths", [path])
    return Edge(line("compose.yml", number), serves or server(), shape, model="m", inside="/models/m", **options)


def of_config(path: str) -> Edge:
    """What a config.pbtxt says: Triton serves it, and nothing of an image."""
    at = line("r/m/config.pbtxt", 1)
    return Edge(at, Server(TRITON, Said(None, at, "no image")), ARTIFACT, model="m", paths=[path])


Paired = Callable[..., tuple[Pairing, list[Case], dict[str, list[Reason]]]]


@pytest.fixture
def paired(root: Path) -> Paired:
    def paired(*edges: Edge, **options: Any) -> tuple[Pairing, list[Case], dict[str, list[Reason]]]:
        options.setdefault("configs", ("r/m/config.pbtxt",))
        return pair(edges, Tree(["."]), read_case, **options)

    return paired


def codes(reasons: dict[str, list[Reason]], path: str = "compose.yml") -> list[str]:
    return [reason.code for reason in reasons.get(path, [])]


class TestTargets:
    def test_the_image_of_the_edge(self, paired: Paired) -> None:
        put(NATIVE, "models/m/1")
        pairing, (case,), reasons = paired(edge("models/m"))
        (target,) = pairing.targets("models/m/1") or []
        assert isinstance(target, Target) and target.version == (2, 18, 0) and target.gpu
        assert [verdict.target for verdict in case.verdicts] == [target]
        assert reasons == {}

    def test_several_servers(self, paired: Paired) -> None:
        put(NATIVE, "models/m/1")
        other = edge("models/m", server("tensorflow/serving:2.17.1"), 9)
        pairing, _, _ = paired(edge("models/m"), other, edge("models/m", number=11))
        assert [one.name for one in pairing.targets("models/m/1") or []] == [GPU_2_18, "tensorflow/serving:2.17.1"]

    def test_capability(self, paired: Paired) -> None:
        put(NATIVE, "models/m/1")
        serves = server("tensorflow/serving:2.17.1-gpu", capability="8.9")
        pairing, _, _ = paired(edge("models/m", serves))
        (target,) = pairing.targets("models/m/1") or []
        assert isinstance(target, Target) and target.capability == "8.9"

    def test_unknown_image(self, paired: Paired) -> None:
        put(NATIVE, "models/m/1")
        put(NATIVE, "models/n/1")
        pairing, _, reasons = paired(edge("models/m", server(None)), edge("models/n", server(None), 9))
        assert pairing.targets("models/m/1") is None
        (reason,) = reasons["compose.yml"]
        assert reason.code == "TRT418" and reason.at == line("compose.yml", 3)
        assert reason.facts == {"what": "image", "why": "variable TAG is not set"}

    @pytest.mark.parametrize("image", ["example/own:1", "tensorflow/serving:nightly", "tritonserver:19.02-py3"])
    def test_an_image_of_which_nothing_is_known(self, paired: Paired, image: str) -> None:
        put(NATIVE, "models/m/1")
        pairing, _, reasons = paired(edge("models/m", server(image)))
        assert pairing.targets("models/m/1") is None and pairing.to("models/m/1")[0].name == image
        (reason,) = reasons["compose.yml"]
        assert reason.facts["what"] == "contents" and "target" not in reason.facts["why"]

    def test_unknown_image_beside_a_known_one(self, paired: Paired) -> None:
        put(TF_TRT, "models/m/1")
        pairing, _, reasons = paired(edge("models/m", server(None)), edge("models/m", number=9))
        assert len(pairing.targets("models/m/1") or []) == 1
        assert [(reason.code, str(reason.at)) for reason in reasons["compose.yml"]] == [
            ("TRT418", "compose.yml: 3"),
            ("TRT401", "compose.yml: 9"),
        ]

    def test_a_triton_whose_image_is_not_said(self, paired: Paired) -> None:
        put(TF_TRT, "r/m/1/model.savedmodel")
        said = of_config("r/m/1/model.savedmodel")
        pairing, (case,), reasons = paired(said)
        assert pairing.targets("r/m/1/model.savedmodel") == [] and case.verdicts == []
        assert reasons == {}

    def test_another_server(self, paired: Paired) -> None:
        put(NATIVE, "models/m/1")
        pairing, _, reasons = paired(edge("models/m", server("pytorch/torchserve", OTHER)))
        assert pairing.targets("models/m/1") is None and reasons == {}
        assert pairing.to("models/m/1")[0].unknown.startswith("pytorch/torchserve is neither")

    def test_nobody(self, paired: Paired) -> None:
        pairing, cases, reasons = paired()
        assert pairing.targets("models/m/1") is None and cases == [] and reasons == {}

    def test_of_the_configuration(self, paired: Paired) -> None:
        put(NATIVE, "models/m/1")
        pairing, _, _ = paired()
        target = parse("tensorflow/serving:2.14.1-gpu")
        pairing.add(Destination("models/m/1", target, target.name, why=[(Location("pyproject.toml"), "says so")]))
        assert pairing.targets("models/m/1") == [target]

    @pytest.mark.parametrize("path", ["./models/m/1", "models/../models/m/1/", "models/m/1/saved_model.pb", "link/m/1"])
    def test_however_it_is_written(self, paired: Paired, path: str) -> None:
        put(NATIVE, "models/m/1")
        os.symlink("models", "link")
        pairing, _, _ = paired(edge("models/m"))
        assert len(pairing.to(path)) == len(pairing.to(os.path.abspath(path))) == 1

    def test_a_floating_tag_is_taken_as_the_newest_and_said(self, paired: Paired) -> None:
        put(NATIVE, "models/m/1")
        pairing, _, _ = paired(edge("models/m", server("tensorflow/serving")))
        assert pairing.to("models/m/1")[0].why[-1][1].startswith("tensorflow/serving is taken as 2.")

    @given(st.text(max_size=60))
    def test_no_image_reference_is_too_odd(self, text: str) -> None:
        for family in (TENSORFLOW_SERVING, TRITON):
            target, why = servers.Asking().target(server(text, family, capability="8.9"))
            assert (target is None) == bool(why)

    @pytest.mark.parametrize(
        "image", ["registry.example/tensorflow/serving:2.17", "tensorflow/serving:2.17.1@sha256:0"]
    )
    def test_better(self, image: str) -> None:
        target = parse(image)
        assert isinstance(target, Target)
        assert servers.better(target) == f"{image.partition(':')[0]}:2.17.1-gpu"

    def test_nothing_better_than_a_gpu(self) -> None:
        target = parse(GPU_2_18)
        assert isinstance(target, Target) and servers.better(target) is None


class TestPlaces:
    def test_older_versions_are_judged_and_not_deployed(self, paired: Paired) -> None:
        put(TF_TRT, "models/m/1")
        put(NATIVE, "models/m/2")
        pairing, cases, reasons = paired(edge("models/m"))
        assert [case.verdicts[0].load for case in cases] == ["ok", "fail"]
        assert [one.served for one in pairing.destinations] == [True, False]
        assert reasons == {}

    def test_all_versions(self, paired: Paired) -> None:
        put(TF_TRT, "models/m/1")
        put(TF_TRT, "models/m/2")
        _, _, reasons = paired(edge("models/m", versions=("all",)))
        (reason,) = reasons["compose.yml"]
        assert reason.count == 2 and reason.facts["others"] == "1"
        places = [str(at).partition(":")[0] for at, _ in reason.also]
        assert places == ["models/m/2/saved_model.pb", "compose.yml", "models/m/1/saved_model.pb"]

    def test_missing(self, paired: Paired) -> None:
        pairing, _, reasons = paired(edge("", paths=["deploy/models/m", "models/m"]))
        (reason,) = reasons["compose.yml"]
        assert reason.code == "TRT406" and reason.facts["path"] == "deploy/models/m"
        assert pairing.destinations[0].path is None
        assert pairing.destinations[0].unknown == "nothing lies at deploy/models/m"

    def test_the_first_that_exists_counts(self, paired: Paired) -> None:
        put(NATIVE, "models/m/1")
        pairing, _, reasons = paired(edge("", paths=["deploy/models/m", "models/m"]))
        assert reasons == {} and pairing.destinations[0].path == "models/m/1"

    @pytest.mark.parametrize("path", ["/srv/models/m", "../elsewhere/m"])
    def test_outside(self, paired: Paired, path: str) -> None:
        pairing, _, reasons = paired(edge(path))
        assert reasons == {}
        assert pairing.destinations[0].unknown == f"{path} lies outside of the folders that are checked"

    def test_a_link_that_leads_out(self, paired: Paired, tmp_path_factory: pytest.TempPathFactory) -> None:
        put(NATIVE, str(tmp_path_factory.mktemp("out") / "m" / "1"))
        os.symlink(tmp_path_factory.getbasetemp(), "models")
        pairing, _, reasons = paired(edge("models"))
        assert reasons == {} and "leads out" in pairing.destinations[0].unknown

    def test_what_git_ignores(self, paired: Paired) -> None:
        pairing, _, reasons = paired(edge("models/m"), ignored=lambda path: path.startswith("models"))
        assert reasons == {} and "git ignores" in pairing.destinations[0].unknown

    def test_remote(self, paired: Paired) -> None:
        pairing, _, reasons = paired(edge("", paths=[], uri="s3://bucket/m"))
        assert reasons == {} and pairing.destinations[0].unknown == "s3://bucket/m is not among the files"

    def test_unknown(self, paired: Paired) -> None:
        pairing, _, reasons = paired(edge("", paths=[], unknown="variable MODELS is not set"))
        assert reasons == {} and pairing.destinations[0].unknown == "variable MODELS is not set"

    def test_a_version_that_is_asked_for_and_missing(self, paired: Paired) -> None:
        put(NATIVE, "models/m/1")
        _, _, reasons = paired(edge("models/m", versions=("specific", 3)))
        (reason,) = reasons["compose.yml"]
        assert reason.code == "TRT407" and reason.facts["wanted"] == "3" and reason.facts["found"] == "1"

    def test_a_file_as_base_path(self, paired: Paired) -> None:
        put(PLAN, "models/m")
        _, _, reasons = paired(edge("models/m"))
        assert codes(reasons) == ["TRT407"]

    def test_many_names(self, paired: Paired) -> None:
        for number in range(9):
            put(PLAN, f"models/m/file{number}.bin")
        _, _, reasons = paired(edge("models/m"))
        assert reasons["compose.yml"][0].facts["found"].endswith("file4.bin, ...")

    def test_a_folder_of_base_paths(self, paired: Paired) -> None:
        put(TF_TRT, "models/a/1")
        put(NATIVE, "models/b/1")
        put(PLAN, "models/notes/plan")
        pairing, _, reasons = paired(edge("models", shape=BASE_PATHS))
        assert sorted(str(one.path) for one in pairing.destinations) == ["models/a/1", "models/b/1"]
        assert codes(reasons) == ["TRT401"]

    def test_an_artifact(self, paired: Paired) -> None:
        put(TF_TRT, "export")
        for path in ("export", "export/saved_model.pb"):
            pairing, _, reasons = paired(edge(path, shape=ARTIFACT))
            assert pairing.destinations[0].path == "export" and codes(reasons) == ["TRT401"]

    def test_a_version_folder_without_a_model(self, paired: Paired) -> None:
        Path("models/m/1").mkdir(parents=True)
        Path("models/m/1/README").write_text("later")
        _, (case,), reasons = paired(edge("models/m"))
        assert case.artifact.kind == "version_folder" and case.verdicts[0].load == "fail"
        assert reasons == {}
        (reason, _) = next(case.reasons("TRT309"))
        assert (line("compose.yml", 7), f"{GPU_2_18} is to serve it") in reason.also


class TestTriton:
    IMAGE = "nvcr.io/nvidia/tritonserver:23.05-py3"

    def serves(self, **options: Any) -> Edge:
        options.setdefault("shape", REPOSITORY)
        return edge("r", server(self.IMAGE, TRITON, **options.pop("server", {})), **options)

    def test_a_repository(self, paired: Paired) -> None:
        put(PLAN, "r/m/1/model.plan")
        put(NATIVE, "r/n/2/model.savedmodel")
        pairing, _, reasons = paired(self.serves())
        assert [one.path for one in pairing.destinations] == ["r/m/1/model.plan", "r/n/2/model.savedmodel"]
        assert codes(reasons) == ["TRT412"]

    def test_versions_that_are_not_seen(self, paired: Paired) -> None:
        put(PLAN, "r/m/v1/model.plan")
        Path("r/m/config.pbtxt").write_text('platform: "tensorrt_plan"')
        _, _, reasons = paired(self.serves())
        (reason,) = reasons["compose.yml"]
        assert (reason.code, reason.facts["found"], reason.facts["path"]) == ("TRT407", "v1", "r/m")

    def test_versions_that_are_asked_for_and_missing(self, paired: Paired) -> None:
        put(PLAN, "r/m/1/model.plan")
        Path("r/m/config.pbtxt").write_text('platform: "tensorrt_plan"\nversion_policy { specific { versions: 2 } }')
        _, _, reasons = paired(self.serves())
        (reason,) = reasons["r/m/config.pbtxt"]
        assert (reason.code, reason.facts["wanted"], reason.at) == ("TRT407", "2", line("r/m/config.pbtxt", 2))

    def test_a_config_that_waits_for_its_files(self, paired: Paired) -> None:
        Path("r/m").mkdir(parents=True)
        Path("r/m/config.pbtxt").write_text('platform: "tensorrt_plan"')
        assert paired(self.serves())[2] == {}

    @pytest.mark.parametrize(("node", "opened"), [("8.6", "a.plan"), ("9.0", "b.plan"), (None, "a.plan b.plan")])
    def test_a_file_for_each_kind_of_gpu(self, paired: Paired, node: str | None, opened: str) -> None:
        put(PLAN, "r/m/1/a.plan")
        put(PLAN, "r/m/1/b.plan")
        entries = '{ key: "8.6" value: "a.plan" }, { key: "9.0" value: "b.plan" }'
        Path("r/m/config.pbtxt").write_text(f'platform: "tensorrt_plan"\ncc_model_filenames [ {entries} ]')
        pairing, _, _ = paired(self.serves(server={"capability": node}))
        assert [one.path for one in pairing.destinations] == [f"r/m/1/{name}" for name in opened.split()]
        gpus = [getattr(one.target, "capability", None) for one in pairing.destinations]
        assert gpus == ([node] if node else ["8.6", "9.0"])

    @pytest.mark.parametrize("config", ['platform: "onnxruntime_onnx"', 'backend: "mine"\ndefault_model_filename: "n"'])
    def test_a_folder_of_another_kind_is_no_saved_model(self, paired: Paired, config: str) -> None:
        name = "n" if "mine" in config else "model.onnx"
        Path(f"r/m/1/{name}").mkdir(parents=True)
        Path(f"r/m/1/{name}/model.onnx").write_bytes(b"\x08\x07")
        Path("r/m/config.pbtxt").write_text(config)
        pairing, cases, reasons = paired(self.serves(), of_config(f"r/m/1/{name}"))
        assert cases == [] and reasons == {} and {one.path for one in pairing.destinations} == {None}

    def test_two_months_of_triton_are_two_findings(self, paired: Paired) -> None:
        """Each says its own TensorRT, and has the line of its own deployment."""
        put(PLAN, "r/m/1/model.plan")
        older = edge("r", server("nvcr.io/nvidia/tritonserver:22.04-py3", TRITON), 9, shape=REPOSITORY)
        _, (case,), _ = paired(self.serves(), older)
        found = {
            reason.facts["runtime"]: (targets, [at.line for at, _ in reason.also])
            for reason, targets in case.reasons("TRT205")
        }
        assert found == {
            "8.6.1.2": ([self.IMAGE], [7]),
            "8.2.4": (["nvcr.io/nvidia/tritonserver:22.04-py3"], [9]),
        }

    def test_a_linked_version_is_counted_once(self, paired: Paired) -> None:
        put(PLAN, "store/a/model.plan")
        Path("r/m").mkdir(parents=True)
        Path("r/m/1").symlink_to("../../store/a")
        pairing, (case,), _ = paired(self.serves())
        # The walk finds the plan by its other name as well.
        pairing.learn(case)
        (reason,) = pairing.reasons()["compose.yml"]
        assert reason.count == 1 and "others" not in reason.facts

    def test_in_an_archive(self, paired: Paired) -> None:
        with tarfile.open("model.tar.gz", "w:gz") as archive:
            archive.add(TF_TRT, "export/Servo/1")
        member = "model.tar.gz!/export/Servo/1"
        pairing, (case,), reasons = paired(edge(member, shape=ARTIFACT))
        assert pairing.destinations[0].path == case.artifact.path == member
        assert codes(reasons) == ["TRT401"]


class TestPlans:
    def test_on_its_way_to_tensorflow_serving(self, paired: Paired) -> None:
        put(PLAN, "models/m/1/model.plan")
        _, (case,), reasons = paired(edge("models/m"))
        assert codes(reasons) == ["TRT416"]
        assert [(notice.code, notice.also) for notice in case.notices] == [
            ("TRT201", ((line("compose.yml", 7), f"{GPU_2_18} is to serve it"),))
        ]

    def test_to_an_image_that_is_not_said(self, paired: Paired) -> None:
        put(PLAN, "models/m/1/model.plan")
        _, (case,), reasons = paired(edge("models/m", server(None)))
        assert codes(reasons) == ["TRT418", "TRT416"]
        assert [notice.code for notice in case.notices] == ["TRT201"]

    def test_in_the_base_path_itself(self, paired: Paired) -> None:
        put(PLAN, "models/m/model.plan")
        _, _, reasons = paired(edge("models/m"))
        assert sorted(codes(reasons)) == ["TRT407", "TRT416"]

    def test_at_home(self, paired: Paired) -> None:
        put(PLAN, "r/m/1/model.plan")
        said = of_config("r/m/1/model.plan")
        _, (case,), reasons = paired(said)
        assert case.notices == [] and reasons == {}

    def test_a_deployment_that_names_the_image_speaks_for_the_config(self, paired: Paired) -> None:
        put(PLAN, "r/m/1/model.plan")
        config = of_config("r/m/1/model.plan")
        named = edge("r/m/1/model.plan", server("nvcr.io/nvidia/tritonserver:24.05-py3", TRITON), shape=ARTIFACT)
        _, (case,), reasons = paired(config, named)
        assert list(reasons) == ["compose.yml"] and codes(reasons) == ["TRT412"]
        (reason, _) = next(case.reasons("TRT205"))
        assert reason.also == ((line("compose.yml", 7), "nvcr.io/nvidia/tritonserver:24.05-py3 is to serve it"),)


class TestRelation:
    def test_both_ways(self, paired: Paired) -> None:
        put(TF_TRT, "models/m/1")
        _, (case,), reasons = paired(edge("models/m"))
        (reason,) = reasons["compose.yml"]
        assert reason.at == line("compose.yml", 7)
        assert reason.also[0][0].path == "models/m/1/saved_model.pb"
        assert reason.also[1] == (line("compose.yml", 3), f"the image {GPU_2_18}")
        (own, targets) = next(case.reasons("TRT101"))
        assert targets == [GPU_2_18]
        assert own.also[-1] == (line("compose.yml", 7), f"{GPU_2_18} is to serve it")

    def test_only_the_deployments_that_a_cause_concerns(self, paired: Paired) -> None:
        put(TF_TRT, "models/m/1")
        good = edge("models/m", server("tensorflow/serving:2.17.1-gpu"), 20)
        later = edge("models/m", server("tensorflow/serving:2.20.0"), 30)
        _, (case,), reasons = paired(good, edge("models/m"), later)
        (own, targets) = next(case.reasons("TRT101"))
        assert len(targets) == 2
        assert [at for at, _ in own.also if at.path == "compose.yml"] == [
            line("compose.yml", 7),
            line("compose.yml", 30),
        ]
        assert [reason.at for reason in reasons["compose.yml"] if reason.code == "TRT401"] == [
            line("compose.yml", 7),
            line("compose.yml", 30),
        ]

    def test_a_stored_engine_stays_at_the_artifact(self, paired: Paired) -> None:
        put(TF_TRT, "models/m/1")
        _, (case,), reasons = paired(edge("models/m", server("tensorflow/serving:2.17.1-gpu")))
        assert reasons == {}
        (own, _) = next(case.reasons("TRT107"))
        assert own.also[-1][0] == line("compose.yml", 7)

    def test_unknown_is_not_no(self, paired: Paired) -> None:
        put(TF_TRT, "models/m/1")
        serves = server("763104351884.dkr.ecr.eu-west-1.amazonaws.com/tensorflow-inference:2.14-gpu")
        _, (case,), reasons = paired(edge("models/m", serves))
        assert [verdict.load for verdict in case.verdicts] == ["unknown"]
        assert reasons == {}


class TestFlags:
    @pytest.mark.parametrize("tags", ["serve,gpu", None])
    def test_another_metagraph(self, paired: Paired, tags: str | None) -> None:
        put(TF_TRT, "models/m/1")
        flags = {"saved_model_tags": Said(tags, line("compose.yml", 5))}
        pairing, (case,), reasons = paired(edge("models/m", server(flags=flags)))
        assert case.verdicts == [] and codes(reasons) == ["TRT418"]
        assert pairing.to("models/m/1")[0].unknown.startswith("--saved_model_tags=")

    def test_serve_is_what_is_judged(self, paired: Paired) -> None:
        put(TF_TRT, "models/m/1")
        flags = {"saved_model_tags": Said("serve", line("compose.yml", 5))}
        assert codes(paired(edge("models/m", server(flags=flags)))[2]) == ["TRT401"]

    @pytest.mark.parametrize("there", [True, False])
    def test_tflite(self, paired: Paired, there: bool) -> None:
        put(TF_TRT, "models/m/1")
        if there:
            Path("models/m/1/model.tflite").write_bytes(b"TFL3")
        flags = {"prefer_tflite_model": Said("true", line("compose.yml", 5))}
        assert codes(paired(edge("models/m", server(flags=flags)))[2]) == (["TRT418"] if there else ["TRT401"])

    def test_tensorflow_1_or_2_in_triton(self) -> None:
        flags = {"backend-config.tensorflow.version": Said("2", line("run.sh", 1))}
        target, _ = servers.Asking().target(server("tritonserver:22.01-py3", TRITON, flags=flags))
        assert target is not None and target.name == "tritonserver:22.01-py3,tensorflow=2"


class TestRemarks:
    def test_the_servers_words(self) -> None:
        reason = reason_of(
            Remark("TRT422", line("x.yaml", 2), {"version": "2.1", "message": "no"}, [(line("y", 1), "w")])
        )
        assert (reason.message, reason.facts, reason.at) == ("no", {"version": "2.1"}, line("x.yaml", 2))
        assert reason.also == ((line("y", 1), "w"),)

    def test_words_that_are_always_the_same(self) -> None:
        facts = {"model": "m", "platform": "{model}"}
        assert (
            reason_of(Remark("TRT408", line("x", 1), facts)).message == "Model m requests unsupported platform {model}"
        )
        assert reason_of(Remark("TRT408", line("x", 1), {"model": "m"})).message == ""

    def test_once_and_in_the_order_of_the_lines(self, paired: Paired) -> None:
        put(TF_TRT, "models/m/1")
        floating = Remark("TRT403", line("compose.yml", 9), {"image": "tensorflow/serving"})
        again = Remark("TRT403", line("compose.yml", 9), {"image": "tensorflow/serving"})
        other = Remark("TRT420", line("b.yml", 1), {"why": "x"})
        _, _, reasons = paired(edge("models/m"), remarks=[floating, other, again])
        assert list(reasons) == ["b.yml", "compose.yml"]
        assert codes(reasons) == ["TRT401", "TRT403"]

    def test_a_deployment_file_is_a_case(self, paired: Paired) -> None:
        put(TF_TRT, "models/m/1")
        _, _, reasons = paired(edge("models/m"))
        case = deployment_case("compose.yml", "compose", reasons["compose.yml"])
        assert (case.artifact.kind, case.artifact.content, case.artifact.complete) == ("deployment", "compose", True)
        (finding,) = ask(case, RULES)
        assert (finding.code, finding.name, finding.severity) == ("TRT401", "image-without-engine-ops", "error")
