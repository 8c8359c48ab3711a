"""What a feed document wishes about the next poll, as far as it can be meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from digest.model import PollHints

_PERIODS_S: Final = {"hourly": 3600.0, "daily": 86400.0, "weekly": 604800.0, "monthly": 2592000.0, "yearly": 31536000.0}
_DAYS: Final = {name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
MAX_TTL_S: Final = 31536000.0
_LINK: Final = re.compile(r"<([^<>]{1,2000})>\s*((?:;[^,<>]{1,500})*)")


def hints(
    *,
    ttl: str = "",
    period: str = "",
    frequency: str = "",
    hours: Iterable[str] = (),
    days: Iterable[str] = (),
    hub: str | None = None,
    self_url: str | None = None,
) -> PollHints:
    """The wishes, from the text of <ttl> (minutes), sy:updatePeriod, sy:updateFrequency, <hour>s and <day>s."""
    wishes = [wish for wish in (_ttl_s(ttl), _period_s(period, frequency)) if wish]
    skip_hours = frozenset(int(hour) % 24 for hour in map(str.strip, hours) if hour.isdecimal() and int(hour) <= 24)
    skip_days = frozenset(_DAYS[name] for day in days if (name := day.strip().lower()[:3]) in _DAYS)
    return PollHints(
        ttl_s=max(wishes, default=None),
        # A feed that skips every hour or every day means something else than never.
        skip_hours=skip_hours if len(skip_hours) < 24 else frozenset(),
        skip_days=skip_days if len(skip_days) < 7 else frozenset(),
        hub=hub,
        self_url=self_url,
    )


def _ttl_s(text: str) -> float | None:
    text = text.strip()
    return min(int(text) * 60.0, MAX_TTL_S) if text.isascii() and text.isdecimal() and len(text) < 9 else None


def _period_s(period: str, frequency: str) -> float | None:
    period_s = _PERIODS_S.get(period.strip().lower())
    times = frequency.strip()
    return (
        period_s / max(1, int(times) if times.isascii() and times.isdecimal() and len(times) < 9 else 1)
        if period_s
        else None
    )


def link_relations(header: str) -> Mapping[str, str]:
    """Relation to target of an HTTP Link header (RFC 8288); the first of a relation counts."""
    found: dict[str, str] = {}
    for target, parameters in _LINK.findall(header[:8000]):
        if match := re.search(r""";\s*rel\s*=\s*"?([\w\s.-]{1,100})""", parameters, re.IGNORECASE):
            for relation in match[1].lower().split():
                found.setdefault(relation, target.strip())
    return found
