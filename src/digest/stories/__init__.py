"""Copies and excerpts of one article become one story; other reports of its event stand beside it."""

from digest.stories.grouping import group
from digest.stories.likeness import Sketch, containment, sketch, words

__all__ = ["Sketch", "containment", "group", "sketch", "words"]
