"""Ansible's playbooks and lists of tasks: containers that docker_container and podman_container start.

docs.ansible.com/ansible/latest/collections/community/docker/docker_container_module.html.
"""

from __future__ import annotations

from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.formats.yamls import LIST, MAP, SCALAR
from pytest_trt.deploy.reading import VOLUME, Container, Mount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.formats.nodes import Node
    from pytest_trt.deploy.reading import Reading

_MODULES = ("docker_container", "podman_container")
_TASKS = ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always")
_LIMIT = 2000
_AWAY = ("absent", "stopped")


def fill(reading: Reading, root: Node) -> bool:
    """Adds what a document says; False where it is no list of tasks."""
    found = list(_modules(root)) if root.kind == LIST else []
    for task, node in found:
        state = node.get("state")
        if state is None or state.raw not in _AWAY:
            reading.containers.append(_container(task, node))
    return bool(found)


def _modules(root: Node) -> Iterator[tuple[Node, Node]]:
    """The tasks that start containers, and what they say of them."""
    waiting = list(root.elements())
    seen: set[int] = set()
    for _ in range(_LIMIT):
        if not waiting:
            return
        task = waiting.pop(0)
        if id(task) in seen:
            continue  # an alias
        seen.add(id(task))
        for key, value in task.items() if task.kind == MAP else ():
            if key.raw in _TASKS:
                waiting += value.elements()
            elif key.raw.rpartition(".")[2] in _MODULES and value.kind == MAP and value.get("image") is not None:
                yield task, value


def _container(task: Node, node: Node) -> Container:
    image, name, place = node.get("image"), node.get("name"), node.get("working_dir")
    gpu, gpu_at = _gpu(node)
    env = {key.raw: value.said() for key, value in node.entries("env") if value.kind == SCALAR}
    called = name.text if name is not None else None
    return Container(
        image.said() if image is not None else Said(None, node.at, "no image is given"),
        node.at,
        entrypoint=_words(node.get("entrypoint")),
        args=_words(node.get("command")),
        env=env,
        mounts=list(_mounts(node)),
        workdir=place.said() if place is not None else None,
        gpu=gpu,
        gpu_at=gpu_at,
        name=called,
        why=f"container {called or '?'} of a task",
    )


def _words(node: Node | None) -> list[Said] | None:
    if node is None or node.null:
        return None
    if node.kind == LIST:
        return [each.said() for each in node.elements()]
    if node.text is None:
        return [node.said()]
    import shlex

    try:
        return [Said(word, node.at) for word in shlex.split(node.text)]
    except ValueError:
        return [Said(None, node.at, "a quote is never closed")]


def _mounts(node: Node) -> Iterator[Mount]:
    """Volumes lie on the hosts that the playbook is for."""
    pairs: list[tuple[str, str, Location]] = []
    for each in [*node.each("volumes"), *node.each("volume")]:
        source, colon, rest = each.raw.partition(":")
        if "{{" in source and colon:
            source, colon, rest = each.raw.rpartition(":/")
            rest = "/" + rest
        pairs.append((source, rest.partition(":")[0], each.at))
    for each in node.each("mounts"):
        held, place = each.get("source"), each.get("target")
        if place is not None:
            pairs.append((held.raw if held is not None else "", place.raw, each.at))
    for source, target, at in pairs:
        if target.startswith("/") and "{{" not in target:
            why = f"{source or 'a volume'} of the hosts that the playbook is for: what it holds is not in the files"
            yield Mount(target, VOLUME, Said(None, at, why), at, (), why)


def _gpu(node: Node) -> tuple[bool | None, Location | None]:
    runtime = node.get("runtime")
    if runtime is not None and runtime.raw == "nvidia":
        return True, runtime.at
    for each in node.each("device_requests"):
        named = [inner.raw for each_list in each.each("capabilities") for inner in [each_list, *each_list.elements()]]
        driver = each.get("driver")
        if "gpu" in named or (driver is not None and driver.raw == "nvidia"):
            return True, each.at
    return None, None
