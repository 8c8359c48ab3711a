"""The kinds of values that the configuration knows: durations, sizes, addresses, schedules, URLs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from email.errors import ObsoleteHeaderDefect
from email.headerregistry import HeaderRegistry
from email.utils import formataddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import idna
from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from digest.config.refusal import did_you_mean
from digest.config.strict import Wrong

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_DURATION = r"([0-9]+(\.[0-9]+)?\s*(ms|[smhdw])\s*)+"
_LONGEST_S = 366 * 86_400.0
_LONGEST_KEPT_S = 100 * _LONGEST_S
_UNITS_B = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
_SIZE = r"([0-9]+(?:\.[0-9]+)?) ?([KMG]i?B|B)"
MAX_URL_BYTES = 2_000  # PostgreSQL's unique indexes take 2,704
_ID = r"[A-Za-z0-9][A-Za-z0-9_-]*"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2
_CRON_RANGES = {
    "minute": "0-59",
    "hour": "0-23",
    "day-of-month": "1-31, and no more than the month has",
    "month": "1-12 or jan-dec",
    "day-of-week": "0-6 or sun-sat, a range going upwards",
}
_MAX_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets


def seconds(text: str, longest_s: float = _LONGEST_S) -> float:
    """A duration such as `90s`, `1h30m` or `7d` in seconds. Raises Wrong, also for one beyond `longest_s`."""
    compact = "".join(text.split())
    if compact == "0":
        return 0.0
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", compact):
        raise Wrong("has no unit", f"write `{compact}s`, `{compact}m`, `{compact}h` or `{compact}d`")
    if not re.fullmatch(_DURATION, compact):
        raise Wrong("is not a duration", "write a number and a unit, for example `90s`, `60m`, `1h30m` or `7d`")
    parts = re.findall(r"([0-9.]+)(ms|[smhdw])", compact)
    total = math.fsum(float(number) * _UNITS_S[unit] for number, unit in parts)
    if total > longest_s:
        raise Wrong("is too long", f"write at most `{longest_s / 86_400:.0f}d`")
    return total


def kept(text: str) -> float | None:
    """How long something is kept, in seconds; None for `forever`. Raises Wrong."""
    if text.strip() == "forever":
        return None
    try:
        return seconds(text, _LONGEST_KEPT_S)
    except Wrong as wrong:
        raise Wrong(wrong.what, f"{wrong.mend}, or `forever`") from None


def octets(text: str) -> int:
    """A size such as `10MB` or `512KB` in bytes; KB is 1000, KiB is 1024. Raises Wrong."""
    found = re.fullmatch(_SIZE, text.strip(), re.IGNORECASE)
    if not found:
        raise Wrong("is not a size", "write a number and a unit, for example `10MB` or `512KB`")
    return int(float(found[1]) * _UNITS_B[found[2].upper()])


def _from_text(parse: Callable[[str], Any]) -> BeforeValidator:
    """Parses what files hold, and leaves what code hands in already parsed."""
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


def _positive(value: float) -> float:
    if value <= 0:
        raise Wrong("must be more than nothing", "write for example `60m`")
    return value


def _a_day(value: float | None) -> float | None:
    if value is not None and value < _UNITS_S["d"]:
        raise Wrong("is less than a day", "write for example `180d`, or `forever`")
    return value


def _line(text: str) -> str:
    line = text.strip()  # YAML's `>` and `|` end in a line break
    if not line:
        raise Wrong("is empty", "write some text")
    if _CONTROL.search(line):
        raise Wrong("holds a line break or control character", "write it in one line")
    return line


def reachable_at(text: str) -> str:
    """What goes into the User-Agent, in parentheses (RFC 9110, 10.1.5). Raises Wrong."""
    if not re.fullmatch(r"[\x21-\x27\x2a-\x7e]+", text):
        raise Wrong("is neither a URL nor an email address", "write for example `https://example.org/about`")
    return text


def _id(text: str) -> str:
    if not re.fullmatch(_ID, text) or len(text) > 64:
        raise Wrong("is not a short name", "use letters, digits, `-` and `_`, at most 64 of them, and no spaces")
    return text


def split_url(text: str) -> SplitResult:
    """An http or https URL in its parts. Raises Wrong for every other text."""
    mend = "write for example `https://example.org/rss.xml`"
    if len(text.encode(errors="replace")) > MAX_URL_BYTES:
        raise Wrong(f"is longer than {MAX_URL_BYTES} bytes", "copy the URL once more")
    if re.search(r"[\s\x00-\x20\x7f-\x9f<>\"]", text):
        raise Wrong("holds a space or a character that no URL has", "copy the URL once more")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise Wrong("is not a URL", mend) from None
    if not parts.scheme or (not parts.netloc and parts.scheme not in {"http", "https"}):
        raise Wrong("is not a whole URL", "begin it with `https://`")
    if parts.scheme not in {"http", "https"}:
        raise Wrong("is neither http nor https", mend)
    if not parts.hostname or port == 0:
        raise Wrong("names no host", mend)
    if not _is_host(parts.hostname):
        raise Wrong("names a host that can't exist", "copy the URL once more")
    return parts


def _is_host(host: str) -> bool:
    return ":" in host or ascii_host(host) is not None


def ascii_host(host: str) -> str | None:
    """A host name as DNS has it, in lower case; None when there can be no such host."""
    if len(host) > 253:
        return None
    if all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}", label) for label in host.removesuffix(".").split(".")):
        return host.lower()  # underscores and some hyphens are no IDNA, and do resolve
    try:
        return idna.encode(host, uts46=True).decode("ascii").lower()
    except UnicodeError:
        return None


def same_feed_key(url: str) -> str:
    """Equal for URLs that differ only in scheme, host spelling, default port or fragment: one subscription."""
    parts = urlsplit(url)
    host = ascii_host(parts.hostname or "") or parts.hostname or ""
    port = "" if parts.port in {None, 80, 443} else f":{parts.port}"
    login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{login}{host}{port}{parts.path or '/'}{query}"


def _url(text: str) -> str:
    split_url(text)
    return text


def _address(text: str) -> str:
    mend = "write for example `desk@example.org` or `Korea desk <desk@example.org>`"
    if _CONTROL.search(text) or "=?" in text:
        raise Wrong("holds characters that no address has", mend)
    text = text.strip()
    try:
        header = cast("Any", HeaderRegistry()("To", text))
        found = header.addresses
        flaws = [flaw for flaw in header.defects if not isinstance(flaw, ObsoleteHeaderDefect)]
    except Exception:  # noqa: BLE001 - the standard library trips in many ways: over `a@`, `.<a@b>`, `().<a@b>`
        raise Wrong("is not an email address", mend) from None
    if len(found) > 1:
        raise Wrong("holds a comma", "write one address an item; a name with a comma stands in double quotes")
    if len(found) != 1 or any(group.display_name for group in header.groups) or flaws:
        raise Wrong("is not an email address", mend)
    address = found[0]
    domain = ascii_host(address.domain) if not address.domain.startswith("[") else None
    if not address.username or not address.username.isascii() or domain is None:
        raise Wrong("is not an email address", mend)
    if len(address.username) > 64 or len(address.username) + len(domain) + 1 > _MAX_ADDRESS:
        raise Wrong("is longer than an email address may be", mend)
    spec = f"{address.addr_spec.rpartition('@')[0]}@{domain}"
    if text.endswith(",") or not re.fullmatch("[!-~]+", spec):  # no mail could be made for it
        raise Wrong("is not an address that can be mailed to", mend)
    return text if address.domain == domain else formataddr((address.display_name, spec), charset="utf-8")


def _schedule(text: str) -> str:
    mend = 'write minute, hour, day, month, weekday; for example `"0 7 * * mon-fri"` is 7:00 from Monday to Friday'
    fields = text.split()
    if len(fields) != 5:
        raise Wrong(f"has {len(fields)} {'field' if len(fields) == 1 else 'fields'} instead of five", mend)
    try:
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except CronSimError as error:
        field = str(error).removeprefix("Bad ")
        what = f"has a wrong {field}" if field in _CRON_RANGES else "is no schedule"
        raise Wrong(what, f"the {field} is {_CRON_RANGES[field]}" if field in _CRON_RANGES else mend) from None
    except (StopIteration, AssertionError):
        raise Wrong("never comes", mend) from None
    return " ".join(fields)


def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        city = text.rpartition("/")[2].replace(" ", "_").lower()
        by_city = sorted(zone for zone in known if zone.rpartition("/")[2].lower() == city)
        mend = "write for example `Asia/Seoul` or `UTC`"
        if by_city:
            mend = f"did you mean `{by_city[0]}`?"
        elif len(text) > 5:  # abbreviations resemble each other without being related: KST, MST
            mend = did_you_mean(text, sorted(known), mend)
        raise Wrong("is not a time zone", mend) from None
    return text


def quiet_hours(text: str) -> tuple[time, time]:
    """Two times of the day such as `22:00-07:00`, the first and the end of what is quiet. Raises Wrong."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d) ?[-–] ?([01]?\d|2[0-4]):([0-5]\d)", text.strip())
    if not found or (found[3] == "24" and found[4] != "00"):
        raise Wrong("is not a stretch of the day", "write for example `22:00-07:00`")
    first, end = time(int(found[1]), int(found[2])), time(int(found[3]) % 24, int(found[4]))
    if first == end:
        raise Wrong("is the whole day or nothing", "make the two times differ, or delete the key")
    return first, end


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError:
        pass
    try:
        whole = ip_network(text, strict=False)
    except ValueError:
        raise Wrong("is not a network", "write for example `127.0.0.0/8` or `fd00::/8`") from None
    raise Wrong("is an address inside of a network", f"write `{whole}`")


class Listen(NamedTuple):
    """Where an HTTP server answers. Port 0: whichever is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def listen(text: str) -> Listen | None:
    """`127.0.0.1:9464` or `[::1]:9464` in its parts; None for `off`. Raises Wrong."""
    if text.strip() == "off":
        return None
    found = re.fullmatch(r"(?:\[([0-9A-Fa-f:]+)\]|([^\s:\[\]]+)):([0-9]{1,5})", text.strip())
    if not found or int(found[3]) > 65535 or not _is_host(found[1] or found[2]):
        raise Wrong("is no address to listen at", "write for example `127.0.0.1:9464`, or `off`")
    return Listen(found[1] or found[2], int(found[3]))


def _public_url(text: str) -> str:
    parts = split_url(text)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise Wrong("is more than a place", "write for example `https://digest.example.org`")
    return text.rstrip("/")


def _local(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise Wrong("begins in the home of somebody who is not known here", "write the whole path") from None


def _store(text: str) -> str:
    mend = "write `sqlite:///digest.db` or `postgresql+psycopg://user@host/database`"
    if _CONTROL.search(text) or not re.fullmatch(r"(sqlite|postgresql\+psycopg)://\S*", text):
        raise Wrong("is not a store", mend)
    if text.startswith("sqlite:") and not re.fullmatch(r"sqlite:///[^?:]+", text):
        raise Wrong("names no file", mend)
    if text.startswith("sqlite:///~"):
        raise Wrong("begins with `~`, which databases don't know", "write the whole path: `sqlite:////home/...`")
    return text


def header_name(text: str) -> str:
    """An HTTP header's name that a feed may set. Raises Wrong."""
    if not _TOKEN.fullmatch(text):
        raise Wrong("is not the name of a header", "write for example `Authorization`")
    if text.lower() in {"host", "connection", "content-length", "transfer-encoding", "user-agent", "accept-encoding"}:
        raise Wrong("is set by digest itself", "delete it")
    if text.lower() in {"if-none-match", "if-modified-since", "range", "if-range"}:
        raise Wrong("is set by digest itself", "delete it")
    return text


def header_value(text: str) -> str:
    """An HTTP header's value (RFC 9110, 5.5): visible ASCII, spaces and tabs. Raises Wrong."""
    if not re.fullmatch(r"[\x21-\x7e]([\t\x20-\x7e]*[\x21-\x7e])?", text):
        raise Wrong("is not a header's value", "use plain ASCII characters, in one line")
    return text


def _text_schema(pattern: str, *examples: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


_DURATION_SCHEMA = _text_schema(rf"^\s*(0|{_DURATION})$", "90s", "60m", "1h30m", "7d")
Line = Annotated[str, AfterValidator(_line)]
Id = Annotated[str, AfterValidator(_id), _text_schema(f"^{_ID}$")]
Duration = Annotated[float, _from_text(seconds), _DURATION_SCHEMA]
PositiveDuration = Annotated[float, AfterValidator(_positive), _from_text(seconds), _DURATION_SCHEMA]
Keep = Annotated[
    float | None,
    AfterValidator(_a_day),
    _from_text(kept),
    _text_schema(rf"^\s*(forever|{_DURATION})$", "180d", "forever"),
]
Size = Annotated[int, Field(gt=0), _from_text(octets), _text_schema(rf"^\s*{_SIZE}\s*$", "10MB", "512KB")]
Url = Annotated[str, AfterValidator(_url), _text_schema(r"^https?://\S+$")]
Address = Annotated[str, AfterValidator(_address), _text_schema(r"^[^@]+@[^@]+$", "Korea desk <desk@example.org>")]
Schedule = Annotated[str, AfterValidator(_schedule), _text_schema(r"^\s*\S+(\s+\S+){4}\s*$", "0 7 * * mon-fri")]
QuietHours = Annotated[
    tuple[time, time],
    _from_text(quiet_hours),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d?\d:\d\d ?[-–] ?\d?\d:\d\d\s*$", "examples": ["22:00-07:00"]}),
]
TimeZone = Annotated[str, AfterValidator(_timezone)]
Network = Annotated[
    IPv4Network | IPv6Network,
    _from_text(_network),
    WithJsonSchema({"type": "string", "examples": ["127.0.0.0/8"]}),
]
ListenAt = Annotated[Listen | None, _from_text(listen), _text_schema(r"^\s*(off|\S+:[0-9]{1,5})\s*$", "127.0.0.1:9464")]
PublicUrl = Annotated[str, AfterValidator(_public_url), _text_schema(r"^https?://[^\s?#]+$")]
LocalPath = Annotated[Path, AfterValidator(_local)]
StoreUrl = Annotated[str, AfterValidator(_store), _text_schema(r"^(sqlite|postgresql\+psycopg)://")]
