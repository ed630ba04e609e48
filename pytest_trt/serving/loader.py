"""The load of a SavedModel and its requests, stage by stage, as TensorFlow Serving does them.

Order of LoadSavedModel: the file, the metagraph, its constants, the session with the main graph, restore, init;
then warm-up, then requests. Source: tensorflow/cc/saved_model/loader.cc; the functions named in each part.
"""

from __future__ import annotations

from pytest_trt.artifacts import warmup
from pytest_trt.artifacts.errors import ArtifactError, LimitReached, Malformed
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.saved_model import WARMUP as WARMUP_DATA
from pytest_trt.artifacts.saved_model import init_op
from pytest_trt.serving import base_path, messages
from pytest_trt.serving.instantiate import suspicious
from pytest_trt.serving.main_graph import main_fault, structure
from pytest_trt.serving.reach import Main, node_of, tensor_of
from pytest_trt.serving.run import Questions, Reach, Run, Wiring
from pytest_trt.serving.target import TENSORRT_OPS
from pytest_trt.serving.tensorrt import TensorRT, unreached
from pytest_trt.serving.values import Values
from pytest_trt.serving.verdict import FAIL, FILE, LOAD, OK, REQUEST, UNKNOWN, WARMUP, Reason, Verdict
from pytest_trt.serving.words import Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.graph import Graph
    from pytest_trt.artifacts.open import Artifact
    from pytest_trt.artifacts.saved_model import MetaGraph, SavedModel, Signature
    from pytest_trt.serving.run import Met
    from pytest_trt.serving.target import Target

# What is told apart well enough to say that it is whole, and something else.
_ELSE = frozenset(("plan", "graph_def", "meta_graph_def", "lfs_pointer"))


def judge(artifact: Artifact, targets: Sequence[Target]) -> tuple[list[Verdict], list[Reason]]:
    """One verdict a target, and notices about the folder."""
    model = artifact.model
    assert model is not None
    notices = base_path.notices(model)
    if artifact.error is not None and not targets:
        notices.append(Reason.of_error(artifact.error))
    survey = Survey(model)
    verdicts = []
    for target in targets:
        verdict = Verdict(target)
        if not refused_folder(artifact, model, verdict):
            metagraph = survey.metagraph
            if metagraph is None:
                tags = "; ".join(one.label for one in model.metagraphs)
                code = "TRT304" if model.metagraphs and model.content == "saved_model" else "TRT309"
                facts = {"tags": tags, "content": model.content, "file": model.graph_file or ""}
                at = Location(model.named(model.graph_file or ""))
                verdict.fail_load(Reason(LOAD, code, messages.no_metagraph(), at, facts=facts))
            else:
                _judge(artifact, Load(survey, metagraph, verdict))
        verdicts.append(verdict)
    survey.release()
    return verdicts, notices


def _judge(artifact: Artifact, load: Load) -> None:
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
    refused_folder(artifact, model, verdict)


class Survey:
    """What does not depend on a target, worked out once."""

    __slots__ = (
        "model",
        "metagraph",
        "graph",
        "whole",
        "constants",
        "wiring",
        "reaches",
        "sound",
        "_main",
        "wirings",
        "_values",
    )

    def __init__(self, model: SavedModel) -> None:
        self.model = model
        self.metagraph = model.served() if model.error is None else None
        self.graph: Graph | None = self.metagraph.graph if self.metagraph is not None else None
        self._main: Main | None = None
        self._values: Values | None = None
        # Whether the nodes of every body were read when the file was checked.
        self.whole = self.graph is not None and self.graph.main._nodes is not None
        self.wirings = Wiring(self.graph, self.whole) if self.graph is not None else None
        self.constants: tuple[Reason | None] | None = None
        self.wiring: tuple[Reason | None] | None = None
        # Signatures whose tensors are all there.
        self.sound: set[str] = set()
        self.reaches: dict[tuple[tuple[str, ...], tuple[str, ...]], Reach] = {}

    def release(self) -> None:
        """Let go of what was read; Values and Survey know each other, and nobody looks for garbage."""
        self._values = self._main = self.wirings = None
        self.reaches = {}

    @property
    def main(self) -> Main:
        if self._main is None:
            assert self.graph is not None
            self._main = Main(self.graph)
        return self._main

    def reach(self, fetches: Sequence[str], feeds: Sequence[str]) -> Reach:
        """What a run needs of the main graph."""
        key = (tuple(fetches), tuple(feeds))
        found = self.reaches.get(key)
        if found is None:
            assert self.graph is not None
            found = self.reaches[key] = Reach(self.main, self.graph, fetches, feeds)
        return found

    def values(self) -> Values:
        if self._values is None:
            assert self.metagraph is not None and self.graph is not None
            self._values = Values(self.model, self.metagraph, self.graph, self)
        return self._values


def refused_folder(artifact: Artifact, model: SavedModel, verdict: Verdict) -> bool:
    """Whether the loader refuses before it has a metagraph: no file, or bytes that it cannot parse."""
    import os

    folder = Location(model.shown)
    if verdict.target.version >= (2, 1, 0) and os.path.isfile(model.inside("export.meta")):
        words = "UNIMPLEMENTED: Session Bundle is deprecated and removed."
        verdict.fail_load(
            Reason(LOAD, "TRT309", words, folder, facts={"content": "export_meta", "file": "export.meta"})
        )
        return True
    if model.graph_file is None:
        content = "cpb" if os.path.exists(model.inside("saved_model.cpb")) else "absent"
        facts = {"content": content, "file": "saved_model.pb"}
        verdict.fail_load(Reason(LOAD, "TRT309", messages.no_saved_model(model.shown), folder, facts=facts))
        return True
    at = Location(model.named(model.graph_file))
    if os.path.isdir(model.inside(model.graph_file)):
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
            verdict.fail_load(Reason(LOAD, "TRT309", words, at, facts=facts))
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


class Load:
    """Judges one model on one target."""

    def __init__(self, survey: Survey, metagraph: MetaGraph, verdict: Verdict) -> None:
        assert survey.graph is not None
        self.survey = survey
        self.model = survey.model
        self.metagraph = metagraph
        self.graph = survey.graph
        self.verdict = verdict
        self.target = verdict.target
        self.words = Words(self.model, metagraph, self.graph, self.target)
        self._questions: Questions | None = None
        self._asked: bool | None = None

    @property
    def questions(self) -> Questions:
        if self._questions is None:
            self._questions = Questions(self.graph, self.target, self.survey.wirings or Wiring(self.graph, False))
        return self._questions

    def judge(self) -> None:
        refusal = structure(self.survey, self.metagraph, self.target) or main_fault(
            self.survey, self.words, self.target
        )
        if refusal is not None:
            self.verdict.fail_load(refusal, FAIL if refusal.facts.get("certain") != "no" else UNKNOWN)
            self._others_in_main(refusal)
            self._remark_unreached()
            return
        if not self.graph.main.ops:
            self._empty_session()
            return
        tensorrt = TensorRT(self.survey, self.metagraph, self.target) if self.target.tensorrt_ops else None
        if not self._initialised(tensorrt):
            self._remark_unreached()
            return
        self._requests(tensorrt)
        if tensorrt is not None:
            self.verdict.remarks += tensorrt.remarks(self.verdict)
        self._remark_unreached()

    def _others_in_main(self, first: Reason) -> None:
        """Further causes in the main graph: ops that are not registered, beside the one that the loader names."""
        for reason in self.words.unregistered_in_main():
            if reason.facts.get("cause") != first.facts.get("cause"):
                self.verdict.reasons.append(reason)

    def _empty_session(self) -> None:
        for key in _answered(self.metagraph):
            words = "INVALID_ARGUMENT: Session was not created with a graph before Run()!"
            at = Location(self.words.file, self.words.trail())
            facts = {"tensor": "", "signature": key, "side": "output", "node": ""}
            self.verdict.fail_request(key, Reason(REQUEST, "TRT306", words, at, signature=key, facts=facts))

    def _run(self, fetches: Sequence[str], feeds: Sequence[str] = ()) -> Met | None:
        """The first fault in the functions that this run reaches; reads nodes only where a fault is possible."""
        if not self.survey.whole and not self.questions.below and not self._undefined_in_main():
            return None
        run = Run(self.survey.main, self.questions, self.survey.reach(fetches, feeds))
        run.follow()
        return run.first()

    def _undefined_in_main(self) -> bool:
        if self._asked is None:
            self._asked = suspicious(self.graph.main, self.graph, self.target)
        return self._asked

    def _initialised(self, tensorrt: TensorRT | None) -> bool:
        """Restore, then init; False where one fails."""
        values = self.survey.values()
        reason = values.restore_refused()
        if reason is None and values.restores:
            met = self._run([self.metagraph.restore_op or ""])
            if met is not None:
                reason = self.words.of(met, LOAD, "restore")
            else:
                reason = values.restore_fails()
        if reason is None:
            reason = self._init(values, tensorrt)
        if reason is None:
            return True
        self.verdict.fail_load(reason, FAIL if reason.facts.get("certain") != "no" else UNKNOWN)
        return False

    def _init(self, values: Values, tensorrt: TensorRT | None) -> Reason | None:
        name, refusal = init_op(self.metagraph)
        at = Location(self.words.file, self.words.trail())
        if refusal is not None:
            words = refusal + (self.model.shown if refusal.endswith(": ") else "")
            return Reason(LOAD, "TRT314", words, at, facts={"what": "init"})
        if name is None:
            return None
        if self.survey.whole and self.survey.main.find(name) is None:
            words = f"NOT_FOUND: PruneForTargets: Some target nodes not found: {name} "
            return Reason(LOAD, "TRT314", words, at, facts={"what": f"the init op {name!r} is not in the graph"})
        refused = values.init_refused()
        if refused is not None:
            return refused
        met = self._run([name])
        if met is not None:
            return self.words.of(met, LOAD, "initialisation")
        reason = values.init_fails(name)
        if reason is None and tensorrt is not None:
            reason = tensorrt.load_fails(name)
        return reason

    def _requests(self, tensorrt: TensorRT | None) -> None:
        verdict = self.verdict
        keys = _answered(self.metagraph)
        if not keys:
            at = Location(self.words.file, self.words.trail())
            words = 'FAILED_PRECONDITION: Serving signature key "serving_default" not found.'
            verdict.remarks.append(Reason(REQUEST, "TRT305", words, at))
        for key in keys:
            verdict.signatures[key] = OK
            signature = self.metagraph.signatures[key]
            reason = self._request(key, signature, tensorrt)
            if reason is None:
                continue
            reason.signature = key
            reason.via = (("signature", key), *reason.via)
            verdict.fail_request(key, reason, FAIL if reason.facts.get("certain") != "no" else UNKNOWN)
        if self.model.has_warmup:
            self._warm_up()

    def _warm_up(self) -> None:
        """The server replays recorded requests before it calls the model available: one that fails fails the load."""
        verdict = self.verdict
        replayed = warmup.signatures(self.model.inside(*WARMUP_DATA))
        failed = [reason for reason in verdict.reasons if reason.stage == REQUEST]
        if replayed is not None:
            failed = [reason for reason in failed if reason.signature in replayed]
        if not failed:
            return
        for reason in failed:
            reason.stage = WARMUP
        verdict.load = FAIL if any(reason.facts.get("certain") != "no" for reason in failed) else UNKNOWN
        verdict.signatures = {}
        verdict.reasons = failed

    def _request(self, key: str, signature: Signature, tensorrt: TensorRT | None) -> Reason | None:
        if key not in self.survey.sound:
            reason = signature_fails(self.survey, self.words, key, signature)
            if reason is not None:
                return reason
            self.survey.sound.add(key)
        fetches, feeds = list(signature.outputs.values()), list(signature.inputs.values())
        met = self._run(fetches, feeds)
        if met is not None:
            return self.words.of(met, REQUEST, "", key)
        reason = self.survey.values().request_fails(fetches, feeds)
        if reason is None and tensorrt is not None:
            reason = tensorrt.request_fails(fetches, feeds)
        return reason

    def _remark_unreached(self) -> None:
        if not self.target.tensorrt_ops:
            named = {
                place
                for reason in self.verdict.reasons
                if reason.code in ("TRT101", "TRT102")
                for place in (reason.facts.get("function", ""),)
            }
            if not any(reason.code in ("TRT101", "TRT102") for reason in self.verdict.reasons):
                self.verdict.remarks += unreached(self.survey, named)


def _answered(metagraph: MetaGraph) -> list[str]:
    """The signatures that a request can name."""
    return [key for key in metagraph.signatures if not key.startswith("__")]


def signature_fails(survey: Survey, words: Words, key: str, signature: Signature) -> Reason | None:
    """What is wrong with a signature's tensors. Source: DirectSession::CreateExecutors, RewriteGraphForExecution."""
    at = Location(words.file, words.trail())

    def reason(text: str, tensor: str, side: str) -> Reason:
        facts = {"tensor": tensor, "signature": key, "side": side, "node": node_of(tensor), "cause": f"{key} {tensor}"}
        return Reason(REQUEST, "TRT306", text, at, facts=facts)

    feeds = list(signature.inputs.values())
    fetches = list(signature.outputs.values())
    seen = set()
    for tensor in sorted(feeds):
        if tensor_of(tensor) in seen:
            return reason(f'INVALID_ARGUMENT: Endpoint "{_with_index(tensor)}" fed more than once.', tensor, "input")
        seen.add(tensor_of(tensor))
    names = survey_names(survey, [node_of(tensor) for tensor in feeds + fetches])
    for side, tensors in (("input", feeds), ("output", fetches)):
        for tensor in sorted(tensors):
            if node_of(tensor) not in names:
                return reason(messages.tensor_missing(_with_index(tensor)), tensor, side)
    for tensor in fetches:
        if tensor_of(tensor) in seen:
            return reason(f"INVALID_ARGUMENT: {_with_index(tensor)} is both fed and fetched.", tensor, "output")
    for side, tensors in (("input", feeds), ("output", fetches)):
        for tensor in tensors:
            node = names[node_of(tensor)]
            index = -1 if tensor.startswith("^") else tensor_of(tensor)[1]
            count = _outputs(node[1])
            if count is not None and not 0 <= index < count:
                text = (
                    f"OUT_OF_RANGE: Node '{node[0]}' (type: '{node[1]}', num of outputs: {count}) does not have output"
                    f" {index}"
                )
                return reason(text, tensor, side)
    if survey.whole:
        main = survey.main
        fed = {node_of(tensor) for tensor in feeds}
        for place in survey.reach(fetches, feeds).nodes:
            found = main.nodes[place]
            if found.op in ("Placeholder", "PlaceholderV2") and found.name not in fed:
                text = (
                    f"INVALID_ARGUMENT: You must feed a value for placeholder tensor '{found.name}' with dtype"
                    f" {words.dtype_of(found)}" + messages.at(f"{{{{node {found.name}}}}}")
                )
                return reason(text, found.name, "unfed")
    return None


def survey_names(survey: Survey, wanted: list[str]) -> dict[str, tuple[str, str]]:
    """name -> (name, op) of the wanted nodes of the main graph that exist."""
    assert survey.graph is not None
    if survey.whole or survey._main is not None:
        found = {}
        for name in wanted:
            node = survey.main.find(name)
            if node is not None:
                found[name] = (node.name, node.op)
        return found
    return survey.graph.main.find(set(wanted))


_ONE_OUTPUT = frozenset(
    "Identity Placeholder PlaceholderWithDefault Const Add AddV2 Mul Sub MatMul BiasAdd Relu Softmax Sigmoid Reshape"
    " Conv2D Neg Tanh Squeeze ArgMax Mean Cast StopGradient".split()
)


def _outputs(op: str) -> int | None:
    """How many outputs an op has, where that is sure."""
    return 1 if op in _ONE_OUTPUT else 0 if op == "NoOp" else None


def _with_index(tensor: str) -> str:
    return tensor if ":" in tensor or tensor.startswith("^") else f"{tensor}:0"


__all__ = ["FILE", "TENSORRT_OPS", "judge"]
