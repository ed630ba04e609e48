"""A libcuda.so.1 compiled from C, for what is asked of the driver through ctypes: devices, and the stack of contexts.

It has cuda.h's signatures, so a wrong one of ours shows. What it answers is fixed at compile time by `answers`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = r"""
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
typedef int CUresult; typedef int CUdevice; typedef void *CUcontext;
typedef struct { char bytes[16]; } CUuuid;

#ifndef INIT
#define INIT 0
#endif
#ifndef COUNT
#define COUNT 1
#endif
#ifndef NAME
#define NAME "NVIDIA H100 80GB HBM3"
#endif
#ifndef OWN_UUID
#define OWN_UUID 0x10
#endif
#ifndef BROKEN_ATTRIBUTE
#define BROKEN_ATTRIBUTE -1
#endif

static int initialised = 0;
CUresult cuInit(unsigned int flags) {
  if (INIT) return INIT;
  if (initialised && initialised != getpid()) return 3;
  initialised = getpid();
  return flags ? 1 : 0;
}
CUresult cuGetErrorName(CUresult error, const char **text) {
  if (error == 3) *text = "CUDA_ERROR_NOT_INITIALIZED";
  else if (error == 100) *text = "CUDA_ERROR_NO_DEVICE";
  else if (error == 201) *text = "CUDA_ERROR_INVALID_CONTEXT";
  else { *text = 0; return 1; }
  return 0;
}
CUresult cuDriverGetVersion(int *version) { *version = 13000; return 0; }
CUresult cuDeviceGetCount(int *count) { *count = COUNT; return initialised ? 0 : 3; }
CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  if (ordinal < 0 || ordinal >= COUNT) return 101;
  *device = ordinal + 40;
  return 0;
}
CUresult cuDeviceGetName(char *name, int len, CUdevice dev) {
  strncpy(name, NAME, len);
  return dev >= 40 ? 0 : 101;
}
CUresult cuDeviceGetUuid(CUuuid *uuid, CUdevice dev) { memset(uuid, 0x10, 16); uuid->bytes[15] = dev; return 0; }
#ifndef OLD
CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice dev) { memset(uuid, OWN_UUID, 16); uuid->bytes[15] = dev; return 0; }
#endif
CUresult cuDeviceGetPCIBusId(char *bus, int len, CUdevice dev) { strncpy(bus, "0000:19:00.0", len); return 0; }
CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice dev) { *bytes = 85520809984ull; return 0; }
CUresult cuDeviceGetAttribute(int *value, int attribute, CUdevice dev) {
  if (dev < 40) return 101;
  if (attribute == BROKEN_ATTRIBUTE) return 1;
  switch (attribute) {
    case 13: *value = 1980000; return 0;
    case 16: *value = 132; return 0;
    case 37: *value = 5120; return 0;
    case 75: *value = 9; return 0;
    case 76: *value = 0; return 0;
  }
  return 1;
}

static _Thread_local CUcontext stack[64];
static _Thread_local int depth = 0;
static int retained = 0;
int retains(void) { return retained; }
int stack_depth(void) { return depth; }
CUresult cuDevicePrimaryCtxRetain(CUcontext *ctx, CUdevice dev) {
  if (dev < 40) return 101;
  retained++;
  *ctx = (CUcontext) (uintptr_t) (0x5500000000000000ull + dev);
  return 0;
}
CUresult cuDevicePrimaryCtxRelease_v2(CUdevice dev) {
  if (dev < 40) return 101;
  if (!retained) return 201;
  retained--;
  return 0;
}
CUresult cuCtxGetCurrent(CUcontext *ctx) {
  if (initialised && initialised != getpid()) return 3;
  *ctx = depth ? stack[depth - 1] : NULL;
  return 0;
}
CUresult cuCtxPushCurrent_v2(CUcontext ctx) {
  if (!ctx || depth == 64) return 201;
  stack[depth++] = ctx;
  return 0;
}
CUresult cuCtxPopCurrent_v2(CUcontext *ctx) {
  if (!depth) return 201;
  *ctx = stack[--depth];
  return 0;
}
"""


def python(script: str, libraries: Path | None = None, **environment: str) -> str:
    """What a fresh interpreter prints, with this folder first where libcuda.so.1 is looked for."""
    around = {**os.environ, **environment}
    if libraries is not None:
        around["LD_LIBRARY_PATH"] = str(libraries)
    done = subprocess.run(
        [sys.executable, "-c", script], env=around, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def build(folder: Path, source: str = SOURCE, **answers: object) -> Path:
    """folder/libcuda.so.1 that gives these answers (macros of SOURCE). Skips where there is no C compiler."""
    if sys.platform != "linux":
        pytest.skip("libcuda.so.1 is of Linux")
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler (cc, gcc)")
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "libcuda.c"
    written.write_text(source, encoding="utf-8")
    library = folder / "libcuda.so.1"
    macros = [f"-D{name}={value}" for name, value in answers.items()]
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, written, *macros], check=True, timeout=60)
    return library
