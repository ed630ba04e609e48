"""Azure ML's online deployments and Vertex AI's models, as their command lines read them from YAML or JSON.

Azure: azureml-examples cli/endpoints/online; where models are mounted: MODEL_BASE_PATH of its TensorFlow Serving one.
"""

from __future__ import annotations

import os

from pytest_trt.deploy.edge import ARTIFACT, OTHER, REPOSITORY, TENSORFLOW_SERVING, TRITON, Edge, Said, Server
from pytest_trt.deploy.readers.storage import serve
from pytest_trt.deploy.reading import HOST, URI, VOLUME, Container, Mount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.deploy.formats.yamls import Node
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

_AZURE_MODELS = "/var/azureml-app/azureml-models"


def fill(reading: Reading, root: Node, tree: Tree) -> bool:
    """Adds what a document says; False where it is neither."""
    schema = root.get("$schema")
    if (schema is not None and "OnlineDeployment" in schema.raw) or (
        root.get("endpoint_name") is not None and root.get("model") is not None
    ):
        return _azure(reading, root, tree)
    image = root.get("containerSpec", "imageUri") or root.get("container_spec", "image_uri")
    if image is not None:
        return _vertex(reading, root, image)
    return False


def _azure(reading: Reading, root: Node, tree: Tree) -> bool:
    model = root.get("model")
    if model is None:
        return False
    path, kind = model.get("path"), model.get("type")
    local = path is not None and path.text is not None and "://" not in path.text
    paths = tree.candidates(path.text, reading.path) if local and path is not None and path.text is not None else ()
    image = root.get("environment", "image") if root.get("environment") is not None else None
    said = image.said() if image is not None else Said(None, model.at, "the environment names no image")
    if kind is not None and kind.raw == "triton_model":
        if image is None:
            said = Said(None, model.at, "Azure ML chooses the image of Triton")
        unknown = "" if paths else f"{(path or model).raw or 'the model'} is registered elsewhere"
        server = Server(TRITON, said)
        at = (path or model).at
        serve(reading, Edge(at, server, REPOSITORY, paths=paths, unknown=unknown))
        return True
    name, version = model.get("name"), model.get("version")
    env = {key.raw: _azure_value(value, version) for key, value in root.entries("environment_variables")}
    mounts: list[Mount] = []
    moved = root.get("model_mount_path")
    if moved is not None and moved.text is not None:
        why = "where Azure ML puts the model below its mount path is not known"
        mounts.append(Mount(moved.text, VOLUME, Said(None, moved.at, why), moved.at, (), why))
    elif name is not None and version is not None and path is not None and path.text is not None:
        folder = os.path.basename(path.text.rstrip("/"))
        target = f"{_AZURE_MODELS}/{name.raw}/{version.raw}/{folder}"
        kind_of_mount = HOST if local else URI
        why = f"Azure ML mounts model {name.raw}, version {version.raw}, here"
        mounts.append(Mount(target, kind_of_mount, path.said(), path.at, paths, why))
    else:
        why = f"model {model.raw}".rstrip() + " is registered elsewhere"
        mounts.append(Mount(_AZURE_MODELS, VOLUME, Said(None, model.at, why), model.at, (), why))
    deployment = root.get("name")
    reading.containers.append(
        Container(
            said,
            (image or model).at,
            env=env,
            mounts=mounts,
            name=deployment.raw if deployment is not None else None,
            why="an Azure ML online deployment",
        )
    )
    return True


def _azure_value(value: Node, version: Node | None) -> Said:
    """A variable; a template that is the model's version too stands for the same on both sides."""
    said = value.said()
    if said.text is None and version is not None and "{{" in version.raw and version.raw in value.raw:
        rest = value.raw.replace(version.raw, "")
        if "{{" not in rest:
            return Said(value.raw, value.at)
    return said


def _vertex(reading: Reading, root: Node, image: Node) -> bool:
    uri = root.get("artifactUri") or root.get("artifact_uri")
    said = image.said()
    text = said.text or ""
    if "/prediction/tf" in text:
        name = root.get("displayName") or root.get("display_name")
        family = TENSORFLOW_SERVING if "/tf2-" in text else OTHER
        at = uri.at if uri is not None else image.at
        place = uri.text if uri is not None else None
        unknown = "" if place else "no artifactUri is given"
        why = [(image.at, "Vertex AI serves the SavedModel at the artifactUri itself")]
        server = Server(
            family, said, gpu=True if "-gpu." in text else None, gpu_at=image.at if "-gpu." in text else None
        )
        model = name.text if name is not None else None
        serve(reading, Edge(at, server, ARTIFACT, model=model, uri=place, unknown=unknown, why=why))
        return True
    spec = root.get("containerSpec") or root.get("container_spec")
    env = {
        key.raw: value.said()
        for each in (spec.each("env") if spec is not None else [])
        if (key := each.get("name")) is not None and (value := each.get("value")) is not None
    }
    command = [each.said() for each in spec.each("command")] if spec is not None else []
    args = [each.said() for each in spec.each("args")] if spec is not None else []
    reading.containers.append(
        Container(said, image.at, entrypoint=command or None, args=args or None, env=env, why="a Vertex AI model")
    )
    return True
