"""Reads a refused topic file without what is refused in it, so that the rest is looked at in the same go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from digest.config.source import Sourced, read
from digest.config.topic import TopicConfig
from digest.config.tree import plain, survey
from digest.errors import ConfigError

_ROUNDS = 8  # what holds a refused value may be refused without it
_STAND_IN = "x"  # keeps the numbers of the items behind it

Location = tuple[str | int, ...]
Trail = list[tuple[Any, Any]]  # what holds, and the key or index there


def salvaged(path: Path, shown_as: str) -> Sourced[TopicConfig] | None:
    """The readable part of a topic file, with the places of the whole; None where it is no topic file at all.

    Only for finding more that is wrong: it is no topic to match with. Every `$name` that the file defines is defined.
    """
    try:
        tree, _ = survey(read(path, shown_as), shown_as)
    except ConfigError:
        return None
    data = plain(tree)
    if not isinstance(data, dict) or not isinstance(data.get("terms", {}), dict):
        return None
    for _ in range(_ROUNDS):
        try:
            return Sourced(TopicConfig.model_validate(data), shown_as, tree)
        except ValidationError as error:
            locations = [details["loc"] for details in error.errors(include_url=False)]
        for location, trail in [(each, _trail(data, each)) for each in locations]:
            _take_out(data, location, trail)
    return None


def _trail(node: Any, location: Location) -> Trail:
    """The steps down to the value at a location of pydantic's, or to what is nearest to it.

    Parts that lead nowhere are skipped, such as the tags pydantic puts between.
    """
    trail: Trail = []
    for part in location:
        key = str(part) if isinstance(node, dict) else part
        there = node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        if key in there:
            trail.append((node, key))
            node = node[key]
    while trail and trail[-1][0][trail[-1][1]] == _STAND_IN:
        trail.pop()  # where it can't stand in, what holds it has to go
    return trail


def _take_out(data: dict[str, Any], location: Location, trail: Trail) -> None:
    """Take out one value; a list keeps its length, and a file its title and something to look for."""
    if not trail:
        data.setdefault("topic", _STAND_IN)
        data.setdefault("any", [_STAND_IN])
        return
    holder, key = trail[-1]
    if isinstance(holder, list):
        holder[key] = _STAND_IN
    elif location[:1] == ("terms",) and len(trail) == 2 and location[-1] != "[key]":
        holder[key] = [_STAND_IN]
    else:
        holder.pop(key, None)
