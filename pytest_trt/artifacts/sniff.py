"""What a file is, told by its bytes; its name only says whether to look.

Each test demands structure that look-alikes lack: a GraphDef's first nodes must have names, ops and attributes as
TensorFlow writes them, so that FileDescriptorSets, SentencePiece and Keras metadata, which share its first bytes,
are left alone.
"""

from __future__ import annotations

import os
import stat

from pytest_trt.artifacts.attrs import parts
from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.wire import READ_FLAGS, Source, fields

GRAPH_DEF = "graph_def"
META_GRAPH_DEF = "meta_graph_def"
SAVED_MODEL = "saved_model"
PLAN = "plan"
TIMING_CACHE = "timing_cache"
LFS_POINTER = "lfs_pointer"
ONNX = "onnx"
EMPTY = "empty"
OTHER = "other"
UNKNOWN = "unknown"
# Four bytes of length and then JSON, as Ultralytics puts before a plan: look behind it.
PREFIXED = "prefixed"

HEAD = 512
# Files whose name says that they are text for people or programs; nothing of ours goes under these names.
NEVER = frozenset(
    ".py .pyc .pyi .md .rst .txt .json .yaml .yml .toml .cfg .ini .html .css .js .ts .c .cc .cpp .h .hpp .cu .go .rs"
    " .java .sh .bat .csv .tsv .xml .svg .png .jpg .jpeg .gif .ico .pdf .zip .gz .bz2 .xz .tar .whl .so .o .a .ipynb"
    " .lock .log .sql .proto .npy .npz .h5 .hdf5 .keras .ckpt .pt .pth .safetensors .tflite .wav .mp3 .mp4 .ttf"
    " .woff .woff2".split()
)
_TEXT_STARTS = {
    b"node": GRAPH_DEF,
    b"library": GRAPH_DEF,
    b"versions": GRAPH_DEF,
    b"meta_info_def": META_GRAPH_DEF,
    b"graph_def": META_GRAPH_DEF,
    b"saved_model_schema_version": SAVED_MODEL,
    b"meta_graphs": SAVED_MODEL,
}
_NAME_CHARACTERS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.\\/>-")


def is_other(path: str) -> bool:
    """Whether a file on disk is surely none of ours, by its first bytes alone; of what cannot be read, False."""
    try:
        handle = os.open(path, READ_FLAGS)
    except (OSError, ValueError):
        return False
    try:
        state = os.fstat(handle)
        head = os.read(handle, HEAD) if stat.S_ISREG(state.st_mode) else b""
        return bool(head) and kind_of_bytes(head, state.st_size) == OTHER
    except OSError:
        return False
    finally:
        os.close(handle)


def kind_of_bytes(head: bytes, size: int) -> str:
    """The kind that the first bytes (up to HEAD) of a file of this size show; UNKNOWN: may be protobuf, look closer."""
    if not size:
        return EMPTY
    magic = head[:4]
    if magic in (b"ftrt", b"vtrt"):
        return PLAN
    if magic == b"ptrt":
        return _plan_or_timing_cache(head, size)
    if head.startswith(b"version https://git-lfs"):
        return LFS_POINTER
    if size >= 64 and int.from_bytes(head[:8], "little") == size and head[8:9] in (b"\x1c", b"\x18", b"\x20", b"\x10"):
        return PLAN
    if head[3:5] == b"\0{" and 2 <= int.from_bytes(head[:4], "little") <= 1 << 20:
        return PREFIXED
    if head[:1] in b"\x08\x0a\x12\x18\x22\x2a":
        return UNKNOWN
    return OTHER


def _plan_or_timing_cache(head: bytes, size: int) -> str:
    """ptrt begins plans before TensorRT 8.6 and timing caches of every version; the header's length field tells."""
    words = [int.from_bytes(head[at : at + 4], "little") for at in range(4, 24, 4)]
    if (
        int.from_bytes(head[12:20], "little") + 24 == size
        or words[1] == 0x100
        and int.from_bytes(head[16:24], "little") + 24 == size
    ):
        return PLAN
    if words[0] == 0 and words[1] < 236 and int.from_bytes(head[16:24], "little") + 24 == size:
        return PLAN
    if 236 <= words[0] < 1024 or words[0] == 0 and words[1] >= 236:
        return TIMING_CACHE
    return PLAN


def kind_of_text(head: bytes) -> str:
    """The message whose text form this may be; OTHER where its first field is none of ours."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    while text.startswith(b"#"):
        text = text.partition(b"\n")[2].lstrip()
    word = text
    for at, character in enumerate(text):
        if character not in b"abcdefghijklmnopqrstuvwxyz_":
            word = text[:at]
            if not text[at:].lstrip().startswith((b"{", b":", b"<")):
                return OTHER
            break
    return _TEXT_STARTS.get(word, OTHER)


def kind_of_proto(source: Source) -> str:
    """GRAPH_DEF, META_GRAPH_DEF, SAVED_MODEL, ONNX or OTHER for a file whose first byte is a protobuf tag of theirs.

    A broken file is what its sound beginning shows. Raises Unreadable.
    """
    nodes = 0
    seen: list[int] = []
    has_graph = False
    try:
        for tag, value, _, at, stop in fields(source, 0, source.size):
            seen.append(tag)
            if tag == 0x0A:
                nodes += _is_node(source.at(at, min(stop - at, 4096)), stop - at <= 4096)
            elif tag == 0x12 and not has_graph:
                has_graph = _has_graph(source, at, stop, seen)
            elif tag == 0x08 and value not in (0, 1, 2) and len(seen) == 1:
                # An ONNX model begins with its IR version and holds its graph in field 7.
                for later, _, _, _, _ in fields(source, stop, source.size):
                    if later == 0x3A:
                        return ONNX
                return OTHER
            if len(seen) >= 24 or nodes >= 3:
                break
    except ArtifactError:
        pass
    if nodes:
        return GRAPH_DEF
    if has_graph:
        return SAVED_MODEL if 0x0A not in seen else META_GRAPH_DEF
    return OTHER


def _has_graph(source: Source, start: int, end: int, before: list[int]) -> bool:
    """Whether field 2 is a MetaGraphDef (of a SavedModel) or a GraphDef (of a MetaGraphDef)."""
    in_meta_graph = 0x0A in before
    for count, (tag, _, _, at, stop) in enumerate(fields(source, start, end)):
        if in_meta_graph:
            if tag == 0x0A:
                return _is_node(source.at(at, min(stop - at, 4096)), stop - at <= 4096)
        elif tag == 0x12:
            for inner, _, _, left, right in fields(source, at, stop):
                if inner == 0x0A:
                    return _is_node(source.at(left, min(right - left, 4096)), right - left <= 4096)
                return inner in (0x12, 0x22)
        if count > 8:
            break
    return False


def _is_node(data: bytes, whole: bool) -> bool:
    """Whether these bytes (the beginning of a long one) are a NodeDef: name, op, and attributes with their keys.

    FileDescriptorProto has a name, a package and maps at the same field numbers: its name ends in .proto, and a
    package does not begin with a capital letter.
    """
    name = op = b""
    for tag, text in parts(data):
        if tag == 0x0A:
            name = text
        elif tag == 0x12:
            op = text
        elif tag == 0x22 and text[:1] != b"/":
            return False
        elif tag == 0x2A and not _NAME_CHARACTERS.issuperset(next((key for _, key in parts(text)), b"?")):
            return False
    if not name or not _NAME_CHARACTERS.issuperset(name) or name.endswith(b".proto"):
        return False
    if not op:
        return not whole
    return _NAME_CHARACTERS.issuperset(op) and (op[:1].isupper() or op[:1] == b"_" or op.startswith(b"__"))
