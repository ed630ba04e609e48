"""Seldon Core: SeldonDeployments (1.x) and Models (2.x).

Defaults: SeldonIO/seldon-core helm-charts/seldon-core-operator/values.yaml (1.1 to 1.18), scheduler/env.all (2.10).
"""

from __future__ import annotations

from pytest_trt.deploy.edge import BASE_PATH, MODEL, REPOSITORY, TENSORFLOW_SERVING, TRITON, Edge, Said, Server
from pytest_trt.deploy.readers.kserve import flags_of
from pytest_trt.deploy.readers.kubernetes import Cluster
from pytest_trt.deploy.readers.pods import Pods, capability, gpu
from pytest_trt.deploy.readers.storage import MODELS, Storage, serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.readers.kubernetes import Thing
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

_DEFAULTS = {
    "TENSORFLOW_SERVER": (TENSORFLOW_SERVING, "tensorflow/serving:2.1.0", "Seldon Core's default image (1.1 to 1.18)"),
    "TRITON_SERVER": (TRITON, "nvcr.io/nvidia/tritonserver:21.08-py3", "Seldon Core's default image (1.18)"),
}
_SECOND = ("nvcr.io/nvidia/tritonserver:23.03-py3", "the image of Seldon Core 2's Triton (2.10)")
_TRITON_NEEDS = ("tensorflow", "tensorrt", "onnx", "triton", "triton-python", "pytorch")
_GRAPH_LIMIT = 100


def fill(reading: Reading, things: Sequence[Thing], tree: Tree) -> bool:
    """Adds what the objects say; False where none of them is Seldon's."""
    found = False
    for thing in things:
        version = thing.node.get("apiVersion")
        group = version.raw if version is not None else ""
        if thing.kind == "SeldonDeployment":
            found = True
            pods = Pods(reading.path, Cluster(reading.path, things, tree), tree)
            for predictor in thing.node.each("spec", "predictors"):
                _predictor(reading, thing, predictor, pods, tree)
        elif thing.kind == "Model" and group.startswith("mlops.seldon.io"):
            found = True
            _model(reading, thing, tree)
    return found


def _predictor(reading: Reading, thing: Thing, predictor: Node, pods: Pods, tree: Tree) -> None:
    protocol = predictor.get("protocol") or thing.node.get("spec", "protocol")
    plain = protocol is not None and protocol.raw == "tensorflow"
    given = {
        name.raw: (spec, node)
        for each in predictor.each("componentSpecs")
        if (spec := each.get("spec")) is not None
        for node in spec.each("containers")
        if (name := node.get("name")) is not None
    }
    used: set[str] = set()
    for unit in _units(predictor.get("graph")):
        name, implementation = unit.get("name"), unit.get("implementation")
        known = _DEFAULTS.get(implementation.raw) if implementation is not None else None
        if known is None or name is None:
            continue
        family, image_text, why = known
        wanted = "tfserving" if family == TENSORFLOW_SERVING and not plain else name.raw
        spec, node = given.get(wanted, (None, None))
        used |= {wanted, name.raw}
        storage = Storage(thing.said(unit.get("modelUri")), unit.at, reading.path, tree, "no modelUri is given")
        image = Said(image_text, (implementation or unit).at, why)
        if spec is not None and node is not None:
            container = pods.container(thing, spec, node)
            if node.get("image") is not None:
                image = container.image
            flags = flags_of(container.args or [])
            if "model_config_file" in flags or "model_base_path" in flags:
                container.image = image
                container.mounts.append(storage.mount(MODELS))
                reading.containers.append(container)
                continue
        limited = gpu(node) if node is not None else (None, None)
        nodes = capability(spec) if spec is not None else (None, None)
        env, args = pods.words(thing, node) if node is not None else ({}, None)
        server = Server(
            family,
            image,
            gpu=limited[0],
            gpu_at=limited[1],
            capability=nodes[0],
            capability_at=nodes[1],
            env=env,
            flags=flags_of(args or []),
        )
        serve(
            reading,
            Edge(
                storage.said.at,
                server,
                BASE_PATH if family == TENSORFLOW_SERVING else REPOSITORY,
                model=name.raw if family == TENSORFLOW_SERVING else None,
                paths=storage.paths,
                uri=storage.uri,
                unknown=storage.unknown,
                inside=MODELS,
                why=[(image.at, f"{image.text}: {image.why}")] if image.text and image.why else (),
            ),
        )
    for name_text, (spec, node) in given.items():
        if name_text not in used:
            reading.containers.append(pods.container(thing, spec, node))


def _units(graph: Node | None) -> Iterator[Node]:
    """The nodes of an inference graph."""
    waiting = [graph] if graph is not None else []
    for _ in range(_GRAPH_LIMIT):
        if not waiting:
            return
        unit = waiting.pop(0)
        yield unit
        waiting += unit.each("children")


def _model(reading: Reading, thing: Thing, tree: Tree) -> None:
    needs = [each.raw for each in thing.node.each("spec", "requirements")]
    uri = thing.node.get("spec", "storageUri")
    if uri is None or not any(each in _TRITON_NEEDS for each in needs):
        return
    storage = Storage(thing.said(uri), uri.at, reading.path, tree, "")
    text, why = _SECOND
    serve(
        reading,
        Edge(
            uri.at,
            Server(TRITON, Said(text, uri.at, why)),
            MODEL,
            model=thing.name,
            paths=storage.paths,
            uri=storage.uri,
            unknown=storage.unknown,
            why=[(uri.at, f"{text}: {why}")],
        ),
    )
