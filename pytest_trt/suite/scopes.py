"""Whose memory it is: what a test or fixture asks for is closed when that test or fixture ends."""

from __future__ import annotations

import pytest

__tracebackhide__ = True

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any, Protocol

    class Resource(Protocol):
        """What can be let go; close() may be called twice."""

        def close(self) -> None: ...


class Scopes:
    """A plugin object that knows which fixture is being set up, and which test is run.

    keep(resource) binds a resource to the innermost fixture that is being set up, else to the running test. Fixtures
    named in `own` own nothing.
    """

    def __init__(self, own: frozenset[str] = frozenset()) -> None:
        self._own = own
        self._stack: list[pytest.FixtureDef[Any]] = []
        self._item: pytest.Item | None = None
        self._of_item: list[Resource] = []
        self._open: dict[int, Resource] = {}

    def keep(self, resource: Resource) -> None:
        """Close it when what asks for it now ends: a fixture or a test; the run, where there is neither."""
        self._open[id(resource)] = resource
        # What adopt() found is not taken off by the hook below.
        while self._stack and self._stack[-1].cached_result is not None:
            self._stack.pop()
        if self._stack:
            self._stack[-1].addfinalizer(lambda: self._close(resource))
        elif self._item is not None:
            self._of_item.append(resource)

    def adopt(self, request: pytest.FixtureRequest) -> None:
        """Learn what was under way before this object was registered, from the request that led to it.

        pytest has no public way to ask for it; without these attributes the owner is the run.
        """
        self._item = getattr(request, "_pyfuncitem", None)
        chain: list[pytest.FixtureDef[Any]] = []
        above: Any = request
        while above is not None:
            found = getattr(above, "_fixturedef", None)
            if found is not None and found.argname not in self._own:
                chain.append(found)
            above = getattr(above, "_parent_request", None)
        self._stack[:] = reversed(chain)

    def close(self) -> None:
        """Close what no scope has closed, the latest first."""
        self._close_all(list(self._open.values()))

    @property
    def item(self) -> pytest.Item | None:
        """The test that is run, its setup and teardown included."""
        return self._item

    def _close(self, resource: Resource) -> None:
        self._open.pop(id(resource), None)
        resource.close()

    def _close_all(self, resources: list[Resource]) -> None:
        """Close all of them whatever one of them raises; the first error is raised in the end."""
        error: Exception | None = None
        while resources:
            try:
                self._close(resources.pop())
            except Exception as raised:
                error = error or raised
        if error is not None:
            raise error

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
        if fixturedef.argname in self._own:
            return (yield)
        depth = len(self._stack)
        self._stack.append(fixturedef)
        try:
            return (yield)
        finally:
            del self._stack[depth:]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        self._item = item
        self._stack.clear()
        try:
            return (yield)
        finally:
            self._item = None

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, object, object]:
        self._item = item
        self._stack.clear()
        error: Exception | None = None
        try:
            self._close_all(self._of_item)
        except Exception as raised:
            error = raised
        try:
            result = yield
        finally:
            # What a teardown itself asked for.
            self._close_all(self._of_item)
        if error is not None:
            raise error
        return result
