"""Copies and excerpts of one article become one story; other reports of its event stand beside it."""

from digest.stories.grouping import Telling, group, tell
from digest.stories.likeness import Sketch, containment, keys, sketch, words
from digest.stories.told import REMEMBERED, told_to

__all__ = ["REMEMBERED", "Sketch", "Telling", "containment", "group", "keys", "sketch", "tell", "told_to", "words"]
