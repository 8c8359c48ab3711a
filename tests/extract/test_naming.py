"""What an article is called, and when it was published: page and feed as witnesses."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from digest.extract import article
from digest.model import Article, FeedClaims, Page

TEXT = "<p>" + "The committee met again on Tuesday and came no nearer to an answer. " * 4 + "</p>"


def read(h1: str = "", title: str = "", head: str = "", claims: FeedClaims | None = None) -> Article:
    heading = f"<h1>{h1}</h1>" if h1 else ""
    page = f"<html><head><title>{title}</title>{head}</head><body>{heading}{TEXT * 3}</body></html>"
    return article(Page("https://www.harbourpost.example/a", page.encode()), claims or FeedClaims())


def og(title: str) -> str:
    return f"<meta property='og:title' content='{title}'>"


LONG = "Ferry fares to rise again"
SECTION = "<meta name='article:section' content='정치'><meta property='og:site_name' content='하버포스트'>"
FOR_SEARCH = "Ferries: 7 things to know"


def test_the_part_of_a_title_that_the_page_shows_is_the_headline():
    """Without a heading the line that the title repeats is it, whatever its tag, and the rest is section and site."""
    page = f"<title>Islands: {LONG} - The Courier</title><div class='t'>{LONG}</div>{TEXT * 3}"
    assert article(Page("https://example.org/a", page.encode())).title == LONG


@pytest.mark.parametrize(
    ("h1", "title", "head", "wanted"),
    [
        pytest.param("", f"{LONG} – Harbour Post", "", LONG, id="the site"),
        pytest.param("", f"{LONG} | All about us", "", LONG, id="behind a bar"),
        pytest.param(f"{LONG} | Opinion", "", "", LONG, id="a bar in the heading"),
        pytest.param("", "여객선 요금 오른다-정치ㅣ하버포스트", SECTION, "여객선 요금 오른다", id="section"),
        pytest.param(f"{LONG}, council says", LONG, "", f"{LONG}, council says", id="declared cut short"),
        pytest.param(f"Money {LONG}", LONG, "", LONG, id="kicker"),
        pytest.param(f"{LONG} The island fears for its guests", LONG, "", LONG, id="subtitle"),
        pytest.param(
            "How the island pays for its ferry", FOR_SEARCH, og(FOR_SEARCH), "How the island pays for its ferry"
        ),
        pytest.param("", f"{LONG} &lt; Islands &lt; The Courier", "", LONG, id="sections and site behind"),
        pytest.param("", f"The Courier &gt; Islands &gt; {LONG}", "", LONG, id="sections and site before"),
        pytest.param("", f"{LONG} :: Islands :: The Courier", "", LONG, id="colons"),
        pytest.param("", f"{LONG} - Islands - The Courier", "", LONG, id="short names behind dashes"),
        pytest.param(
            "", "섬 여객선 운임 다시 오른다 &lt; 사회 &lt; 바다일보", "", "섬 여객선 운임 다시 오른다", id="Korean"
        ),
        pytest.param("", "海岛渡轮票价再次上调_社会频道_海湾网", "", "海岛渡轮票价再次上调", id="Chinese"),
        pytest.param("", "Le maire : « Non » - Le Quai", "", "Le maire : « Non »", id="French quotation marks"),
        pytest.param("Harbour Post", "Harbour Post » Ferry fares", "", "Ferry fares", id="the heading is the site"),
        pytest.param("", "»Ferry fares« – Harbour Post", "", "»Ferry fares«", id="quotes"),
    ],
)
def test_the_title_is_the_headline_and_no_more(h1: str, title: str, head: str, wanted: str):
    assert read(h1, title, head).title == wanted


@pytest.mark.parametrize(
    ("heading", "shared", "wanted"),
    [
        pytest.param(
            "Ferry fares to rise again on the islands from May, as council fears for its guests",
            "Ferry fares to rise again on the islands from May",
            "Ferry fares to rise again on the islands from May",
            id="a subtitle left out",
        ),
        pytest.param(
            "Meeting of the council: Ferry fares to rise again on both of the islands",
            "Ferry fares to rise again on both islands in May",
            "Meeting of the council: Ferry fares to rise again on both of the islands",
            id="other words",
        ),
        pytest.param("Ferry fares, old and new: a list", "Ferry fares", "Ferry fares, old and new: a list", id="label"),
    ],
)
def test_a_shared_title_stands_for_a_headline_that_it_says_in_fewer_of_its_words(
    heading: str, shared: str, wanted: str
):
    assert read(heading, heading, og(shared)).title == wanted


def test_what_a_headline_says_after_its_colon_is_not_taken_for_the_site():
    shared = "Harbour 1.8 - The bountiful summer"
    page_title = f"{shared} - {shared} - Harbour Post"
    assert read("Harbour News", page_title, og(shared)).title == shared


def test_a_page_s_later_headings_do_not_name_it():
    page = read("What the ferry costs the island", "The ferry: what it costs", "")
    other = "<h1>The ferry: what it costs to paint</h1>"
    assert page.title == "What the ferry costs the island"
    found = article(
        Page(
            "https://www.harbourpost.example/a",
            f"<html><head><title>The ferry and the island: costs</title></head>"
            f"<body><h1>What the ferry costs the island</h1>{TEXT * 3}{other}</body></html>".encode(),
        )
    )
    assert found.title == "What the ferry costs the island"


def published(value: str, shown: str = "") -> str:
    time = f"<time datetime='{shown}'>then</time>" if shown else ""
    return f"<meta property='article:published_time' content='{value}'>{time}"


def test_a_date_keeps_its_publisher_s_zone_so_that_its_day_is_the_readers():
    found = read("x", head=published("2026-05-03T23:37:00-04:00")).published
    assert found is not None
    assert (found.isoformat(), found.utcoffset()) == ("2026-05-03T23:37:00-04:00", timedelta(hours=-4))


def test_a_moment_declared_in_utc_is_told_in_the_local_time_that_the_page_shows():
    found = read("x", head=published("2026-05-04T03:37:00Z", "2026-05-03T23:37:00-04:00")).published
    assert found is not None
    assert found.isoformat() == "2026-05-03T23:37:00-04:00"


def test_the_feed_s_moment_wins_and_is_told_in_the_zone_of_the_page():
    claims = FeedClaims(published=datetime.fromisoformat("2026-05-04T03:37:00+00:00"))
    same = read("x", head=published("2026-05-03T23:37:00-04:00"), claims=claims).published
    other = read("x", head=published("2026-05-05T12:00:00-04:00"), claims=claims).published
    assert same is not None
    assert same.isoformat() == "2026-05-03T23:37:00-04:00"
    assert other == claims.published


@pytest.mark.parametrize(
    "date", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00", "9999-12-31", "0001-01-01T00:00:00+14:00"]
)
def test_a_date_that_no_calendar_reaches_is_none(date: str):
    """A publisher's "never": in a zone east of Greenwich it has no date, and an edition with it could not be made."""
    assert read("x", head=published(date)).published is None


def test_midnight_says_that_only_the_day_is_known():
    found = read("x", head=published("2026-05-03T00:00:00-04:00")).published
    assert found is not None
    assert found.isoformat() == "2026-05-03T00:00:00+00:00"


def test_local_time_without_its_zone_tells_the_zone_of_a_moment_declared_in_utc():
    found = read("x", head=published("2026-05-04T03:37:00Z", "2026-05-03 23:37:00")).published
    other = read("x", head=published("2026-05-04T03:37:00Z", "2026-05-03 21:12:30")).published
    day = read("x", head=published("2026-05-04", "2026-05-03 20:00:00")).published
    assert found is not None
    assert found.isoformat() == "2026-05-03T23:37:00-04:00"
    assert other is not None
    assert other.isoformat() == "2026-05-04T03:37:00+00:00"
    assert day is not None
    assert day.isoformat() == "2026-05-04T00:00:00+00:00"


@pytest.mark.parametrize(
    ("before", "after", "day"),
    [
        ("", "<p>3. Mai 2026, Lesezeit 5 Minuten</p>", "2026-05-03"),
        ("", "<p>Ana Prieto · 3 de mayo de 2026</p>", "2026-05-03"),
        ("", "<p>May 3rd, 2026</p>", "2026-05-03"),
        ("", "<p>입력 2026. 5. 3. 오후 3:07</p>", "2026-05-03"),
        ("", "<p>Publicado em 23/05/2026 às 9h12</p>", "2026-05-23"),
        ("", "<p>05/23/2026</p>", "2026-05-23"),
        ("", "<p>14 października 2026, 9:12</p>", "2026-10-14"),
        ("", "<p>14 באוקטובר 2026</p>", "2026-10-14"),
        ("", "<p>14 أكتوبر 2026</p>", "2026-10-14"),
        ("", "<p>14 अक्टूबर 2026, 05:00</p>", "2026-10-14"),
        ("", "<p>Thứ tư, 14 tháng 10 năm 2026</p>", "2026-10-14"),
        ("<p>03.05.2026</p>", "<figure><figcaption>The harbour on 1 April 2026</figcaption></figure>", "2026-05-03"),
        ("", "<p>Updated 9 May 2026</p><p>3 May 2026</p>", "2026-05-03"),
        ("", f"{TEXT * 4}<ul><li>Published: 3 May 2026</li></ul><p><a href='/b'>Seen 1.2.2026</a></p>", "2026-05-03"),
    ],
    ids=[
        *("german", "spanish", "english", "korean", "day first", "month first", "polish", "hebrew", "arabic"),
        *("hindi", "vietnamese"),
        *("above the headline", "not the change", "labelled, far below"),
    ],
)
def test_a_page_that_declares_no_date_is_dated_by_the_line_that_shows_it(before: str, after: str, day: str):
    page = f"<html><body>{before}<h1>Ferry fares to rise</h1>{after}{TEXT * 3}</body></html>"
    found = article(Page("https://www.harbourpost.example/a", page.encode())).published
    assert found is not None
    assert found.isoformat() == f"{day}T00:00:00+00:00"


OUTLET = """<script type="application/ld+json">
    {"@type": "NewsArticle", "author": {"@type": "Organization", "name": "Harbour Post"}}
</script>"""


@pytest.mark.parametrize(
    ("byline", "wanted"),
    [
        pytest.param("<p>Ana Prieto/Kofi Mensah</p>", ("Ana Prieto", "Kofi Mensah"), id="names alone"),
        pytest.param("<p>Ana Prieto | 05.04.2026 - 12:30</p>", ("Ana Prieto",), id="a name and a date"),
        pytest.param("<div class=authors>Ana Prieto</div>", ("Ana Prieto",), id="marked"),
        pytest.param("<p>Ana Prieto, Harbour Post, 3 May 2026</p>", ("Ana Prieto",), id="a name, the site, a date"),
        pytest.param("<p>2026-05-03 08:00 By Ana Prieto</p>", ("Ana Prieto",), id="behind the date"),
        pytest.param("<div><div>Ana Prieto</div><div>Political editor</div></div>", ("Ana Prieto",), id="with a role"),
        pytest.param(
            "<div><div>Марина Соколова</div><div>корреспондент</div></div>", ("Марина Соколова",), id="russian"
        ),
        pytest.param("<p>文・高橋 美咲</p>", ("高橋 美咲",), id="japanese"),
        pytest.param("<p>מאת: נועה ברק</p>", ("נועה ברק",), id="hebrew"),
        pytest.param(
            "<div class=author-bio>Ana Prieto ist Redakteurin und schreibt über den Hafen und die Stadt.</div>"
            "<p>Von Ana Prieto</p>",
            ("Ana Prieto",),
            id="not what a note says",
        ),
        pytest.param("<p>João Vasconcelos e Silva, economista</p>", ("João Vasconcelos e Silva",), id="two surnames"),
        pytest.param("<p>山本 航（港町大学教授）</p>", ("山本 航",), id="japanese, with an office"),
        pytest.param("<p>김서연 섬교통연구소 연구위원</p>", ("김서연",), id="korean, with an office"),
        pytest.param("<p><b>Илья Громов</b> <i>экономист</i></p>", ("Илья Громов",), id="a phrase each"),
        pytest.param(
            "<p>Đỗ Quang Huy</p><div><p>Đỗ Quang Huy viết về cảng và đô thị.</p></div>",
            ("Đỗ Quang Huy",),
            id="introduced",
        ),
        pytest.param("<p>Middle East correspondent</p>", ("Harbour Post",), id="a desk"),
        pytest.param("<p>社会部 記者</p>", ("Harbour Post",), id="a desk, japanese"),
        pytest.param("<p>사회부 선임기자</p>", ("Harbour Post",), id="a desk, korean"),
        pytest.param("<p>Not the harbour again</p>", ("Harbour Post",), id="words"),
    ],
)
def test_a_person_who_signs_below_the_headline_is_the_author_rather_than_the_outlet(
    byline: str, wanted: tuple[str, ...]
):
    page = f"<html><head>{OUTLET}</head><body><h1>Ferry fares to rise</h1>{byline}{TEXT * 3}</body></html>"
    found = article(Page("https://www.harbourpost.example/a", page.encode()))
    assert found.authors == wanted


def test_a_person_behind_the_word_author_is_one_wherever_that_stands():
    credit = "<ul><li><strong>Autorin/Autor</strong> Ana Prieto</li></ul>"
    page = f"<html><body><h1>Ferry fares to rise</h1>{TEXT * 3}<div class=x>{credit}</div></body></html>"
    assert article(Page("https://www.harbourpost.example/a", page.encode())).authors == ("Ana Prieto",)


@pytest.mark.parametrize("mark", ["(S+) {}", "{} (S+)", "[Premium] {}", "PLUS {}", "M+ | {}", "{} (abonnés)"])
def test_a_title_is_told_without_the_mark_that_it_is_paid_for(mark: str):
    page = f"<html><body><h1>{mark.format('Ferry fares to rise on the island')}</h1>{TEXT * 3}</body></html>"
    assert (
        article(Page("https://www.harbourpost.example/a", page.encode())).title == "Ferry fares to rise on the island"
    )


@pytest.mark.parametrize("title", ["A+ students win the harbour race", "Plus ça change at the harbour", "C++ (again)"])
def test_a_title_that_only_looks_like_such_a_mark_stays(title: str):
    page = f"<html><body><h1>{title}</h1>{TEXT * 3}</body></html>"
    assert article(Page("https://www.harbourpost.example/a", page.encode())).title == title
