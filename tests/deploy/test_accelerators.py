"""Names of GPUs on nodes -> compute capability."""

from __future__ import annotations

import pytest

from pytest_trt.deploy.accelerators import of_label, of_machine, of_product


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("Tesla-T4", "7.5"),
        ("Tesla-T4-SHARED", "7.5"),
        ("Tesla-V100-SXM2-16GB", "7.0"),
        ("NVIDIA-A100-SXM4-40GB", "8.0"),
        ("NVIDIA-A100-80GB-PCIe-MIG-1g.10gb", "8.0"),
        ("NVIDIA-A10G", "8.6"),
        ("NVIDIA-A10", "8.6"),
        ("NVIDIA-L4", "8.9"),
        ("NVIDIA-L40S", "8.9"),
        ("NVIDIA-H100-80GB-HBM3", "9.0"),
        ("nvidia-h100-mega-80gb", "9.0"),
        ("nvidia-h200-141gb", "9.0"),
        ("nvidia-b200", "10.0"),
        ("nvidia-tesla-p100", "6.0"),
        ("nvidia-tesla-p4", "6.1"),
        ("nvidia-rtx-pro-6000", "12.0"),
        ("NVIDIA-RTX-A6000", "8.6"),
        ("NVIDIA-GeForce-RTX-3090", None),
        ("nvidia", None),
        ("a100 or t4", None),
        ("", None),
    ],
)
def test_products(name: str, capability: str | None) -> None:
    assert of_product(name) == capability


@pytest.mark.parametrize(
    ("name", "capability"),
    [
        ("g4dn.xlarge", "7.5"),
        ("g5.12xlarge", "8.6"),
        ("g5g.xlarge", "7.5"),
        ("g6e.xlarge", "8.9"),
        ("p3.2xlarge", "7.0"),
        ("p4d.24xlarge", "8.0"),
        ("p5.48xlarge", "9.0"),
        ("a2-highgpu-1g", "8.0"),
        ("a3-highgpu-8g", "9.0"),
        ("g2-standard-4", "8.9"),
        ("Standard_NC4as_T4_v3", "7.5"),
        ("Standard_NC24ads_A100_v4", "8.0"),
        ("Standard_NC6s_v3", "7.0"),
        ("Standard_NC6", "3.7"),
        ("Standard_NV36ads_A10_v5", "8.6"),
        ("Standard_NC40ads_H100_v5", "9.0"),
        ("Standard_ND96isr_H200_v5", "9.0"),
        ("Standard_D2s_v3", None),
        ("m5.large", None),
        ("g5", None),
    ],
)
def test_machines(name: str, capability: str | None) -> None:
    assert of_machine(name) == capability


def test_labels() -> None:
    assert of_label("cloud.google.com/gke-accelerator", "nvidia-tesla-t4") == "7.5"
    assert of_label("node.kubernetes.io/instance-type", "g5.xlarge") == "8.6"
    assert of_label("karpenter.k8s.aws/instance-family", "g6") == "8.9"
    assert of_label("karpenter.k8s.aws/instance-gpu-name", "a10g") == "8.6"
    assert of_label("app", "nvidia-tesla-t4") is None
