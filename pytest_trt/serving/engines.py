"""TF-TRT models on a server that has the ops: stored engines, unbuilt engines, native segments.

What happens was seen with TensorFlow 2.14.1 and TensorRT 8.5.3 on an H100: a stored engine that TensorRT refuses
ends the process at load; without an engine one is built in the first request, or the native segment runs.
Source: docs/decisions/0003-stored-engines.md; tensorflow/compiler/tf2tensorrt/kernels/trt_engine_op.cc and
trt_engine_resource_ops.cc.
"""

from __future__ import annotations

from pytest_trt.artifacts.attrs import attr_entry, numbers, parts
from pytest_trt.artifacts.engine_asset import PREFIX, read_engines
from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.plan import read_plan
from pytest_trt.artifacts.wire import fields
from pytest_trt.serving.verdict import LOAD, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.graph import Body
    from pytest_trt.artifacts.nodes import Node
    from pytest_trt.artifacts.plan import Plan
    from pytest_trt.artifacts.saved_model import SavedModel
    from pytest_trt.artifacts.wire import Source
    from pytest_trt.serving.target import Target

# As the process says it before it dies; TensorRT's own text stands in the log.
CRASH = "crashed: Segmentation fault (exit status 139)"


class EngineOp:
    """A TRTEngineOp's attributes, as far as they decide what it does.

    segment: bytes of serialized_segment, as (offset, size) in the file; size 0 where it is empty.
    static: static_engine; False from TF-TRT 2 on unless converted to static.
    native: the TensorFlow function that it falls back to, "" where there is none (segment_func from TensorFlow 1.14
    on, segment_funcdef_name before).
    """

    __slots__ = (
        "name",
        "node",
        "body",
        "segment",
        "static",
        "native",
        "precision",
        "use_calibration",
        "calibrated",
        "may_build",
        "_native_attr",
    )

    def __init__(self, body: Body, node: Node, source: Source, version: tuple[int, int, int]) -> None:
        self._native_attr = "segment_func" if version >= (1, 14, 0) else "segment_funcdef_name"
        self.name = node.name.rpartition("/")[2]
        self.node = node
        self.body = body
        self.segment = (0, 0)
        self.static = True
        self.native = ""
        self.precision = ""
        self.use_calibration = True
        self.calibrated = False
        self.may_build = True
        for tag, _, _, at, stop in fields(source, node.offset, node.offset + node.length):
            if tag != 0x2A:
                continue
            key, (left, right) = attr_entry(source, at, stop)
            if key == "serialized_segment":
                for inner, _, _, begin, end in fields(source, left, right):
                    if inner == 0x12:
                        self.segment = (begin, end - begin)
            elif right - left < 1 << 20:
                self._set(key, source.at(left, right - left))

    def _set(self, key: str, value: bytes) -> None:
        text = next((data for tag, data in parts(value) if tag == 0x12), b"")
        flag = bool(numbers(value).get(5, 0))
        if key == "static_engine":
            self.static = flag
        elif key == "use_calibration":
            self.use_calibration = flag
        elif key == "_allow_build_at_runtime":
            self.may_build = flag
        elif key == "calibration_data":
            self.calibrated = bool(text)
        elif key == "precision_mode":
            self.precision = text.decode("ascii", "replace").upper()
        elif key == self._native_attr:
            function = next((data for tag, data in parts(value) if tag == 0x52), b"")
            name = next((data for tag, data in parts(function) if tag == 0x0A), text)
            self.native = name.decode("utf-8", "replace")


def asset_of(model: SavedModel, resource: str) -> str:
    """The asset that stores the engines of a resource, "" where no file is there."""
    name = PREFIX + resource
    return name if model.folder.is_file("assets", name) else ""


def stored(model: SavedModel, asset: str, shown: str, node: str, place: Location, target: Target) -> Reason | None:
    """Why the server dies when it deserialises assets/ASSET at load; None where it is the image's and the GPU's own."""
    try:
        engines = read_engines(f"assets/{asset}", shown, model.folder)
    except ArtifactError as error:
        return Reason(LOAD, error.code, "", error.location, facts={"why": error.why})
    unsure = None
    for engine in engines:
        at = Location(shown, (("node", node),), engine.offset)
        facts = {"node": node, "asset": asset}
        if engine.damage is not None:
            return Reason(
                LOAD, "TRT109", CRASH, at, also=[(place, "read here")], facts={**facts, "what": engine.damage}
            )
        if engine.plan is not None:
            mismatch = compatible(engine.plan, target)
            if mismatch is not None:
                code, more = mismatch
                return Reason(LOAD, code, CRASH, at, also=[(place, "read here")], facts={**facts, **more})
            why = undecided(engine.plan, target)
            if why is not None and unsure is None:
                unsure = Reason(LOAD, "TRT904", "", at, facts={**facts, "why": why, "certain": "no"})
    return unsure


def compatible(plan: Plan, target: Target) -> tuple[str, dict[str, str]] | None:
    """(code, facts) where the target's TensorRT refuses the plan, None where it does not or nobody can say."""
    known = target.tensorrt_version
    if plan.version is not None and known is not None:
        if known.takes(plan.version) is False:
            return "TRT107", {"engine": plan.version, "image": known.sure_text}
    elif plan.version is not None and target.tensorrt is not None:
        ours = target.tensorrt.split(".")
        theirs = plan.version.split(".")
        if ours != theirs[: len(ours)]:
            return "TRT107", {"engine": plan.version, "image": target.tensorrt}
    elif plan.layout == "A" and target.tensorrt is not None and int(target.tensorrt.split(".")[0]) > 5:
        if known is not None and not known.sure:
            return None
        return "TRT107", {"engine": "4 or 5", "image": target.tensorrt}
    if plan.compute_capability is not None and target.capability is not None:
        if plan.compute_capability != target.capability:
            return "TRT111", {"engine": plan.compute_capability, "gpu": target.capability}
    return None


def undecided(plan: Plan, target: Target) -> str | None:
    """Why it is not known whether the target runs the plan, None where it is."""
    if plan.version is None:
        return plan.unknown.get("version")
    if target.tensorrt_version is not None and target.tensorrt_version.takes(plan.version) is None:
        return f"the engine was built by TensorRT {plan.version}, and {target.tensorrt_version.why}"
    if plan.compute_capability is None:
        return plan.unknown.get("compute_capability")
    if target.capability is None:
        return (
            f"the engine was built on a GPU of compute capability {plan.compute_capability}, and the target names no"
            " GPU: add ,gpu=sm_NN to it"
        )
    return None


def segment_plan(op: EngineOp, source: Source) -> Plan | None:
    """The engine inside serialized_segment, None where it holds none (a GraphDef, or nothing)."""
    offset, size = op.segment
    if not size:
        return None
    return read_plan(lambda at, length: source.at(offset + at, length), size)
