"""TF-TRT models on a server that has the ops: stored engines, unbuilt engines, native segments.

What happens was seen with TensorFlow 2.14.1 and TensorRT 8.5.3 on an H100: a stored engine that TensorRT refuses
ends the process at load; without an engine one is built in the first request, or the native segment runs.
Source: docs/decisions/0003-stored-engines.md; tensorflow/compiler/tf2tensorrt/kernels/trt_engine_op.cc and
trt_engine_resource_ops.cc.
"""

from __future__ import annotations

from pytest_trt.artifacts.attrs import node_name
from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.graph import place
from pytest_trt.artifacts.location import Location
from pytest_trt.serving.engines import EngineOp, asset_of, compatible, segment_plan, stored
from pytest_trt.serving.target import TENSORRT_OPS
from pytest_trt.serving.verdict import FILE, OK, REQUEST, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.graph import Body
    from pytest_trt.artifacts.saved_model import MetaGraph
    from pytest_trt.serving.survey import Survey
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.trace import Read, Trace
    from pytest_trt.serving.verdict import Verdict

_NO_SEGMENT = "ABORTED: Native segment execution is enabled but  native segment is not found in the graph."


class TensorRT:
    """The TF-TRT nodes of a served metagraph on one target."""

    def __init__(self, survey: Survey, trace: Trace, metagraph: MetaGraph, target: Target) -> None:
        self.trace = trace
        self.model = survey.model
        self.metagraph = metagraph
        self.target = target
        assert survey.graph is not None
        self.graph = survey.graph
        self.present = any(op in body.ops for body in self.graph.bodies() for op in TENSORRT_OPS)
        self._reached: dict[int, tuple[EngineOp, Read, list[str]]] = {}

    def load_fails(self, init: str) -> Reason | None:
        """The stored engine at which the process dies; None where all are the server's own."""
        if not self.present:
            return None
        files = {tensor.partition(":")[0]: filename for tensor, filename in self.metagraph.assets}
        unsure: Reason | None = None
        for read in self.trace.follow([init], [tensor for tensor, _ in self.metagraph.assets]):
            if read.node.op != "InitializeTRTResource" or len(read.node.inputs) < 2:
                continue
            source = self.trace.source_of(read, read.node.inputs[1])
            filename = files.get(source[1].name) if source is not None else None
            if filename is None or "/" in filename:
                continue
            at = place(read.body, read.node, self.metagraph.label)
            shown = self.model.named("assets", filename)
            resource = filename.partition("trt-serialized-engine.")[2] or filename
            reason = stored(self.model, filename, shown, resource, at, self.target)
            if reason is not None:
                reason.via = (("stage", "initialisation"), *read.via())
                reason.facts.setdefault("cause", f"{reason.code} {filename}")
                if reason.facts.get("certain") != "no":
                    return reason
                unsure = unsure or reason
        return unsure

    def request_fails(self, fetches: Sequence[str], feeds: Sequence[str]) -> Reason | None:
        """Why a request of this signature fails: an op with neither engine nor native segment."""
        if not self.present:
            return None
        for read in self.trace.follow(fetches, feeds):
            if read.node.op != "TRTEngineOp":
                continue
            op = self._engine(read)
            if op.native in self.graph.functions:
                continue
            state = self._state(op)
            at = place(read.body, read.node, self.metagraph.label)
            if state == "engine":
                continue
            facts = {"node": op.name, "engine": "", "refused": self._why_refused(op), "cause": "no segment"}
            words = f"{_NO_SEGMENT}\n\t [[{{{{node {read.node.name}}}}}]]"
            reason = Reason(REQUEST, "TRT110", words, at, via=read.via(), facts=facts)
            return reason
        return None

    def _engine(self, read: Read) -> EngineOp:
        known = self._reached.get(read.node.offset)
        if known is None:
            op = EngineOp(read.body, read.node, read.body.source, self.target.version)
            known = self._reached[read.node.offset] = (op, read, [])
        return known[0]

    def _state(self, op: EngineOp) -> str:
        """ "engine": one is stored and fits; "other": stored, refused at request; "none": none is stored."""
        if op.static:
            plan = segment_plan(op, op.body.source)
            if plan is None:
                return "none"
            return "other" if plan.damage is not None or compatible(plan, self.target) is not None else "engine"
        return "engine" if asset_of(self.model, op.name) else "none"

    def _why_refused(self, op: EngineOp) -> str:
        """Why the engine inside serialized_segment is of no use here, "" where there is none."""
        plan = segment_plan(op, op.body.source) if op.static else None
        if plan is None:
            return ""
        _, facts = compatible(plan, self.target) or ("", {})
        if "image" in facts:
            return f"its engine was built by TensorRT {facts['engine']}, and the server has {facts['image']}"
        if "gpu" in facts:
            return f"its engine was built for compute capability {facts['engine']}, and the server has {facts['gpu']}"
        return f"its engine is {plan.damage}" if plan.damage else ""

    def remarks(self, verdict: Verdict) -> list[Reason]:
        """What works but costs: engines built in the first request, calibration on live traffic, no way back."""
        if not self.present or verdict.load != OK and not any(r.stage == "warmup" for r in verdict.reasons):
            return []
        for key, state in verdict.signatures.items():
            if state == OK:
                signature = self.metagraph.signatures[key]
                for read in self.trace.follow(list(signature.outputs.values()), list(signature.inputs.values())):
                    if read.node.op == "TRTEngineOp":
                        self._engine(read)
                        self._reached[read.node.offset][2].append(key)
        unbuilt: list[tuple[EngineOp, Read, list[str]]] = []
        found: list[Reason] = []
        for op, read, keys in self._reached.values():
            if not keys:
                continue
            at = place(read.body, read.node, self.metagraph.label)
            facts = {"node": op.name, "signatures": ", ".join(keys)}
            state = self._state(op)
            if state == "other":
                plan = segment_plan(op, op.body.source)
                assert plan is not None
                code, more = compatible(plan, self.target) or ("TRT109", {"what": plan.damage or ""})
                more = {**more, "static": "yes", "asset": "", "cause": f"static {more.get('engine')}"}
                first = next((one for one in found if one.code == code and one.facts["cause"] == more["cause"]), None)
                if first is not None:
                    first.count += 1
                    first.also = (*first.also, (at, "TRTEngineOp"))[:3]
                else:
                    found.append(Reason(REQUEST, code, "", at, via=read.via(), facts={**facts, **more}))
            elif state == "none" and op.precision == "INT8" and op.use_calibration and not op.calibrated:
                found.append(Reason(REQUEST, "TRT106", "", at, via=read.via(), facts={**facts, "cause": op.name}))
            elif state == "none" and op.may_build:
                unbuilt.append((op, read, keys))
            if op.native not in self.graph.functions and state == "engine":
                more = {"engine": "yes", "cause": op.name}
                found.append(Reason(REQUEST, "TRT110", "", at, via=read.via(), facts={**facts, **more}))
        if unbuilt:
            unbuilt_op, read, keys = unbuilt[0]
            at = place(read.body, read.node, self.metagraph.label)
            facts = {
                "node": unbuilt_op.name,
                "count": str(len(unbuilt)),
                "warmup": "yes" if self.model.has_warmup and self.target.serving else "",
                "signatures": ", ".join(keys),
                "cause": "unbuilt",
            }
            also = [(place(r.body, r.node, self.metagraph.label), "TRTEngineOp") for _, r, _ in unbuilt[1:4]]
            found.append(Reason(REQUEST, "TRT105", "", at, via=read.via(), also=also, count=len(unbuilt), facts=facts))
        return found


def unreached(survey: Survey, named: set[str]) -> list[Reason]:
    """TF-TRT ops that nothing which the server runs reaches: other metagraphs, functions that nobody calls."""
    found: list[tuple[Location, str, str]] = []
    count = 0
    for metagraph in survey.model.metagraphs:
        served = metagraph is survey.metagraph
        if not served and survey.model.source is not None and survey.model.source.size > (64 << 20):
            continue
        try:
            bodies = list(metagraph.graph.bodies())
        except ArtifactError:
            # Broken where nobody looks; the server's parser tells when it reads the file.
            continue
        for body in bodies:
            if served and (not body.name or body.name in named):
                continue
            for op, tally in body.ops.items():
                if op in TENSORRT_OPS and op not in metagraph.graph.functions:
                    count += tally.count
                    where = f"the metagraph {metagraph.label!r}" if not served else f"the function {body.name!r}"
                    found.append((_where(body, tally.places[0], metagraph.label), op, where))
    if not found:
        return []
    ops = ", ".join(sorted({op for _, op, _ in found}))
    at, _, where = found[0]
    facts = {"ops": ops, "where": where, "cause": "unreached"}
    return [Reason(FILE, "TRT103", "", at, also=[(one, op) for one, op, _ in found[1:4]], count=count, facts=facts)]


def _where(body: Body, span: tuple[int, int], label: str) -> Location:
    name = node_name(body.source, *span)
    return Location(body.source.shown, (("metagraph", label), *body.trail(), ("node", name)), *span)


__all__ = ["TensorRT", "unreached"]
