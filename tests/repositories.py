"""Small repositories written for one test, and what their deployment files come to."""

from __future__ import annotations

from pathlib import Path

from pytest_trt.deploy.edge import Edge, Remark
from pytest_trt.deploy.files import read_all
from pytest_trt.deploy.tree import Tree


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text, encoding="utf-8")


def read(files: dict[str, str]) -> tuple[list[Edge], list[Remark]]:
    for name, text in files.items():
        write(name, text)
    _, edges, remarks = read_all(sorted(files), Tree(["."]))
    return edges, remarks


def drawn(files: dict[str, str]) -> list[str]:
    """`IMAGE MODEL PATH`, then `gpu` where there is one; `-` for what is not known."""
    tree = Tree(["."])
    lines = []
    for edge in read(files)[0]:
        path = tree.first(edge.paths) or "".join(f"?{each}" for each in edge.paths[:1]) or edge.uri or "-"
        lines.append(f"{edge.server.image.text or '-'} {edge.model or '-'} {path}{' gpu' if edge.server.gpu else ''}")
    return sorted(lines)
