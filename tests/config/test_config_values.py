"""Durations, sizes, addresses, schedules, URLs: what is accepted, and what it means."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from config_dirs import DIGEST, ENV, write
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from digest import config
from digest.config import DigestConfig, FeedConfig, MailSettings, PollSettings, SmtpSettings, Wrong
from digest.config.values import kept, listen, octets, same_feed_key, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", 90),
        ("60m", 3600),
        ("1h30m", 5400),
        ("1h 30m", 5400),
        ("7d", 604_800),
        ("2w", 1_209_600),
        ("1.5h", 5400),
        ("250ms", 0.25),
        ("0", 0),
    ],
)
def test_durations_become_seconds(text: str, expected: float) -> None:
    assert seconds(text) == expected


def test_what_is_kept_is_kept_for_days_or_for_ever() -> None:
    assert config.KeepSettings(articles="180d", editions="forever").articles == 180 * 86_400
    assert kept("3660d") == 3660 * 86_400, "ten years, where a polling interval ends at one"
    assert kept("forever") is None
    for refused in ("1h", "0", "for ever", "180", "-1d"):
        with pytest.raises(ValidationError):
            config.KeepSettings(articles=refused)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10MB", 10_000_000), ("512KB", 512_000), ("1 KiB", 1024), ("1.5MB", 1_500_000), ("9B", 9), ("2mib", 2_097_152)],
)
def test_sizes_become_bytes(text: str, expected: int) -> None:
    assert octets(text) == expected


@given(st.text(alphabet="0123456789.smhdwkKMGiB -+eE٣", max_size=12))
def test_any_other_text_is_refused_as_a_duration_or_size(text: str) -> None:
    for parse in (seconds, octets):
        with suppress(Wrong):
            assert parse(text) >= 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.1:9464", ("127.0.0.1", 9464)), ("[::1]:80", ("::1", 80)), ("desk:0", ("desk", 0)), ("off", None)],
)
def test_where_to_listen_becomes_host_and_port_or_nothing(text: str, expected: tuple[str, int] | None) -> None:
    assert listen(text) == expected
    assert expected is None or str(listen(text)) == text


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/rss.xml",
        "http://example.org:8080/a?b=c&d=%20#e",
        "https://한겨레.한국/rss",
        "https://bücher.example/",
        "https://user:secret@example.org/",
        "http://127.0.0.1:1234/feed",
        "http://[::1]:80/",
        "https://my_host.example.org/",
        "http://localhost/feed",
    ],
)
def test_http_urls_of_every_host_are_kept_as_they_are_written(url: str) -> None:
    """The configured URL is the feed's identity."""
    assert FeedConfig(url=url).url == url


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a.org",
        "javascript:alert(1)",
        "//a.org/x",
        "a.org",
        "https://",
        "http://a b/",
        "http://a.org:99999/",
        "http://[::1/",
        "http://a..b/",
        "https://a.org/\n",
        "mailto:a@b.org",
        "https://-/",
        "http://:80/",
        "https://a.org:0/",
        f"https://a.org/{2_000 * 'x'}",
    ],
)
def test_everything_else_is_no_feed(url: str) -> None:
    with pytest.raises(ValidationError):
        FeedConfig(url=url)


def test_the_same_feed_in_another_spelling_is_the_same() -> None:
    same = ["https://한겨레.한국/rss", "http://xn--jj0bn4j2wr.xn--3e0b707e:80/rss", "https://한겨레.한국:443/rss#top"]
    assert len({same_feed_key(url) for url in same[0::2]}) == 1
    assert same_feed_key("https://Example.org") == same_feed_key("http://example.org/")
    assert same_feed_key("https://example.org/a") != same_feed_key("https://example.org/a/")
    assert same_feed_key("https://example.org/?a=1") != same_feed_key("https://example.org/?a=2")
    assert same_feed_key("https://example.org/A") != same_feed_key("https://example.org/a")
    assert same_feed_key("https://u:p@example.org/") != same_feed_key("https://example.org/")


@pytest.mark.parametrize(
    "address",
    [
        "a@b.org",
        "Korea desk <desk@example.org>",
        '"Desk, Korea" <desk@example.org>',
        "한국 데스크 <desk@example.org>",
        "root@localhost",
        "<a@b.org>",
        "a+b.c@d-e.org",
        "A. B. <a@b.org>",
        "O'Neil <o@b.org>",
    ],
)
def test_addresses_with_and_without_names_are_accepted(address: str) -> None:
    assert DigestConfig(id="d", schedule="0 7 * * *", to=[address]).to == (address,)


def test_an_international_domain_is_written_as_mail_servers_have_it() -> None:
    assert DigestConfig(id="d", schedule="0 7 * * *", to=["desk@bücher.example"]).to == ("desk@xn--bcher-kva.example",)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "a",
        "a@",
        "@b.org",
        "a@b@c",
        "a b@c.org",
        "a..b@c.org",
        "a@b..org",
        "a@b.org, c@d.org",
        "x <a@b.org",
        "a@b.org\nBcc: c@d.org",
        "a@b.org\r",
        "grp: a@b.org;",
        "=?utf-8?q?x?= <a@b.org>",
        "홍@b.org",
        "a@[127.0.0.1]",
        "a" * 65 + "@b.org",
        "a@" + "b." * 130 + "org",
        "a@b c",
    ],
)
def test_what_could_break_out_of_a_header_or_reaches_nobody_is_no_address(address: str) -> None:
    with pytest.raises(ValidationError):
        DigestConfig(id="d", schedule="0 7 * * *", to=[address])


@pytest.mark.parametrize(
    "schedule", ["0 7 * * mon-fri", "*/15 * * * *", "0 7,19 1-15 * *", "0 0 L * *", "30 6 * jan-mar SUN", "0 7 29 2 *"]
)
def test_cron_schedules_are_accepted(schedule: str) -> None:
    assert DigestConfig(id="d", schedule=schedule).schedule == schedule


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "@daily",
        "0 7 * *",
        "0 0 7 * * *",
        "60 7 * * *",
        "0 24 * * *",
        "0 7 0 * *",
        "0 7 * 13 *",
        "0 7 * * 8",
        "0 7 * * mon-",
        "x 7 * * *",
        "0 0 31 2 *",
        "0 7 * * 1#9",
        "*/0 * * * *",
        "٣ 7 * * *",
        "5-1 * * * *",
        "0 7 L/x * *",
        "," * 50 + " 7 * * *",
    ],
)
def test_other_schedules_are_refused(schedule: str) -> None:
    with pytest.raises(ValidationError):
        DigestConfig(id="d", schedule=schedule)


@given(st.text(alphabet="0123456789*/-,#L monfri", max_size=16))
def test_no_text_breaks_the_schedule_check(text: str) -> None:
    with suppress(ValidationError):
        DigestConfig(id="d", schedule=text)


def test_the_port_follows_from_the_security_and_the_title_from_the_id() -> None:
    ports = {security: SmtpSettings(host="h", security=security).port for security in ("tls", "starttls", "none")}
    assert ports == {"tls": 465, "starttls": 587, "none": 25}
    assert SmtpSettings(host="h", port=2525).port == 2525
    assert DigestConfig(id="daily", schedule="0 7 * * *").title == "daily"


def test_the_defaults_are_those_of_a_polite_client() -> None:
    poll = PollSettings()
    assert (poll.every, poll.floor, poll.ceiling) == (3600, 3600, 86_400)
    assert (poll.per_host.connections, poll.per_host.gap) == (1, 5)
    assert (poll.timeout, poll.max_bytes, poll.first_look) == (30, 10_000_000, 604_800)
    assert poll.allow_networks == ()


def test_models_are_frozen() -> None:
    with pytest.raises(ValidationError):
        PollSettings().every = 5


@pytest.mark.parametrize(
    "headers",
    [
        {"X Y": "a"},
        {"Host": "a"},
        {"If-None-Match": "a"},
        {"A": "b\r\nC: d"},
        {"A": ""},
        {"A": " x"},
        {"A": "é"},
        {"": "x"},
    ],
)
def test_headers_that_would_break_the_request_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        FeedConfig(url="https://a.org/", headers=headers)


def test_variables_are_filled_in_in_digest_and_feeds_but_not_in_topics(tmp_path: Path) -> None:
    directory = write(
        tmp_path,
        digest=DIGEST.replace("daily", "${ID}") + '    title: "$$ and ${ID} and $5"\n',
        feeds='feeds: [{url: "https://${HOST}/", name: "$${HOST}", every: "${MINUTES}m"}]\n',
        topic="topic: x\nterms: {korea: [북한]}\nany: [$korea]\n",
    )
    loaded = config.load(directory, ENV | {"ID": "weekly", "HOST": "example.org", "MINUTES": "15"})
    assert loaded.digests[0].id == "weekly"
    assert loaded.digests[0].title == "$ and weekly and $5"
    assert (loaded.feeds[0].url, loaded.feeds[0].name, loaded.feeds[0].every) == (
        "https://example.org/",
        "${HOST}",
        900,
    )
    assert loaded.topics[0].value.any == ("$korea",)


def test_a_mail_section_needs_exactly_one_way_out() -> None:
    assert MailSettings.model_validate({"from": "a@b.org", "maildir": "m"}).sender == "a@b.org"
    for ways in ({}, {"maildir": "m", "directory": "d"}):
        with pytest.raises(ValidationError):
            MailSettings.model_validate({"from": "a@b.org", **ways})


@pytest.mark.parametrize("block", [">", "|", ">-", "|+"])
def test_a_text_of_one_line_may_be_written_as_a_block(tmp_path: Path, block: str) -> None:
    """YAML's `>` and `|` end in a line break that nobody wrote."""
    written = f"{DIGEST}    title: {block}\n      Korea desk\n"
    assert config.load(write(tmp_path, digest=written), {"HOME": "/h"}).digests[0].title == "Korea desk"
