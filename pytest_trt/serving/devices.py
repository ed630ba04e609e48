"""Device texts of nodes, as TensorFlow parses them. Source: tensorflow/core/util/device_name_utils.cc."""

from __future__ import annotations

LOCAL = "/job:localhost/replica:0/task:0/device:"


class Device:
    """A parsed device text. Parts are None where the text does not name them."""

    __slots__ = ("job", "replica", "task", "kind", "number")

    def __init__(self) -> None:
        self.job: str | None = None
        self.replica: int | None = None
        self.task: int | None = None
        self.kind: str | None = None
        self.number: int | None = None

    def is_local(self) -> bool:
        return self.job in (None, "localhost") and self.replica in (None, 0) and self.task in (None, 0)


_parsed: dict[str, Device | None] = {}


def parse(text: str) -> Device | None:
    """The device that a text names, None where TensorFlow calls it malformed."""
    if text not in _parsed:
        if len(_parsed) > 10_000:
            _parsed.clear()
        _parsed[text] = _parse(text)
    return _parsed[text]


def _parse(text: str) -> Device | None:
    device = Device()
    if text in ("", "/"):
        return device
    if not text.startswith("/"):
        return None
    for step in text[1:].split("/"):
        key, colon, value = step.partition(":")
        if key == "job" and colon:
            if value != "*":
                if not value or not value[0].isalpha() or not all(c.isalnum() or c in "_" for c in value):
                    return None
                device.job = value
        elif key in ("replica", "task") and colon:
            if value != "*":
                if not value.isdigit():
                    return None
                setattr(device, key, int(value))
        elif key == "device" and colon:
            kind, _, number = value.partition(":")
            if kind != "*":
                if not kind or not kind[0].isupper() or not all(c.isalnum() or c == "_" for c in kind):
                    return None
                device.kind = kind
            if not _number(device, number):
                return None
        elif key in ("cpu", "CPU", "gpu", "GPU") and colon:
            device.kind = key.upper()
            if not _number(device, value):
                return None
        else:
            return None
    return device


def _number(device: Device, text: str) -> bool:
    if text in ("", "*"):
        return True
    if not text.isdigit():
        return False
    device.number = int(text)
    return True
