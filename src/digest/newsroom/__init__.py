"""The sample newsroom: a small press on loopback with articles, page furniture, feeds, and the truth about them all."""

from __future__ import annotations

from digest.newsroom.archive import Block, Outlet, Photo, Piece, outlets, pieces
from digest.newsroom.press import page_lines
from digest.newsroom.site import CONFIG, Newsroom, Truth, Visit

__all__ = [
    "CONFIG",
    "Block",
    "Newsroom",
    "Outlet",
    "Photo",
    "Piece",
    "Truth",
    "Visit",
    "outlets",
    "page_lines",
    "pieces",
]
