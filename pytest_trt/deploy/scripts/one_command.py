"""One command of a script of Windows: a container, a server on the host, or an image that is built."""

from __future__ import annotations

from pytest_trt.deploy.scripts.docker_build import build
from pytest_trt.deploy.scripts.docker_run import container
from pytest_trt.deploy.scripts.host_server import host_server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.deploy.edge import Said
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.scripts.docker_run import Where


def run(words: Sequence[Said], where: Where, reading: Reading) -> None:
    """Puts what the words start or build into the reading."""
    found = container(words, where) or (host_server(words, where) if words else None)
    if found is not None:
        reading.containers.append(found)
    else:
        build(words, where, reading)
