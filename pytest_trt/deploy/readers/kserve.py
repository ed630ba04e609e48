"""KServe (KFServing before): InferenceServices, serving runtimes, TrainedModels.

Defaults: kserve/kserve config/runtimes/kustomization.yaml of the releases; tags and their check: pkg/controller/
v1beta1/inferenceservice/utils/utils.go (UpdateImageTag) and pkg/apis/serving/v1beta1/predictor_tfserving.go.
"""

from __future__ import annotations

import re

from pytest_trt.deploy import accelerators
from pytest_trt.deploy.edge import BASE_PATH, MODEL, REPOSITORY, TENSORFLOW_SERVING, TRITON, Edge, Remark, Said, Server
from pytest_trt.deploy.readers.kubernetes import Cluster, Thing
from pytest_trt.deploy.readers.pods import Pods, capability
from pytest_trt.deploy.readers.storage import MODELS, Storage, serve
from pytest_trt.deploy.reading import VOLUME, Mount
from pytest_trt.deploy.scope import UNKNOWN, Partly

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.reading import Container, Reading
    from pytest_trt.deploy.tree import Tree

_RUNTIMES = ("ServingRuntime", "ClusterServingRuntime")
_KINDS = ("InferenceService", "TrainedModel", *_RUNTIMES)
_TENSORFLOW, _TRITON = "kserve-tensorflow-serving", "kserve-tritonserver"
_DEFAULTS = {
    TENSORFLOW_SERVING: ("tensorflow/serving:2.6.2", "KServe's default image (0.8 and later)"),
    TRITON: ("nvcr.io/nvidia/tritonserver:23.05-py3", "KServe's default image (0.11 and later)"),
}
_OLD_TENSORFLOW = ("tensorflow/serving:1.14.0", "KFServing's default image (0.4 to 0.7)")
_TAG = re.compile(r":[\w.\-]*$")
_PLACEHOLDER = re.compile(r"\{\{\s*\.Name\s*\}\}")
# Formats that a default runtime takes, by protocol: kserve-tensorflow-serving (v1), kserve-tritonserver (v2).
_FORMATS = ("tensorflow", "tensorrt", "onnx", "triton")
_V2 = ("v2", "grpc-v2")
_NOT_GPU = "Tensorflow RuntimeVersion is not GPU enabled but GPU resources are requested"
_IS_GPU = "Tensorflow RuntimeVersion is GPU enabled but GPU resources are not requested"
# Flags that put the models elsewhere than where the runtimes' own words do.
_MOVES = ("model_base_path", "model_config_file", "model-repository", "model-store")


def fill(reading: Reading, things: Sequence[Thing], tree: Tree) -> bool:
    """Adds what the objects say; False where none of them is KServe's."""
    mine = [each for each in things if each.kind in _KINDS and _group(each).startswith("serving.k")]
    if not mine:
        return False
    reader = _Reader(reading, Cluster(reading.path, things, tree), tree)
    for each in mine:
        if each.kind == "InferenceService":
            reader.service(each)
        elif each.kind == "TrainedModel":
            reader.trained_model(each)
    for each in mine:
        if each.kind in _RUNTIMES and each.name not in reader.used and not _disabled(each):
            reader.runtime(each)
    return True


def _group(thing: Thing) -> str:
    version = thing.node.get("apiVersion")
    return version.raw if version is not None else ""


class _Runtime(Thing):
    """A serving runtime as one InferenceService uses it: `{{.Name}}` is that service's name; None: nobody's yet."""

    __slots__ = ("user",)

    def __init__(self, node: Node, user: str | None) -> None:
        super().__init__(node, {})
        self.user = user

    def said(self, node: Node | None) -> Said | None:
        if node is None or not _PLACEHOLDER.search(node.raw):
            return super().said(node)
        if self.user is None:
            why = "the InferenceService that uses this runtime gives the name"
            return Partly(_PLACEHOLDER.sub(UNKNOWN, node.raw), node.at, why)
        user = self.user
        text = _PLACEHOLDER.sub(lambda _: user, node.raw)
        return Said(text, node.at) if "{{" not in text else node.said()


class _Reader:
    def __init__(self, reading: Reading, cluster: Cluster, tree: Tree) -> None:
        self.reading = reading
        self.cluster = cluster
        self.tree = tree
        self.pods = Pods(reading.path, cluster, tree)
        self.used: set[str] = set()

    # InferenceService

    def service(self, thing: Thing) -> None:
        old = "kubeflow" in _group(thing)
        found = [thing.node.get("spec", "predictor")]
        found += [thing.node.get("spec", each, "predictor") for each in ("default", "canary")]
        for predictor in found:
            if predictor is None:
                continue
            for key, family in (("tensorflow", TENSORFLOW_SERVING), ("triton", TRITON), ("tensorrt", TRITON)):
                node = predictor.get(key)
                if node is not None:
                    if family == TENSORFLOW_SERVING:
                        self._check_version(node)
                    self._default(thing, predictor, node, family, old)
            node = predictor.get("model")
            if node is not None:
                self._model(thing, predictor, node, old)
            self._custom(thing, predictor)

    def _model(self, thing: Thing, predictor: Node, node: Node, old: bool) -> None:
        """`predictor.model`: which runtime takes it."""
        named, format_node = node.get("runtime"), node.get("modelFormat", "name")
        wanted = format_node.text if format_node is not None else None
        given = node.get("protocolVersion")
        protocol = given.raw if given is not None else "v2" if wanted in ("triton", "vllm") else "v1"
        runtime = self._chosen(wanted or "", protocol) if named is None else None
        if named is not None and named.text is not None:
            runtime = self.cluster.find(_RUNTIMES, named.text)
        if runtime is not None:
            self._with_runtime(thing, predictor, node, runtime)
        elif named is not None and named.text in (_TENSORFLOW, _TRITON):
            family = TENSORFLOW_SERVING if named.text == _TENSORFLOW else TRITON
            self._default(thing, predictor, node, family, old)
        elif wanted not in _FORMATS:
            return
        elif named is not None:
            self._unknown(named.at, f"runtime {named.raw} is not in the files")
        elif protocol in _V2:
            self._default(thing, predictor, node, TRITON, old)
        elif wanted == "tensorflow":
            self._default(thing, predictor, node, TENSORFLOW_SERVING, old)
        else:
            why = f"no default runtime of KServe takes {wanted} with protocol {protocol}: say protocolVersion: v2"
            self._unknown((format_node or node).at, why)

    def _chosen(self, wanted: str, protocol: str) -> Thing | None:
        """The runtime of this file that KServe would choose; ServingRuntimes come before ClusterServingRuntimes."""
        for kind in _RUNTIMES:
            for each in self.cluster.all((kind,)):
                if not _disabled(each) and _takes(each, wanted, protocol):
                    return each
        return None

    def _default(self, thing: Thing, predictor: Node, node: Node, family: str, old: bool) -> None:
        """A model that one of KServe's own runtimes serves."""
        image, limited = self._image(node, family, old, True), _limit(node)
        env, args = self.pods.words(thing, node)
        flags = flags_of(args or [])
        known, known_at = self._capability(thing, predictor)
        storage = self._storage(thing, predictor, node)
        if any(name in flags for name in _MOVES):
            self._moved(thing, predictor, node, family, image, storage)
            return
        server = Server(
            family,
            image,
            gpu=True if limited is not None else None,
            gpu_at=limited,
            capability=known,
            capability_at=known_at,
            env=env,
            flags=flags,
        )
        name = flags.get("model_name")
        why = [(image.at, f"{image.text}: {image.why}" if image.text and image.why else image.why)]
        edge = Edge(
            storage.said.at,
            server,
            BASE_PATH if family == TENSORFLOW_SERVING else REPOSITORY,
            model=(name.text if name is not None else thing.name) if family == TENSORFLOW_SERVING else None,
            paths=storage.paths,
            uri=storage.uri,
            unknown=storage.unknown,
            inside=MODELS,
            why=[*(pair for pair in why if pair[1]), (storage.said.at, f"InferenceService {thing.name} serves it")],
        )
        serve(self.reading, edge)

    def _moved(self, thing: Thing, predictor: Node, node: Node, family: str, image: Said, storage: Storage) -> None:
        """The same with flags of its own for where models lie: the server's arithmetic decides."""
        container = self.pods.container(thing, predictor, node)
        at = node.at
        if family == TENSORFLOW_SERVING:
            first = ["/usr/bin/tensorflow_model_server"]
            flags = [f"--model_name={thing.name}", f"--model_base_path={MODELS}"]
        else:
            first, flags = ["tritonserver"], [f"--model-store={MODELS}"]
        if container.entrypoint is None:
            container.entrypoint = [Said(word, at) for word in first]
        container.args = [*(Said(word, at) for word in flags), *(container.args or [])]
        self._finish(container, thing, predictor, image, storage)

    def _with_runtime(self, thing: Thing, predictor: Node, node: Node, runtime: Thing) -> None:
        """A serving runtime of the files: its container, with what the service lays over it."""
        self.used.add(runtime.name)
        spec = runtime.node.get("spec")
        listed = spec.each("containers") if spec is not None else []
        base = next((each for each in listed if _named(each, "kserve-container")), listed[0] if listed else None)
        if spec is None or base is None:
            self._unknown(runtime.node.at, f"runtime {runtime.name} has no container")
            return
        container = self.pods.container(_Runtime(runtime.node, thing.name), spec, base)
        over = self.pods.container(thing, predictor, node)
        server_type = runtime.node.get("metadata", "annotations", "serving.kserve.io/server-type")
        suffix = runtime.name == _TENSORFLOW or (server_type is not None and server_type.raw == "tensorflow-serving")
        image = over.image if node.get("image") is not None else container.image
        image = _tagged(image, node.get("runtimeVersion"), _limit(node) or _limit(base), suffix)
        container.entrypoint = over.entrypoint if node.get("command") is not None else container.entrypoint
        if over.args is not None and node.get("args") is not None:
            container.args = [*(container.args or []), *over.args]
        container.env.update(over.env)
        container.gpu = over.gpu if over.gpu is not None else container.gpu
        container.gpu_at = over.gpu_at or container.gpu_at
        container.why = f"runtime {runtime.name} serves InferenceService {thing.name}"
        self._finish(container, thing, predictor, image, self._storage(thing, predictor, node))

    def _finish(self, container: Container, thing: Thing, predictor: Node, image: Said, storage: Storage) -> None:
        container.image = image
        container.name = thing.name
        container.at = storage.said.at
        known, known_at = self._capability(thing, predictor)
        if known is not None:
            container.capability, container.capability_at = known, known_at
        container.mounts.append(storage.mount(MODELS))
        self.reading.containers.append(container)

    def _custom(self, thing: Thing, predictor: Node) -> None:
        """`predictor.containers`: any server; STORAGE_URI of its environment is put where others find theirs."""
        for node in predictor.each("containers"):
            container = self.pods.container(thing, predictor, node)
            uri = container.env.get("STORAGE_URI")
            for said in [uri] if uri is not None else []:
                container.mounts.append(Storage(said, said.at, self.reading.path, self.tree, "").mount(MODELS))
            known, known_at = self._capability(thing, predictor)
            if known is not None:
                container.capability, container.capability_at = known, known_at
            container.why = f"the predictor of InferenceService {thing.name}"
            self.reading.containers.append(container)

    # other objects

    def runtime(self, thing: Thing) -> None:
        """A runtime that no service of the file uses: its image and words, without a model."""
        spec = thing.node.get("spec")
        for node in spec.each("containers") if spec is not None else []:
            container = self.pods.container(_Runtime(thing.node, None), spec or node, node)
            why = "the InferenceServices that use this runtime say what it serves"
            container.mounts.append(Mount(MODELS, VOLUME, Said(None, thing.node.at, why), node.at, (), why))
            self.reading.containers.append(container)

    def trained_model(self, thing: Thing) -> None:
        """One model of a multi-model server: a model folder of Triton."""
        node = thing.node.get("spec", "model")
        parent = thing.node.get("spec", "inferenceService")
        if node is None or parent is None:
            return
        framework = node.get("framework")
        service = self.cluster.find(("InferenceService",), parent.raw)
        triton = service.node.get("spec", "predictor", "triton") if service is not None else None
        if service is not None and triton is None and service.node.get("spec", "predictor", "model") is None:
            return  # a server of another kind
        if service is None and (framework is None or framework.raw not in ("triton", "tensorrt")):
            return
        image = Said(None, parent.at, f"InferenceService {parent.raw} is not in the files")
        gpu = None
        if service is not None:
            where = triton or service.node.get("spec", "predictor", "model") or service.node
            image, gpu = self._image(where, TRITON, False, False), _limit(where)
        storage = Storage(thing.said(node.get("storageUri")), node.at, self.reading.path, self.tree, "no storageUri")
        server = Server(TRITON, image, gpu=True if gpu is not None else None, gpu_at=gpu)
        why = [(parent.at, f"a model of InferenceService {parent.raw}")]
        serve(
            self.reading,
            Edge(
                storage.said.at,
                server,
                MODEL,
                model=thing.name,
                paths=storage.paths,
                uri=storage.uri,
                unknown=storage.unknown,
                inside=f"{MODELS}/{thing.name}",
                why=why,
            ),
        )

    # what they share

    def _image(self, node: Node, family: str, old: bool, suffix: bool) -> Said:
        given = node.get("image")
        said = given.said() if given is not None and not given.null else None
        if said is None and old and family == TRITON:
            return Said(None, node.at, "KFServing's default image of Triton depends on its release")
        if said is None:
            text, why = _OLD_TENSORFLOW if old else _DEFAULTS[family]
            said = Said(text, node.at, why)
        return _tagged(said, node.get("runtimeVersion"), _limit(node), family == TENSORFLOW_SERVING)

    def _check_version(self, node: Node) -> None:
        """What KServe's webhook refuses."""
        version, limited = node.get("runtimeVersion"), _limit(node)
        if version is None or version.text is None:
            return
        gpu = "-gpu" in version.text
        if gpu != (limited is not None):
            message = _IS_GPU if gpu else _NOT_GPU
            also = [(limited, "the GPU is asked for here")] if limited is not None else []
            self.reading.remarks.append(
                Remark("TRT422", version.at, {"version": version.text, "message": message}, also)
            )

    def _storage(self, thing: Thing, predictor: Node, node: Node) -> Storage:
        said = thing.said(node.get("storageUri"))
        missing = "no storageUri is given"
        place = node.get("storage", "path")
        if said is None and place is not None:
            said = Said(None, place.at, f"{place.raw} lies in a storage that the cluster's secret names")
        for each in predictor.each("storageUris"):
            uri = each.get("uri")
            said = thing.said(uri) if said is None else said
        if said is None and node.get("storageUri") is None and self.cluster.all(("TrainedModel",)):
            missing = "TrainedModels say what it serves"
        return Storage(said, node.at, self.reading.path, self.tree, missing)

    def _capability(self, thing: Thing, predictor: Node) -> tuple[str | None, Location | None]:
        found = capability(predictor)
        if found[0] is not None:
            return found
        for key, value in thing.node.entries("metadata", "annotations"):
            if value.text is not None and key.raw.endswith("/gke-accelerator"):
                return accelerators.of_label(key.raw, value.text), value.at
        return found

    def _unknown(self, at: Location, why: str) -> None:
        self.reading.remarks.append(Remark("TRT418", at, {"what": "image", "why": why}))


def _named(node: Node, name: str) -> bool:
    found = node.get("name")
    return found is not None and found.raw == name


def _disabled(runtime: Thing) -> bool:
    found = runtime.node.get("spec", "disabled")
    return found is not None and found.true


def _takes(runtime: Thing, wanted: str, protocol: str) -> bool:
    protocols = [each.raw for each in runtime.node.each("spec", "protocolVersions")]
    for each in runtime.node.each("spec", "supportedModelFormats"):
        chosen = each.get("autoSelect")
        if _named(each, wanted) and chosen is not None and chosen.true and (not protocols or protocol in protocols):
            return True
    return False


def _limit(node: Node) -> Location | None:
    """The line of the GPU among the limits, which KServe goes by; requests alone do not count."""
    limits = node.entries("resources", "limits")
    return next((key.at for key, _ in limits if key.raw.startswith(("nvidia.com/gpu", "nvidia.com/mig"))), None)


def _tagged(image: Said, version: Node | None, limited: Location | None, suffix: bool) -> Said:
    """The image with the runtimeVersion as its tag; without one, `-gpu` behind the tag where a GPU is a limit."""
    text = image.text
    if text is None or "@sha256:" in text:
        return image
    if version is not None:
        said = version.said()
        if said.text is None:
            return Said(None, version.at, said.why)
        return Said(_TAG.sub("", text) + ":" + said.text, version.at, "the tag is the runtimeVersion")
    if limited is not None and suffix and _TAG.search(text) and not text.endswith("-gpu"):
        return Said(text + "-gpu", image.at, f"{image.why}, -gpu for the GPU that it gets".lstrip(", "))
    return image


def flags_of(words: Sequence[Said]) -> dict[str, Said]:
    """`--name=value`, `--name value` and `--name`, the last of each name."""
    found: dict[str, Said] = {}
    name = ""
    for word in words:
        text = word.text
        if text is not None and text.startswith("-"):
            name, equals, value = text.lstrip("-").partition("=")
            found[name] = Said(value if equals else "true", word.at)
            name = "" if equals else name
        elif name:
            found[name] = word
            name = ""
    return found
