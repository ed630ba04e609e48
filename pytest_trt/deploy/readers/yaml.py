"""One YAML (or JSON) text -> what it deploys. What it is, its content says; a Helm chart's template, its place."""

from __future__ import annotations

from pytest_trt.artifacts.errors import LimitReached
from pytest_trt.deploy.edge import Remark, line
from pytest_trt.deploy.formats.yamls import documents, matters, names_a_server
from pytest_trt.deploy.reading import Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.readers.kustomize import Variant
    from pytest_trt.deploy.tree import Tree

# Kinds of KServe and Seldon; their readers are loaded for these alone.
_OTHERS = frozenset("InferenceService ServingRuntime ClusterServingRuntime TrainedModel SeldonDeployment Model".split())


def read(text: str, path: str, tree: Tree) -> Reading | None:
    """What the file says, None where it deploys nothing that has to do with models."""
    if not matters(text):
        return None
    from pytest_trt.deploy.readers import helm

    reading = Reading(path, "kubernetes")
    try:
        if helm.is_template(path, tree):
            helm.fill(reading, text, tree)
        elif helm.is_chart_file(path, tree):
            return None  # its templates are read
        else:
            roots, remarks = documents(text, path)
            reading.remarks += remarks
            fill(reading, roots, tree)
    except LimitReached as limit:
        at = line(path, limit.location.line or 1)
        reading.remarks.append(Remark("TRT418", at, {"what": "file", "why": limit.why}))
    return _kept(reading, text)


def fill(reading: Reading, roots: Sequence[Node], tree: Tree) -> None:
    """Adds what documents say, each read as what it is."""
    from pytest_trt.deploy.readers import ansible, clouds, compose, kubernetes, pipelines

    things = kubernetes.things(roots)
    if things:
        from pytest_trt.deploy.readers import kustomize

        for variant in kustomize.variants(reading.path, things, tree):
            _objects(reading, variant, tree)
    known = {id(thing.node) for thing in things}
    for root in roots:
        if id(root) in known:
            continue
        if pipelines.fill(reading, root, tree):
            reading.kind = "pipeline"
        elif ansible.fill(reading, root):
            reading.kind = "ansible"
        elif compose.fill(reading, root, tree):
            reading.kind = "compose"
        elif not clouds.fill(reading, root, tree):
            kubernetes.kustomization(reading, root, tree)


def _objects(reading: Reading, variant: Variant, tree: Tree) -> None:
    from pytest_trt.deploy.readers import kubernetes

    things = variant.things
    reading.remarks += variant.remarks
    kubernetes.fill(reading, things, tree, variant)
    if any(thing.kind in _OTHERS for thing in things):
        from pytest_trt.deploy.readers import kserve, seldon

        if kserve.fill(reading, things, tree) or seldon.fill(reading, things, tree):
            reading.kind = "kserve"


def _kept(reading: Reading, text: str) -> Reading | None:
    """Faults of YAML that has nothing to do with the servers are somebody else's matter."""
    if not names_a_server(text):
        reading.remarks = [each for each in reading.remarks if each.code not in ("TRT418", "TRT420")]
    says = reading.containers or reading.config_maps or reading.edges or reading.remarks or reading.built
    return reading if says else None
