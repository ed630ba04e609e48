"""Which family of images a reference belongs to, and how it is read."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.triton import Triton

TENSORFLOW_SERVING, TRITON, TENSORFLOW, TENSORRT = "tensorflow/serving", "tritonserver", "tensorflow", "tensorrt"


def repository_of(reference: str) -> str:
    """Of `registry:5000/a/b:tag@sha256:...`: `registry:5000/a/b`."""
    image = reference.partition("@")[0]
    folder, slash, last = image.rpartition("/")
    return folder + slash + last.partition(":")[0]


def tag_of(reference: str) -> str | None:
    """The tag of an image reference, None where there is none."""
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[2] or None


def family_of(reference: str) -> str | None:
    """The family of an image by its repository, whatever registry stands in front; None for none that is known."""
    owner, _, name = repository_of(reference).rpartition("/")
    owner = owner.rpartition("/")[2]
    if name == "serving" and owner == "tensorflow":
        return TENSORFLOW_SERVING
    if name in ("tritonserver", "tensorrtserver", "sagemaker-tritonserver"):
        return TRITON
    if name == "tensorrt" and owner in ("", "nvidia"):
        return TENSORRT
    if name == "tensorflow" and owner == "nvidia":
        return TENSORFLOW
    if name.removesuffix("-eia") in ("tensorflow-inference", "sagemaker-tensorflow-serving"):
        return "sagemaker"
    if name == "tensorflow-serving" and owner in ("bitnami", "bitnamilegacy", "bitnamisecure", "emacski"):
        return owner if owner == "emacski" else "bitnami"
    if name == "intel-optimized-tensorflow-serving":
        return "intel"
    if name == "tfserving-proxy":
        return "seldon"
    if owner == "prediction" and name.startswith(("tf2-cpu.", "tf2-gpu.", "tf_opt-")):
        return "vertex"
    return None


def parse(text: str) -> Target | Runtime | Triton | None:
    """The target of an image that is not of tensorflow/serving itself, None where its family is not known.

    Raises TargetError.
    """
    family = family_of(text.partition(",")[0])
    if family is None or family == TENSORFLOW_SERVING:
        return None
    if family == TRITON:
        from pytest_trt.serving import triton

        return triton.parse(text)
    if family in (TENSORFLOW, TENSORRT):
        from pytest_trt.serving import ngc

        return ngc.tensorrt(text) if family == TENSORRT else ngc.tensorflow(text)
    from pytest_trt.serving import derivatives

    return derivatives.parse(text, family)
