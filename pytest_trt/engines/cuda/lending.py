"""What the GPU lends is given back exactly once: by free, by the garbage collector, or at the interpreter's exit.

At exit it must come before pycuda and cuda-core are torn down: they abort or complain where a context is in use.
"""

from __future__ import annotations

import atexit
import ctypes
import weakref
from contextlib import AbstractContextManager

from pytest_trt.engines.cuda.primary import PrimaryContext
from pytest_trt.engines.errors import CudaError


class Loan:
    """One thing lent: a buffer, a stream, an event."""

    __slots__ = ("_lender", "__weakref__")

    def __init__(self, lender: Lender) -> None:
        self._lender: Lender | None = lender
        lender.lent.add(self)

    def free(self) -> None:
        """Give it back. A second time does nothing."""
        lender, self._lender = self._lender, None
        if lender is not None:
            lender.take_back(self)

    def __del__(self) -> None:
        self.free()

    def forget(self) -> None:
        """Drop what leads to it, so that a use after free is an error of ours and not of the memory."""
        raise NotImplementedError

    def give_back(self) -> None:
        """Free it, with the context current that it came from."""
        raise NotImplementedError


class Lender:
    """One device's primary context, and all that is lent from it."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.lent: weakref.WeakSet[Loan] = weakref.WeakSet()
        self._primary = PrimaryContext(index)
        atexit.register(self.close)

    @property
    def closed(self) -> bool:
        """Also true in a forked child: there nothing of this works."""
        return not self._primary.usable

    def context(self) -> PrimaryContext:
        return self._primary

    def take_back(self, loan: Loan) -> None:
        self.lent.discard(loan)
        if self._freed(loan):
            loan.forget()
        else:
            # pycuda's destructors would try once more, and abort the interpreter: the object stays for ever.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(loan))

    def _freed(self, loan: Loan) -> bool:
        """False in a forked child, and where a kernel broke the context: there is nothing left to free."""
        if self.closed:
            return False
        try:
            with self._inside():
                loan.give_back()
        except CudaError:
            return False
        return True

    def close(self) -> None:
        """Take all back and let go of the primary context. A second time does nothing."""
        atexit.unregister(self.close)
        for loan in list(self.lent):
            loan.free()
        if self.closed:
            return
        try:
            self._let_go()
            self._primary.release()
        except CudaError:
            pass  # The context is broken; the driver drops it with the process.

    def _inside(self) -> AbstractContextManager[None]:
        """The context current, in the way that the binding wants it for what makes and frees."""
        return self._primary

    def _let_go(self) -> None:
        """Release what the binding itself retains of the primary context."""
