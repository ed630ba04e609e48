"""From faults to reasons: code, the server's words, the place, the way there."""

from __future__ import annotations

from pytest_trt.artifacts.attrs import attr_entry, node_name, numbers, parts
from pytest_trt.artifacts.graph import place
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.nodes import Tally
from pytest_trt.artifacts.schema import ENUMS
from pytest_trt.artifacts.wire import fields, signed, varint
from pytest_trt.serving import messages, ops
from pytest_trt.serving.instantiate import (
    DATA,
    INVALID,
    MALFORMED,
    NO_KERNEL,
    PINNED,
    SINGLE,
    UNDEFINED,
    UNREGISTERED,
    Fault,
    branch_name,
)
from pytest_trt.serving.reach import creation_order
from pytest_trt.serving.target import PYTHON_OPS, TENSORRT_OPS, row
from pytest_trt.serving.verdict import LOAD, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.graph import Body, Graph
    from pytest_trt.artifacts.nodes import Node
    from pytest_trt.artifacts.saved_model import MetaGraph, SavedModel
    from pytest_trt.serving.run import Met
    from pytest_trt.serving.target import Target

WHY_TENSORRT = "TF-TRT's ops are only in the GPU images of TensorFlow Serving from 1.11.0 to 2.17"
_LIBRARIES = (
    ("tensorflow-addons", ("Addons>",)),
    ("tensorflow-io", ("IO>", "IOArrow", "Bigtable")),
    ("tensorflow-text", ("TFText>", "Sentencepiece", "Wordpiece")),
    ("tensorflow-decision-forests", ("SimpleML",)),
    ("TensorFlow Lite", ("TFLite_",)),
    ("tensorflow-recommenders-addons", ("TFRA>",)),
    ("horovod", ("Horovod",)),
    ("AWS Neuron", ("Neuron",)),
    ("tf.contrib", ("KafkaDataset", "Resampler", "PeriodicResample")),
)


class Words:
    """Words faults of one metagraph on one target."""

    def __init__(self, model: SavedModel, metagraph: MetaGraph, graph: Graph, target: Target) -> None:
        self.model = model
        self.metagraph = metagraph
        self.graph = graph
        self.target = target
        self.file = model.named(model.graph_file or "")

    def trail(self) -> tuple[tuple[str, str], ...]:
        return (("metagraph", self.metagraph.label),)

    def at(self, body: Body, node: Node) -> Location:
        return place(body, node, self.metagraph.label)

    def unregistered_in_main(self) -> list[Reason]:
        """Ops of the main graph that the target does not know, in the order in which the loader meets them.

        TF-TRT's ops are one cause together.
        """
        graph, main = self.graph, self.graph.main
        found: list[tuple[int, str, Tally]] = []
        for op in main.ops.keys() - self.target.sound:
            tally = main.ops[op]
            if op not in graph.functions and self.target.kernels(op) in (".", None):
                found.append((tally.places[0][0], op, tally))
        found.sort(key=lambda one: (self.target.kernels(one[1]) != ".", one[0]))
        reasons: list[Reason] = []
        tensorrt: Reason | None = None
        for _, op, tally in found:
            places = [
                (Location(self.file, (*self.trail(), ("node", node_name(main.source, *one))), *one), op)
                for one in tally.places
            ]
            certain = "" if self.target.kernels(op) == "." else "no"
            if op in TENSORRT_OPS:
                if tensorrt is not None:
                    tensorrt.facts["ops"] += f", {op}"
                    tensorrt.count += tally.count
                    tensorrt.also = (*tensorrt.also, *places)[:4]
                    continue
                facts = {"ops": op, "where": "main graph", "function": "", "why": WHY_TENSORRT, "cause": "TF-TRT"}
                facts["certain"] = certain
                code = "TRT101"
                if self.target.tensorrt_ops is None:
                    facts |= {"why": _unknown_ops(op, self.target), "image": self.target.name}
                    code = "TRT904"
            else:
                facts = {"op": op, "where": "main graph", "function": "", "cause": op, "certain": certain}
                facts["hint_library"] = library_of(op)
                code = "TRT301"
            message = f"NOT_FOUND: {messages.unregistered(op)}" if not certain else ""
            reason = Reason(
                LOAD,
                code,
                message,
                places[0][0],
                also=places[1:4],
                count=tally.count,
                facts=facts,
                via=(("stage", "load"),),
            )
            reasons.append(reason)
            if op in TENSORRT_OPS:
                tensorrt = reason
        return reasons

    def in_main(self, fault: Fault, prefix: str, via: Sequence[tuple[str, str]]) -> Reason:
        """A fault of the main graph, or of a branch that is inlined into it (prefix: before its nodes' names)."""
        name = prefix + fault.node.name
        what = fault.what
        if what == UNREGISTERED:
            words = f"NOT_FOUND: {messages.unregistered(fault.detail)}"
        elif what == UNDEFINED and "\0" in fault.detail:
            function, inner = fault.detail.split("\0")
            fault.detail = function
            words = f"INVALID_ARGUMENT: {messages.unregistered(function)} while building NodeDef '{inner}'"
        elif what == UNDEFINED:
            words = f'INVALID_ARGUMENT: Failed to find function "{fault.detail}" in function library: {self._library()}'
        elif what == NO_KERNEL:
            words = "INVALID_ARGUMENT: " + self._no_kernel(fault, name) + messages.at(name)
        elif what == MALFORMED:
            words = "INVALID_ARGUMENT: " + self._malformed(fault, name) + messages.at(name)
        elif what == PINNED:
            words = "INVALID_ARGUMENT: " + messages.device(name, fault.detail, self.target.gpu) + messages.at(name)
        else:
            words = f"INVALID_ARGUMENT: {fault.detail}\n\t In {{{{node {fault.node.name}}}}}"
        return self._reason(fault, LOAD, words, "main graph", (("stage", "load"), *via))

    def of(self, met: Met, stage: str, where: str, signature: str | None = None) -> Reason:
        """A fault that a run meets in a function."""
        fault, way = met.fault, met.way
        steps = [step for step in way if step.kind != "lowered"]
        factory = next((at for at, step in enumerate(steps) if step.node.op == "OneShotIterator"), None)
        inner_call = steps[-1].node.name if steps else ""
        if factory is not None:
            steps = steps[: factory + 1]
        calls = [_iterated(step.body, step.node) for step in reversed(steps)]
        kind = steps[-1].kind if steps else ""
        functions = [step.function for step in steps]
        outer = messages.inside(functions[:-1])
        prefix = ""
        for step in reversed(way):
            if step.kind != "lowered":
                break
            prefix = f"{step.node.name}/{branch_name(step.node, step.function, step.number)}/_{step.number}/{prefix}"
        name = prefix + fault.node.name
        single = kind not in ("multi", DATA)
        what = fault.what
        if what == UNREGISTERED:
            words = f"NOT_FOUND: {messages.unregistered(fault.detail)}"
            if kind in (SINGLE, DATA):
                tail = (f"{{{{node {inner_call}}}}}", *(calls if factory is not None else calls[1:]))
                words = f"NOT_FOUND: {outer}{messages.unregistered(fault.detail)}" + messages.at(*tail)
        elif what == UNDEFINED and kind in (SINGLE,):
            words = f'NOT_FOUND: {outer}Failed to find definition for function "{fault.detail}"' + messages.at(
                f"{{{{node {name}}}}}", *calls
            )
        elif what == UNDEFINED and factory is not None:
            words = f"INVALID_ARGUMENT: Unable to find FunctionDef for {fault.detail} in the registry." + messages.at(
                f"{{{{node {calls[0]}}}}}"
            )
        elif what == UNDEFINED and kind == DATA:
            words = (
                f'INVALID_ARGUMENT: {outer}Failed to find function "{fault.detail}" in function library: '
                + messages.at(f"{{{{node {calls[0]}}}}}", *calls[1:])
            )
        elif what == UNDEFINED:
            words = f"NOT_FOUND: Function {fault.detail} is not defined."
        elif what == NO_KERNEL and single:
            words = f"NOT_FOUND: {outer}{messages.no_kernel_in_call(fault.node.op, name)}" + messages.at(name, *calls)
        elif what == NO_KERNEL:
            words = f"INVALID_ARGUMENT: {outer}{self._no_kernel(fault, name)}" + messages.at(name, *calls)
        elif what == PINNED:
            text = messages.device(name, fault.detail, self.target.gpu)
            words = f"INVALID_ARGUMENT: {outer}{text}" + messages.at(name, *calls)
        elif what == MALFORMED:
            words = f"INVALID_ARGUMENT: {outer}{self._malformed(fault, name)}" + messages.at(name, *calls)
        else:
            words = f"INVALID_ARGUMENT: {outer}{fault.detail}\n\t In {{{{node {name}}}}}"
        via: list[tuple[str, str]] = [("stage", where)] if where else []
        for step in way:
            via += [("node", f"{step.node.name} ({step.node.op})"), ("function", step.function)]
        reason = self._reason(fault, stage, words, where or "request", via)
        reason.count = max(1, met.count)
        reason.also = tuple(
            (self.at(other.fault.body, other.fault.node), other.fault.node.op) for other in met.others[:3]
        )
        if reason.code == "TRT102":
            reason.facts["signatures"] = signature or ""
            extra = [other.fault.node.op for other in met.others if other.fault.node.op in TENSORRT_OPS]
            reason.facts["ops"] = ", ".join(dict.fromkeys([fault.node.op, *extra]))
        return reason

    def _library(self) -> str:
        """The function library in protobuf's text form, as that message prints it; cut where it is long."""
        from pytest_trt.artifacts.debug_string import dump

        text = ""
        for body in self.graph.functions.values():
            start, end = body.spans[0]
            if len(text) + end - start > 1 << 16:
                return text + "..."
            text += "function {\n" + dump(body.source.at(start, end - start), "FunctionDef", 1) + "}\n"
        return text

    def _malformed(self, fault: Fault, name: str) -> str:
        attrs = {**self.attrs_of(fault.node, fault.body), "_device": f'"{fault.detail}"'}
        text = ", ".join(f"{key}={value}" for key, value in sorted(attrs.items()))
        nodes = fault.body.nodes()
        number = 2 + len(fault.body.inputs) + creation_order(nodes).index(nodes.index(fault.node))
        return messages.malformed_device(name, fault.detail, number, fault.node.op, text, ", ".join(fault.node.inputs))

    def _no_kernel(self, fault: Fault, name: str) -> str:
        attrs = dict(ops.ATTR_DEFAULTS.get(fault.node.op, {}))
        attrs.update(self.attrs_of(fault.node, fault.body))
        text = ", ".join(sorted(f"{key}={value}" for key, value in attrs.items()))
        return messages.no_kernel(fault.node.op, name, text, self.target.gpu, ops.OTHER_KERNELS.get(fault.node.op, ""))

    def _reason(self, fault: Fault, stage: str, words: str, where: str, via: Sequence[tuple[str, str]]) -> Reason:
        op = fault.node.op
        facts = {"where": where, "function": fault.body.name, "node": fault.node.name, "op": op}
        facts["cause"] = f"{fault.what} {fault.body.name} {fault.detail}"
        what = fault.what
        if not fault.certain:
            words, facts["certain"] = "", "no"
        if what == UNREGISTERED and op in TENSORRT_OPS:
            code = "TRT101" if stage == LOAD else "TRT102"
            facts |= {"ops": op, "why": WHY_TENSORRT, "cause": f"TF-TRT {fault.body.name}"}
        elif not fault.certain and op in TENSORRT_OPS and self.target.tensorrt_ops is None:
            facts |= {"ops": op, "why": _unknown_ops(op, self.target), "cause": f"TF-TRT {fault.body.name}"}
            facts["image"] = self.target.name
            code = "TRT904"
        elif what == UNREGISTERED:
            code = "TRT301"
            facts["hint_library"] = library_of(op)
        elif what == NO_KERNEL and op in PYTHON_OPS:
            code = "TRT313"
        elif what == NO_KERNEL:
            code = "TRT302"
            facts["devices"] = "GPU" if "g" in row(op) else ""
        elif what in (PINNED, MALFORMED):
            code = "TRT303"
            facts |= {"device": fault.detail, "flavour": "GPU" if self.target.gpu else "CPU"}
        elif what == UNDEFINED:
            code = "TRT312"
            facts["function"] = fault.detail
        else:
            code = "TRT314"
            facts["what"] = fault.detail
        return Reason(stage, code, words, self.at(fault.body, fault.node), via=via, facts=facts)

    def attrs_of(self, node: Node, body: Body) -> dict[str, str]:
        """The node's attributes as messages print them."""
        found = {}
        for tag, _, _, start, stop in fields(body.source, node.offset, node.offset + node.length):
            if tag == 0x2A:
                key, (left, right) = attr_entry(body.source, start, stop)
                if right - left < 1 << 16:
                    found[key] = summary(body.source.at(left, right - left))
        return found

    def dtype_of(self, node: Node) -> str:
        """A Placeholder's dtype in C++'s words: "float", "int64"."""
        value = self.attrs_of(node, self.graph.main).get("dtype", "DT_INVALID")
        return value.removeprefix("DT_").lower()


def _unknown_ops(op: str, target: Target) -> str:
    """Why nobody can say whether the target knows an op of TF-TRT."""
    return f"it holds {op}, and {target.why_ops}"


def _iterated(body: Body, node: Node) -> str:
    """Who names a function's errors: the caller; of a dataset, the op that iterates it."""
    for _ in range(16):
        if not node.op.endswith(("Dataset", "DatasetV2", "DatasetV3")) or node.op == "ReduceDataset":
            break
        user = next((one for one in body.nodes() if any(_node(text) == node.name for text in one.inputs)), None)
        if user is None:
            break
        node = user
    return node.name


def _node(text: str) -> str:
    return text.lstrip("^").partition(":")[0]


def library_of(op: str) -> str:
    """The package that brings an op of this name, "" where the name does not tell."""
    for library, beginnings in _LIBRARIES:
        if op.startswith(beginnings):
            return library
    return ""


def summary(value: bytes) -> str:
    """An AttrValue as SummarizeAttrValue prints it (tensorflow/core/framework/attr_value_util.cc)."""
    plain = numbers(value)
    if 3 in plain:
        return str(plain[3])
    if 5 in plain:
        return "true" if plain[5] else "false"
    if 6 in plain:
        return dtype_name(plain[6])
    for tag, data in parts(value):
        if tag == 0x12:
            return '"' + data.decode("utf-8", "backslashreplace") + '"'
        if tag == 0x3A:
            return shape_text(data)
        if tag == 0x52:
            name = next((text for inner, text in parts(data) if inner == 0x0A), b"")
            return name.decode("utf-8", "replace") + "[]"
        if tag == 0x0A:
            return "[" + ", ".join(_list_items(data)) + "]"
    if value[:1] == b"\x25" and len(value) == 5:
        import struct

        return f"{struct.unpack('<f', value[1:])[0]:g}"
    return ""


def _list_items(data: bytes) -> list[str]:
    items = []
    pos = 0
    while pos < len(data):
        tag, pos = varint(data, pos)
        if tag & 7 == 2:
            size, pos = varint(data, pos)
            payload = data[pos : pos + size]
            pos += size
            if tag == 0x12:
                items.append('"' + payload.decode("utf-8", "backslashreplace") + '"')
            elif tag == 0x3A:
                items.append(shape_text(payload))
            elif tag in (0x1A, 0x32):
                at = 0
                while at < len(payload):
                    number, at = varint(payload, at)
                    items.append(dtype_name(number) if tag == 0x32 else str(signed(number)))
        elif tag & 7 == 0:
            number, pos = varint(data, pos)
            items.append(dtype_name(number) if tag == 0x30 else str(signed(number)))
        else:
            break
    return items


def shape_text(data: bytes) -> str:
    """A TensorShapeProto as "[1,?]" or "<unknown>"."""
    if numbers(data).get(3):
        return "<unknown>"
    sizes = [numbers(dim).get(1, 0) for tag, dim in parts(data) if tag == 0x12]
    return "[" + ",".join("?" if size < 0 else str(size) for size in sizes) + "]"


def dtype_name(number: int) -> str:
    return next((name for name, value in ENUMS["DataType"].items() if value == number), f"DT_{number}")


__all__ = ["INVALID", "Words"]
