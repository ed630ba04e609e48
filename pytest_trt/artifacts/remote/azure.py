"""az: one folder's listing, and how often it is asked for, where adlfs' own ways differ from a folder's.

adlfs lists every blob whose name begins with the folder's name without a slash: of a folder that is an empty blob too
(as the portal and Hadoop make them) it gives this blob alone. And its client waits for more than a minute before it
says that an account's name does not resolve.
"""

from __future__ import annotations

from pytest_trt.artifacts.remote import ask as remote_ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Metadata of an empty blob that stands for a folder (hierarchical namespaces, Hadoop).
_FOLDER = "hdi_isfolder"


async def children(system: Any, whole: str) -> list[dict[str, Any]]:
    """Blobs and folders right in `CONTAINER/FOLDER`, as fsspec's file systems describe them."""
    container, _, folder = whole.partition("/")
    found: list[dict[str, Any]] = []
    async with system.service_client.get_container_client(container) as client:
        begin = f"{folder}/" if folder else None
        async for one in client.walk_blobs(name_starts_with=begin, include=["metadata"], delimiter="/"):
            if one["name"] == begin:
                continue
            if "size" not in one:  # a prefix
                name = one["name"].removesuffix("/")
                found.append({"name": f"{container}/{name}", "type": "directory", "size": None})
                continue
            metadata = {str(key).lower(): value for key, value in (one["metadata"] or {}).items()}
            kind = "directory" if metadata.get(_FOLDER) == "true" else "file"
            # A listing gives it without the quotes that the blob's own answer has.
            etag = f'"{str(one["etag"]).strip(chr(34))}"'
            found.append({"name": f"{container}/{one['name']}", "type": kind, "size": one["size"], "etag": etag})
    return found


def hurry(system: Any) -> None:
    """Let the client try as often as we do, with pauses of seconds instead of a quarter of a minute."""
    policy = getattr(getattr(system.service_client, "_config", None), "retry_policy", None)
    pauses = {"initial_backoff": remote_ask.FIRST_PAUSE, "increment_base": 2, "random_jitter_range": 0}
    for name, value in {"total_retries": remote_ask.TRIES - 1, **pauses}.items():
        if hasattr(policy, name):
            setattr(policy, name, value)
