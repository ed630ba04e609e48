"""What is wrong with a signature's tensors. Source: DirectSession::CreateExecutors, RewriteGraphForExecution."""

from __future__ import annotations

from pytest_trt.artifacts.location import Location
from pytest_trt.serving import messages
from pytest_trt.serving.reach import node_of, tensor_of
from pytest_trt.serving.verdict import REQUEST, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.saved_model import Signature
    from pytest_trt.serving.survey import Survey
    from pytest_trt.serving.words import Words


def signature_fails(survey: Survey, words: Words, key: str, signature: Signature) -> Reason | None:
    """Why a request fails before anything runs; None where its tensors are all there."""
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
    names = _nodes_named(survey, [node_of(tensor) for tensor in feeds + fetches])
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


def _nodes_named(survey: Survey, wanted: list[str]) -> dict[str, tuple[str, str]]:
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
