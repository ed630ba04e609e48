"""Which binding is taken: the option, the environment, what is imported, what is installed; and what is said of it.

The bindings here are small packages that only say that they were tried; the device is of a driver compiled from C.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fake_libcuda import build, python

from pytest_trt.engines.cuda import choose
from pytest_trt.engines.errors import UsageError

TRY = """
from pytest_trt.engines.cuda import choose
from pytest_trt.errors import TrtError
try:
    choose({option!r}, {index})
except TrtError as error:
    print(f"{{type(error).__name__}}: {{error.what}} | {{error.cure}}")
"""
BROKEN = "raise ImportError('libcurand.so.10: cannot open shared object file')"
PYCUDA_CURE = "pip install pytest-trt[pycuda] (it is compiled there: a C++ compiler and the CUDA headers are needed)"
CORE_CURE = "pip install 'cuda-core[cu12]', or [cu13] for a driver of CUDA 13; alone it lacks its bindings"
NO_PYCUDA, NO_CORE = "pycuda is not installed", "cuda-core is not installed"
BAD_PYCUDA = "pycuda cannot be imported: libcurand.so.10: cannot open shared object file"
BAD_CORE = "cuda-core cannot be imported: libcurand.so.10: cannot open shared object file"
OLD_CORE = "cuda-core cannot be imported: No module named 'cuda.core.experimental'"
NEITHER = "BackendMissing: there is no CUDA for Python: {} | pip install pytest-trt[pycuda] or pytest-trt[cuda]"


def package(folder: Path, name: str, body: str) -> None:
    path = folder.joinpath(*name.split("."))
    path.mkdir(parents=True, exist_ok=True)
    (path / "__init__.py").write_text(body, encoding="utf-8")


class Packages:
    """Writes bindings, and says what `choose` comes to with them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.libraries = build(folder / "driver").parent

    def pycuda(self, body: str) -> Packages:
        package(self.folder / "site", "pycuda", "")
        (self.folder / "site/pycuda/driver.py").write_text(body, encoding="utf-8")
        return self

    def cuda_core(self, body: str) -> Packages:
        package(self.folder / "site", "cuda", "")
        package(self.folder / "site", "cuda.core", body)
        return self

    def no_pycuda(self) -> Packages:
        package(self.folder / "site", "pycuda", "raise ModuleNotFoundError('none', name='pycuda')")
        return self

    def no_cuda_core(self) -> Packages:
        package(self.folder / "site", "cuda", "")
        return self

    def choose(self, option: str | None, before: str = "", index: int = 0, **environment: str) -> str:
        environment.setdefault("PYTEST_TRT_CUDA", "")
        script = before + TRY.format(option=option, index=index)
        path = os.pathsep.join(filter(None, (str(self.folder / "site"), os.environ.get("PYTHONPATH"))))
        return python(script, self.libraries, PYTHONPATH=path, **environment)


@pytest.fixture
def packages(tmp_path: Path) -> Packages:
    return Packages(tmp_path)


def test_pycuda_before_cuda_core(packages: Packages) -> None:
    packages.pycuda(BROKEN).cuda_core(BROKEN)
    assert packages.choose(None) == NEITHER.format(f"{BAD_PYCUDA}; {BAD_CORE}")
    assert packages.choose("auto") == NEITHER.format(f"{BAD_PYCUDA}; {BAD_CORE}")


def test_what_is_installed_before_what_is_not(packages: Packages) -> None:
    # A folder that is no package: `import cuda.core` finds `cuda`, find_spec finds no `pycuda` at all.
    packages.cuda_core(BROKEN)
    (packages.folder / "site/sitecustomize.py").write_text(
        "import sys\nclass Hide:\n    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'pycuda': raise ModuleNotFoundError('none', name='pycuda')\n"
        "sys.meta_path.insert(0, Hide())\n"
    )
    assert packages.choose(None) == NEITHER.format(f"{BAD_CORE}; {NO_PYCUDA}")


def test_what_is_imported_before_what_is_installed(packages: Packages) -> None:
    packages.pycuda(BROKEN).cuda_core("")
    assert packages.choose(None, "import cuda.core\n") == NEITHER.format(f"{OLD_CORE}; {BAD_PYCUDA}")


def test_of_two_that_are_imported_pycuda(packages: Packages) -> None:
    packages.pycuda(BROKEN).cuda_core("")
    assert packages.choose(None, "import cuda.core, pycuda\n") == NEITHER.format(f"{BAD_PYCUDA}; {OLD_CORE}")


def test_the_environment(packages: Packages) -> None:
    packages.pycuda(BROKEN).cuda_core(BROKEN)
    assert packages.choose(None, PYTEST_TRT_CUDA="cuda-core") == f"BackendMissing: {BAD_CORE} | {CORE_CURE}"
    assert packages.choose(None, PYTEST_TRT_CUDA="pycuda") == f"BackendMissing: {BAD_PYCUDA} | {PYCUDA_CURE}"


def test_the_option_before_the_environment(packages: Packages) -> None:
    packages.pycuda(BROKEN).cuda_core(BROKEN)
    assert packages.choose("pycuda", PYTEST_TRT_CUDA="cuda-core") == f"BackendMissing: {BAD_PYCUDA} | {PYCUDA_CURE}"
    assert packages.choose("auto", PYTEST_TRT_CUDA="cuda-core") == NEITHER.format(f"{BAD_PYCUDA}; {BAD_CORE}")


def test_a_wish_that_is_not_installed(packages: Packages) -> None:
    packages.no_pycuda().no_cuda_core()
    assert packages.choose("pycuda") == f"BackendMissing: {NO_PYCUDA} | {PYCUDA_CURE}"
    assert packages.choose("cuda-core") == f"BackendMissing: {NO_CORE} | {CORE_CURE}"


def test_none_installed(packages: Packages) -> None:
    packages.no_pycuda().no_cuda_core()
    assert packages.choose(None) == NEITHER.format(f"{NO_PYCUDA}; {NO_CORE}")


@pytest.mark.parametrize("option", [None, "pycuda"])
def test_autoinit_is_refused_before_pycuda_is_imported(packages: Packages, option: str | None) -> None:
    packages.pycuda(BROKEN).cuda_core(BROKEN)
    (packages.folder / "site/pycuda/autoinit.py").touch()
    said = packages.choose(option, "import pycuda.autoinit\n")
    assert said.startswith("ContextConflict: pycuda.autoinit was imported: it made a CUDA context of its own")
    assert said.endswith("| import pycuda.autoprimaryctx in the place of pycuda.autoinit, or drop the import: "
                         "pytest-trt needs none")  # fmt: skip


def test_no_device_comes_before_any_import(packages: Packages) -> None:
    packages.pycuda(BROKEN).cuda_core(BROKEN)
    build(packages.libraries, INIT=100)
    said = packages.choose(None, CUDA_VISIBLE_DEVICES="")
    assert said.startswith("DeviceUnavailable: CUDA_VISIBLE_DEVICES is empty and hides every device")
    assert packages.choose("pycuda", index=0, CUDA_VISIBLE_DEVICES="").startswith("DeviceUnavailable:")


def test_no_such_device(packages: Packages) -> None:
    assert packages.choose(None, index=1).startswith("DeviceUnavailable: there is no GPU 1: 1 is visible")


@pytest.mark.parametrize("name", ["PyCUDA", "cupy", "cuda_core"])
def test_an_unknown_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError) as caught:
        choose(name, 0)
    assert caught.value.what == f"--trt-cuda asks for CUDA through {name!r}"
    assert caught.value.cure == "take one of auto, pycuda, cuda-core"
    monkeypatch.setenv("PYTEST_TRT_CUDA", name)
    with pytest.raises(UsageError, match=f"the environment's PYTEST_TRT_CUDA asks for CUDA through {name!r}"):
        choose(None, 0)


def test_where_no_gpu_is_nothing_is_imported() -> None:
    script = TRY.format(option=None, index=0) + "import sys; print(sorted({'pycuda', 'cuda'} & set(sys.modules)))"
    said = python(script, CUDA_VISIBLE_DEVICES="", PYTEST_TRT_CUDA=os.environ.get("PYTEST_TRT_CUDA", ""))
    assert said.startswith("DeviceUnavailable: ") and said.endswith("\n[]")
