"""Warm-up data: requests that the server replays before it calls a model available.

assets.extra/tf_serving_warmup_requests is a TFRecord file of PredictionLog. Source:
tensorflow_serving/apis/prediction_log.proto and model.proto, tensorflow_serving/servables/tensorflow/
saved_model_warmup_util.cc (at most 1,000 records).
"""

from __future__ import annotations

from pytest_trt.artifacts.attrs import parts
from pytest_trt.artifacts.crc32c import crc32c, mask
from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.member import DISK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.member import Folder

_RECORDS_LIMIT = 1000
_RECORD_LIMIT = 64 << 20
# PredictionLog's tags: classify, regress, multi-inference, session run, predict, streamed predict; in each the
# request is field 1, in that (of a multi-inference, in its tasks) the ModelSpec is field 1.
_MULTI_INFERENCE = 0x22
_LOGS = frozenset((0x12, 0x1A, _MULTI_INFERENCE, 0x2A, 0x32, 0x3A))


def signatures(path: str, folder: Folder = DISK) -> set[str] | None:
    """The signatures that the requests name ("serving_default" where they name none); None where nobody can tell."""
    found: set[str] = set()
    try:
        with folder.open(path, path) as source:
            pos = 0
            for _ in range(_RECORDS_LIMIT):
                if pos >= source.size:
                    break
                head = source.at(pos, 12)
                length = int.from_bytes(head[:8], "little")
                if mask(crc32c(head[:8])) != int.from_bytes(head[8:], "little") or length > _RECORD_LIMIT:
                    return None
                found |= _signatures_of(source.at(pos + 12, length))
                pos += 12 + length + 4
    except ArtifactError:
        return None
    return found


def _signatures_of(log: bytes) -> set[str]:
    found = set()
    for tag, body in parts(log):
        if tag not in _LOGS:
            continue
        for inner, request in parts(body):
            if inner != 0x0A:
                continue
            if tag == _MULTI_INFERENCE:
                specs = [spec for kind, task in parts(request) if kind == 0x0A for k, spec in parts(task) if k == 0x0A]
            else:
                specs = [spec for kind, spec in parts(request) if kind == 0x0A]
            for spec in specs[:100]:
                name = next((text for kind, text in parts(spec) if kind == 0x1A), b"")
                found.add(name.decode("utf-8", "replace") or "serving_default")
    return found
