"""The images of tensorflow/serving: TensorFlow, CUDA, TensorRT, op libraries. Data; each row says its source.

An image X.Y.Z pins TensorFlow X.Y. Base, CUDA and TensorRT are those of its -gpu flavour, read in
tensorflow/serving at the git tag: tensorflow_serving/tools/docker/Dockerfile.gpu and Dockerfile.devel-gpu,
.bazelrc, WORKSPACE. The CPU flavour never has TensorRT ops (they are compiled under GOOGLE_TENSORRT only).
"""

from __future__ import annotations


class Image:
    """tensorrt: what the image installs, used or not; tensorrt_ops: whether the -gpu server has TF-TRT's ops."""

    __slots__ = ("cuda", "cudnn", "tensorrt", "tensorrt_ops", "source")

    def __init__(
        self, cuda: str | None, cudnn: str | None, tensorrt: str | None, tensorrt_ops: bool, source: str
    ) -> None:
        self.cuda = cuda
        self.cudnn = cudnn
        self.tensorrt = tensorrt
        self.tensorrt_ops = tensorrt_ops
        self.source = source


_DOCKERFILES = "tensorflow/serving Dockerfile.gpu, Dockerfile.devel-gpu at this tag"
_BAZELRC = "tensorflow/serving Dockerfile.gpu and .bazelrc (TF_NEED_TENSORRT) at this tag"

# versions; CUDA; cuDNN; TensorRT installed; TensorRT ops in the -gpu server; source
_ROWS = (
    ("1.9.1 1.10.0 1.10.1", "9.0", "7", None, False, _DOCKERFILES),
    ("1.11.0 1.11.1 1.12.0 1.12.3", "9.0", "7.2.1.38", "4.1.2", True, f"{_DOCKERFILES}; commit a40cf217"),
    ("1.13.0 1.13.1 1.13.2", "10.0", "7.4.1.5", "5.0.2", True, f"{_DOCKERFILES}; RELEASE.md 1.13.0"),
    ("1.14.0 1.15.0 2.0.0 2.1.0 2.1.4", "10.0", "7.4.1.5", "5.0.2", True, _DOCKERFILES),
    ("2.2.0 2.2.1 2.2.2 2.2.3", "10.1", "7.6.4.38", "6.0.1", True, _DOCKERFILES),
    ("2.3.0 2.3.1 2.3.2 2.3.3 2.3.4", "10.1", "7.6.4.38", "6.0.1", True, f"{_DOCKERFILES}; tensorflow/serving#1784"),
    ("2.4.0 2.4.1 2.4.2 2.4.3 2.4.4", "11.0", "8.0.4.30", "7.1.3", True, _DOCKERFILES),
    (
        "2.5.1 2.5.2 2.5.3 2.5.4 2.6.0 2.6.1 2.6.2 2.6.3 2.6.5 2.7.0 2.7.1 2.7.3 2.7.4"
        " 2.8.0 2.8.2 2.8.3 2.8.4 2.9.0 2.9.1 2.9.2 2.9.3 2.10.0 2.10.1 2.11.0 2.11.1",
        "11.2.1",
        "8.1.0.77",
        "7.2.2",
        True,
        _DOCKERFILES,
    ),
    (
        "2.12.1 2.12.2 2.13.0 2.13.1 2.14.0 2.14.1",
        "11.8.0",
        "8.6.0.163",
        "8.4.3",
        True,
        f"{_DOCKERFILES}; tensorflow/serving#2205",
    ),
    ("2.15.1 2.16.1", "12.2.0", "8.9.4.25", "8.6.1.6", True, _BAZELRC),
    ("2.17.0 2.17.1", "12.2.0", "8.9.4.25", "8.6.1.6", True, f"{_BAZELRC}; tensorflow/serving#4018"),
    (
        "2.18.0 2.18.1 2.19.0 2.19.1",
        "12.2.0",
        "8.9.4.25",
        "8.6.1.6",
        False,
        f"{_BAZELRC}; commit 787c85f1; tensorflow/serving#4018",
    ),
    ("2.20.0", "12.5.1", "9.3.0.75", None, False, f"{_BAZELRC}; libnvinfer8 is installed unpinned and unused"),
)

IMAGES: dict[tuple[int, int, int], Image] = {}
for _names, *_values in _ROWS:
    for _name in _names.split():
        _major, _minor, _patch = _name.split(".")
        IMAGES[int(_major), int(_minor), int(_patch)] = Image(*_values)

NEWEST = max(IMAGES)

# TF_GRAPH_DEF_VERSION by TensorFlow version; source: the wheels tensorflow-cpu X.Y.
GRAPH_VERSIONS = {
    (2, 14): 1575,
    (2, 15): 1645,
    (2, 16): 1766,
    (2, 17): 1882,
    (2, 18): 1994,
    (2, 19): 2129,
    (2, 20): 2288,
    (2, 21): 2474,
}

# Op libraries that the server links besides TensorFlow's, from this release on. Sources: when, SUPPORTED_TENSORFLOW_OPS
# in tensorflow_serving/model_servers/BUILD at the tags; which ops, the libraries in the wheels tensorflow-text 2.17.0
# and tensorflow-decision-forests 1.10.0 (inference), loaded with tensorflow-cpu 2.17.1.
LINKED = (
    (
        (2, 5, 1),
        """
        CaseFoldUTF8 ConstrainedSequence FastBertNormalize FastWordpieceTokenizeWithOffsets FindSourceOffsets
        MaxSpanningTree NormalizeUTF8 NormalizeUTF8WithOffsetsMap PhraseTokenize RegexSplitWithOffsets RougeL
        SentenceFragments SentenceFragmentsV2 SentencepieceDetokenizeOp SentencepieceIdToStringOp SentencepieceOp
        SentencepieceStringToIdOp SentencepieceTokenizeOp SentencepieceTokenizeWithOffsetsOp
        SentencepieceVocabSizeOp SplitMergeTokenizeWithOffsets TFText>BoiseTagsToOffsets TFText>ByteSplitByOffsets
        TFText>ByteSplitWithOffsets TFText>FastSentencepieceDetokenize TFText>FastSentencepieceTokenize
        TFText>FastWordpieceDetokenize TFText>NgramsStringJoin TFText>OffsetsToBoiseTags TFText>PhraseDetokenize
        TFText>RoundRobinGenerateMasks TFText>RoundRobinTrim TFText>Utf8Binarize
        TFText>WhitespaceTokenizeWithOffsetsV2 TokenizerFromLogits UnicodeScriptTokenizeWithOffsets
        WhitespaceTokenizeWithOffsets WordpieceTokenizeWithOffsets
        """.split(),
    ),
    (
        (2, 11, 0),
        """
        SimpleMLCreateModelResource SimpleMLInferenceLeafIndexOpWithHandle SimpleMLInferenceOp
        SimpleMLInferenceOpWithHandle SimpleMLLoadModelFromPath SimpleMLLoadModelFromPathWithHandle
        """.split(),
    ),
)


def linked(op: str, version: tuple[int, int, int]) -> bool:
    """Whether the server of this version has the op from a library beside TensorFlow."""
    return any(version >= first and op in names for first, names in LINKED)


def newest_of(prefix: tuple[int, ...]) -> tuple[int, int, int] | None:
    """The newest release that begins with these numbers, None where there is none."""
    found = [version for version in IMAGES if version[: len(prefix)] == prefix]
    return max(found) if found else None


def nearest(version: tuple[int, ...]) -> list[str]:
    """The releases just below and above a version, as texts."""
    below = [known for known in IMAGES if known < version]
    above = [known for known in IMAGES if known > version]
    near = ([max(below)] if below else []) + ([min(above)] if above else [])
    return [".".join(map(str, known)) for known in near]
