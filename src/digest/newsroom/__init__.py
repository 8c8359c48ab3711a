"""The sample newsroom: a small press on loopback with articles, page furniture, feeds, and the truth about them all."""

from __future__ import annotations

from digest.newsroom.archive import Outlet, Piece, outlets, pieces
from digest.newsroom.site import CONFIG, Newsroom, Visit
from digest.newsroom.truth import Truth

__all__ = [
    "CONFIG",
    "Newsroom",
    "Outlet",
    "Piece",
    "Truth",
    "Visit",
    "outlets",
    "pieces",
]
