"""What publishers could put into titles, links, names and texts to do harm: none of it leaves as more than text."""

from __future__ import annotations

import email
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from email import policy
from html import escape

import editions
import pytest
from editions import HOSTILE_LINKS, HOSTILE_TITLES
from hypothesis import given, settings
from hypothesis import strategies as st
from markup import Seen, assert_harmless

from digest import compose, extract, feeds, stories
from digest.model import Coverage, Digest, Message
from digest.render import Renderer, mime
from digest.render.clean import cleaned, link

RENDERER = Renderer()
OURS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]


def sent(message: Message) -> bytes:
    return mime(
        message,
        sender="Desk <desk@example.org>",
        recipient="reader@example.org",
        message_id="<1@example.org>",
        date=datetime(2026, 11, 22, tzinfo=UTC),
        list_id="<daily.example.org>",
    )


def titled(title: str, **more: object) -> Digest:
    story = editions.flagged(1, "Outlet", title, "Pyongyang said so.", why=(editions.nk(1, "Pyongyang"),))
    story = replace(story, article=replace(story.article, **more))
    return compose.edition(editions.Desk(), stories.group([story]), editions.TITLES, editions.WINDOW, Coverage(1, 1))


@pytest.fixture(scope="module")
def hostile() -> Message:
    return RENDERER.message(editions.hostile())


def test_the_html_has_no_element_attribute_comment_or_link_that_is_not_ours(hostile):
    seen = assert_harmless(hostile.html)
    text = seen.text
    assert "<script>alert(1)</script><img src=x onerror=alert(1)>" in text
    assert "{{ 7 * 7 }} {% for a in [] %}{{ ''.__class__.__mro__ }} {# gone #}" in text
    assert "Percent %(title)s %s %d %% and \\1 \\u0041" in text


def test_no_part_has_a_control_or_a_character_that_turns_text(hostile):
    for part in (hostile.html, hostile.text, hostile.subject):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", part)


def test_the_finished_message_has_exactly_our_headers(hostile):
    raw = sent(hostile)
    again = email.message_from_bytes(raw, policy=policy.default)
    assert list(again.keys()) == OURS
    assert not again.defects
    assert [part.get_content_type() for part in again.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert [part.get_content().replace("\r\n", "\n") for part in again.iter_parts()] == [hostile.text, hostile.html]
    assert b"victim@example.org" not in raw.split(b"\r\n\r\n")[0].replace(b"= ?", b"")


TITLE_KINDS = (
    "line-ends",
    "NUL-and-escapes",
    "line-separators",
    "bidi-controls",
    "encoded-words",
    "encoded-header",
    "5000-in-words",
    "5000-in-one-word",
    "only-emoji",
    "right-to-left",
    "script",
    "template-syntax",
    "svg-mathml-srcdoc",
    "style-and-comments",
    "entities-and-cdata",
    "percent-formats",
    "surrogates-and-nonchars",
    "empty",
    "only-spaces",
)


@pytest.mark.parametrize("title", HOSTILE_TITLES, ids=TITLE_KINDS)
def test_any_title_becomes_one_harmless_subject_line(title):
    message = RENDERER.message(titled(title))
    again = email.message_from_bytes(sent(message), policy=policy.default)
    assert list(again.keys()) == OURS
    subject = str(again["Subject"])
    assert subject.startswith("Korea desk: 1 story — ")
    assert len(subject) <= 150
    assert subject.replace("\u200d", "").isprintable()
    assert "=?" not in subject
    assert_harmless(message.html)


@pytest.mark.parametrize("url", HOSTILE_LINKS, ids=range(len(HOSTILE_LINKS)))
def test_a_link_leaves_only_as_plain_http_to_the_host_it_shows(url):
    message = RENDERER.message(titled("A title", url=url))
    seen = assert_harmless(message.html)
    assert all("javascript:" not in it and "data:" not in it and "secret" not in it for it in seen.links())
    for shown in re.findall(r"\S+://\S+", message.text):
        assert re.fullmatch(r"https?://[\x21-\x7e]+", shown)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a?b=c&d=%20#e", "https://example.org/a?b=c&d=%20#e"),
        ("HTTPS://EXAMPLE.org/Ä ".strip(), "https://example.org/%C3%84"),
        ("https://münchen.example/straße?q=ü", "https://xn--mnchen-3ya.example/stra%C3%9Fe?q=%C3%BC"),
        ("https://b\u0430nk.example/", "https://xn--bnk-6cd.example/"),
        ("https://예시.example/기사", "https://xn--vv4b11d.example/%EA%B8%B0%EC%82%AC"),
        ("http://user:pass@example.org:8080/x", "http://example.org:8080/x"),
        ("https://[2001:db8::1]/x", "https://[2001:db8::1]/x"),
        ("https://example.org", "https://example.org/"),
        ("javascript:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,x", None),
        ("mailto:a@example.org", None),
        ("//example.org/x", None),
        ("example.org/x", None),
        ("https://exa mple.org/", None),
        ("https://example.org\\@evil.example/", None),
        ("https://example.org:99999/", None),
        ("https://-\u2028.example/", None),
        ("https://\u202eexample.org/", None),
        ("https://a" + "\u0301" * 300 + ".example/", None),
        ("", None),
        (None, None),
    ],
)
def test_links_are_made_safe_or_dropped(url, expected):
    assert link(url) == expected


MARKUP = (
    "<script>alert(1)</script>",
    "<style>*{display:none}</style><p style='position:fixed;background:url(https://spy.example/1)'>Fixed</p>",
    "<math><mi>x</mi><annotation-xml encoding='text/html'><img src=x onerror=alert(1)></annotation-xml></math>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe>",
    "<a href='javascript:alert(1)'>a</a> <a href='data:text/html,x'>b</a> <a href='java&#x0A;script:alert(1)'>c</a>",
    "<form action=https://spy.example><input name=password><button>Go</button></form>",
    "<img src=https://spy.example/pixel.gif width=1 height=1><object data=x></object><embed src=x>",
    "<!--[if mso]><v:shape href='https://spy.example'></v:shape><![endif]-->",
    "<p>{{ 7 * 7 }} {% include 'x' %}</p>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
)


@pytest.mark.parametrize("complete", [True, False], ids=["the text of a page that gave none", "the feed's own text"])
@pytest.mark.parametrize("markup", MARKUP, ids=range(len(MARKUP)))
def test_markup_in_a_summary_leaves_as_text_or_not_at_all(markup, complete):
    """The whole way: a feed's HTML is read, made text, quoted and mailed; no element, link or picture of it is left."""
    body = f"Pyongyang said so. {markup} Pyongyang said more."
    feed = f"""<rss version="2.0"><channel><title>F</title><item><title>T</title><link>https://a.example/1</link>
    <guid>1</guid><description>{escape(body)}</description></item></channel></rss>"""
    [entry] = feeds.parse(feed.encode(), {}, "https://a.example/feed").entries
    article = extract.from_claims(entry.url, feeds.claims(entry, "en", "F"), "")
    story = editions.flagged(1, "F", article.title, article.text, why=(editions.nk(1, "Pyongyang"),))
    story = replace(story, article=replace(article, complete=complete))
    digest = compose.edition(editions.Desk(), stories.group([story]), editions.TITLES, editions.WINDOW, Coverage(1, 1))
    message = RENDERER.message(digest)
    seen = assert_harmless(message.html)
    assert set(seen.links()) == {"https://a.example/1"}
    assert seen.pictures() == []
    assert "Pyongyang said so." in seen.text
    assert " 49 " not in seen.text
    email_again = email.message_from_bytes(sent(message), policy=policy.default)
    assert list(email_again.keys()) == OURS


def test_what_a_chat_is_told_has_no_controls_and_no_link_but_http(hostile):
    told = RENDERER.chat(editions.hostile())
    title, _, body = told.partition("\n\n")
    assert "\n" not in title
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", told)
    assert len(re.findall(r"^\d+\. ", body, re.MULTILINE)) == 10
    assert all(line.startswith(("http://", "https://")) for line in body.splitlines() if re.match(r"\w+://", line))


def test_template_syntax_in_feeds_is_never_run():
    for title in (
        "{{ 7 * 7 }}",
        "{% include 'subject.txt.j2' %}",
        "{{ digest.__class__ }}",
        "${7*7} #{7*7} <%= 7*7 %>",
    ):
        message = RENDERER.message(titled(title))
        assert title in message.text
        assert title in Seen(message.html).text
        assert "49" not in message.subject


def test_a_story_of_two_hundred_thousand_words_is_quoted_like_any_other():
    text = "\n\n".join("The envoy left Pyongyang for talks and nobody was told why. " * 9 for _ in range(2_300))
    assert len(text.split()) > 200_000
    spent = time.process_time()
    story = editions.flagged(1, "A", "Long", text, why=(editions.nk(1, "Pyongyang"),))
    digest = compose.edition(editions.Desk(), stories.group([story]), editions.TITLES, editions.WINDOW, Coverage(1, 1))
    message = RENDERER.message(digest)
    assert time.process_time() - spent < 5
    assert len(message.html) < 8_000


def test_five_hundred_stories_arrive_in_one_message_that_is_not_clipped():
    digest = compose.edition(
        editions.Desk(max_stories=500),
        stories.group(editions.busy(500, words=60)),
        editions.TITLES,
        editions.WINDOW,
        Coverage(9, 9),
    )
    message = RENDERER.message(digest)
    assert_harmless(message.html)
    again = email.message_from_bytes(sent(message), policy=policy.default)
    assert list(again.keys()) == OURS
    assert len(re.findall(r"^\d+\. ", message.text, re.MULTILINE)) == 500


_ANY = st.text(st.characters(), max_size=120) | st.text(
    st.sampled_from(list("<>&\"'{}%=?:/@\r\n\x00\u202e\u2028\ud800a b#;-!")), max_size=60
)


@settings(max_examples=120)
@given(title=_ANY, outlet=_ANY, author=_ANY, text=_ANY, url=_ANY, language=_ANY, error=_ANY)
def test_no_text_whatever_breaks_out(title, outlet, author, text, url, language, error):
    """For any title, outlet, author, text, link, language and error the HTML is ours and so are the headers."""
    story = editions.flagged(1, "A", title, text, why=(editions.rule("bank-of-korea", 1, error or "x"),), terms=("a",))
    article = replace(
        story.article, url=f"https://a.example/{url}", authors=(author,), language=language, complete=False, error=error
    )
    story = replace(story, article=article, feed_name=outlet)
    digest = compose.edition(
        editions.Desk(title=outlet), stories.group([story]), editions.TITLES, editions.WINDOW, Coverage(1, 1)
    )
    message = RENDERER.message(digest)
    assert_harmless(message.html)
    again = email.message_from_bytes(sent(message), policy=policy.default)
    assert list(again.keys()) == OURS
    assert str(again["Subject"]) == message.subject


def test_cleaning_keeps_what_people_write():
    text = "“Ça va?” — 북한, 制裁, مبعوث, बातचीत, 👩🏽‍🚒 1 % (½)"
    assert cleaned(text) == text
