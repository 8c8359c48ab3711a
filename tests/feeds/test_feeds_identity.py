"""The same entry is known again, and different entries are never taken for one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import feeds
from digest.feeds.identity import shared, with_keys
from digest.model import Entry, NewEntry

ONE = Entry("g1", "https://a.example/news/1", "Title", published=datetime(2026, 3, 1, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    "variant",
    [
        "http://a.example/news/1",
        "https://a.example:443/news/1",
        "http://a.example:80/news/1",
        "https://A.Example/news/1",
        "https://www.a.example/news/1",
        "https://m.a.example/news/1",
        "https://amp.a.example/news/1",
        "https://mobile.a.example/news/1",
        "https://a.example/news/1/",
        "https://a.example/news/1#comments",
        "https://a.example/news/1?utm_source=rss&utm_medium=feed&utm_campaign=x",
        "https://a.example/news/1?fbclid=IwAR0&gclid=1&mc_cid=2&mc_eid=3&_hsenc=4",
        "https://a.example/news/1?cmpid=rss&ncid=x&ref_src=twsrc",
        "https://a.example/news/1?at_medium=RSS&at_campaign=KARANGA",
        "https://a.example/news/1?xtor=RSS-1&wt_mc=x&WT.mc_id=y",
        "https://a.example/news/1?ns_mchannel=rss&ns_source=x&ns_campaign=y",
        "https://a.example/amp/news/1",
        "https://a.example/news/1/amp/",
        "https://a.example/news/1?amp=1",
        "https://a.example/news/1?outputType=amp",
        "https://a.example/news/1/index.html",
        "https://a.example/news/1/print",
        "https://a.example/news/1?print=1",
        "https://m.a.example/news/1?view=print&utm_source=rss",
        "https://a.example/news/1?",
        "https://a.example/news/1;jsessionid=A1B2C3",
        "https://a.example/news/1?PHPSESSID=a1b2",
        "https://a.example/news/%31",
        "https://user:password@a.example/news/1",
        "https://www.google.com/amp/s/a.example/news/1",
        "https://a-example.cdn.ampproject.org/c/s/a.example/news/1",
        "https://a-example.cdn.ampproject.org/v/s/a.example/news/1?amp_js_v=0.1&usqp=mq331",
        " https://a.example/news/1\n",
    ],
)
def test_variants_of_one_address_are_one(variant: str) -> None:
    assert feeds.canonical_url(variant) == "a.example/news/1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/1", "https://a.example/2"),
        ("https://a.example/news/print", "https://a.example/news"),
        ("https://a.example/?view=list", "https://a.example/"),
        ("https://a.example/?id=1", "https://a.example/?id=2"),
        ("https://a.example/view?cid=1", "https://a.example/view?cid=2"),
        ("https://a.example/view?eid=1", "https://a.example/view?eid=2"),
        ("https://a.example/view?idxno=1", "https://a.example/view?idxno=2"),
        ("https://a.example/view?gallery_id=1", "https://a.example/view?gallery_id=2"),
        ("https://a.example/view?keyword=1", "https://a.example/view?keyword=2"),
        ("https://a.example/view?source=1", "https://a.example/view?source=2"),
        ("https://a.example/view?ref=1", "https://a.example/view?ref=2"),
        ("https://a.example/news", "https://b.example/news"),
        ("https://a.example/Path", "https://a.example/path"),
        ("https://a.example:8080/x", "https://a.example/x"),
        ("http://a.example:443/x", "https://a.example/x"),
        ("https://m.example/x", "https://example/x"),
        ("https://a.example/amplifier", "https://a.example/lifier"),
        ("https://a.example/amp", "https://a.example/news"),
        ("https://a.example/news.php?p=1", "https://a.example/news.php"),
        ("https://a.example/a%2Fb", "https://a.example/a/b"),
        ("https://en.a.example/x", "https://ko.a.example/x"),
    ],
)
def test_different_addresses_stay_different(one: str, other: str) -> None:
    assert feeds.canonical_url(one) != feeds.canonical_url(other)


def test_the_order_of_parameters_and_the_way_of_escaping_do_not_matter() -> None:
    assert feeds.canonical_url("http://a.example/x?b=2&a=1") == feeds.canonical_url("http://a.example/x?a=1&b=2")
    assert feeds.canonical_url("http://a.example/기사") == feeds.canonical_url("http://a.example/%ea%b8%b0%EC%82%AC")
    assert feeds.canonical_url("http://뉴스.example/1") == feeds.canonical_url("http://xn--vg1b002a.example/1")


@pytest.mark.parametrize("text", ["", "not a url", "mailto:a@b.example", "http://", "http://[::1", "tag:x,2026:1"])
def test_what_is_no_web_address_comes_back_as_it_is(text: str) -> None:
    assert feeds.canonical_url(text).replace("%20", " ") == text


@given(st.text(max_size=100))
def test_canonicalising_never_raises_and_is_one_line(text: str) -> None:
    for url in (text, f"http://{text}", f"https://a.example/{text}", f"https://a.example/?{text}"):
        assert "\n" not in feeds.canonical_url(url)


WEB = r"https?://(www\.|m\.)?[a-z]{1,8}\.example(:8080)?(/[a-z%0-9]{0,5}){0,3}(\?[a-z]{1,3}=[a-z]{0,2})?"


@given(st.from_regex(WEB, fullmatch=True))
def test_canonicalising_twice_changes_nothing(url: str) -> None:
    once = feeds.canonical_url(url)
    assert feeds.canonical_url("https://" + once) == once


@given(
    st.sampled_from(["http", "https"]),
    st.sampled_from(
        ["a.example", "www.a.example", "m.news.co.kr", "www2.b.org", "amp.b.org", "127.0.0.1", "c", "a..b"]
    ),
    st.sampled_from(["", ":80", ":443", ":8080", ":0", ":080", ":65535", ":99999"]),
    st.lists(
        st.sampled_from(["", "1", "news", "Camp", "print", "index.html", "a.amp", "x_~-", "DEFAULT.asp"]), max_size=4
    ),
)
def test_the_shortest_way_to_what_addresses_have_in_common_leads_where_the_long_one_does(
    scheme: str, host: str, port: str, path: list[str]
) -> None:
    """A parameter that says only where the reader came from makes it take the long way."""
    url = f"{scheme}://{host}{port}{'/' if path else ''}{'/'.join(path)}"
    longer = feeds.canonical_url(f"{url}?utm_source=rss")
    assert feeds.canonical_url(url) == longer.removesuffix("?utm_source=rss")  # what has no port that can be is left


def test_an_entry_is_known_by_guid_address_or_title_with_date() -> None:
    assert feeds.keys(ONE) == ("guid:g1", "url:a.example/news/1", "title:2026-03-01T08:00:00 Title")
    assert feeds.keys(replace(ONE, guid=None, published=None)) == ("url:a.example/news/1",)


def test_an_entry_without_identities_is_known_by_what_it_says() -> None:
    bare = Entry(None, None, "Title", summary="text")
    (key,) = feeds.keys(bare)
    assert key.startswith("text:")
    assert feeds.keys(bare) == feeds.keys(replace(bare, authors=("somebody",)))
    assert feeds.keys(bare) != feeds.keys(replace(bare, summary="other"))


def test_an_identity_that_two_entries_share_is_no_key() -> None:
    same_guid = with_keys([ONE, replace(ONE, url="https://a.example/2", title="Two")])
    assert [entry.keys[0] for entry in same_guid] == ["url:a.example/news/1", "url:a.example/2"]
    same_all = with_keys([Entry("g", None, "A"), Entry("g", None, "B")])
    assert len(same_all) == 1  # nothing but a guid, and the same


def test_entries_that_are_alike_in_all_are_one() -> None:
    assert len(with_keys([ONE, ONE, replace(ONE, authors=("x",))])) == 1


ENTRIES = st.builds(
    Entry,
    guid=st.sampled_from([None, "", "g1", "g2", "http://a.example/1"]),
    url=st.sampled_from(
        [None, "http://a.example/", "http://a.example/1", "http://a.example/2", "http://a.example/1?utm_x=1"]
    ),
    title=st.sampled_from(["", "A", "B"]),
    summary=st.sampled_from(["", "x"]),
    published=st.sampled_from([None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)]),
)


@given(st.lists(ENTRIES, max_size=8))
def test_within_a_document_every_entry_has_keys_of_its_own(entries: list[Entry]) -> None:
    kept = with_keys(entries)
    keys = [key for entry in kept for key in entry.keys]
    assert all(entry.keys for entry in kept)
    assert len(set(keys)) == len(keys)


@given(st.lists(ENTRIES, max_size=8))
def test_a_second_look_at_the_same_document_brings_nothing(entries: list[Entry]) -> None:
    known = {key for new in feeds.fresh(with_keys(entries), set()) for key in new.entry.keys}
    assert feeds.fresh(with_keys(entries), known) == ()


@given(st.lists(ENTRIES, max_size=6), st.lists(ENTRIES, max_size=3))
def test_entries_that_were_seen_are_not_fresh_when_others_join_them(entries: list[Entry], others: list[Entry]) -> None:
    first = with_keys(entries)
    known = {key for entry in first for key in (*entry.keys, *feeds.keys(entry))}
    fresh = {id(new.entry) for new in feeds.fresh(first, known)}
    assert not fresh
    joined = with_keys([*others, *entries])
    assert len(joined) <= len(with_keys(others)) + len(first)


def test_known_entries_are_left_out_and_old_ones_are_only_remembered() -> None:
    entries = with_keys(
        [ONE, Entry("g2", None, "Old", published=datetime(2020, 1, 1, tzinfo=UTC)), Entry("g3", None, "New")]
    )
    fresh = feeds.fresh(entries, {"guid:g1"}, oldest=datetime(2026, 1, 1, tzinfo=UTC))
    assert fresh == (NewEntry(entries[1], wanted=False), NewEntry(entries[2], wanted=True))


def test_a_known_entry_under_a_new_guid_is_known_and_its_new_keys_are_told() -> None:
    moved, _ = with_keys([replace(ONE, guid="another", published=None), Entry("g2", "https://a.example/2", "Two")])
    known = set(feeds.keys(ONE))
    assert feeds.fresh([moved], known) == ()
    assert feeds.more_keys([moved], known)[0] == ("url:a.example/news/1", "guid:another")


class Feed:
    """A feed that is polled again and again, as the pipeline does it: what each of its documents brings that is new."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.polled = False

    def shows(self, *entries: Entry) -> list[str]:
        """The titles of what is new in a document of these entries."""
        document, known = with_keys(entries), set()
        learnt = [key for _, key in shared(document)]
        if self.polled:
            known = self.known.intersection(feeds.asked(document))
            document = feeds.at_own_links(document, known, alone=len(entries) == 1)
            learnt += [key for _, key in feeds.more_keys(document, known)]
        fresh = feeds.fresh(document, known)
        self.polled = True
        self.known |= {*learnt, *(key for new in fresh for key in new.entry.keys)}
        return [new.entry.title for new in fresh]


def incident(number: int, *, link: str = "https://status.example/history", **changes: Any) -> Entry:
    return replace(Entry(f"id-{number}", link, f"Incident {number}", published=ONE.published), **changes)


@pytest.mark.parametrize("others", [(), (Entry("blog", "https://status.example/blog", "Blog"),)])
def test_entries_that_come_one_at_a_time_at_one_link_are_new_once_it_had_two_guids(others: tuple[Entry, ...]) -> None:
    """A status page, a changelog: each has a guid of its own, and all of them the page's link.

    The first change of its guid is taken for a new guid of the same entry; from then on nothing is lost.
    """
    feed = Feed()
    assert feed.shows(incident(0), *others)[0] == "Incident 0"
    assert feed.shows(incident(1), *others) == []
    for number in range(2, 6):
        assert feed.shows(incident(number), *others) == [f"Incident {number}"]
        assert feed.shows(incident(number), *others) == []


@pytest.mark.parametrize("others", [(), (Entry("9", "https://a.example/9", "Nine"),)])
@pytest.mark.parametrize("guid", ["1", "tag:a.example,2026:1"])
def test_one_identity_alone_makes_it_the_same_entry(guid: str, others: tuple[Entry, ...]) -> None:
    """A corrected headline under a new guid, an article that moved: nobody wants to read them again."""
    first = Entry(guid, "https://a.example/1", "One", published=ONE.published)
    for changed in (
        Entry(f"{guid}-b", "https://a.example/1", "One, corrected", published=None),
        Entry(guid, "https://a.example/moved", "One, corrected", published=None),
        Entry(f"{guid}-b", "https://a.example/moved", "One", published=ONE.published),
    ):
        feed = Feed()
        feed.shows(first, *others)
        assert feed.shows(changed, *others) == []


def test_a_link_that_two_entries_of_a_document_shared_stays_no_key_when_they_come_alone() -> None:
    feed = Feed()
    other = Entry("blog", "https://status.example/blog", "Blog")
    assert len(feed.shows(incident(0), incident(1), other)) == 3
    for number in range(2, 5):
        assert feed.shows(incident(number), other) == [f"Incident {number}"]


def test_a_guid_that_two_entries_of_a_document_shared_stays_no_key_when_they_come_alone() -> None:
    feed = Feed()
    feed.shows(*(incident(number, guid="feed", link=f"https://status.example/{number}") for number in range(3)))
    for number in range(3, 6):
        alone = incident(number, guid="feed", link=f"https://status.example/{number}")
        assert feed.shows(alone) == [f"Incident {number}"]


def test_a_publisher_that_changes_guids_and_keeps_links_brings_nothing_twice() -> None:
    """Whether its entries are dated or not, and however often it changes them."""
    feed = Feed()
    entries = [incident(n, link=f"https://paper.example/{n}", published=None) for n in range(6)]
    assert len(feed.shows(*entries)) == 6
    for poll in range(4):
        assert feed.shows(*(replace(entry, guid=f"{poll}-{entry.guid}") for entry in entries)) == []
        assert feed.shows(replace(entries[0], guid=f"{poll}-alone")) == []


def test_a_guid_that_all_entries_have_makes_no_link_doubtful() -> None:
    """They are known by their links, and stay so under corrected headlines."""
    feed = Feed()
    entries = [incident(n, guid="feed", link=f"https://paper.example/{n}", published=None) for n in range(4)]
    assert len(feed.shows(*entries)) == 4
    for poll in range(3):
        assert feed.shows(*(replace(entry, title=f"{entry.title}, take {poll}") for entry in entries)) == []


def test_guids_that_number_the_places_of_a_document_hide_no_news() -> None:
    """The newest is always 0. What else its second entry says tells that; from then on nothing is lost."""
    feed = Feed()
    for newest in range(3, 8):
        shown = [Entry(str(n), f"https://a.example/{newest - n}", f"Story {newest - n}") for n in range(3)]
        assert feed.shows(*shown)[:1] == ([] if newest == 4 else [f"Story {newest}"])
    bare = Feed()
    assert len(bare.shows(Entry("1", None, "One"), Entry("2", None, "Two"))) == 2
    assert bare.shows(Entry("1", None, "One, corrected"), Entry("2", None, "Two")) == []


def latest(day: int, **changes: Any) -> Entry:
    """What stands alone in its document, always under one guid."""
    published = datetime(2026, 3, day, tzinfo=UTC)
    return replace(Entry("latest", f"https://a.example/{day}", f"Bulletin {day}", published=published), **changes)


def test_entries_that_come_one_at_a_time_under_one_guid_are_each_new_once() -> None:
    feed = Feed()
    for day, new in ((1, 1), (2, 1), (3, 1), (2, 0), (1, 0), (4, 1)):
        assert len(feed.shows(latest(day))) == new
        assert feed.shows(latest(day)) == []


@pytest.mark.parametrize(
    "edited",
    [
        {"title": "Bulletin, corrected"},
        {"url": "https://a.example/moved"},
        {"published": datetime(2026, 3, 9, tzinfo=UTC)},
        {"url": "https://a.example/moved", "title": "Undated", "published": None},
        {"url": None, "title": "Without a link", "published": datetime(2026, 3, 9, tzinfo=UTC)},
    ],
)
def test_an_entry_that_stands_alone_is_known_by_its_guid_when_it_is_edited(edited: dict[str, Any]) -> None:
    """Link, or headline and date, are what they were, or it states too little to be told from another one."""
    feed = Feed()
    assert feed.shows(latest(1)) == ["Bulletin 1"]
    assert feed.shows(latest(1, **edited)) == []


def test_among_others_a_guid_is_believed() -> None:
    """Several entries have one each: whoever keeps it while all else changes says that it is the same."""
    feed = Feed()
    other = Entry("other", "https://a.example/other", "Another one")
    assert len(feed.shows(latest(1), other)) == 2
    assert feed.shows(latest(2), other) == []


def test_new_versions_of_a_page_that_are_counted_in_the_guid_are_one_entry() -> None:
    """As BBC does it: `#0`, `#1`, often with another headline."""
    feed = Feed()
    other = Entry("2", "https://news.example/2", "Two")
    feed.shows(Entry("https://news.example/1#0", "https://news.example/1?at_medium=RSS", "Fire in harbour"), other)
    for version in range(1, 5):
        again = Entry(f"https://news.example/1#{version}", "https://news.example/1?at_medium=RSS", f"Fire, {version}")
        assert feed.shows(again, other) == []


def test_an_entry_that_stood_among_others_and_then_alone_is_known_by_its_link() -> None:
    feed = Feed()
    one, two = (Entry(None, f"https://a.example/{n}", f"Title {n}") for n in (1, 2))
    assert len(feed.shows(one, two)) == 2
    assert feed.shows(one) == []
    assert feed.shows(one, two) == []


def test_an_entry_that_stood_alone_and_then_among_others_is_known_by_link_and_title() -> None:
    feed = Feed()
    one, two = (Entry(None, f"https://a.example/{n}", f"Title {n}") for n in (1, 2))
    assert feed.shows(one) == ["Title 1"]
    assert feed.shows(one, two) == ["Title 2"]
    assert feed.shows(two, one) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://app.example/news#/3", "https://app.example/news#/4"),
        ("https://app.example/news#!releases", "https://app.example/news#!status"),
        ("https://blog.example/post#comment-1", "https://blog.example/post#comment-2"),
        ("https://app.example/changelog#v1.2", "https://app.example/changelog#v1.3"),
    ],
)
def test_a_fragment_that_numbers_or_routes_tells_entries_apart(one: str, other: str) -> None:
    feed, beside = Feed(), Entry("x", "https://app.example/x", "X")
    assert len(feed.shows(Entry(None, one, "One"), beside)) == 2
    assert feed.shows(Entry(None, other, "Other"), beside) == ["Other"]


@pytest.mark.parametrize("fragment", ["#comments", "#rss", "#xtor=RSS-1", "#:~:text=word", "#ref=rss2", "#"])
def test_a_fragment_that_says_how_a_reader_came_does_not(fragment: str) -> None:
    feed, beside = Feed(), Entry("x", "https://a.example/x", "X")
    feed.shows(Entry(None, "https://a.example/1", "One"), beside)
    assert feed.shows(Entry(None, f"https://a.example/1{fragment}", "One, corrected"), beside) == []


def test_entries_of_one_page_are_told_apart_from_an_article_with_a_new_headline() -> None:
    """Only of the former is the page not read: it is nobody's own."""
    several = with_keys([incident(n) for n in range(4)])
    assert all(entry.shares_page for entry in several)
    assert all(entry.shares_page for entry in with_keys([Entry("g", "https://status.example/", "Front page")]))
    apart = [incident(n, link=f"https://paper.example/{n}") for n in range(9)]
    headlines = with_keys([*apart, replace(apart[0], guid="again", title="Incident 0, corrected")])
    assert not any(entry.shares_page for entry in headlines)
    bare = [incident(1), incident(2)]
    assert not any(entry.shares_page for entry in with_keys(bare)), "without text of their own they have only the page"
    assert all(entry.shares_page for entry in with_keys([replace(each, summary="Solved.") for each in bare]))


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=3, unique=True), max_size=8), st.booleans())
def test_at_one_link_with_several_guids_nothing_is_lost_or_new_twice(polls: list[list[int]], dated: bool) -> None:
    """However many of them each document shows, and in whatever order they come and go."""
    feed, seen = Feed(), {100, 101}
    feed.shows(*(incident(n, published=ONE.published if dated else None) for n in seen))
    for poll in polls:
        new = feed.shows(*(incident(n, published=ONE.published if dated else None) for n in poll))
        assert sorted(new) == sorted(f"Incident {n}" for n in set(poll) - seen)
        seen.update(poll)


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6, unique=True), max_size=8), st.integers(0, 2))
def test_at_links_of_their_own_entries_are_one_under_any_guids(polls: list[list[int]], width: int) -> None:
    """Undated, with guids that change at every poll, in documents of any size."""
    feed, seen = Feed(), set()
    for number, poll in enumerate(polls):
        entries = [
            incident(n, link=f"https://paper.example/{n}", guid=f"{n}-{number % (width + 1)}", published=None)
            for n in poll
        ]
        assert sorted(feed.shows(*entries)) == sorted(f"Incident {n}" for n in set(poll) - seen)
        seen.update(poll)


FEED = (
    b"<rss><channel><title>t</title><lastBuildDate>%s</lastBuildDate><pubDate>%s</pubDate><!-- %s -->"
    b"<item><title>x</title><pubDate>%s</pubDate></item></channel></rss><!-- %s -->"
)


def test_the_fingerprint_passes_over_build_dates_and_comments_only() -> None:
    one = feeds.fingerprint(FEED % (b"Mon", b"Mon", b"0.1 s", b"Mon", b"cached 1"))
    assert one == feeds.fingerprint(FEED % (b"Tue", b"Tue", b"0.2 s", b"Mon", b"cached 2"))
    assert one != feeds.fingerprint(FEED % (b"Mon", b"Mon", b"0.1 s", b"Tue", b"cached 1"))
    assert one != feeds.fingerprint(FEED.replace(b"x</title>", b"y</title>") % ((b"Mon",) * 5))


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_fingerprints_of_different_texts_differ(one: bytes, other: bytes) -> None:
    assert (feeds.fingerprint(one) == feeds.fingerprint(other)) == (one == other) or b"<" in one + other


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:secret@a.example/x?y=1", "https://a.example/x?y=1"),
        ("https://a.example/x@y", "https://a.example/x@y"),
        ("https://token@a.example:8443/", "https://a.example:8443/"),
        ("http://u:p@[::1/", "http://[::1/"),
    ],
)
def test_credentials_are_never_shown(url: str, shown: str) -> None:
    assert feeds.without_credentials(url) == shown


@pytest.mark.parametrize(
    ("url", "whose"),
    [
        ("https://feeds.paper.co.kr/rss", "paper.co.kr"),
        ("http://me:pw@www.paper.co.kr:8080/", "paper.co.kr"),
        ("https://one.blogspot.com/feed", "one.blogspot.com"),
        ("http://127.0.0.1:8001/feed", "127.0.0.1:8001"),
        ("http://me:pw@localhost:8001/feed", "localhost:8001"),
        ("http://[::1]:80/", "[::1]:80"),
        ("http://[bad", "http://[bad"),
    ],
)
def test_a_publisher_is_what_somebody_has_registered(url: str, whose: str) -> None:
    assert feeds.publisher(url) == whose


def told_anew(*titles: str) -> tuple[NewEntry, ...]:
    return tuple(
        NewEntry(Entry(f"new-{n}", f"https://a.example/new/{n}", title), True) for n, title in enumerate(titles)
    )


LONG = tuple(f"The harbour council votes on pier number {number}" for number in range(10))


def test_a_feed_that_comes_back_under_new_ids_is_known_by_its_titles() -> None:
    fresh = told_anew(*LONG, "The ferry company buys another two ships")
    assert feeds.suddenly_new(fresh, total=12)
    again = feeds.renumbered(fresh, [title.upper() for title in LONG])
    assert [new.wanted for new in again] == [False] * 10 + [True]
    assert [new.entry for new in again] == [new.entry for new in fresh], "their new keys are remembered"


def test_titles_in_chinese_characters_tell_as_much_as_longer_ones() -> None:
    """Twelve characters of Korean are a whole headline; a title of the kind that comes every day is not."""
    headlines = [f"북한 미사일 {n}발 발사" for n in range(1, 8)]
    assert not any(new.wanted for new in feeds.renumbered(told_anew(*headlines), headlines))
    assert all(
        new.wanted for new in feeds.renumbered(told_anew("아침 뉴스", "속보", "날씨"), ["아침 뉴스", "속보", "날씨"])
    )


def test_titles_that_say_little_lose_no_entry() -> None:
    briefings = told_anew(*["Morning briefing of the harbour"] * 5, "Short title", "Another")
    told = ["Morning briefing of the harbour", "Short title", "Another"]
    assert all(new.wanted for new in feeds.renumbered(briefings, told)), "the same for all, or short"
    mostly_new = told_anew(*LONG[:4], *(f"Something else happens in town {n}" for n in range(6)))
    assert all(new.wanted for new in feeds.renumbered(mostly_new, LONG)), "less than half are known"


def test_a_few_new_entries_of_many_are_no_renumbering() -> None:
    assert not feeds.suddenly_new(told_anew(*LONG[:8]), total=10)
    assert not feeds.suddenly_new(told_anew(*LONG[:2]), total=2)


def test_text_that_is_wrapped_anew_is_the_same_entry() -> None:
    """Where there is neither guid nor link nor dated title, its text is all that an entry is known by."""
    said = Entry(None, None, "Tides", summary="<p>High water at six.</p><p>Low at noon.</p>")
    wrapped = replace(said, summary="<p>High water\n  at six.</p>\n<p>Low at noon.</p>\n")
    assert feeds.keys(said) == feeds.keys(wrapped)
    assert feeds.keys(said) != feeds.keys(replace(said, summary="<p>High water at seven.</p>"))
