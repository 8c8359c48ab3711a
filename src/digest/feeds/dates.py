"""Reads the dates that publishers write, and believes none that can't be true."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

# Syndication begins in 1999; what claims to be older than this is a zero of somebody's clock.
EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2080, 1, 1, tzinfo=UTC)
# An entry may be announced for tomorrow and its zone may be mislabelled by half a day.
AHEAD: Final = timedelta(days=2)
MAX_CHARS: Final = 100

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january janvier januar enero janv янв января",
            "feb february février fevrier februar febrero févr фев февраля",
            "mar march mars märz maerz marzo mär mrz мар марта",
            "apr april avril abril avr апр апреля",
            "may mai mayo май мая",
            "jun june juin juni junio июн июня",
            "jul july juillet juli julio juil июл июля",
            "aug august août aout agosto ago авг августа",
            "sep sept september septembre septiembre сен сент сентября",
            "oct october octobre oktober octubre okt окт октября",
            "nov november novembre noviembre ноя ноября",
            "dec december décembre decembre dezember diciembre dez déc dic дек декабря",
        ),
        1,
    )
    for name in names.split()
}
# RFC 822's zones and those that feeds write beside them, in hours; an ambiguous one stands for what feeds mean most.
_ZONE_HOURS: Final = """
    z:0 ut:0 utc:0 gmt:0 wet:0 est:-5 edt:-4 cst:-6 cdt:-5 mst:-7 mdt:-6 pst:-8 pdt:-7 et:-5 ct:-6 mt:-7 pt:-8 akst:-9
    akdt:-8 hst:-10 bst:1 cet:1 met:1 cest:2 mest:2 eet:2 eest:3 msk:3 ist:5.5 sgt:8 hkt:8 awst:8 kst:9 jst:9 aest:10
    aedt:11 nzst:12 nzdt:13
"""
_ZONES: Final = {zone: float(hours) for zone, hours in (each.split(":") for each in _ZONE_HOURS.split())}

_TIME: Final = (
    r"(?P<half>오전|오후|午前|午後|上午|下午|am|pm)?\s*"
    r"(?P<hour>\d{1,2})(?::|시\s*|時\s*|点\s*)(?P<minute>\d{1,2})?(?:(?::|분\s*|分\s*)(?P<second>\d{1,2})?(?:[.,]\d{1,9})?(?:초|秒)?)?"
    r"\s*(?P<half2>am|pm|a\.m\.|p\.m\.)?"
)
_ZONE: Final = r"\s*(?P<zone>(?:gmt|utc)?\s?[+-]\d{1,2}:?(?:\d{2})?|\[?[a-z]{1,5}\]?)?(?:\s*\([^()]{0,40}\))?"
# 2016-06-29T15:07:41.5+09:00 · 2016/6/29 15:07:41 · 2016. 6. 29. 오후 3:07 · 2016年6月29日 15時07分
_YEAR_FIRST: Final = re.compile(
    r"(?:[^\W\d]{1,9}[,.]?\s+)?(?P<year>\d{4})(?:\s*[-/.]\s*|\s*[년年]\s*)(?P<month>\d{1,2})(?:\s*[-/.]\s*|\s*[월月]\s*)"
    r"(?P<day>\d{1,2})\s*[일日.]?(?:\s*[(（]\w{1,3}[)）])?(?:(?:\s*t\s*|[\s,]+|(?<=[일日]))" + _TIME + _ZONE + r")?",
    re.IGNORECASE,
)
_COMPACT: Final = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:[t ]?(?P<hour>\d{2}):?(?P<minute>\d{2}):?(?P<second>\d{2})?"
    + _ZONE
    + r")?",
    re.IGNORECASE,
)
# Wed, 29 Jun 2016 15:07:41 +0900 (RFC 822) · 29. Juni 2016
_DAY_FIRST: Final = re.compile(
    r"(?:[^\W\d]{1,12}\.?,?\s*)?(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s.-]+(?P<name>[^\W\d]{3,12})\.?[\s,-]+(?P<year>\d{4}|\d{2})"
    r"(?:(?:[\s,]+|t)" + _TIME + _ZONE + r")?",
    re.IGNORECASE,
)
# Jun 29, 2016, 3:07 p.m. EST
_MONTH_FIRST: Final = re.compile(
    r"(?:[^\W\d]{1,12}\.?,?\s+)?(?P<name>[^\W\d]{3,12})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})"
    r"(?:(?:[\s,]+(?:at\s+)?)" + _TIME + _ZONE + r")?",
    re.IGNORECASE,
)
# Wed Jun 29 15:07:41 KST 2016 (asctime, and what java.util.Date prints)
_YEAR_LAST: Final = re.compile(
    r"(?:[^\W\d]{1,9}\s+)?(?P<name>[^\W\d]{3,12})\s+(?P<day>\d{1,2})\s+" + _TIME + _ZONE + r"\s+(?P<year>\d{4})",
    re.IGNORECASE,
)
# 29/06/2016 15:07: which of the two is the day can be told only where one is above 12
_SLASHED: Final = re.compile(
    r"(?P<one>\d{1,2})[/.-](?P<two>\d{1,2})[/.-](?P<year>\d{4})(?:[\s,]+" + _TIME + _ZONE + r")?", re.IGNORECASE
)
# What Atom asks for (RFC 3339), without fractions of seconds.
_USUAL_ISO: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)", re.ASCII)
# What RSS asks for (RFC 822), as nearly all feeds write it.
_USUAL_RSS: Final = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d\d?) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|([+-])([01]\d|2[0-3])([0-5]\d))",
    re.ASCII,
)
_EPOCH: Final = re.compile(r"[1-9]\d{9}(?:\d{3})?")  # seconds, or milliseconds
_FORMS: Final = (_YEAR_FIRST, _DAY_FIRST, _COMPACT, _MONTH_FIRST, _YEAR_LAST)
_LATE: Final = {"오후", "午後", "下午", "pm", "p.m."}
_EARLY: Final = {"오전", "午前", "上午", "am", "a.m."}


def local_zone(language: str | None) -> timezone:
    """The zone meant by a date that names none: Korea's or Japan's in these languages, else UTC.

    Korean and Japanese publishers write bare local times, and each of the two languages has one zone without
    summer time; for any other language a guess would be wrong more often than UTC is.
    """
    primary = (language or "").lower().partition("-")[0]
    return timezone(timedelta(hours=9)) if primary in ("ko", "ja") else UTC


def read(text: str, *, zone: timezone = UTC, now: datetime | None = None) -> datetime | None:
    """The instant that `text` names, in UTC, or None when it names none or one that can't be true.

    `zone` stands in where the text names a time without a zone; a day alone is 00:00 UTC. Dates before 1990, after
    2080 and more than two days after `now` are not believed. Never raises.
    """
    text = " ".join(text[:MAX_CHARS].split())
    if not text:
        return None
    with suppress(ValueError, KeyError, OverflowError):  # an hour 24, a second 60, a day that there is not: read below
        if usual := _USUAL_RSS.fullmatch(text):
            return _believed(_of_rss(*usual.groups("0")), now)
        if _USUAL_ISO.fullmatch(text):
            return _believed(datetime.fromisoformat(text).astimezone(UTC), now)
    if _EPOCH.fullmatch(text):
        return _believed(datetime.fromtimestamp(int(text[:10]), UTC), now)
    for form in _FORMS:
        if match := form.fullmatch(text):
            return _believed(_instant(match.groupdict().get, zone), now)
    if match := _SLASHED.fullmatch(text):
        return _believed(_slashed(match, zone), now)
    return None


def _of_rss(
    day: str, month: str, year: str, hour: str, minute: str, second: str, sign: str, ahead_h: str, ahead_min: str
) -> datetime:
    stated = datetime(int(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    ahead = timedelta(hours=int(ahead_h), minutes=int(ahead_min))
    return stated + ahead if sign == "-" else stated - ahead


def _slashed(match: re.Match[str], zone: timezone) -> datetime | None:
    one, two = int(match["one"]), int(match["two"])
    if one <= 12 and two <= 12 and one != two:
        return None
    parts = {**match.groupdict(), "day": str(max(one, two)), "month": str(min(one, two))}
    return _instant(parts.get, zone)


def _believed(instant: datetime | None, now: datetime | None) -> datetime | None:
    if instant is None or not EARLIEST <= instant < LATEST:
        return None
    return None if now is not None and instant > now + AHEAD else instant


def _instant(part: Callable[[str], str | None], zone: timezone) -> datetime | None:
    name = part("name")
    month = _MONTHS.get(name.lower(), 0) if name else int(part("month") or 0)
    hour, minute, second = (int(part(unit) or 0) for unit in ("hour", "minute", "second"))
    half = (part("half") or part("half2") or "").lower()
    if half in _LATE and hour < 12:
        hour += 12
    elif half in _EARLY and hour == 12:
        hour = 0
    # 24:00 is the end of the day (ISO 8601), and a leap second is the beginning of the next minute.
    extra = timedelta(days=hour == 24 and not minute and not second, minutes=second == 60)
    try:
        stated = _zone(part("zone")) if part("hour") else UTC
        day = (_year(part("year") or ""), month, int(part("day") or 0))
        local = datetime(*day, hour % 24 if extra else hour, minute, second % 60, tzinfo=stated or zone)
        return (local + extra).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _year(text: str) -> int:
    # RFC 2822, 4.3: two digits below 50 belong to this century.
    return int(text) + (2000 if int(text) < 50 else 1900) if len(text) == 2 else int(text)


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    compact = text.lower().replace(" ", "").strip("[]")
    if match := re.fullmatch(r"(?:gmt|utc)?([+-])(\d{1,2}):?(\d{2})?", compact):
        offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
        return timezone(-offset if match[1] == "-" else offset)
    return timezone(timedelta(hours=_ZONES[compact])) if compact in _ZONES else None
