"""A TensorFlow source as an ONNX source, converted only when its engine must be built.

It is keyed twice: the model's content, the versions that convert and the request name a conversion; the ONNX model that
comes out names the engine. The first is remembered, so that a cache hit runs no TensorFlow.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from pytest_trt.artifacts.keras_model import keras_digest
from pytest_trt.engines.cache.memo import Memo
from pytest_trt.engines.errors import UsageError
from pytest_trt.engines.sources import tensorflow
from pytest_trt.engines.sources.source import OnnxSource, Remembers, TensorFlowSource

_SIGNATURE = "serving_default"


class ConvertedSource(OnnxSource):
    """The ONNX form of a TensorFlow model. exclusive: a lock by name, so that one process converts at a time."""

    def __init__(
        self,
        source: TensorFlowSource,
        memo: Memo,
        exclusive: Callable[[str, str], AbstractContextManager[None]],
        signature: str | None,
        opset: int | None,
    ) -> None:
        super().__init__(source.what, None, b"")
        self._source = source
        self._memo = memo
        self._exclusive = exclusive
        self._signature = signature
        self._opset = opset or tensorflow.OPSET
        self._folder: Path | None = None
        self._is_saved_model = source.path is not None and source.path.is_dir()
        if signature is not None and not self._is_saved_model:
            raise UsageError(f"{source.what}: a Keras model has no signatures", "leave signature= out")
        digest = self._digest()
        # None: what the model computes is in code that nothing can hash; it is converted anew in each process.
        self.conversion = None
        if digest is not None:
            self.conversion = tensorflow.conversion_key(
                digest, signature=signature or _SIGNATURE, opset=self._opset, keras=not self._is_saved_model
            )

    @property
    def ready(self) -> bool:
        return self.path is not None

    def fields(self, memo: Remembers) -> dict[str, Any]:
        """As of the ONNX model: remembered, or by converting now. Raises ConversionFailed."""
        if not self.ready:
            known = memo.get(f"conversion-{self.conversion}") if self.conversion is not None else None
            if isinstance(known, dict) and known.get("kind") == "onnx":
                return known
            self.prepare()
        fields = super().fields(memo)
        if self.conversion is not None:
            memo.put(f"conversion-{self.conversion}", fields)
        return fields

    def prepare(self) -> None:
        """Have the ONNX model as a file: kept from before, or made now. Raises ConversionFailed."""
        if self.ready:
            return
        if self.conversion is None:
            self._convert()
            return
        kept = f"onnx-{self.conversion}"
        self.path = self._memo.file(kept)
        if self.path is not None:
            return
        with self._exclusive(f"conversion-{self.conversion}", self.what):
            self.path = self._memo.file(kept)
            if self.path is None and not self._convert().external:
                assert self.path is not None
                stored = self._memo.put_file(kept, self.path.read_bytes())
                if stored is not None:
                    self.close()
                    self.path = stored

    def close(self) -> None:
        """Remove what was converted and could not be kept."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
            self.path = None

    def _convert(self) -> tensorflow.Converted:
        """Run tf2onnx; the model lies in a folder that close() removes. After a failure its log stays there."""
        folder = Path(tempfile.mkdtemp(prefix="pytest-trt-onnx-"))
        if self._is_saved_model:
            assert self._source.path is not None
            made = tensorflow.convert_saved_model(
                self._source.path,
                folder=folder,
                signature=self._signature or _SIGNATURE,
                opset=self._opset,
                digest=self._memo.digest,
            )
        else:
            model = self._source.path if self._source.path is not None else self._source.model
            made = tensorflow.convert_keras(model, folder=folder, opset=self._opset)
        self._folder = folder
        self.path = made.path
        return made

    def _digest(self) -> str | None:
        if self._source.path is None:
            return keras_digest(self._source.model)[0]
        if self._is_saved_model:
            return tensorflow.saved_model_digest(self._source.path, self._memo.digest)[0]
        return self._memo.digest(os.fspath(self._source.path))[0]
