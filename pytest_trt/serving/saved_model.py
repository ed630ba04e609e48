"""A SavedModel against TensorFlow Serving, and against the TensorFlow of Triton: one verdict a target."""

from __future__ import annotations

from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed
from pytest_trt.artifacts.location import Location
from pytest_trt.serving import base_path, messages
from pytest_trt.serving.instantiate import suspicious
from pytest_trt.serving.loader import Load, Runs
from pytest_trt.serving.survey import Survey
from pytest_trt.serving.target import TENSORRT_OPS, Target
from pytest_trt.serving.verdict import FAIL, LOAD, OK, UNKNOWN, Reason, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.open import Artifact
    from pytest_trt.artifacts.saved_model import SavedModel
    from pytest_trt.serving.triton import Triton

# What stands in place of a SavedModel, and the rule that knows it best.
_ELSE = {"plan": "TRT202", "lfs_pointer": "TRT208", "graph_def": "TRT309", "meta_graph_def": "TRT309"}


def judge(artifact: Artifact, targets: Sequence[Target | Triton]) -> tuple[list[Verdict], list[Reason]]:
    """One verdict a target, and notices about the folder."""
    model = artifact.model
    assert model is not None
    notices = base_path.notices(model)
    if artifact.error is not None and not targets:
        notices.append(Reason.of_error(artifact.error))
    survey = Survey(model)
    known = artifact.error
    runs = None
    verdicts: list[Verdict] = []
    for target in targets:
        verdict = _begun(target, model)
        if isinstance(verdict.target, Target) and not _refused_folder(artifact, model, verdict):
            metagraph = survey.metagraph
            if metagraph is None:
                tags = "; ".join(one.label for one in model.metagraphs)
                code = _ELSE.get(model.content, "TRT309")
                if model.metagraphs and model.content == "saved_model":
                    code = "TRT304"
                facts = {"tags": tags, "content": model.content, "file": model.graph_file or ""}
                at = Location(model.named(model.graph_file or ""))
                verdict.fail_load(Reason(LOAD, code, messages.no_metagraph(), at, facts=facts))
            elif not _as_clean(survey, verdicts, verdict):
                runs = runs or Runs(survey, metagraph)
                _load(artifact, Load(survey, runs, metagraph, verdict))
        verdicts.append(verdict)
    if artifact.error is not known:
        # The bytes are the same for every target: what one found broken, the server's parser refuses on all.
        verdicts = [_begun(target, model) for target in targets]
        for verdict in verdicts:
            if isinstance(verdict.target, Target):
                _refused_folder(artifact, model, verdict)
    survey.release()
    return verdicts, notices


def _begun(target: Target | Triton, model: SavedModel) -> Verdict:
    """The verdict before anything is judged: of Triton's TensorFlow; the whole verdict where Triton has none."""
    if isinstance(target, Target):
        return Verdict(target)
    if target.tensorflow is not None:
        return Verdict(target.tensorflow)
    from pytest_trt.serving.frozen import without_tensorflow

    return without_tensorflow(target, "tensorflow_savedmodel", Location(model.named(model.graph_file or "")))


def _as_clean(survey: Survey, before: list[Verdict], verdict: Verdict) -> bool:
    """Whether the target before this one serves the model without trouble, and this one differs in nothing it needs."""
    graph, target = survey.graph, verdict.target
    assert isinstance(target, Target)
    if not before or before[-1].load != OK or before[-1].reasons or graph is None:
        return False
    last = before[-1].target
    if not isinstance(last, Target) or last.tensorrt_ops != target.tensorrt_ops or last.serving != target.serving:
        return False
    if target.graph_version is not None and graph.min_consumer > target.graph_version:
        return False
    for body in graph.bodies():
        if not TENSORRT_OPS.isdisjoint(body.ops) or suspicious(body, graph, target):
            return False
        if body.name and target.kernels(body.name) not in (".", None):
            return False
    verdict.signatures = dict(before[-1].signatures)
    verdict.remarks = list(before[-1].remarks)
    return True


def _load(artifact: Artifact, load: Load) -> None:
    """Judge; what turns out to be broken or changed only now, in a large file, is a reason like any other."""
    model, verdict = load.model, load.verdict
    try:
        load.judge()
        return
    except ArtifactError as error:
        found = error
    except (RecursionError, MemoryError):
        found = LimitReached(Location(model.shown), "the functions of the model lie too deep inside one another")
    try:
        if model.source is not None:
            model.source.unchanged()
    except ArtifactError as changed:
        found = changed
    artifact.error = model.error = found
    artifact.complete = False
    verdict.reasons, verdict.remarks, verdict.load = [], [], OK
    _refused_folder(artifact, model, verdict)


def _refused_folder(artifact: Artifact, model: SavedModel, verdict: Verdict) -> bool:
    """Whether the loader refuses before it has a metagraph: no file, or bytes that it cannot parse."""
    folder = Location(model.shown)
    target = verdict.target
    assert isinstance(target, Target)
    if target.serving and target.version >= (2, 1, 0) and model.folder.is_file("export.meta"):
        words = "UNIMPLEMENTED: Session Bundle is deprecated and removed."
        verdict.fail_load(
            Reason(LOAD, "TRT309", words, folder, facts={"content": "export_meta", "file": "export.meta"})
        )
        return True
    if model.graph_file is None:
        content = "cpb" if model.folder.exists("saved_model.cpb") else "absent"
        facts = {"content": content, "file": "saved_model.pb"}
        verdict.fail_load(Reason(LOAD, "TRT309", messages.no_saved_model(model.shown), folder, facts=facts))
        return True
    at = Location(model.named(model.graph_file))
    if model.folder.is_folder(model.graph_file):
        facts = {"content": "folder", "file": model.graph_file}
        verdict.fail_load(Reason(LOAD, "TRT309", messages.no_metagraph(), at, facts=facts))
        artifact.complete = True
        return True
    error = artifact.error
    if error is None:
        return False
    if isinstance(error, Malformed):
        words = messages.unparsable(model.named(model.graph_file), model.text, error.ran_out)
        if model.content in _ELSE:
            artifact.complete = True
            facts = {"content": model.content, "file": model.graph_file}
            verdict.fail_load(Reason(LOAD, _ELSE[model.content], words, at, facts=facts))
        else:
            verdict.fail_load(Reason(LOAD, "TRT902", words, error.location, facts={"why": error.why}))
        return True
    state = UNKNOWN
    reason = Reason(LOAD, error.code, "", error.location, facts={"why": error.why})
    if not isinstance(error, LimitReached):
        state = FAIL
        reason.message = messages.no_saved_model(model.shown) if "no such file" in error.why else ""
    verdict.fail_load(reason, state)
    return True
