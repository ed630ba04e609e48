"""Volumes of a pod: what they hold, as far as manifests say."""

from __future__ import annotations

import re

from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.reading import CONFIG_MAP, HOST, URI, VOLUME

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.readers.kubernetes import Cluster, Thing


class Volume:
    """A volume of the pod. source: of a ConfigMap its name; items: key -> path of those that are projected."""

    __slots__ = ("kind", "source", "why", "items")

    def __init__(self, kind: str, source: Said, why: str = "", items: Sequence[tuple[str, str]] = ()) -> None:
        self.kind = kind
        self.source = source
        self.why = why
        self.items = items


def volumes(node: Node, thing: Thing, cluster: Cluster) -> Iterator[Volume]:
    """What one entry of a pod's volumes holds; a projected one holds several."""
    name = node.get("name")
    label = f"volume {name.raw if name is not None else '?'}"
    for key, value in node.items():
        if key.raw == "name":
            continue
        yield from _source(key.raw, value, label, thing, cluster)


def _source(kind: str, node: Node, label: str, thing: Thing, cluster: Cluster) -> Iterator[Volume]:
    at = node.at
    if kind in ("hostPath", "local"):
        path = thing.said(node.get("path"))
        yield Volume(HOST, path or Said(None, at, "no path is given"))
    elif kind == "configMap":
        called = node.get("name")
        name = thing.said(called) or Said(None, at, "no name is given")
        if name.text is None and called is not None and called.symbol and "/" not in called.symbol:
            name = Said(called.symbol, called.at)  # another object may be called the same
        yield Volume(CONFIG_MAP, name, "", _items(node))
    elif kind == "projected":
        for each in node.each("sources"):
            inner = each.get("configMap")
            if inner is not None:
                yield from _source("configMap", inner, label, thing, cluster)
    elif kind == "nfs":
        server, share = node.get("server"), node.get("path")
        host, folder = (server.raw if server is not None else ""), (share.raw if share is not None else "/")
        yield Volume(URI, Said(f"nfs://{host}{folder}", at))
    elif kind == "csi":
        yield _csi(node, label)
    elif kind == "persistentVolumeClaim":
        yield from _claim(node.get("claimName"), at, thing, cluster)
    elif kind == "emptyDir":
        yield Volume(VOLUME, Said(None, at), f"{label} is empty at first")
    else:
        yield Volume(VOLUME, Said(None, at), f"{label} ({kind}): what it holds is not in the files")


def _csi(node: Node, label: str) -> Volume:
    driver, attributes = node.get("driver"), node.get("volumeAttributes")
    bucket = attributes.get("bucketName") if attributes is not None else None
    name = driver.raw if driver is not None else "?"
    if bucket is not None and bucket.text is not None and name in ("gcsfuse.csi.storage.gke.io", "gcs.csi.ofek.dev"):
        options = attributes.get("mountOptions") if attributes is not None else None
        below = re.search(r"only-dir=([^,\s]+)", options.raw[:1000]) if options is not None else None
        return Volume(URI, Said(f"gs://{bucket.text}" + (f"/{below[1]}" if below else ""), bucket.at))
    if bucket is not None and bucket.text is not None and name == "s3.csi.aws.com":
        return Volume(URI, Said(f"s3://{bucket.text}", bucket.at))
    return Volume(VOLUME, Said(None, node.at), f"{label}: what {name} mounts is not in the files")


def _claim(name: Node | None, at: Location, thing: Thing, cluster: Cluster) -> Iterator[Volume]:
    """A claim, and the volume that the files bind it to."""
    label = name.raw if name is not None else "?"
    claim = cluster.find(("PersistentVolumeClaim",), label)
    bound = claim.node.get("spec", "volumeName") if claim is not None else None
    volume = cluster.find(("PersistentVolume",), bound.raw) if bound is not None else None
    if volume is None:
        for each in cluster.all(("PersistentVolume",)):
            reference = each.node.get("spec", "claimRef", "name")
            if reference is not None and reference.raw == label:
                volume = each
    spec = volume.node.get("spec") if volume is not None else None
    for kind in ("hostPath", "local", "nfs", "csi"):
        node = spec.get(kind) if spec is not None else None
        if node is not None:
            yield from _source(kind, node, f"claim {label}", thing, cluster)
            return
    yield Volume(VOLUME, Said(label, at), f"claim {label}: what it holds is not in the files")


def _items(node: Node) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for each in node.each("items"):
        key, path = each.get("key"), each.get("path")
        if key is not None and path is not None:
            found.append((key.raw, path.raw))
    return found
