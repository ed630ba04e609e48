"""The load of a SavedModel and its requests, stage by stage, as TensorFlow Serving does them.

Order of LoadSavedModel: the file, the metagraph, its constants, the session with the main graph, restore, init;
then warm-up, then requests. Source: tensorflow/cc/saved_model/loader.cc; the functions named in each part.
"""

from __future__ import annotations

from pytest_trt.artifacts import warmup
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.saved_model import WARMUP as WARMUP_DATA
from pytest_trt.artifacts.saved_model import init_op
from pytest_trt.serving.checkpoint import Checkpoint
from pytest_trt.serving.instantiate import suspicious
from pytest_trt.serving.main_graph import main_fault, structure
from pytest_trt.serving.run import Questions, Run, Wiring
from pytest_trt.serving.signatures import signature_fails
from pytest_trt.serving.target import Target
from pytest_trt.serving.tensorrt import TensorRT, unreached
from pytest_trt.serving.trace import Trace
from pytest_trt.serving.values import Values
from pytest_trt.serving.verdict import FAIL, LOAD, OK, REQUEST, UNKNOWN, WARMUP, Reason, Verdict
from pytest_trt.serving.words import Words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.saved_model import MetaGraph, Signature
    from pytest_trt.serving.run import Met
    from pytest_trt.serving.survey import Survey


class Runs:
    """What the runs of a served metagraph read, on any target."""

    __slots__ = ("trace", "checkpoint", "values")

    def __init__(self, survey: Survey, metagraph: MetaGraph) -> None:
        self.trace = Trace(survey)
        self.checkpoint = Checkpoint(survey, self.trace, metagraph)
        self.values = Values(survey, self.trace, self.checkpoint, metagraph)


class Load:
    """Judges one model on one target."""

    def __init__(self, survey: Survey, runs: Runs, metagraph: MetaGraph, verdict: Verdict) -> None:
        assert survey.graph is not None
        self.survey = survey
        self.runs = runs
        self.values = runs.values
        self.model = survey.model
        self.metagraph = metagraph
        self.graph = survey.graph
        self.verdict = verdict
        assert isinstance(verdict.target, Target)
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
        tensorrt = (
            TensorRT(self.survey, self.runs.trace, self.metagraph, self.target) if self.target.tensorrt_ops else None
        )
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
        values = self.values
        checkpoint = self.runs.checkpoint
        reason = checkpoint.refused()
        if reason is None and checkpoint.restores:
            met = self._run([self.metagraph.restore_op or ""])
            if met is not None:
                reason = self.words.of(met, LOAD, "restore")
            else:
                reason = checkpoint.fails()
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
            words = words if self.target.serving else ""
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
        if self.model.has_warmup and self.target.serving:
            self._warm_up()

    def _warm_up(self) -> None:
        """The server replays recorded requests before it calls the model available: one that fails fails the load."""
        verdict = self.verdict
        replayed = warmup.signatures("/".join(WARMUP_DATA), self.model.folder)
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
        reason = self.values.request_fails(fetches, feeds)
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
            if not any(reason.code in ("TRT101", "TRT102") or "ops" in reason.facts for reason in self.verdict.reasons):
                self.verdict.remarks += unreached(self.survey, named)


def _answered(metagraph: MetaGraph) -> list[str]:
    """The signatures that a request can name."""
    return [key for key in metagraph.signatures if not key.startswith("__")]
