"""A report made by hand: every part that a format has to show, without any file."""

from __future__ import annotations

from pytest_trt.artifacts.errors import Malformed
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.open import Artifact
from pytest_trt.lint.case import Case
from pytest_trt.lint.finding import Finding
from pytest_trt.lint.runner import Report
from pytest_trt.serving.target import Target, parse
from pytest_trt.serving.verdict import Reason, Verdict

NAMES = ("tensorflow/serving:2.20.0", "tensorflow/serving:2.20.0-gpu", "tensorflow/serving:2.17.1-gpu")
UNREGISTERED = (
    "NOT_FOUND: Op type not registered 'TRTEngineOp' in binary running on HOST. Make sure the Op and Kernel are"
    " registered in the binary running in this process. Note that if you are loading a saved graph which used ops from"
    " tf.contrib (e.g. `tf.contrib.resampler`), accessing should be done before importing the graph, as contrib ops are"
    " lazily registered when the module is first accessed."
)
HOSTILE = "bad\x1b[31m\r\n::error::[bold]owned[/bold]\u202e\udcff##[error]x"
ESCAPED = "bad\\x1b[31m\\r\\n:\\x3aerror:\\x3a[bold]owned[/bold]\\u202e\\xff#\\x23[error]x"


def report() -> Report:
    """Three models (one fails at load on two targets, one at requests, one is fine), a bare graph, a broken file."""
    made = Report(list(NAMES))
    targets = [parse(name) for name in NAMES]
    _load(made, targets)
    _request(made, targets)
    add_model(made, "models/plain/1", targets, {"serving_default": "ok", "detect": "ok"})
    graph = Artifact("models/old/frozen.pb", "graph_def", "graph_def")
    made.cases.append(Case(graph, [], []))
    finding = Finding(
        "The graph holds TRTEngineOp, which only GPU images of TensorFlow Serving up to 2.17 have.",
        Location(graph.path, [("node", "import/TRTEngineOp_0")], 812, 90_211),
        "Export the model that it came from as a SavedModel.",
        count=1,
    )
    add_finding(made, finding, "TRT104", "engine-op-in-bare-graph", "error")
    _broken(made)
    made.findings.sort(key=lambda one: (one.at.path, one.code, one.at.offset or 0, one.message))
    return made


def add_model(made: Report, path: str, targets: list[Target], signatures: dict[str, str]) -> list[Verdict]:
    verdicts = [Verdict(target) for target in targets]
    for verdict in verdicts:
        verdict.signatures = dict(signatures)
    made.cases.append(Case(Artifact(path, "saved_model", "saved_model"), verdicts, []))
    return verdicts


def add_finding(made: Report, finding: Finding, code: str, name: str, severity: str) -> Finding:
    finding.code, finding.name, finding.severity = code, name, severity
    made.findings.append(finding)
    return finding


def _load(made: Report, targets: list[Target]) -> None:
    verdicts = add_model(made, "models/detector/3", targets, {"serving_default": "ok"})
    at = Location(
        "models/detector/3/saved_model.pb",
        [("metagraph", "serve"), ("node", "StatefulPartitionedCall/TRTEngineOp_000_000")],
        18_233,
        1_402,
    )
    for verdict in verdicts[:2]:
        verdict.fail_load(Reason("load", "TRT101", UNREGISTERED, at))
    finding = Finding(
        "The server will refuse to load this model: its main graph, where unused nodes count too, holds TRTEngineOp,"
        " and TensorFlow Serving is built without TensorRT since 2.18.",
        at,
        "Serve it with tensorflow/serving:2.17.1-gpu or an older -gpu image (try `trt-lint --target"
        " tensorflow/serving:2.17.1-gpu`), or export the native model again and serve that.",
        targets=NAMES[:2],
        quote=UNREGISTERED,
        also=[
            (
                Location(
                    at.path,
                    [("metagraph", "serve"), ("node", f"StatefulPartitionedCall/TRTEngineOp_000_00{n}")],
                    19_635 + n,
                ),
                "TRTEngineOp",
            )
            for n in (1, 2)
        ],
        count=12,
    )
    add_finding(made, finding, "TRT101", "engine-op-fails-load", "error")
    warning = Finding(
        "The first request builds the engine, which takes seconds to a minute.",
        at,
        "Call `converter.build()` before saving.",
        targets=NAMES[2:],
    )
    add_finding(made, warning, "TRT105", "engine-built-in-first-request", "warning")


def _request(made: Report, targets: list[Target]) -> None:
    verdicts = add_model(made, "models/ranker/00012", targets, {"serving_default": "ok", "score": "ok"})
    path = "models/ranker/00012/saved_model.pb"
    function = "__inference_signature_wrapper_21469"
    at = Location(
        path,
        [("metagraph", "serve"), ("function", "__inference_pruned_20981"), ("node", "TRTEngineOp_0")],
        3_400,
        1_100,
    )
    for verdict in verdicts[:2]:
        verdict.fail_request(
            "serving_default", Reason("request", "TRT102", UNREGISTERED, at, signature="serving_default")
        )
    finding = Finding(
        "The model will load, but every request of signature 'serving_default' will fail: it reaches TRTEngineOp in"
        " function '__inference_pruned_20981', and the server does not have TF-TRT's ops.",
        at,
        "Serve it with tensorflow/serving:2.17.1-gpu or an older -gpu image, or export the native model again.",
        targets=NAMES[:2],
        quote=f"[_Derived_]{{{{function_node {function}}}}} " + UNREGISTERED,
        via=[
            ("signature", "serving_default"),
            ("node", "StatefulPartitionedCall"),
            ("function", function),
            ("node", "PartitionedCall"),
            ("function", "__inference_pruned_20981"),
        ],
    )
    add_finding(made, finding, "TRT102", "engine-op-fails-request", "error")


def _broken(made: Report) -> None:
    artifact = Artifact("models/torn/1", "saved_model", "unknown")
    at = Location("models/torn/1/saved_model.pb", [], 4_096)
    artifact.error, artifact.complete = Malformed(at, "a field of 70,000 bytes begins 512 bytes before the end"), False
    verdicts = [Verdict(parse(name)) for name in NAMES]
    message = "DATA_LOSS: Can't parse models/torn/1/saved_model.pb as binary proto"
    for verdict in verdicts:
        verdict.fail_load(Reason("load", "TRT902", message, at))
    made.cases.append(Case(artifact, verdicts, []))
    finding = Finding(
        "The bytes are not what they claim to be: a field of 70,000 bytes begins 512 bytes before the end.",
        at,
        "Export or copy the model again.",
        targets=NAMES,
        quote=message,
    )
    add_finding(made, finding, "TRT902", "malformed", "error")


def hostile() -> Report:
    """Every text that comes from an artifact tries to break out."""
    made = Report([NAMES[0]])
    target = parse(NAMES[0])
    verdict = add_model(made, f"models/{HOSTILE}", [target], {HOSTILE: "ok"})[0]
    at = Location(f"models/{HOSTILE}/saved_model.pb", [("metagraph", HOSTILE), ("node", HOSTILE)], 7, 9)
    verdict.fail_request(HOSTILE, Reason("request", "TRT301", f"NOT_FOUND: {HOSTILE}", at, signature=HOSTILE))
    finding = Finding(
        f"Every request fails on {HOSTILE}.",
        at,
        f"Remove `{HOSTILE}`.",
        targets=[NAMES[0]],
        quote=f"NOT_FOUND: {HOSTILE}",
        via=[("signature", HOSTILE), ("function", HOSTILE)],
        also=[(Location(at.path, [("node", HOSTILE)]), HOSTILE)],
        count=2,
    )
    add_finding(made, finding, "TRT301", "op-not-registered", "error")
    return made


def deployed() -> Report:
    """A deployment file that sends a model to a server, one that nothing is to be said of, and a configuration file."""
    made = Report([NAMES[0]])
    target = parse(NAMES[0])
    add_model(made, "models/ranker/1", [target], {"serving_default": "ok"})
    graph = Location("models/ranker/1/saved_model.pb", [("metagraph", "serve"), ("node", "TRTEngineOp_0")], 812, 90)
    for path, kind in (("deploy/Dockerfile", "dockerfile"), ("deploy/compose.yaml", "compose")):
        made.deployments.append(Case(Artifact(path, "deployment", kind), [], []))
    from_line = Location("deploy/Dockerfile", [("line", "1")])
    finding = Finding(
        "The image has no TF-TRT ops, and the model needs them.",
        Location("deploy/Dockerfile", [("line", "12")]),
        "Build on `tensorflow/serving:2.17.1-gpu`.",
        targets=[NAMES[0]],
        also=[(graph, "the model"), (from_line, "the image")],
    )
    add_finding(made, finding, "TRT401", "image-without-engine-ops", "error")
    add_finding(made, Finding("The tag moves.", from_line, "Name a version."), "TRT403", "floating-tag", "warning")
    unused = Location("trt-lint.toml", [("line", "4"), ("allow", "TRT105 in models/a")], 31)
    add_finding(made, Finding("It is not used.", unused, "Remove it."), "TRT906", "allowance-unused", "note")
    made.findings.sort(key=lambda one: (one.at.path, one.code))
    return made
