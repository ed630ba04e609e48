"""The months of NVIDIA's containers: what tritonserver, tensorflow and tensorrt of a month hold. Data.

A question mark in a version: what stands behind it is inferred, or not known where nothing does. An inferred TensorRT
is sure in the numbers on which the nearest months with a source agree. Triton's own version: TRITON_VERSION of
triton-inference-server/server at the branch rYY.MM, for every row.

Sources by mark. NV: docs.nvidia.com/deeplearning, the release notes of that month, of Triton or (TF) of the TensorFlow
container. M: NVIDIA-Merlin/Merlin docs/data.json, read from inside of built images. N: support_matrix.md of
triton-inference-server/model_navigator at its tags. C: compatibility.md of server@r26.08, whose CUDA is that of the
same month's vllm image (equal where both are known: 24.10, 25.03). C1: the first edition of that table, read as the
values of the -py3 image. P: pairs of TensorFlow and TensorRT in model_navigator's CHANGELOG.md, put to months by the
order of TensorRT. W: Dockerfile.win10.min of that month; the Linux image is taken to be equal. 1: one public statement,
no second. #N: an issue of triton-inference-server/server. Between: both neighbours agree.
"""

from __future__ import annotations


class Month:
    """triton, cuda: versions. tensorrt: of tritonserver:MONTH-py3. tensorflow: of its TensorFlow 2, "" where unknown.

    tensorrt and tensorflow are written with a question mark where something is inferred.
    """

    __slots__ = ("month", "triton", "cuda", "tensorrt", "tensorflow", "source")

    def __init__(self, month: str, triton: str, cuda: str, tensorrt: str, tensorflow: str, source: str) -> None:
        self.month = month
        self.triton = triton
        self.cuda = cuda
        self.tensorrt = tensorrt
        self.tensorflow = tensorflow
        self.source = source


_ROWS = (
    ("20.02", "1.11.0", "10.2.89", "7.0.0", "", "NV rel_20-02"),
    ("20.03", "1.12.0", "", "", "", "branch r20.03"),
    ("20.03.1", "1.13.0", "10.2.89", "7.0.0", "", "NV rel_20-03-1"),
    ("20.06", "2.0.0", "", "7.1.2", "", "#1786"),
    ("20.07", "2.1.0", "11.0.194", "7.1.3", "", "NV rel_20-07"),
    ("20.08", "2.2.0", "11.0.3", "7.1.3", "", "NV rel_20-08"),
    ("20.09", "2.3.0", "11.0.3", "7.1.3", "", "NV rel_20-09"),
    ("20.10", "2.4.0", "11.1.0", "7.2.1", "", "NV TF rel_20-10; #2743"),
    ("20.11", "2.5.0", "11.1.0", "7.2.1", "", "NV rel_20-11"),
    ("20.12", "2.6.0", "11.1.1", "7.2.2", "", "NV rel_20-12"),
    ("21.02", "2.7.0", "11.2.0", "7.2.2", "", "NV rel_21-02"),
    ("21.03", "2.8.0", "11.2.1", "7.2.2.3", "", "NV rel_21-03"),
    ("21.04", "2.9.0", "11.3.0", "7.2.3.4", "", "NV rel_21-04"),
    ("21.05", "2.10.0", "11.3.0", "7.2.3.4", "2.4.0", "NV TF rel_21-05; N v0.2.0"),
    ("21.06", "2.11.0", "11.3.1", "7.2.?3.4", "", "NV TF rel_21-06, TensorRT taken to be equal"),
    ("21.07", "2.12.0", "11.4.0", "8.0.1.6", "2.5.0", "M; N v0.2.1"),
    ("21.08", "2.13.0", "", "8.0.1.6", "2.5.0", "N v0.2.2"),
    ("21.09", "2.14.0", "11.4.2", "8.0.3", "", "NV rel_21-09"),
    # The server for ARM has 8.0.2.2.
    ("21.10", "2.15.0", "11.4.2", "8.0.3.4", "2.6.0", "NV TF rel_21-10; M; N v0.2.4"),
    ("21.11", "2.16.0", "11.5.0", "8.0.3.4", "2.6.0", "M"),
    ("21.12", "2.17.0", "11.5.0", "8.2.1.8", "2.6.2", "NV rel_21-12; M"),
    ("22.01", "2.18.0", "11.6.0", "8.2.2.1", "2.7.0", "NV rel_22-01; M; N v0.2.6"),
    ("22.02", "2.19.0", "11.6.0.021", "8.2.3.0", "2.7.0", "M; N v0.2.7"),
    ("22.03", "2.20.0", "11.6.1", "8.2.3.0", "2.8.0", "M"),
    ("22.04", "2.21.0", "11.6.2", "8.2.4.2", "2.8.0", "M; N v0.3.0; pytorch/TensorRT#1059"),
    ("22.05", "2.22.0", "11.7.0", "8.2.5.1", "?2.8.0", "NV rel_22-05; M; N v0.3.1"),
    ("22.06", "2.23.0", "11.7.1", "8.2.5.1", "?2.9.1", "M; N v0.3.2"),
    ("22.07", "2.24.0", "", "8.4.1.?", "?2.9.1", "N v0.3.4; TensorFlow: between"),
    ("22.08", "2.25.0", "11.7.1", "8.4.2.4", "?2.9.1", "NV rel_22-08; M"),
    ("22.09", "2.26.0", "", "8.5.0.12", "", "N v0.3.6"),
    ("22.10", "2.27.0", "11.8.0", "8.5.0.12", "", "NV TF rel-22-10; N v0.3.7"),
    ("22.11", "2.28.0", "11.8.0", "8.5.1.7", "?2.10.0", "NV rel-22-11; M"),
    ("22.12", "2.29.0", "11.8.0", "8.5.1.7", "?2.10.1", "M"),
    ("23.01", "2.30.0", "", "8.5.2.2", "2.11.0", "N v0.4.0"),
    ("23.02", "2.31.0", "12.0.1", "8.5.3.1", "?2.11.0", "M; autonomi-ai/nos#19"),
    ("23.03", "2.32.0", "", "8.5.3.1", "2.11.0", "N v0.5.2"),
    ("23.04", "2.33.0", "12.1.0", "8.6.1.2", "?2.12.0", "NV rel-23-04; M; #5812; NVIDIA/TensorRT#4676"),
    ("23.05", "2.34.0", "", "8.6.1.2", "?2.12.0", "#5975"),
    ("23.06", "2.35.0", "", "8.6.1.?6", "", "#6959"),
    ("23.07", "2.36.0", "", "8.6.1.?6", "", "#6959"),
    ("23.08", "2.37.0", "", "8.6.1.?6", "", "#6959"),
    ("23.09", "2.38.0", "", "8.6.1.?6", "", "#6959"),
    ("23.10", "2.39.0", "", "8.6.1.?6", "", "#6959"),
    ("23.11", "2.40.0", "", "8.6.1.?6", "", "#6959"),
    ("23.12", "2.41.0", "12.3.2", "8.6.1.?", "?2.14.0", "NV rel-23-12"),
    ("24.01", "2.42.0", "12.3.2", "8.6.1.?", "2.14.0", "NV rel-24-01; #6959"),
    ("24.02", "2.43.0", "", "8.6.3.?", "2.15.0", "#6959 (dpkg in the image); N v0.8.0"),
    ("24.03", "2.44.0", "", "?8.6.3", "?2.15.0", "TensorRT as in 24.02; TensorFlow: between"),
    ("24.04", "2.45.0", "12.4.1?", "?8.6.3", "?2.15.0", "C; C1; TensorFlow: between"),
    ("24.05", "2.46.0", "12.4.1?", "10.?0.1.6", "?2.15.0", "C; C1; P; the first with 10: NVIDIA/TensorRT#3796"),
    ("24.06", "2.47.0", "12.5.0?", "10.?1.0", "", "C; C1"),
    ("24.07", "2.48.0", "12.5.1?", "10.?2.0.19", "", "C; C1"),
    ("24.08", "2.49.0", "12.6.0?", "10.?3.0.26", "?2.16.1", "C; C1; P"),
    ("24.09", "2.50.0", "12.6.1?", "10.?4.0.26", "?2.16.1", "C; W; TensorFlow: between"),
    ("24.10", "2.51.0", "12.6.2", "10.?5.0", "?2.16.1", "NV rel-24-10 (CUDA); TensorFlow: between"),
    ("24.11", "2.52.0", "12.6.3?", "10.?6.0.26", "?2.16.1", "C; P"),
    ("24.12", "2.53.0", "12.6.3?", "10.?7.0.23", "?2.17.0", "C; W"),
    ("25.01", "2.54.0", "12.8.0?", "10.8.0.?", "?2.17.0", "C; NVIDIA/TensorRT#4346; TensorFlow: between"),
    ("25.02", "2.55.0", "12.8.0?", "10.?8.0.43", "?2.17.0", "C; W"),
    ("25.03", "2.56.0", "12.8.1", "10.?9.0.34", "", "NV rel-25-03 (CUDA); P"),
    ("25.04", "2.57.0", "12.9.0?", "", "", "C"),
    ("25.05", "2.58.0", "12.9.0?", "", "", "C"),
    ("25.06", "2.59.0", "12.9.0?", "?10.11.0.33", "", "C; 1"),
    ("25.07", "2.59.1", "12.9.0?", "", "", "C"),
    ("25.08", "2.60.0", "13.0.1?", "", "", "C"),
    ("25.09", "2.61.0", "13.0.1?", "?10.13.3.9", "", "C; 1"),
    ("25.10", "2.62.0", "13.0.2?", "", "", "C"),
    ("25.11", "2.63.0", "13.0.2?", "?10.14", "", "C; 1"),
    ("25.12", "2.64.0", "13.1.0?", "", "", "C"),
    ("26.01", "2.65.0", "13.1.1?", "", "", "C"),
    ("26.02", "2.66.0", "13.1.1?", "", "", "C"),
    ("26.03", "2.67.0", "13.2.0?", "", "", "C"),
    ("26.04", "2.68.0", "13.2.1?", "", "", "C"),
    ("26.05", "2.69.0", "13.2.1?", "?10.16", "", "C; 1"),
    ("26.06", "2.70.0", "13.3.0?", "", "", "C"),
    ("26.07", "2.71.0", "13.3.0?", "", "", "C"),
    ("26.08", "2.72.0", "13.4.1?", "?11.2.1.2", "", "C; 1"),
)
_MARKS = {
    "NV": "docs.nvidia.com/deeplearning",
    "M": "NVIDIA-Merlin/Merlin docs/data.json",
    "N": "model_navigator support_matrix.md",
    "C": "server compatibility.md@r26.08 (CUDA)",
    "C1": "server compatibility.md, first edition",
    "P": "model_navigator CHANGELOG.md",
    "W": "server Dockerfile.win10.min",
    "1": "one public statement",
}


def _source(marks: str) -> str:
    """Marks in words that people can follow."""
    found = []
    for mark in marks.split("; "):
        first, space, rest = mark.partition(" ")
        first = f"triton-inference-server/server{first}" if first.startswith("#") else _MARKS.get(first, first)
        found.append(first + space + rest)
    return "; ".join(found)


MONTHS = {row[0]: Month(*row[:-1], _source(row[-1])) for row in _ROWS}

# The TensorRT of tritonserver:MONTH-trtllm-python-py3, which is older. Source: compatibility.md of server@r26.08, but
# for 23.11 (tensorrtllm_backend#194). Of 24.05 a maintainer says 9.3.0, against that table (#7374).
TRTLLM = {
    "23.11": "9.2.0.4",
    "24.04": "9.3.0.?",
    "24.05": "?10.0.1",
    "24.06": "10.0.1.?",
    "24.07": "10.1.0.?",
    "24.08": "10.3.0.?",
    "24.09": "10.4.0.?",
    "24.10": "10.4.0.?",
    "24.11": "10.6.0.?",
    "24.12": "10.7.0.?",
    **dict.fromkeys(("25.01", "25.02"), "10.8.0.43"),
    **dict.fromkeys(("25.03", "25.04", "25.05"), "10.9.0.34"),
    **dict.fromkeys(("25.06", "25.07"), "10.10.0.31"),
    **dict.fromkeys(("25.08", "25.09", "25.10"), "10.11.0.33"),
    **dict.fromkeys(("25.11", "25.12", "26.01", "26.02"), "10.13.3.9"),
    **dict.fromkeys(("26.03", "26.04", "26.05", "26.06", "26.07"), "10.14.1.48"),
}

# tensorrt:MONTH-py3 where it is not the server's. Source: triton-inference-server/server#5975, NVIDIA/TensorRT#3071.
TENSORRT_IMAGES = {"23.05": "8.6.1.6"}
# tensorflow:MONTH: that month's images are known with two last numbers. Source: the same.
TENSORFLOW_IMAGES = {"23.05": "8.6.1.?"}

# TensorFlow images before 20.02: TensorFlow, TensorRT. Source: dgx/tensorflow-release-notes of docs.nvidia.com.
OLD_TENSORFLOW = {
    "18.08": ("1.9.0", "4.0.1"),
    "18.12": ("1.12.0", "5.0.2"),
    "19.07": ("", "5.1.5"),
    "19.11": ("", "6.0.1"),
    "19.12": ("", "6.0.1"),
}

# The TensorFlow backend of Triton, built from tensorflow:MONTH of the same month. Source: server/build.py@r25.02 and
# @r25.03, server#8068; newreleases.io of v2.2.0, v2.23.0 and v2.25.0; tensorflow_backend/README.md.
TF2_FIRST = "20.08"
TF1_LAST = "23.03"
TF1_DEFAULT_LAST = "22.06"
TF2_DEFAULT_FIRST = "22.08"
TENSORFLOW_LAST = "25.02"
# "-tf1-py3 is 1.15.5 in every month checked": model_navigator v0.2.0 to v0.3.0 and the release pages 22.09 to 23.03.
TF1_VERSION, TF1_CHECKED_FROM = "1.15.5", "21.05"
# From the first month with TensorRT 10 on it is not known whether TensorFlow's build still has TF-TRT's ops.
OPS_UNKNOWN_FROM = "24.05"
# The compute capability that images support at least: (first month, last month or "", capability). It never fell, so
# what 25.03 wants later ones do. Source: the Triton release notes rel-24-10 and rel-25-03; between: not known.
FLOORS = (("20.02", "24.10", "6.0"), ("25.03", "", "7.5"))
# Up to this month a model needs a config.pbtxt by default. Source: server/src/main.cc@r22.06 and @r22.07.
STRICT_LAST = "22.06"
# tensorrtserver is its name up to this month. Source: server/Dockerfile@r20.02 and @r20.03.
TENSORRTSERVER_LAST = "20.02"


def of(month: str) -> Month | None:
    return MONTHS.get(month)


def floor(month: str) -> str | None:
    """The least compute capability that the image of a month supports, None where it is not known."""
    for first, last, capability in FLOORS:
        if order(first) <= order(month) and (not last or order(month) <= order(last)):
            return capability
    return None


def nearest(month: str) -> list[str]:
    """The listed months just before and after another."""
    key = order(month)
    before = [known for known in MONTHS if order(known) < key]
    after = [known for known in MONTHS if order(known) > key]
    return ([max(before, key=order)] if before else []) + ([min(after, key=order)] if after else [])


def order(month: str) -> tuple[int, ...]:
    """What months are compared by."""
    return tuple(map(int, month.split(".")))


def is_month(text: str) -> bool:
    """Whether a text is YY.MM, or YY.MM.N as 20.03.1."""
    parts = text.split(".")
    if not 2 <= len(parts) <= 3 or not (text.isascii() and all(part.isdigit() for part in parts)):
        return False
    return len(parts[0]) == len(parts[1]) == 2 and 1 <= int(parts[1]) <= 12 and len(parts[-1]) <= 2
