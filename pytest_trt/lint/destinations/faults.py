"""What a verdict means for the deployment: the reasons that stand at the line which deploys."""

from __future__ import annotations

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.open import Artifact
from pytest_trt.artifacts.saved_model import GRAPH_FILES
from pytest_trt.deploy.edge import TENSORFLOW_SERVING, TRITON, line
from pytest_trt.lint.destinations import servers
from pytest_trt.serving.target import Target
from pytest_trt.serving.verdict import FAIL, FILE, LOAD, Reason, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_trt.artifacts.saved_model import SavedModel
    from pytest_trt.lint.case import Case
    from pytest_trt.lint.destinations.destination import Destination

# TF-TRT ops that the server lacks, the gravest first.
_OPS = ("TRT101", "TRT102", "TRT104")
_POINTER = b"version https://git-lfs"
_POINTER_SIZE = 1024


def of(case: Case, destination: Destination) -> Iterator[Reason]:
    """The reasons for the deployment's line. Their `at` is the edge's, the artifact stands in `also`."""
    edge = destination.edge
    if edge is None or not destination.served:
        return
    made = _Made(case, destination)
    pointers = _pointers(case)
    if pointers:
        yield made.reason("TRT414", Location(pointers[0]), "this is a pointer", path=pointers[0])
        return
    if edge.server.family == TENSORFLOW_SERVING and _is_plan(case.artifact):
        yield made.reason("TRT416", Location(case.artifact.path), "the plan")
        return
    verdict = _verdict(case, destination) or _of_capability(case, destination)
    if verdict is not None:
        found = list(_by_verdict(made, case, verdict)) or _below_floor(made, case, destination)
        yield from found
    if edge.server.family == TRITON:
        warm = _warm_up_of_triton(case, destination, verdict)
    else:
        warm = _warm_up(case, destination, verdict)
    if warm is not None:
        words = "TF-TRT is switched on here" if warm.at.line else "no engine is stored for this"
        yield made.reason("TRT415", warm.at, words, **warm.facts)


class _Made:
    """Makes the reasons of one artifact at one destination."""

    def __init__(self, case: Case, destination: Destination) -> None:
        self.case = case
        self.destination = destination
        assert destination.edge is not None
        self.edge = destination.edge

    def reason(self, code: str, at: Location, words: str, message: str = "", **facts: str) -> Reason:
        edge = self.edge
        image = edge.server.image
        also = [(at, words)]
        if image.text is not None and image.at != edge.at:
            also.append((image.at, f"the image {image.text}"))
        facts = {
            "image": self.destination.name,
            "artifact": self.case.artifact.path,
            "model": edge.model or "",
            **facts,
        }
        return Reason(FILE, code, message, edge.at, also=also, facts=facts)


def _verdict(case: Case, destination: Destination) -> Verdict | None:
    target = destination.target
    return next((one for one in case.verdicts if target is not None and one.target.name == target.name), None)


def _of_capability(case: Case, destination: Destination) -> Verdict | None:
    """A plan for GPUs that config.pbtxt names: they refuse it or not whatever the image."""
    edge, plan = destination.edge, case.artifact.plan
    if edge is None or destination.target is not None or edge.server.capability is None:
        return None
    if plan is None or plan.version is None or edge.server.family != TRITON:
        return None
    from pytest_trt.serving import plans, runtime

    asked = runtime.parse(f"{plan.product}:{plan.version},gpu=sm_{edge.server.capability.replace('.', '')}")
    return plans.judge(case.artifact, [asked], True)[0][0]


def _by_verdict(made: _Made, case: Case, verdict: Verdict) -> Iterator[Reason]:
    target = verdict.target
    if made.edge.server.family == TENSORFLOW_SERVING and isinstance(target, Target):
        found = _missing_ops(made, case, verdict, target) or _missing_gpu(made, verdict, target)
        if found is not None:
            yield found
        return
    for reason in verdict.reasons:
        if reason.facts.get("certain") == "no":
            continue
        facts = reason.facts
        if reason.code == "TRT411":
            more = {key: facts.get(key, "") for key in ("platform", "backend", "last", "why")}
            yield made.reason("TRT411", reason.at, "the model", reason.message, stage=reason.stage, **more)
        elif reason.code == "TRT205":
            plan = "" if facts.get("kind") not in (None, "version") else facts.get("plan", "")
            why = "TensorRT-RTX built it" if facts.get("plan") == "tensorrt-rtx" else ""
            runtime = facts.get("runtime", "") if plan else ""
            more = {"plan": plan, "image_tensorrt": runtime, "why": why}
            yield made.reason("TRT412", reason.at, "the plan", reason.message, stage=reason.stage, **more)
        elif reason.code == "TRT206":
            at, selector = _selector(made.destination, facts.get("runtime", ""))
            if at is None:
                continue
            more = {"plan": facts.get("plan", ""), "node": facts.get("runtime", ""), "selector": selector}
            found = made.reason("TRT413", reason.at, "the plan", reason.message, stage=reason.stage, **more)
            if at != found.at:
                found.also = (*found.also, (at, "the GPU that is asked for"))
            yield found
        else:
            continue
        return


def _below_floor(made: _Made, case: Case, destination: Destination) -> list[Reason]:
    """A plan on a GPU, or for one, that is older than what the image supports."""
    plan, target = case.artifact.plan, destination.target
    if plan is None:
        return []
    from pytest_trt.serving import plans
    from pytest_trt.serving.images import months
    from pytest_trt.serving.triton import Triton

    if not isinstance(target, Triton):
        return []
    floor = months.floor(target.month)
    gpu = made.edge.server.capability or (plan.compute_capability if plan.product == "tensorrt" else None)
    if floor is None or gpu is None or plans.number(gpu) >= plans.number(floor):
        return []
    at, selector = _selector(destination, gpu)
    facts = {"plan": plan.compute_capability or "", "node": gpu, "selector": selector, "floor": floor}
    found = made.reason("TRT413", Location(case.artifact.path), "the plan", stage=LOAD, **facts)
    if at is not None and at != found.at:
        found.also = (*found.also, (at, "the GPU that is asked for"))
    return [found]


def _selector(destination: Destination, capability: str) -> tuple[Location | None, str]:
    """Where the deployment, or the model's config, names the GPU, and in which words; None where nobody does."""
    edge, model = destination.edge, destination.model
    assert edge is not None
    if model is not None and model.config is not None and capability in model.filenames:
        return line(model.config, model.filenames[capability][1]), "the GPU of this entry of cc_model_filenames"
    if edge.server.capability is None:
        return None, ""
    at = edge.server.capability_at or edge.at
    return at, next((words for place, words in edge.why if place == at), "")


def _missing_ops(made: _Made, case: Case, verdict: Verdict, target: Target) -> Reason | None:
    """TF-TRT ops that the image does not have."""
    sure = [one for one in verdict.reasons if one.code in _OPS and one.facts.get("certain") != "no"]
    if not target.tensorrt_ops:
        sure += [one for one in case.notices if one.code == "TRT104"]
    if not sure:
        return None
    reason = min(sure, key=lambda one: _OPS.index(one.code))
    stage = "load" if reason.code == "TRT104" else reason.stage
    facts = {"version": ".".join(map(str, target.version)), "stage": stage, "ops": reason.facts.get("ops", "")}
    code = "TRT401"
    if servers.gpu_flavour_has_ops(target):
        code, facts["better"] = "TRT402", servers.better(target) or ""
    return made.reason(code, reason.at, "the model's TF-TRT ops", reason.message, **facts)


def _missing_gpu(made: _Made, verdict: Verdict, target: Target) -> Reason | None:
    """A model pinned to a GPU, or with an op that only GPUs have, on a CPU image."""
    better = servers.better(target)
    if better is None:
        return None
    for reason in verdict.reasons:
        facts = reason.facts
        if facts.get("certain") == "no":
            continue
        if reason.code == "TRT303" and "GPU" in facts.get("device", "").upper():
            need = f"a node of the model is pinned to {facts['device']}"
        elif reason.code == "TRT302" and "GPU" in facts.get("devices", ""):
            need = f"op {facts.get('op', '')} has a kernel for GPUs only"
        else:
            continue
        more = {"better": better, "need": need, "stage": reason.stage}
        return made.reason("TRT402", reason.at, "what needs the GPU", reason.message, **more)
    return None


def _warm_up(case: Case, destination: Destination, verdict: Verdict | None) -> Reason | None:
    """An engine that TensorFlow Serving builds in the first request; None where warm-up data prevent it."""
    edge = destination.edge
    if verdict is None or edge is None:
        return None
    said = edge.server.flags.get("enable_model_warmup")
    off = said is not None and said.text is not None and said.text.lower() in ("false", "0")
    for reason in verdict.remarks:
        if reason.code == "TRT105" and (off or not reason.facts.get("warmup")):
            facts = {"off": "yes"} if reason.facts.get("warmup") else {}
            return Reason(FILE, "TRT415", "", reason.at, facts={"server": TENSORFLOW_SERVING, **facts})
    return None


def _warm_up_of_triton(case: Case, destination: Destination, verdict: Verdict | None) -> Reason | None:
    """The same in Triton, where config.pbtxt may switch TF-TRT on, and holds the warm-up requests."""
    model = destination.model
    if model is not None and model.warmup or verdict is not None and verdict.load == FAIL:
        return None
    if verdict is not None:
        for reason in verdict.remarks:
            if reason.code == "TRT105":
                return Reason(FILE, "TRT415", "", reason.at, facts={"server": TRITON})
    if model is None or model.config is None or not model.tensorflow or model.on_cpu:
        return None
    from pytest_trt.deploy.readers.triton_config import accelerators

    if any(True for _ in accelerators(model)):
        # It is refused as it is written, and that is said there.
        return None
    for one in model.accelerators:
        if one.gpu and one.name == "tensorrt":
            return Reason(FILE, "TRT415", "", line(model.config, one.line), facts={"server": TRITON})
    return None


def _is_plan(artifact: Artifact) -> bool:
    return artifact.plan is not None or artifact.content == "plan"


def _pointers(case: Case) -> list[str]:
    """The files of an artifact that are git-LFS pointers, as they would be shown."""
    artifact = case.artifact
    model = artifact.model
    if model is None:
        return [artifact.path] if artifact.kind == "lfs_pointer" else []
    found = []
    for names in ((), ("variables",), ("assets",)):
        for name in model.folder.names(*names):
            if names or name in GRAPH_FILES:
                if _is_pointer(model, (*names, name)):
                    found.append(model.named(*names, name))
    return found


def _is_pointer(model: SavedModel, names: Sequence[str]) -> bool:
    folder = model.folder
    size = folder.size(*names)
    if size is None or not len(_POINTER) <= size <= _POINTER_SIZE or not folder.is_file(*names):
        return False
    try:
        source = folder.open(model.named(*names), *names)
    except ArtifactError:
        return False
    try:
        return source.at(0, len(_POINTER)) == _POINTER
    except ArtifactError:
        return False
    finally:
        source.close()
