"""One server as a container describes it, and what its program made of that."""

from __future__ import annotations

from pytest_trt.deploy.edge import Edge, Remark, Server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.edge import Said
    from pytest_trt.deploy.reading import Container
    from pytest_trt.deploy.servers.paths import Place
    from pytest_trt.deploy.tree import Tree


class Serving:
    """A container of a server's family, the edges found for it and what is to be said.

    chain: sentences that lead to the container, before those of its own. known_files: a file in the tree by its
    normalised path -> the path that its own reading has.
    """

    __slots__ = (
        "container",
        "family",
        "tree",
        "chain",
        "known_files",
        "edges",
        "remarks",
        "configs",
        "said",
        "scripts",
    )

    def __init__(
        self,
        container: Container,
        family: str,
        tree: Tree,
        chain: Sequence[tuple[Location, str]] = (),
        known_files: Mapping[str, str] | None = None,
    ) -> None:
        self.container = container
        self.family = family
        self.tree = tree
        self.chain = list(chain)
        self.known_files = known_files if known_files is not None else {}
        self.edges: list[Edge] = []
        self.remarks: list[Remark] = []
        # models.config files that the server reads: their own edges, without a server, are then obsolete.
        self.configs: set[str] = set()
        # Scripts that start it: in a container, then, and not on a host.
        self.scripts: set[str] = set()
        # Unknown edges of which a remark with a code of its own says why.
        self.said: list[Edge] = []

    def server(self, flags: Mapping[str, Said] | None = None) -> Server:
        each = self.container
        return Server(
            self.family, each.image, gpu=each.gpu, gpu_at=each.gpu_at, capability=each.capability,
            capability_at=each.capability_at, env=each.env, flags=flags,
        )  # fmt: skip

    def edge(
        self,
        server: Server,
        shape: str,
        place: Place,
        at: Location,
        *,
        model: str | None = None,
        inside: str | None = None,
        versions: tuple[str | int, ...] = ("latest", 1),
        why: Sequence[tuple[Location, str]] = (),
    ) -> None:
        """An edge to what is at a place; `at`: where it stands if no line puts something there."""
        self.edges.append(
            Edge(
                place.at or at,
                server,
                shape,
                model=model,
                paths=place.paths,
                uri=place.uri,
                unknown=place.unknown,
                versions=versions,
                inside=inside,
                why=[*self.chain, *why, *place.why],
            )  # fmt: skip
        )

    def unknown(
        self,
        server: Server,
        shape: str,
        at: Location,
        why: str,
        *,
        model: str | None = None,
        inside: str | None = None,
        said: bool = False,
    ) -> None:
        """An edge to something that cannot be told. said: a remark says why."""
        edge = Edge(at, server, shape, model=model, unknown=why, inside=inside, why=self.chain)
        self.edges.append(edge)
        if said:
            self.said.append(edge)

    def remark(self, code: str, at: Location, **facts: str) -> None:
        self.remarks.append(Remark(code, at, facts))
