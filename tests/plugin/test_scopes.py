"""What a test or a fixture asked for is closed when that test or fixture ends, whatever asked for the factory first."""

from __future__ import annotations

import pytest
from suites import Suite

# A factory of things that say when they are closed; the session is entered by a mark, or in the middle of a test.
CONFTEST = """
import pytest
from pytest_trt.suite import session

class Thing:
    def __init__(self, name):
        self.name = name
        print(f"<open {name}>")
    def close(self):
        print(f"<close {self.name}>")

@pytest.fixture(scope="session")
def make(request):
    owner = session.of(request).scopes
    def make(name):
        thing = Thing(name)
        owner.keep(thing)
        return thing
    return make

@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logstart(nodeid):
    print(f"<{nodeid.partition('::')[2]}>")
"""
MARK = "import pytest\npytestmark = pytest.mark.trt\n"


def events(suite: Suite, text: str, marked: bool, *words: str, code: int = 0) -> list[str]:
    suite.write(conftest=CONFTEST, test_x=(MARK if marked else "import pytest\n") + text)
    out = suite.run("-s", "-q", *words, code=code).out
    return [part.split(">")[0] for part in out.split("<")[1:]]


both = pytest.mark.parametrize("marked", [True, False], ids=["marked", "dynamic"])


@both
def test_in_a_test(suite: Suite, marked: bool) -> None:
    text = "def test_a(make):\n    make('one'); make('two'); print('<end>')\ndef test_b(make):\n    make('three')\n"
    assert events(suite, text, marked) == [
        *("test_a", "open one", "open two", "end", "close two", "close one"),
        *("test_b", "open three", "close three"),
    ]


@both
def test_in_a_module_fixture(suite: Suite, marked: bool) -> None:
    text = """
@pytest.fixture(scope="module")
def engine(make): return make("engine")
def test_a(engine, make): make("own")
def test_b(engine): print("<b>")
"""
    assert events(suite, text, marked) == [
        *("test_a", "open engine", "open own", "close own", "test_b", "b", "close engine"),
    ]


@both
def test_nested_fixtures(suite: Suite, marked: bool) -> None:
    """The innermost fixture owns: inner of the module, outer of the test."""
    text = """
@pytest.fixture(scope="module")
def inner(make): return make("inner")
@pytest.fixture
def outer(inner, make): return make("outer")
def test_a(outer): pass
def test_b(outer): pass
"""
    assert events(suite, text, marked) == [
        *("test_a", "open inner", "open outer", "close outer"),
        *("test_b", "open outer", "close outer", "close inner"),
    ]


@both
def test_fixture_asked_for_by_name(suite: Suite, marked: bool) -> None:
    text = """
@pytest.fixture(scope="module")
def engine(request): return request.getfixturevalue("make")("engine")
@pytest.fixture
def around(request):
    value = request.getfixturevalue("engine")
    request.getfixturevalue("make")("around")
    return value
def test_a(request):
    request.getfixturevalue("around")
    request.getfixturevalue("make")("own")
def test_b(request): request.getfixturevalue("engine")
"""
    assert events(suite, text, marked) == [
        *("test_a", "open engine", "open around", "open own", "close own", "close around"),
        *("test_b", "close engine"),
    ]


@both
def test_parametrised_fixture(suite: Suite, marked: bool) -> None:
    """Each parameter's engine goes before the next one comes."""
    text = """
@pytest.fixture(scope="module", params=["x", "y"])
def engine(make, request): return make(request.param)
def test_a(engine): pass
def test_b(engine): pass
"""
    assert events(suite, text, marked) == [
        *("test_a[x]", "open x", "test_b[x]"),
        *("test_a[y]", "close x", "open y", "test_b[y]", "close y"),
    ]


@both
def test_generator_fixture(suite: Suite, marked: bool) -> None:
    """It is closed after the fixture's own teardown; what a teardown asks for is closed with the test."""
    text = """
@pytest.fixture
def engine(make):
    yield make("engine")
    print("<teardown>")
    make("late")
def test_a(engine): make_own = engine
def test_b(): pass
"""
    found = events(suite, text, marked)
    assert found == ["test_a", "open engine", "teardown", "open late", "close engine", "close late", "test_b"]


@both
def test_class_scope(suite: Suite, marked: bool) -> None:
    text = """
class TestOne:
    @pytest.fixture(scope="class")
    def engine(self, make): return make("engine")
    def test_a(self, engine): pass
    def test_b(self, engine): pass
class TestTwo:
    def test_c(self): pass
"""
    found = events(suite, text, marked)
    assert found == ["TestOne::test_a", "open engine", "TestOne::test_b", "close engine", "TestTwo::test_c"]


@both
def test_session_scope(suite: Suite, marked: bool) -> None:
    text = """
@pytest.fixture(scope="session")
def engine(make): return make("engine")
def test_a(engine): pass
def test_b(): pass
"""
    assert events(suite, text, marked) == ["test_a", "open engine", "test_b", "close engine"]


def test_setup_that_fails(suite: Suite) -> None:
    """What a fixture asked for before it failed is closed too."""
    text = """
@pytest.fixture(scope="module")
def engine(make):
    make("engine")
    raise RuntimeError
def test_a(engine): pass
def test_b(): pass
"""
    assert events(suite, text, True, "--tb=no", code=1) == ["test_a", "open engine", "test_b", "close engine"]


def test_close_that_fails(suite: Suite) -> None:
    """The other engines are closed, the fixtures torn down, and the error is the teardown's."""
    text = """
class Bad:
    def close(self):
        print("<bad>")
        raise RuntimeError("no")
@pytest.fixture
def other():
    yield
    print("<fixture>")
def test_a(make, other, pytestconfig):
    make("first")
    pytestconfig.pluginmanager.get_plugin("trt-scopes").keep(Bad())
    make("last")
def test_b(): pass
"""
    found = events(suite, text, True, "--tb=no", code=1)
    assert found == ["test_a", "open first", "open last", "close last", "bad", "close first", "fixture", "test_b"]


def test_failing_test(suite: Suite) -> None:
    assert events(suite, "def test_a(make):\n    make('one')\n    assert 0\n", True, "--tb=no", code=1) == [
        *("test_a", "open one", "close one"),
    ]


def test_later_through_a_kept_request(suite: Suite) -> None:
    """A request that outlives its fixture's setup does not make that fixture the owner."""
    text = """
@pytest.fixture(scope="module")
def ask(request): return lambda: request.getfixturevalue("make")
def test_a(ask): ask()("one")
def test_b(ask): ask()("two")
"""
    assert events(suite, text, False) == ["test_a", "open one", "close one", "test_b", "open two", "close two"]


def test_interrupted(suite: Suite) -> None:
    """Fixtures are torn down first, with the engine still there; then it goes, once."""
    text = """
@pytest.fixture(scope="module")
def engine(make):
    yield make("engine")
    print("<teardown>")
@pytest.fixture
def broken(make):
    make("half")
    raise KeyboardInterrupt
def test_a(engine, broken): pass
"""
    found = events(suite, text, True, "--tb=no", code=2)
    assert found.count("close half") == 1
    found.remove("close half")  # by the fixture before pytest 8, by the run since
    assert found == ["test_a", "open engine", "open half", "teardown", "close engine"]
