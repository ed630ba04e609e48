"""trt-lint inspect PATH: what is in an artifact, read from its bytes; nothing of it is loaded or run."""

from __future__ import annotations

import sys

from pytest_trt.cli import output
from pytest_trt.cli.usage import Parser, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_trt.artifacts.errors import ArtifactError

NOT_READ = 3


def main(arguments: list[str]) -> int:
    """Raises UsageError."""
    parser = Parser(
        "trt-lint inspect",
        "Say what is in a SavedModel, a graph or a TensorRT plan, from its bytes alone.",
        "trt-lint inspect PATH... [options]",
    )
    parser.epilog = "exit status: 0, 2 usage, 3 something could not be read wholly"
    parser.add_argument("paths", nargs="*", metavar="PATH", help="an artifact, or a folder to search for them")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--color", choices=(output.AUTO, output.ALWAYS, output.NEVER), default=output.AUTO)
    options = parser.parse(arguments)
    if not options.paths:
        raise UsageError("no PATH given; name a SavedModel, a graph or a plan, as in: trt-lint inspect models/resnet/1")
    failed: list[ArtifactError] = []
    entries = list(_entries(options.paths, failed))
    if not entries and not failed:
        raise UsageError(f"{', '.join(options.paths)}: holds no SavedModel, no graph and no TensorRT plan")
    if options.output_format == "json":
        output.write(_json(entries))
    elif entries and output.drawn(options.color):
        from pytest_trt.cli.inspection import drawn

        output.write(drawn.render(entries, output.console(options.color)))
    elif entries:
        from pytest_trt.cli.inspection import plain

        output.write(plain.render(entries))
    from pytest_trt.lint.report.visible import visible

    for error in failed:
        sys.stderr.write(f"trt-lint: {visible(str(error), 2000)}\n")
    return NOT_READ if failed or not all(entry["complete"] for entry in entries) else 0


def _entries(paths: Sequence[str], failed: list[ArtifactError]) -> Iterator[dict[str, object]]:
    """An entry an artifact. failed: what could not be opened or listed at all, and why others were not read wholly."""
    from pytest_trt.artifacts.open import discover, open_artifact
    from pytest_trt.cli.inspection import facts
    from pytest_trt.lint.walk import DEFAULT_EXCLUDES

    def excluded(path: str) -> bool:
        return path.replace("\\", "/").rpartition("/")[2] in DEFAULT_EXCLUDES

    for found in discover(paths, excluded, failed.append):
        artifact = open_artifact(found)
        if artifact is None:
            continue
        try:
            if artifact.content == "unknown" and artifact.model is None and artifact.error is not None:
                failed.append(artifact.error)
                continue
            entry = facts.of(artifact)
        finally:
            artifact.close()
        yield entry


def _json(entries: list[dict[str, object]]) -> str:
    import json

    from pytest_trt.cli.inspection import facts

    return json.dumps(_carried(facts.document(entries)), indent=2) + "\n"


def _carried(value: object) -> object:
    """The document with every text such that any encoding of Unicode can carry it."""
    from pytest_trt.lint.report.visible import whole

    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {whole(key): _carried(one) for key, one in value.items()}
    return [_carried(one) for one in value] if isinstance(value, list) else value
