"""Facts of the GPUs, and the precise reason where there is none. The driver here is one compiled from C."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

import pytest
from fake_libcuda import build, python

from pytest_trt.engines import device
from pytest_trt.engines.device import LIBRARY, Device, Devices, ask, probe, require
from pytest_trt.engines.errors import DeviceUnavailable, UsageError

NOWHERE = Path("/nowhere/version")


def test_every_fact(tmp_path: Path) -> None:
    version = tmp_path / "version"
    version.write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build  (dvs)\nGCC version:\n"
    )
    assert ask(str(build(tmp_path)), {}, version) == Devices(
        (
            Device(
                index=0,
                name="NVIDIA H100 80GB HBM3",
                uuid="GPU-10101010-1010-1010-1010-101010101028",
                compute_capability="9.0",
                multiprocessors=132,
                total_memory=85520809984,
                driver_version="13.0",
                mig=False,
                display_driver="580.159.04",
                pci_bus_id="0000:19:00.0",
                memory_bus_width=5120,
                clock_rate=1980000,
            ),
        ),
        None,
    )


def test_several_devices_keep_their_order(tmp_path: Path) -> None:
    found = ask(str(build(tmp_path, COUNT=3)), {}, NOWHERE)
    assert [(one.index, one.uuid[-2:], one.display_driver) for one in found.devices] == [
        (0, "28", None),
        (1, "29", None),
        (2, "2a", None),
    ]


@pytest.mark.parametrize(
    ("name", "own", "mig"),
    [
        ("NVIDIA H100 80GB HBM3 MIG 1g.10gb", 0x33, "1g.10gb"),
        ("NVIDIA A100-SXM4-40GB MIG 1c.3g.20gb", 0x33, "1c.3g.20gb"),
        ("NVIDIA H100 80GB HBM3", 0x33, True),
        ("NVIDIA H100 80GB HBM3", 0x10, False),
    ],
)
def test_mig(tmp_path: Path, name: str, own: int, mig: bool | str) -> None:
    (one,) = ask(str(build(tmp_path, NAME=f'"{name}"', OWN_UUID=own)), {}, NOWHERE).devices
    assert (one.name, one.mig) == (name, mig)
    assert one.uuid.startswith("MIG-33333333-" if mig else "GPU-10101010-")


def test_driver_before_cuda_11_4(tmp_path: Path) -> None:
    (one,) = ask(str(build(tmp_path, OLD=1)), {}, NOWHERE).devices
    assert one.uuid == "GPU-10101010-1010-1010-1010-101010101028" and one.mig is False


def test_a_fact_that_the_driver_refuses(tmp_path: Path) -> None:
    (one,) = ask(str(build(tmp_path / "clock", BROKEN_ATTRIBUTE=13)), {}, NOWHERE).devices
    assert one.clock_rate is None and one.memory_bus_width == 5120
    without = ask(str(build(tmp_path / "capability", BROKEN_ATTRIBUTE=75)), {}, NOWHERE)
    assert without.devices == ()
    assert without.why == "cuDeviceGetAttribute failed: CUDA_ERROR_INVALID_VALUE"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (100, "the driver reports no CUDA device (CUDA_ERROR_NO_DEVICE)"),
        (35, "the NVIDIA driver is older than this CUDA needs (CUDA_ERROR_INSUFFICIENT_DRIVER)"),
        (34, "libcuda.so.1 is the CUDA toolkit's stub for linking, not a driver (CUDA_ERROR_STUB_LIBRARY)"),
        (
            803,
            "the driver's library and kernel module are of different versions (CUDA_ERROR_SYSTEM_DRIVER_MISMATCH)",
        ),
        (999, "the driver failed for a reason that it does not name (CUDA_ERROR_UNKNOWN)"),
        (4711, "the CUDA driver cannot be initialised (CUDA error 4711)"),
    ],
)
def test_what_the_driver_refuses(tmp_path: Path, code: int, why: str) -> None:
    found = ask(str(build(tmp_path, INIT=code)), {}, NOWHERE)
    assert found.devices == () and found.why == why and found.cure


@pytest.mark.parametrize(
    ("value", "how"),
    [
        ("", "is empty and hides every device"),
        (" ", "is empty and hides every device"),
        ("-1", "is '-1' and leaves no device"),
    ],
)
@pytest.mark.parametrize("answers", [{"INIT": 100}, {"COUNT": 0}], ids=["cuInit", "count"])
def test_hidden_devices(tmp_path: Path, value: str, how: str, answers: dict[str, object]) -> None:
    found = ask(str(build(tmp_path, **answers)), {"CUDA_VISIBLE_DEVICES": value}, NOWHERE)
    assert found.why == f"CUDA_VISIBLE_DEVICES {how} (CUDA_ERROR_NO_DEVICE)"
    assert "unset CUDA_VISIBLE_DEVICES" in found.cure


def test_other_reasons_are_not_blamed_on_the_environment(tmp_path: Path) -> None:
    found = ask(str(build(tmp_path, INIT=999)), {"CUDA_VISIBLE_DEVICES": ""}, NOWHERE)
    assert found.why is not None and "CUDA_VISIBLE_DEVICES" not in found.why


def test_a_library_that_is_not_there(tmp_path: Path) -> None:
    assert ask("libcuda-of-nobody.so.1", {}, NOWHERE).why == (
        "no NVIDIA driver: libcuda-of-nobody.so.1 cannot be loaded"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="the words of Linux's dlopen")
def test_a_library_that_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / LIBRARY
    path.write_bytes(b"\x7fELF")
    why = ask(str(path), {}, NOWHERE).why
    assert (
        why is not None and why.startswith("no NVIDIA driver: libcuda.so.1 cannot be loaded (") and "too short" in why
    )


def test_a_library_that_is_no_driver(tmp_path: Path) -> None:
    why = ask(str(build(tmp_path, "int nothing;")), {}, NOWHERE).why
    assert why is not None and why.startswith("libcuda.so.1 is not a CUDA driver: ") and "cuInit" in why


def test_here() -> None:
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        assert probe().why == "no NVIDIA driver: libcuda.so.1 cannot be loaded"
        with pytest.raises(DeviceUnavailable, match="no NVIDIA driver: libcuda.so.1 cannot be loaded") as caught:
            require()
        assert "NVIDIA GPU" in caught.value.cure
    else:
        found = probe()
        assert bool(found.devices) == (found.why is None)


def test_asked_once(tmp_path: Path) -> None:
    build(tmp_path)
    script = (
        "import os; from pytest_trt.engines.device import probe, require\n"
        "first = probe(); os.environ['CUDA_VISIBLE_DEVICES'] = ''\n"
        "print(probe() is first, require(0) is first.devices[0])"
    )
    assert python(script, tmp_path) == "True True"


def test_a_forked_child_is_told_so(tmp_path: Path) -> None:
    build(tmp_path)
    script = (
        "import os; from pytest_trt.engines.device import probe\n"
        "assert probe().why is None\n"
        "child = os.fork()\n"
        "if child == 0: print(probe().why, '|', probe().cure, flush=True); os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0; print(len(probe().devices))"
    )
    assert python(script, tmp_path).splitlines() == [
        "the CUDA driver was initialised before this process was forked, and it does not work in the child "
        "(CUDA_ERROR_NOT_INITIALIZED) | start the process afresh (multiprocessing: the spawn method), "
        "or use CUDA only after the fork",
        "1",
    ]


def test_an_index_beyond(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = ask(str(build(tmp_path, COUNT=2)), {}, NOWHERE)
    monkeypatch.setattr(device, "_known", (os.getpid(), found))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,3")
    assert require(1) is found.devices[1]
    with pytest.raises(DeviceUnavailable) as caught:
        require(2)
    assert caught.value.what == "there is no GPU 2: 2 are visible (CUDA_VISIBLE_DEVICES='1,3')"
    assert caught.value.cure == "ask for --trt-device 0 to 1"


def test_a_negative_index() -> None:
    with pytest.raises(UsageError, match="-1 is no index of a GPU"):
        require(-1)


def test_importing_calls_nothing(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    build(tmp_path, INIT=999)
    script = (
        "import sys; import pytest_trt.engines.device, pytest_trt.engines.cuda\n"
        "print('libcuda' in open('/proc/self/maps').read(), sorted({'pycuda', 'cuda', 'tensorrt'} & set(sys.modules)))"
    )
    assert python(script, tmp_path) == "False []"
