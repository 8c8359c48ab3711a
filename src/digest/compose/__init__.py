"""Pending matches become one digest: grouped, ranked, capped, and quoted."""

from digest.compose.contract import as_json, to_json
from digest.compose.quoting import snippets
from digest.compose.ranking import edition

__all__ = ["as_json", "edition", "snippets", "to_json"]
