"""Keeps every edition as a web page, with an index, and each digest and topic as an Atom feed: plain files."""

from digest.archive.serving import PATH, routes
from digest.archive.shelf import Archive

__all__ = ["PATH", "Archive", "routes"]
