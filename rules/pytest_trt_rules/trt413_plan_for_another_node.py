"""TRT413: a plan for another GPU than the node's."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT413", "plan-for-another-node", Severity.ERROR, "load")
def plan_for_another_node(case: Case) -> Iterator[Finding]:
    """The plan was built for another GPU than the one that the deployment asks for.

    Why it matters
    --------------
    A plan runs on GPUs of the compute capability that built it (TRT206); only one that was built for hardware
    compatibility runs on later ones. A node selector (`nvidia.com/gpu.product`, `cloud.google.com/gke-accelerator`,
    `karpenter.k8s.aws/instance-gpu-name`) names the GPU in the deployment file, so the two can be compared before
    anything is scheduled. An image refuses old GPUs altogether: up to 24.10 Triton supports 6.0 and above, from 25.03
    on 7.5 and above (release notes 24.10 and 25.03).

    What to do
    ----------
    - Build the plan on a node of that pool, or point the selector at the pool that it was built on.
    - For several pools: one plan a GPU and `cc_model_filenames` in config.pbtxt, which picks by compute capability.
    - Or build with hardware compatibility (`trtexec --hardwareCompatibilityLevel=ampere+`), at a cost in speed.

    Example
    -------
        k8s/triton.yaml:18
        Image nvcr.io/nvidia/tritonserver:24.05-py3 will refuse to load repository/resnet/1/model.plan: it was built for
        compute capability 9.0, and nvidia.com/gpu.product: NVIDIA-A10 is 8.6.
    """
    for reason, targets in case.reasons("TRT413"):
        facts = reason.facts
        plan = f"compute capability {facts['plan']}" if facts.get("plan") else "another GPU"
        selector = facts.get("selector") or "the node of this deployment"
        node = f", and {selector} is {facts['node']}" if facts.get("node") else ""
        why = f"it was built for {plan}{node}"
        if facts.get("floor"):
            which = facts.get("selector") or "the plan's GPU"
            why = f"this month of Triton supports compute capability {facts['floor']} and above, and {which} is"
            why += f" {facts.get('node') or 'older'}"
        yield Finding(
            f"{delivery.outcome(reason)}: {why}.",
            reason.at,
            "Deploy an older image, with a plan of its TensorRT, or move to a newer GPU."
            if facts.get("floor")
            else "Build the plan on a node of this kind, or add a plan for it by `cc_model_filenames` in config.pbtxt.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )
