"""Triton: what an image of a month loads. TensorFlow models go to its TensorFlow backend, plans to its TensorRT."""

from __future__ import annotations

from pytest_trt.serving.images import months
from pytest_trt.serving.runtime import Runtime
from pytest_trt.serving.target import Target, TargetError, capability_of
from pytest_trt.serving.tensorrt_version import TensorRTVersion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.serving.images.months import Month

# What stands behind the month in a tag -> variant. Source: triton-inference-server/server Dockerfile,
# docs/introduction/compatibility.md@r26.08, #3906; -cpu: the image constants of aws/sagemaker-python-sdk.
VARIANTS = {
    "": "",
    "py3": "",
    "py3-cpu": "cpu",
    "py3-min": "min",
    "py3-sdk": "sdk",
    "tf2-python-py3": "tf2",
    "pyt-python-py3": "pyt",
    "vllm-python-py3": "vllm",
    "trtllm-python-py3": "trtllm",
}
REPOSITORIES = ("tritonserver", "tensorrtserver", "sagemaker-tritonserver")
_HOLDS = {
    "min": "the -min image is for building on and has no backends",
    "sdk": "the -sdk image holds clients and no server",
    "tf2": "the -tf2-python image has the TensorFlow and Python backends only",
    "pyt": "the -pyt-python image has the PyTorch and Python backends only",
    "vllm": "the -vllm-python image has the vLLM and Python backends only",
    "trtllm": "the -trtllm-python image has the TensorRT-LLM and Python backends only",
}


class Lacking:
    """Why an image does not load a kind of artifact. sure: whether that is known; message: the server's own words."""

    __slots__ = ("why", "sure", "message")

    def __init__(self, why: str, sure: bool = True, message: str = "") -> None:
        self.why = why
        self.sure = sure
        self.message = message


class Triton:
    """An image of Triton.

    name: as it was asked for. image: the reference alone. month: "24.05". version: Triton's own, "2.46.0". variant: ""
    for -py3, else a value of VARIANTS. gpu: False for a CPU image. capability: of its GPU, None where nobody said.
    cuda: version, "" where unknown. tensorflow: how it runs TensorFlow models, runtime: plans; None where it
    does not or it is not known, which no_tensorflow and no_runtime then tell. source: where the row comes from.
    """

    __slots__ = (
        "name",
        "image",
        "month",
        "version",
        "variant",
        "gpu",
        "capability",
        "cuda",
        "tensorflow",
        "no_tensorflow",
        "runtime",
        "no_runtime",
        "source",
    )

    def __init__(
        self,
        name: str,
        image: str,
        row: Month,
        variant: str,
        capability: str | None,
        tensorflow: Target | Lacking,
        runtime: Runtime | Lacking,
    ) -> None:
        self.name = name
        self.image = image
        self.month = row.month
        self.version = row.triton
        self.variant = variant
        self.gpu = variant != "cpu"
        self.capability = capability
        self.cuda = row.cuda.rstrip("?") if self.gpu else ""
        self.tensorflow = tensorflow if isinstance(tensorflow, Target) else None
        self.no_tensorflow = tensorflow if isinstance(tensorflow, Lacking) else None
        self.runtime = runtime if isinstance(runtime, Runtime) else None
        self.no_runtime = runtime if isinstance(runtime, Lacking) else None
        self.source = row.source

    def rename(self, name: str, source: str) -> None:
        """Give it the name that a configuration has for it."""
        self.name, self.source = name, source
        for part in (self.tensorflow, self.runtime):
            if part is not None:
                part.name, part.source = name, source

    def add_ops(self, ops: frozenset[str]) -> None:
        """Its TensorFlow has these ops besides."""
        if self.tensorflow is not None:
            self.tensorflow.extra_ops = ops
            if "TRTEngineOp" in ops:
                self.tensorflow.tensorrt_ops = True

    def set_tensorrt(self, version: str) -> None:
        """Its TensorRT is another one than the image's."""
        if self.runtime is not None:
            self.runtime.version, self.runtime.known = tuple(map(int, version.split("."))), None
        if self.tensorflow is not None and self.tensorflow.tensorrt_ops is not False:
            self.tensorflow.tensorrt = self.tensorflow.tensorrt_installed = version
            self.tensorflow.tensorrt_version = None


def parse(text: str) -> Triton:
    """The image that a user names: `tritonserver:24.05`, `nvcr.io/nvidia/tritonserver:24.05-py3,gpu=sm_80`.

    `tensorflow=1` or `tensorflow=2` says what --backend-config=tensorflow,version= says, in the months that have both.
    Raises TargetError.
    """
    name, *options = text.split(",")
    image = name.partition("@")[0]
    repository, _, tag = image.rpartition("/")[2].partition(":")
    capability = tensorflow = None
    for option in options:
        found = capability_of(option)
        key, _, value = option.partition("=")
        if found is not None:
            capability = found
        elif key.strip() == "tensorflow" and value in ("1", "2"):
            tensorflow = int(value)
        else:
            raise TargetError(
                f"target {text!r}: {option!r} is not understood; the options are gpu=sm_NN, as gpu=sm_80, and"
                " tensorflow=1 or 2"
            )
    if not tag:
        raise TargetError(f"target {text!r}: Triton has no tag `latest`; name a month, as {repository}:24.05-py3")
    month, _, rest = tag.partition("-")
    if not months.is_month(month):
        raise TargetError(f"target {text!r}: {tag!r} names no month; write it as {repository}:24.05-py3")
    row = months.of(month)
    if row is None or _wrong_name(repository, month):
        near = " and ".join(months.nearest(month))
        other = "tritonserver" if repository == "tensorrtserver" else "tensorrtserver"
        why = (
            f"nothing is known of a Triton {month}; near it are {near}"
            if row is None
            else f"the image of {month} is {other}:{month}-py3"
        )
        raise TargetError(f"target {text!r}: {why}")
    if rest == "v1-py3" and month in ("20.06", "20.07"):  # built with the V1 API: branches r20.06-v1, r20.07-v1
        rest = "py3"
    if rest not in VARIANTS or rest == "py3-cpu" and repository != "sagemaker-tritonserver":
        known = ", ".join(f"-{one}" for one in VARIANTS if one and one != "py3-cpu")
        raise TargetError(f"target {text!r}: what -{rest} holds is not known; known are {known}")
    if tensorflow is not None:
        first, last = months.order(months.TF2_FIRST), months.order(months.TF1_LAST)
        if not first <= months.order(month) <= last:
            raise TargetError(
                f"target {text!r}: only the months from {months.TF2_FIRST} to {months.TF1_LAST} have TensorFlow 1 and 2"
            )
    variant = VARIANTS[rest]
    return Triton(
        text,
        name,
        row,
        variant,
        capability if variant != "cpu" else None,
        _tensorflow(text, row, variant, capability, tensorflow),
        _runtime(text, row, variant, capability),
    )


def _wrong_name(repository: str, month: str) -> bool:
    old = months.order(month) <= months.order(months.TENSORRTSERVER_LAST)
    return repository != "sagemaker-tritonserver" and old != (repository == "tensorrtserver")


def no_backend(name: str) -> str:
    """The server's words where it has no such backend. Source: triton-inference-server/core src/backend_model.cc."""
    return f"unable to find backend library for backend '{name}', try specifying runtime on the model configuration."


def _runtime(name: str, row: Month, variant: str, capability: str | None) -> Runtime | Lacking:
    if variant == "cpu":
        return Lacking("a plan needs a GPU, and this is a CPU image")
    if variant not in ("", "trtllm"):
        return Lacking(_HOLDS[variant], message=no_backend("tensorrt") if variant != "sdk" else "")
    written = row.tensorrt
    if variant == "trtllm":
        written = months.TRTLLM.get(row.month, "")
    known = known_tensorrt(written, name.partition(",")[0])
    return Runtime(name, "tensorrt", known.numbers, capability, None, known=known, triton=True, source=row.source)


def known_tensorrt(written: str, image: str) -> TensorRTVersion:
    """A row's TensorRT, with the words that say what is not known of it."""
    known = TensorRTVersion(written)
    if not known.text:
        why = f"which TensorRT {image} has is not known"
    elif known.sure >= len(known.numbers):
        why = f"of the TensorRT of {image} only {known.text} is known, not the last number"
    else:
        sure = f", of which only {known.sure_text} is sure" if known.sure else ", which is not sure"
        why = f"the TensorRT of {image} is taken to be {known.text}{sure}"
    return TensorRTVersion(written, why)


def _tensorflow(name: str, row: Month, variant: str, capability: str | None, asked: int | None) -> Target | Lacking:
    """The TensorFlow backend. Its TensorFlow and TensorRT are those of NVIDIA's TensorFlow image of the month."""
    month = months.order(row.month)
    if variant not in ("", "tf2", "cpu"):
        return Lacking(_HOLDS[variant], message=no_backend("tensorflow") if variant != "sdk" else "")
    if month > months.order(months.TENSORFLOW_LAST):
        why = f"{months.TENSORFLOW_LAST} was the last Triton with a TensorFlow backend"
        return Lacking(why, message=no_backend("tensorflow"))
    two = asked == 2
    if asked is None and month > months.order(months.TF1_DEFAULT_LAST):
        if month < months.order(months.TF2_DEFAULT_FIRST):
            return Lacking(
                f"whether Triton {row.month} runs models with TensorFlow 1 or 2 by default is not known: add"
                " ,tensorflow=1 or ,tensorflow=2 to the target",
                sure=False,
            )
        two = True
    if variant == "tf2" and not two:
        why = f"the -tf2-python image has TensorFlow 2 only, and Triton {row.month} asks for 1 unless told otherwise"
        return Lacking(why, message="unable to find 'libtriton_tensorflow1.so'")
    return tensorflow_of(name, row, 2 if two else 1, capability, gpu=variant != "cpu")


def tensorflow_of(
    name: str, row: Month, generation: int, capability: str | None, gpu: bool = True, tensorrt: str | None = None
) -> Target | Lacking:
    """NVIDIA's TensorFlow 1 or 2 of a month. tensorrt: the row's, unless this one is given."""
    image = name.partition(",")[0]
    month = months.order(row.month)
    written = row.tensorflow
    if generation == 1:
        written = ("" if month >= months.order(months.TF1_CHECKED_FROM) else "?") + months.TF1_VERSION
    if not written:
        return Lacking(f"which TensorFlow {image} has is not known", sure=False)
    major, minor, patch = written.removeprefix("?").split(".")
    known = known_tensorrt(row.tensorrt if tensorrt is None else tensorrt, image)
    why_ops = ""
    if not gpu:
        why_ops = f"whether the TensorFlow of {image}, a CPU image, has TF-TRT's ops is not known"
    elif month >= months.order(months.OPS_UNKNOWN_FROM):
        why_ops = f"whether the TensorFlow of {image}, which has TensorRT 10, has TF-TRT's ops is not known"
    return Target(
        name,
        (int(major), int(minor), int(patch)),
        gpu,
        tensorrt=known.text or None if gpu else None,
        tensorrt_ops=None if why_ops else True,
        tensorrt_installed=known.text or None if gpu else None,
        tensorrt_version=known,
        cuda=row.cuda.rstrip("?") or None if gpu else None,
        capability=capability if gpu else None,
        version_sure=not written.startswith("?"),
        serving=False,
        why_ops=why_ops,
        source=row.source,
    )
