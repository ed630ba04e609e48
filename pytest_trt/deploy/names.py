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
    ".ps1": SHELL,
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
# Of the names that are more than their suffix: config.pbtxt, Dockerfile, Containerfile, model.tar.gz, (GNU)Makefile.
_INITIALS = frozenset("cCdDmMgGkK")
_PROSE = frozenset((".md", ".rst", ".py", ".dockerignore", ".html"))


def kind_of_name(name: str) -> str | None:
    """What a file of this name may be, None for one that deploys nothing."""
    dot = name.rfind(".")
    if name[:1] not in _INITIALS and dot > 0:
        # Nearly all names of a repository end here.
        suffix = name[dot:]
        return _SUFFIXES.get(suffix) or _SUFFIXES.get(suffix.lower())
    if name in (TRITON, ARCHIVE):
        return name
    lower = name.lower()
    suffix = lower[dot:] if dot > 0 else ""
    if lower.startswith(("dockerfile", "containerfile")) and suffix not in _PROSE:
        return DOCKERFILE
    if lower in ("makefile", "gnumakefile"):
        return MAKEFILE
    if name == "Kustomization":
        return YAML
    return _SUFFIXES.get(suffix) if dot >= 0 else UNNAMED
