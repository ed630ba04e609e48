"""ACME's rules for trt-lint, listed by hand."""

from __future__ import annotations

from acme_trt_rules.acme001_model_without_owner import model_without_owner
from acme_trt_rules.acme002_no_default_signature import no_default_signature

RULES = (model_without_owner, no_default_signature)
