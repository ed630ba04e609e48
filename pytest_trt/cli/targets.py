"""trt-lint targets: the servers that a model can be judged against."""

from __future__ import annotations

from pytest_trt.cli import listing, output
from pytest_trt.cli.usage import Parser, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.target import Target


def main(arguments: list[str]) -> int:
    """Raises UsageError."""
    parser = Parser("trt-lint targets", "List the servers that models can be judged against.")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    parser.add_argument("--config", metavar="FILE", help="configuration that defines targets")
    parser.add_argument("--no-config", action="store_true", help="read no configuration")
    options = parser.parse(arguments)
    rows = list(_targets(options.config, options.no_config))
    if options.output_format == "json":
        import json

        output.write(json.dumps([_entry(target) for target in rows], indent=2) + "\n")
        return 0
    listing.show(
        ("target", "TensorFlow", "CUDA", "TensorRT", "TF-TRT ops", "source"),
        [_row(target) for target in rows],
        options.color,
        ("bold", "", "", "", "yes", "ditto"),
    )
    return 0


def _row(target: Target | Runtime) -> tuple[str, ...]:
    entry = _entry(target)
    ops = "yes" if entry["tensorrt_ops"] else "-" if entry["tensorflow"] is None else "no"
    facts = [str(entry[key] or "-") for key in ("tensorflow", "cuda", "tensorrt_installed")]
    return (target.name, *facts, ops, str(entry["source"]))


def _targets(config: str | None, no_config: bool) -> Iterator[Target | Runtime]:
    from pytest_trt.lint.config import ConfigError, custom_targets
    from pytest_trt.serving.target import build
    from pytest_trt.serving.targets import IMAGES

    try:
        yield from () if no_config else custom_targets(config).values()
    except ConfigError as error:
        raise UsageError(str(error)) from None
    for version in sorted(IMAGES, reverse=True):
        name = "tensorflow/serving:" + ".".join(map(str, version))
        yield build(name, version, False)
        yield build(f"{name}-gpu", version, True)


def _entry(target: Target | Runtime) -> dict[str, object]:
    """A target as the JSON of `targets` has it; a runtime has no TensorFlow."""
    from pytest_trt.serving.target import Target

    server = target if isinstance(target, Target) else None
    runtime = target if not isinstance(target, Target) else None
    return {
        "target": target.name,
        "tensorflow": ".".join(map(str, server.version[:2])) if server else None,
        "gpu": server.gpu if server else True,
        "compute_capability": target.capability,
        "cuda": server.cuda if server else None,
        "tensorrt_installed": runtime.version_text if runtime else server.tensorrt_installed if server else None,
        "tensorrt": runtime.version_text if runtime else server.tensorrt if server else None,
        "tensorrt_ops": server.tensorrt_ops if server else False,
        "extra_ops": sorted(server.extra_ops) if server else [],
        "source": server.source if server else "configuration",
    }
