"""Which files may deploy something, by their names alone; what they hold decides later (files.py)."""

from __future__ import annotations

YAML, SHELL, MAKEFILE, DOCKERFILE, TRITON, TEXT, ARCHIVE, UNNAMED = (
    "yaml", "shell", "makefile", "dockerfile", "config.pbtxt", "models.config", "model.tar.gz", "unnamed",
)  # fmt: skip
_SUFFIXES = {
    ".yaml": YAML,
    ".yml": YAML,
    ".json": YAML,
    ".sh": SHELL,
    ".bash": SHELL,
    ".bat": SHELL,
    ".cmd": SHELL,
    ".mk": MAKEFILE,
    ".make": MAKEFILE,
    ".dockerfile": DOCKERFILE,
    ".containerfile": DOCKERFILE,
    ".config": TEXT,
    ".conf": TEXT,
    ".cfg": TEXT,
    ".txt": TEXT,
    ".pbtxt": TEXT,
    ".prototxt": TEXT,
    ".textproto": TEXT,
}
_PROSE = frozenset((".md", ".rst", ".py", ".dockerignore", ".html"))


def kind_of_name(name: str) -> str | None:
    """What a file of this name may be, None for one that deploys nothing."""
    if name in (TRITON, ARCHIVE):
        return name
    lower = name.lower()
    stem, dot, rest = lower.rpartition(".")
    suffix = dot + rest if stem else ""
    if lower.startswith(("dockerfile", "containerfile")) and suffix not in _PROSE:
        return DOCKERFILE
    if lower in ("makefile", "gnumakefile"):
        return MAKEFILE
    if name == "Kustomization":
        return YAML
    return _SUFFIXES.get(suffix) if dot else UNNAMED
