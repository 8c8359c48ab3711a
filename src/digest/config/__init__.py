"""Loads the configuration: YAML files into frozen models, every refusal with its place and its mend."""

from __future__ import annotations

from digest.config.source import Sourced, load_bytes, load_file
from digest.config.strict import Strict, Wrong
from digest.config.tree import Place

__all__ = ["Place", "Sourced", "Strict", "Wrong", "load_bytes", "load_file"]
