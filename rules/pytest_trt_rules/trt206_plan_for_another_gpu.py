"""TRT206: a plan that the target's GPU refuses."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT206", "plan-for-another-gpu", Severity.ERROR, "load")
def plan_for_another_gpu(case: Case) -> Iterator[Finding]:
    """The target's GPU refuses this plan: it was built for another compute capability.

    Why it matters
    --------------
    A plan holds kernels that were chosen and compiled for the GPU that built it. Run with TensorRT 8.6.0 on an H100
    (9.0): an engine whose header says 8.0 gives "The engine plan file is generated on an incompatible device, expecting
    compute 9.0 got compute 8.0, please rebuild.", and one that says 9.9 is refused alike. "expecting" is the GPU that
    is there, "got" the plan (NVIDIA/TensorRT#2177).

    A plan that was built with `hardware_compatibility_level = AMPERE_PLUS` runs on every capability from 8.0 on (in the
    same run, one whose header was changed to 8.0 and to 9.9), with kernels that fit all of them, so slower. Within one
    capability a plan of another model of GPU is accepted with a warning: "Using an engine plan file across different
    models of devices is not recommended and is likely to affect performance or even cause errors."
    A TensorRT-RTX plan names the capabilities that it runs on.

    What to do
    ----------
    - Build on the kind of GPU that runs it, one plan for each kind. Triton picks among them by capability:
      `cc_model_filenames [ { key: "7.5" value: "model_t4.plan" }, { key: "8.6" value: "model_a10.plan" } ]`.
    - Or build one plan for Ampere and later: `config.hardware_compatibility_level =
      trt.HardwareCompatibilityLevel.AMPERE_PLUS` (TensorRT 8.6 or later;
      `trtexec --hardwareCompatibilityLevel=ampere+`).
    - With TensorRT-RTX add the capability when it builds (`config.set_compute_capability`).

    Example
    -------
        engines/resnet.plan
        TensorRT on a GPU of compute capability 8.6 will refuse this plan, which was built for 9.0: in its message
        "expecting" is the GPU, "got" the plan.

        The engine plan file is generated on an incompatible device, expecting compute 8.6 got compute 9.0, please
        rebuild.
    """
    for reason, targets in case.reasons("TRT206"):
        plan = reason.facts.get("plan") or "another"
        runtime = reason.facts.get("runtime") or "of the target"
        message = f"TensorRT on a GPU of compute capability {runtime} will refuse this plan, which was built for {plan}"
        hint = f"Build the plan on a GPU of compute capability {runtime}, one plan for each kind of GPU"
        if ", " in plan or "Supported compute capabilities" in reason.message:
            hint = f"Build the plan again with {runtime} among its capabilities (`config.set_compute_capability`)"
        elif _number(plan):
            message += ': in its message "expecting" is the GPU, "got" the plan'
            if min(_number(plan), _number(runtime)) >= 8:
                hint += (
                    "; or build it with `hardware_compatibility_level = AMPERE_PLUS`, and every GPU from 8.0 on runs"
                    " it, somewhat slower"
                )
        yield Finding(
            f"{message}.",
            reason.at,
            f"{hint}.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )


def _number(capability: str) -> float:
    """The capability as a number; 0 where it is none."""
    major, _, minor = capability.partition(".")
    return float(capability) if (major + minor).isascii() and (major + minor).isdigit() else 0
