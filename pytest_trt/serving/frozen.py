"""TensorFlow models on Triton: where it has no TensorFlow backend, and frozen graphs, which it alone serves."""

from __future__ import annotations

from pytest_trt.artifacts.attrs import node_name
from pytest_trt.artifacts.location import Location
from pytest_trt.serving import bare, messages
from pytest_trt.serving.images.months import TENSORFLOW_LAST
from pytest_trt.serving.target import TENSORRT_OPS, Target
from pytest_trt.serving.triton import Triton
from pytest_trt.serving.verdict import FAIL, LOAD, UNKNOWN, Reason, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.graph import Graph
    from pytest_trt.artifacts.open import Artifact
    from pytest_trt.serving.runtime import Runtime


def without_tensorflow(triton: Triton, platform: str, at: Location) -> Verdict:
    """The verdict of an image without TensorFlow backend, or of which nobody knows what that runs."""
    lacking = triton.no_tensorflow
    assert lacking is not None
    verdict = Verdict(triton)
    if not lacking.sure:
        facts = {"why": lacking.why, "certain": "no", "image": triton.image, "cause": f"TRT904 {lacking.why}"}
        verdict.fail_load(Reason(LOAD, "TRT904", "", at, facts=facts), UNKNOWN)
        return verdict
    facts = {"image": triton.image, "platform": platform, "backend": "tensorflow", "last": TENSORFLOW_LAST}
    facts |= {"why": lacking.why, "cause": f"TRT411 {lacking.why}"}
    verdict.fail_load(Reason(LOAD, "TRT411", lacking.message, at, facts=facts))
    return verdict


def judge(artifact: Artifact, targets: Sequence[Target | Runtime | Triton]) -> tuple[list[Verdict], list[Reason]]:
    """Verdicts of a GraphDef on Triton, one an image, and notices.

    The server imports the graph when it loads; what requests ask for stands in config.pbtxt and is not judged.
    """
    notices = bare.notices(artifact)
    if not any(isinstance(target, Target) and target.serving for target in targets):
        # At home there: what TF-TRT's ops do is in the verdict.
        notices = [reason for reason in notices if reason.code != "TRT104"]
    at = Location(artifact.path)
    verdicts = []
    for target in targets:
        if not isinstance(target, Triton):
            continue
        if target.tensorflow is None:
            verdicts.append(without_tensorflow(target, "tensorflow_graphdef", at))
            continue
        verdict = Verdict(target.tensorflow)
        if artifact.error is not None or artifact.graph is None:
            why = artifact.error.why if artifact.error is not None else ""
            code = artifact.error.code if artifact.error is not None else "TRT902"
            verdict.fail_load(Reason(LOAD, code, "", at, facts={"why": why}), UNKNOWN)
        else:
            _import(artifact.path, artifact.graph, target.tensorflow, verdict)
        verdicts.append(verdict)
    return verdicts, notices


def _import(path: str, graph: Graph, target: Target, verdict: Verdict) -> None:
    """The ops of the main graph, in the order in which the import meets them: the first unknown one ends it."""
    from pytest_trt.serving.words import library_of

    main = graph.main
    known = [(op, target.kernels(op)) for op in main.ops if op not in graph.functions]
    for op, kernels in sorted(known, key=lambda one: (one[1] != ".", main.ops[one[0]].places[0][0])):
        if kernels not in (".", None):
            continue
        offset, length = main.ops[op].places[0]
        at = Location(path, (("node", node_name(main.source, offset, length)),), offset, length)
        facts = {"op": op, "where": "main graph", "function": "", "cause": op, "hint_library": library_of(op)}
        facts["certain"] = "" if kernels == "." else "no"
        code = "TRT301"
        if op in TENSORRT_OPS and target.tensorrt_ops is None:
            facts |= {"why": f"it holds {op}, and {target.why_ops}", "cause": "TF-TRT", "image": target.name}
            code = "TRT904"
        message = f"NOT_FOUND: {messages.unregistered(op)}" if kernels == "." else ""
        count = main.ops[op].count
        verdict.fail_load(
            Reason(LOAD, code, message, at, count=count, facts=facts), FAIL if kernels == "." else UNKNOWN
        )
