"""Keeps every edition as a web page, with an index, and each digest and topic as an Atom feed: plain files.

`shelf.Archive` writes them; it brings the press with it, so it is imported where it is used.
"""

from digest.archive.serving import PATH, routes

__all__ = ["PATH", "routes"]
