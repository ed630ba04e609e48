"""TRT205: a plan that the target's TensorRT refuses."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case

_PRODUCTS = {"tensorrt": "TensorRT", "tensorrt-rtx": "TensorRT-RTX"}
# Major versions between which version-compatible plans are carried over. Source: TensorRT 11.4.1 support matrix.
_CARRIED = ((8, 10), (10, 11))


@rule("TRT205", "plan-for-another-tensorrt", Severity.ERROR, "load")
def plan_for_another_tensorrt(case: Case) -> Iterator[Finding]:
    """The target's TensorRT refuses this plan: another version, platform or product built it.

    Why it matters
    --------------
    A plan belongs to the TensorRT that built it, in all four parts of the version. Run with TensorRT 8.6.0 on an H100:
    an engine whose version says 8.6.1 gives "The engine plan file is not compatible with this version of TensorRT,
    expecting library version 8.6.0.12 got 8.6.1.12, please rebuild." What counts is the version inside the engine; the
    one in the plan's header was not compared in the same run. In this message "expecting" is the runtime and "got" the
    plan (NVIDIA/TensorRT#2177, triton-inference-server/tensorrtllm_backend#424); it is often read the other way round.
    Older runtimes say "Version tag does not match. Note: Current Version: 213, Serialized Engine Version: 205".

    Plans that were built with VERSION_COMPATIBLE run on later versions, never on earlier ones: within a major version,
    from 8 to 10 and from 10 to 11 (support matrix of TensorRT 11.4.1). Such a plan carries a lean runtime (TRT207).
    Where EXCLUDE_LEAN_RUNTIME left it out, nothing in the file tells the plan from any other (built with 8.6.0 on an
    H100 and compared): a TensorRT of another version refuses it too, and the target to name is the lean runtime that
    runs it (`IRuntime.load_runtime`). TensorRT-RTX compares the first three parts and knows no such flag.

    A plan names its operating system and processor from TensorRT 10 on: "TensorRT plan files are only supported on the
    target runtime platform they were created on." TensorRT and TensorRT-RTX do not read each other's plans.

    What to do
    ----------
    - Build the plan again with exactly the runtime's TensorRT, best in the image that will run it
      (`trtexec --onnx=model.onnx --saveEngine=model.plan`).
    - Or run it with the TensorRT that built it.
    - Or build it with `trt.BuilderFlag.VERSION_COMPATIBLE` (TensorRT 8.6 or later; `trtexec --versionCompatible`) with
      the oldest version that must run it.

    Example
    -------
        engines/resnet.plan
        TensorRT 10.3.0 will refuse this plan, which TensorRT 8.6.1.6 built: in its message "expecting" is the runtime,
        "got" the plan.

        The engine plan file is not compatible with this version of TensorRT, expecting library version 10.3.0 got
        8.6.1.6, please rebuild.
    """
    for reason, targets in case.reasons("TRT205"):
        kind = reason.facts.get("kind") or "version"
        plan = reason.facts.get("plan") or "another"
        runtime = reason.facts.get("runtime") or "of the target"
        message, hint = {"platform": _platform, "product": _product}.get(kind, _version)(plan, runtime)
        yield Finding(
            message,
            reason.at,
            hint,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )


def _version(plan: str, runtime: str) -> tuple[str, str]:
    ours, theirs = _numbers(runtime), _numbers(plan)
    # TensorRT-RTX's versions begin with 1; TensorRT had left them behind when it wrote its first plan.
    name = "TensorRT-RTX" if 0 < ours[0] < 4 else "TensorRT"
    message = f"{name} {runtime} will refuse this plan, which {name} {plan} built"
    if name == "TensorRT" and ours[0] and theirs[0]:
        message += ': in its message "expecting" is the runtime, "got" the plan'
    hint = f"Build the plan again with {name} {runtime}, or run it with {name} {plan}"
    if name == "TensorRT" and (8, 6) <= theirs < ours and (ours[0] == theirs[0] or (theirs[0], ours[0]) in _CARRIED):
        hint += "; or build it with VERSION_COMPATIBLE, and later versions run it"
    return f"{message}.", f"{hint}."


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() for part in parts) else (0,)


def _platform(plan: str, runtime: str) -> tuple[str, str]:
    hint = f"Build the plan again on {runtime}"
    if runtime.startswith("windows"):
        hint += (
            ", or on linux-x86_64 with `config.runtime_platform = trt.RuntimePlatform.WINDOWS_AMD64` (TensorRT 10.2)"
        )
    return f"The runtime on {runtime} will refuse this plan, which was built for {plan}.", f"{hint}."


def _product(plan: str, runtime: str) -> tuple[str, str]:
    plan, runtime = _PRODUCTS.get(plan, plan), _PRODUCTS.get(runtime, runtime)
    return (
        f"{runtime} will refuse this plan, which {plan} built: they do not read each other's plans.",
        f"Build the plan again with {runtime}, or run it with {plan}.",
    )
