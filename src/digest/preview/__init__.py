"""Shows digests in a browser on this machine, and makes them anew at each save of a template, a topic or a setting."""

from digest.preview.board import Board, Shown
from digest.preview.server import serve

__all__ = ["Board", "Shown", "serve"]
