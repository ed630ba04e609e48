"""trt-lint targets: the servers that a model can be judged against."""

from __future__ import annotations

from pytest_trt.cli import listing, output
from pytest_trt.cli.usage import Parser, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

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
        [
            (
                target.name,
                ".".join(map(str, target.version[:2])),
                target.cuda or "-",
                target.tensorrt_installed or "-",
                "yes" if target.tensorrt_ops else "no",
                target.source,
            )
            for target in rows
        ],
        options.color,
        ("bold", "", "", "", "yes", "ditto"),
    )
    return 0


def _targets(config: str | None, no_config: bool) -> Iterator[Target]:
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


def _entry(target: Target) -> dict[str, object]:
    return {
        "target": target.name,
        "tensorflow": ".".join(map(str, target.version[:2])),
        "gpu": target.gpu,
        "compute_capability": target.capability,
        "cuda": target.cuda,
        "tensorrt_installed": target.tensorrt_installed,
        "tensorrt": target.tensorrt,
        "tensorrt_ops": target.tensorrt_ops,
        "extra_ops": sorted(target.extra_ops),
        "source": target.source,
    }
