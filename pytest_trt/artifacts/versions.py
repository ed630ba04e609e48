"""The names of version folders, as TensorFlow Serving and as Triton read them."""

from __future__ import annotations


def version_of(name: str) -> int | None:
    """The version that a folder's name means to TensorFlow Serving, None where it ignores it.

    Source: tensorflow_serving/sources/storage_path/file_system_storage_path_source.cc (absl::SimpleAtoi to int64).
    """
    text = name.strip(" \t\n\v\f\r")
    sign = text[:1] if text[:1] in ("-", "+") else ""
    digits = text[len(sign) :]
    if not digits.isascii() or not digits.isdigit():
        return None
    digits = digits.lstrip("0") or "0"
    if len(digits) > 19:
        return None
    number = int(sign + digits)
    return number if -(2**63) <= number < 2**63 else None


def version_of_triton(name: str) -> int | None:
    """The same for Triton: digits without a leading zero; 0 itself is a version.

    Source: docs/user_guide/model_repository.md@r25.02; VersionsToLoad of core/src/model_lifecycle.cc.
    """
    if not name.isascii() or not name.isdigit() or name[0] == "0" != name or len(name) > 19:
        return None
    return int(name) if int(name) < 2**63 else None
