"""The clauses that rules share: what the server does because of a reason, and where the cause stands."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.serving.verdict import Reason

_PLACES = {
    "main graph": "the main graph",
    "initialisation": "what initialisation runs",
    "restore": "what restores the variables",
    "request": "what a request runs",
}
_CALLERS = {"initialisation": "initialisation", "restore": "the restoring of variables"}
_PRE_RELEASE = (
    "CreateTRTEngineCacheHandle",
    "InitializeTRTEngineOp",
    "SerializeTRTEngineOp",
    "GetSerializedResourceOp",
)


def consequence(reason: Reason) -> str:
    """What happens, when, and to which requests; "may" where the verdict is unknown."""
    certain = reason.facts.get("certain") != "no"
    if reason.stage == "request":
        return f"The model will load, but every request {requests(reason)} {'will' if certain else 'may'} fail"
    refusal = f"The server {'will' if certain else 'may'} refuse to load this model"
    return f"{refusal}, because its warm-up requests fail" if reason.stage == "warmup" else refusal


def requests(reason: Reason) -> str:
    """Whose requests: "of signature 'serving_default'"."""
    names = reason.facts.get("signatures") or reason.signature
    if not names:
        return "that gets there"
    quoted = ", ".join(f"'{name}'" for name in names.split(", "))
    return f"of signature{'s' if ', ' in names else ''} {quoted}"


def place(reason: Reason) -> str:
    """Where the cause stands, as words behind "in"."""
    function = reason.facts.get("function")
    where = reason.facts.get("where", "")
    if function:
        caller = _CALLERS.get(where)
        return f"function '{function}'" + (f" (which {caller} calls)" if caller else "")
    return _PLACES.get(where) or where or "the graph"


def because(reason: Reason, unless: str) -> str:
    """The reason's own clause, or another where it has none."""
    return reason.facts.get("why") or unless


def cure_of_tensorrt_ops(ops: str) -> str:
    """What to do about ops of TF-TRT on a server without them."""
    names = ops.split(", ")
    if "TRTCalibOp" in names:
        return (
            "This is a calibration graph, which no server can run: finish the INT8 conversion"
            " (`converter.convert(calibration_input_fn=...)`; in TensorFlow 1 `trt.calib_graph_to_infer_graph`) and"
            " export its result."
        )
    if any(name in _PRE_RELEASE for name in names):
        return (
            "These op names exist in pre-releases of TensorFlow only: convert the native model again with a release"
            " (2.17 or older), or serve the native model."
        )
    return (
        "Serve it with tensorflow/serving:2.17.1-gpu or an older -gpu image (1.11 to 2.17 have TF-TRT's ops; try"
        " `trt-lint check --target tensorflow/serving:2.17.1-gpu`), or export the native model again, as it was before"
        " the TF-TRT conversion, and serve that."
    )
