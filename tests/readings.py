"""A deployment file's reading as lines of text, for the expected.txt of tests/data/deploy."""

from __future__ import annotations

from pytest_trt.artifacts.location import Location
from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.reading import Container, Reading


def shown(reading: Reading) -> str:
    """Everything that a reading says, one thing a line, with the line of the file before it."""
    lines: list[str] = []
    for container in reading.containers:
        lines += _container("container", container)
    for built in reading.built:
        lines += _container(f"stage {built.stage}" if built.stage else "image", built.container)
    for tag in reading.tags:
        stage = f" stage {tag.stage}" if tag.stage else ""
        lines.append(f"{_at(tag.at)} tag {_said(tag.name)} <- {' | '.join(tag.dockerfiles) or 'nowhere'}{stage}")
    for remark in reading.remarks:
        lines.append(f"{_at(remark.at)} {remark.code} {', '.join(f'{k}={v}' for k, v in remark.facts.items())}")
    return "".join(each + "\n" for each in lines)


def _container(what: str, container: Container) -> list[str]:
    found = [f"{_at(container.at)} {what} {_said(container.image)}"]
    if container.entrypoint is not None:
        found.append("    entrypoint " + " ".join(_said(word) for word in container.entrypoint))
    if container.args is not None:
        found.append("    args " + " ".join(_said(word) for word in container.args))
    if container.gpu is not None and container.gpu_at is not None:
        found.append(f"    {_at(container.gpu_at)} gpu {container.gpu}")
    if container.workdir is not None:
        found.append(f"    workdir {_said(container.workdir)}")
    found += [f"    {_at(value.at)} env {name}={_said(value)}" for name, value in container.env.items()]
    for mount in container.mounts:
        where = " | ".join(mount.paths) or _said(mount.source)
        found.append(f"    {_at(mount.at)} {mount.target} <- {mount.kind} {where}")
    return found


def _said(word: Said) -> str:
    return f"<{word.why}>" if word.text is None else repr(word.text)


def _at(at: Location) -> str:
    return f"{at.path}:{at.line}"
