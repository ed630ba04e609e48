"""Names that cluster labels give to NVIDIA GPUs -> compute capability. Data; a name that is not here is not known.

Capabilities: developer.nvidia.com/cuda-gpus and /cuda-legacy-gpus. Machine types: the instance pages of AWS EC2
(P, G families), Azure (NC, ND, NV series) and Google Compute Engine (A, G series).
"""

from __future__ import annotations

import re

# Products, as tokens that a name must hold; longer ones first where one is part of another.
_PRODUCTS = (
    ("rtx-pro-6000", "12.0"), ("gb300", "10.3"), ("b300", "10.3"), ("gb200", "10.0"), ("b200", "10.0"),
    ("gh200", "9.0"), ("h200", "9.0"), ("h100", "9.0"), ("h20", "9.0"), ("h800", "9.0"),
    ("rtx-6000-ada", "8.9"), ("l40s", "8.9"), ("l40", "8.9"), ("l4", "8.9"),
    ("rtx-a6000", "8.6"), ("rtx-a5000", "8.6"), ("rtx-a4000", "8.6"),
    ("a10g", "8.6"), ("a10", "8.6"), ("a40", "8.6"), ("a16", "8.6"), ("a2", "8.6"),
    ("a100", "8.0"), ("a800", "8.0"), ("a30", "8.0"), ("t4g", "7.5"), ("t4", "7.5"), ("v100", "7.0"), ("v100s", "7.0"),
    ("p40", "6.1"), ("p4", "6.1"), ("p100", "6.0"), ("m60", "5.2"), ("k80", "3.7"), ("agx-xavier", "7.2"),
    ("agx-orin", "8.7"), ("orin-nx", "8.7"), ("orin-nano", "8.7"),
)  # fmt: skip
# Machine types: what their names begin with. Families of AWS end at the dot.
_MACHINES = (
    ("p2.", "3.7"), ("p3.", "7.0"), ("p3dn.", "7.0"), ("p4d.", "8.0"), ("p4de.", "8.0"), ("p5.", "9.0"),
    ("p5e.", "9.0"), ("p5en.", "9.0"), ("p6-b200.", "10.0"), ("p6-b300.", "10.3"), ("g3.", "5.2"), ("g3s.", "5.2"),
    ("g4dn.", "7.5"), ("g5.", "8.6"), ("g5g.", "7.5"), ("g6.", "8.9"), ("g6e.", "8.9"), ("gr6.", "8.9"),
    ("a2-highgpu-", "8.0"), ("a2-megagpu-", "8.0"), ("a2-ultragpu-", "8.0"), ("a3-highgpu-", "9.0"),
    ("a3-megagpu-", "9.0"), ("a3-edgegpu-", "9.0"), ("a3-ultragpu-", "9.0"), ("a4-highgpu-", "10.0"),
    ("g2-standard-", "8.9"),
)  # fmt: skip
_AZURE_SERIES = (
    (re.compile(r"standard_nc\d+as_t4_v3"), "7.5"),
    (re.compile(r"standard_n[cd]\w*_a100_v4"), "8.0"),
    (re.compile(r"standard_nd96asr_v4"), "8.0"),
    (re.compile(r"standard_n[cd]\w*_h[12]00_v5"), "9.0"),
    (re.compile(r"standard_nv\w*_a10_v5"), "8.6"),
    (re.compile(r"standard_nc(?:6|12|24|24r)s_v3"), "7.0"),
    (re.compile(r"standard_nc(?:6|12|24|24r)s_v2"), "6.0"),
    (re.compile(r"standard_nc(?:6|12|24|24r)"), "3.7"),
    (re.compile(r"standard_nd(?:6|12|24|24r)s"), "6.1"),
)

# Labels of nodes that name the GPU.
_PRODUCT_LABELS = frozenset(
    (
        "nvidia.com/gpu.product", "cloud.google.com/gke-accelerator", "k8s.amazonaws.com/accelerator",
        "karpenter.k8s.aws/instance-gpu-name", "eks.amazonaws.com/instance-gpu-name", "accelerator",
        "gpu.nvidia.com/class", "gpu.nvidia.com/model", "serving.kserve.io/gke-accelerator",
        "serving.kubeflow.org/gke-accelerator",
    )
)  # fmt: skip
# Labels that name the machine.
_MACHINE_LABELS = frozenset(("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type"))
_FAMILY_LABELS = frozenset(("karpenter.k8s.aws/instance-family", "eks.amazonaws.com/instance-family"))


def of_product(name: str) -> str | None:
    """`NVIDIA-A100-SXM4-80GB-MIG-1g.10gb`, `nvidia-tesla-t4`, `a10g` -> "8.0", "7.5", "8.6"."""
    tokens = "-" + re.sub(r"[^a-z0-9]+", "-", name[:200].lower()) + "-"
    found = {capability for product, capability in _PRODUCTS if f"-{product}-" in tokens}
    return found.pop() if len(found) == 1 else None


def of_machine(name: str) -> str | None:
    """`g4dn.xlarge`, `a2-highgpu-1g`, `Standard_NC4as_T4_v3` -> its GPU's capability."""
    lower = name[:200].lower()
    for start, capability in _MACHINES:
        if lower.startswith(start):
            return capability
    return next((capability for series, capability in _AZURE_SERIES if series.fullmatch(lower)), None)


def of_label(label: str, value: str) -> str | None:
    """What a label of nodes says of the GPU; None where it says nothing of it, or nothing that is known."""
    if label in _PRODUCT_LABELS:
        return of_product(value)
    if label in _MACHINE_LABELS:
        return of_machine(value)
    if label in _FAMILY_LABELS:
        return of_machine(value + ".")
    return None
