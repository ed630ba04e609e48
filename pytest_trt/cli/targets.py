"""trt-lint targets: the servers that a model can be judged against."""

from __future__ import annotations

from pytest_trt.cli import listing, output
from pytest_trt.cli.usage import Parser, UsageError, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.triton import Triton

    Judged = Target | Runtime | Triton

_SERVING, _TRITON, _TENSORFLOW, _TENSORRT = "tensorflow/serving", "tritonserver", "tensorflow", "tensorrt"
_HEAD = ("target", "TensorFlow", "CUDA", "TensorRT", "TF-TRT ops", "source")
_STYLES = ("bold", "", "", "", "yes", "ditto")
_EPILOG = """\
A version with a question mark is inferred, not read from a source: where it decides, the verdict is unknown.
Add ,gpu=sm_80 to any target for the GPU that the server has. docs/targets.md says what the tables rest on.
"""


def main(arguments: list[str]) -> int:
    """Raises UsageError."""
    parser = Parser("trt-lint targets", "List the servers that models can be judged against.")
    parser.epilog = _EPILOG
    parser.add_argument("family", nargs="*", metavar="FAMILY", help="only these families, every image")
    parser.add_argument("--all", action="store_true", help="every image of every family")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="default: text")
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="default: auto")
    parser.add_argument("--config", metavar="FILE", help="configuration that defines targets")
    parser.add_argument("--no-config", action="store_true", help="read no configuration")
    options = parser.parse(arguments)
    for name in options.family:
        if name not in _families():
            near = suggestion(name, _families())
            raise UsageError(f"{name}: no family of images has this name{near}; they are {', '.join(_families())}")
    own = [] if options.family else list(_configured(options.config, options.no_config))
    if options.output_format == "json" or options.family or options.all:
        rows = own + [row for name in options.family or _families() for row in _images(name)]
        if options.output_format == "json":
            import json

            output.write(json.dumps([_entry(family, target) for family, target in rows], indent=2) + "\n")
            return 0
        listing.show(_HEAD, [_row(*row) for row in rows], options.color, _STYLES)
        return 0
    if own:
        listing.show(_HEAD, [_row(*row) for row in own], options.color, _STYLES)
        output.write("\n")
    listing.show(
        ("family", "name it as", "what there is", "TF-TRT ops"),
        [_family(name) for name in _families()],
        options.color,
        ("bold", "", "", ""),
    )
    output.write("\ntrt-lint targets FAMILY lists its images with their TensorFlow, CUDA, TensorRT and source.\n")
    return 0


def _families() -> tuple[str, ...]:
    from pytest_trt.serving.images.derivatives import FAMILIES

    return (_SERVING, _TRITON, _TENSORFLOW, _TENSORRT, *(one.family for one in FAMILIES))


def _family(name: str) -> tuple[str, str, str, str]:
    """A family in one row."""
    from pytest_trt.serving import targets
    from pytest_trt.serving.images import derivatives, months

    if name == _SERVING:
        first, last = (".".join(map(str, pick(targets.IMAGES))) for pick in (min, max))
        with_ops = [version for version, image in targets.IMAGES.items() if image.tensorrt_ops]
        low, high = (".".join(map(str, pick(with_ops)[:2])) for pick in (min, max))
        return name, f"{name}:{last}-gpu", f"{first} to {last}, CPU and GPU", f"GPU images of {low} to {high}"
    every = list(months.MONTHS)
    unknown = f"unknown from {months.OPS_UNKNOWN_FROM}"
    if name == _TRITON:
        what = f"{every[0]} to {every[-1]}, TensorFlow up to {months.TENSORFLOW_LAST}"
        return name, "tritonserver:24.01-py3", what, f"yes, {unknown}"
    if name == _TENSORFLOW:
        what = f"NVIDIA's TensorFlow, up to {months.TENSORFLOW_LAST}"
        return name, "nvidia/tensorflow:24.01-tf2-py3", what, f"yes, {unknown}"
    if name == _TENSORRT:
        return name, "tensorrt:8.6.1 or nvidia/tensorrt:23.05-py3", "a runtime for plans", "-"
    row = next(one for one in derivatives.FAMILIES if one.family == name)
    ops = "unknown for GPU images" if row.tensorrt_ops == "unknown" else row.tensorrt_ops
    return name, row.shown, row.serves, ops


def _configured(config: str | None, no_config: bool) -> Iterator[tuple[str, Judged]]:
    """Raises UsageError."""
    from pytest_trt.lint.config import ConfigError, custom_targets

    try:
        yield from () if no_config else (("configuration", one) for one in custom_targets(config).values())
    except ConfigError as error:
        raise UsageError(str(error)) from None


def _images(family: str) -> Iterator[tuple[str, Judged]]:
    """The images of a family, the newest first, as far as there is a list of them."""
    from pytest_trt.serving.target import TargetError, build, parse
    from pytest_trt.serving.targets import IMAGES

    if family == _SERVING:
        for version in sorted(IMAGES, reverse=True):
            name = "tensorflow/serving:" + ".".join(map(str, version))
            yield family, build(name, version, False)
            yield family, build(f"{name}-gpu", version, True)
        return
    for name in _names(family):
        try:
            yield family, parse(name)
        except TargetError:  # a month of whose TensorFlow nothing is known
            continue


def _names(family: str) -> Iterator[str]:
    from pytest_trt.serving.images import derivatives, months

    if family == "sagemaker":
        for minor in reversed(derivatives.SAGEMAKER_TENSORRT):
            for flavour in ("cpu", "gpu"):
                yield f"tensorflow-inference:{minor[0]}.{minor[1]}-{flavour}"
        return
    if family not in (_TRITON, _TENSORFLOW, _TENSORRT):
        yield next(one.shown for one in derivatives.FAMILIES if one.family == family)
        return
    for month in reversed(months.MONTHS):
        if family == _TRITON:
            old = months.order(month) <= months.order(months.TENSORRTSERVER_LAST)
            yield f"{'tensorrtserver' if old else 'tritonserver'}:{month}-py3"
            if month in months.TRTLLM:
                yield f"tritonserver:{month}-trtllm-python-py3"
        elif family == _TENSORRT:
            yield f"nvcr.io/nvidia/tensorrt:{month}-py3"
        else:
            yield f"nvcr.io/nvidia/tensorflow:{month}-tf2-py3"
            yield f"nvcr.io/nvidia/tensorflow:{month}-tf1-py3"
    for month in reversed(months.OLD_TENSORFLOW if family == _TENSORFLOW else {}):
        yield f"nvcr.io/nvidia/tensorflow:{month}-py3"


def _row(family: str, target: Judged) -> tuple[str, ...]:
    entry = _entry(family, target)
    ops = {True: "yes", False: "no", None: "unknown"}[_flag(entry["tensorrt_ops"])]
    if entry["tensorflow"] is None and ops == "no":
        ops = "-"
    facts = [
        _cell(entry[key], key in _parts(entry["inferred"])) for key in ("tensorflow", "cuda", "tensorrt_installed")
    ]
    return (target.name, *facts, ops, str(entry["source"]))


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _parts(value: object) -> list[str]:
    return value if isinstance(value, list) else []


def _cell(value: object, inferred: bool) -> str:
    return f"{value or '-'}{'?' if inferred and value else ''}"


def _entry(family: str, target: Judged) -> dict[str, object]:
    """A target as the JSON of `targets` has it; a runtime has no TensorFlow.

    inferred: the keys whose value, or whose last numbers, no source states.
    """
    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.triton import Triton

    server = target if isinstance(target, Target) else None
    runtime = target if isinstance(target, Runtime) else None
    cuda = server.cuda if server else None
    ops = server.tensorrt_ops if server else False
    source = server.source if server else "configuration"
    if runtime is not None:
        source = runtime.source
    elif isinstance(target, Triton):
        server, runtime, cuda, source = target.tensorflow, target.runtime, target.cuda or None, target.source
        gone = target.no_tensorflow is not None and target.no_tensorflow.sure
        ops = server.tensorrt_ops if server is not None else False if gone else None
    installed = runtime.version_text or None if runtime else server.tensorrt_installed if server else None
    inferred = ["tensorflow"] if server is not None and not server.version_sure else []
    known = runtime.known if runtime is not None else server.tensorrt_version if server is not None else None
    if installed is not None and known is not None and not known.certain:
        inferred += ["tensorrt_installed", "tensorrt"]
    return {
        "target": target.name,
        "tensorflow": ".".join(map(str, server.version[:2])) if server else None,
        "gpu": server.gpu if server else target.gpu if isinstance(target, Triton) else True,
        "compute_capability": target.capability,
        "cuda": cuda,
        "tensorrt_installed": installed,
        "tensorrt": runtime.version_text or None if runtime else server.tensorrt if server else None,
        "tensorrt_ops": ops,
        "extra_ops": sorted(server.extra_ops) if server else [],
        "source": source,
        "family": family,
        "inferred": inferred,
    }
