"""What reading a page promises beside the golden pages: bounds, encodings, purity, honesty, learning across pages."""

from __future__ import annotations

import json
import pickle
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace

import golden
import pytest

from digest.extract import article, from_claims, plain_trafilatura, read, reclean
from digest.model import FeedClaims, Field, Hit, Lesson, Page, SiteKnowledge

PARAGRAPH = "<p>" + "The committee met again on Tuesday and came no nearer to an answer. " * 4 + "</p>"
CLAIMS = FeedClaims(title="The committee met again", summary="It came no nearer to an answer on Tuesday.")


def page(markup: str | bytes, content_type: str = "text/html") -> Page:
    body = markup if isinstance(markup, bytes) else markup.encode()
    return Page("https://example.org/a", body, content_type)


def whole(inside: str) -> str:
    return f"<html><head><title>The committee met again</title></head><body>{inside}</body></html>"


ODD_SHAPES = {
    "100,000 attributes": whole("<div " + " ".join(f"a{n}='x'" for n in range(100_000)) + f">{PARAGRAPH * 4}</div>"),
    "attributes with brackets": whole("<div " + " ".join(f"a{n}='>'" for n in range(20_000)) + f">{PARAGRAPH}</div>"),
    "400 levels": whole("<div>" * 400 + PARAGRAPH * 4 + "</div>" * 400),
    "100,000 levels": whole("<div>" * 100_000 + PARAGRAPH * 4),
    "100,000 items": whole("<ul>" + "<li>word <a href=x>word</a></li>" * 100_000 + "</ul>"),
    "unclosed formatting": whole("<b>x<p>y" * 20_000),
    "a wall of brackets": "<" * 500_000,
    "15,000 headlines with dates": whole("<h1>3 May 2026</h1>" * 15_000 + PARAGRAPH * 4),
    "nested JSON-LD": whole('<script type="application/ld+json">' + '{"a":' * 50_000 + "</script>" + PARAGRAPH * 4),
    "a title of separators": f"<html><head><title>{' | a' * 20_000}</title></head><body>{PARAGRAPH * 4}</body></html>",
    "strings in scripts": whole("<script>x=" + '"\\u003cp' * 20_000 + "</script>"),
}


@pytest.mark.parametrize("shape", ODD_SHAPES)
def test_a_page_of_odd_shape_costs_seconds_at_most_and_still_gives_an_article(shape: str):
    started = time.process_time()
    found = article(page(ODD_SHAPES[shape]), CLAIMS)
    assert time.process_time() - started < 15
    assert found.text
    assert found.complete or found.error


def test_nesting_deeper_than_libxml2_reads_by_itself_is_read_all_the_same():
    found = article(page(ODD_SHAPES["400 levels"]), CLAIMS)
    assert found.complete
    assert "no nearer to an answer" in found.text


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"x" * 13_000_000, "larger than 12 MB"),
        (b"<p>x</p>" * 12_500_000, "larger than 12 MB"),
        (b"%PDF-1.7 ...", "no HTML"),
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"\x00" * 500, "no HTML"),
    ],
    ids=["huge", "100 MB", "PDF", "nothing", "blank", "zeros"],
)
def test_what_is_no_page_gives_the_feed_s_text_and_says_why(body: bytes, reason: str):
    found = article(page(body), CLAIMS)
    assert found.text == CLAIMS.summary
    assert not found.complete
    assert reason in (found.error or "")


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<h1>Just a moment</h1><p>Checking your browser before you go on.</p>", "a proof of being human"),
        ("<h1>Error 404</h1><p>What you look for is gone.</p>", "an error page"),
        ("<p>Please verify you are human to go on.</p><p>Ray ID: 8f2</p>", "a proof of being human"),
        ("<p>Hello.</p><nav>" + "<a href=/x>Elsewhere in the harbour</a> " * 30 + "</nav>", "no article was found"),
        ("<p>word</p>" * 20_001, "more than 20,000 pieces"),
        ("<div>" * 3_000 + PARAGRAPH * 4, "nested too deep"),
    ],
    ids=["guard", "gone", "bot check", "nothing", "too many pieces", "too deep"],
)
def test_a_page_that_is_no_article_says_what_it_is(inside: str, reason: str):
    found = article(page(f"<html><head><title>Harbour</title></head><body>{inside}</body></html>"), CLAIMS)
    assert not found.complete
    assert reason in (found.error or "")
    assert CLAIMS.summary in found.text or PARAGRAPH[3:60] in found.text


def test_a_short_item_is_whole_where_no_script_could_bring_the_rest():
    """Few words speak of JavaScript only where the page runs any."""
    words = "The committee met again on Tuesday evening, and agreed that the sluice will stay shut until Easter."
    brief = f"<html><head><title>Sluice</title>{{}}</head><body><h1>Sluice</h1><p>{words}</p></body></html>"
    assert article(page(brief.format(""))).complete
    assert "JavaScript" in (article(page(brief.format("<script src=/app.js></script>"))).error or "")


def test_a_copyright_year_is_no_date():
    """The first of January is believed only where the page names the day."""
    inside = f"<html><body><h1>Harbour</h1><article>{PARAGRAPH * 4}</article><footer>{{}}</footer></body></html>"
    assert article(page(inside.format("© 2025 The Gazette"))).published is None
    named = article(page(inside.format("On the quay since Jan 1, 2025"))).published
    assert named is not None
    assert named.date().isoformat() == "2025-01-01"


LINES = [
    f"The {thing} was the last matter of the evening, and took the board longer than all others."
    for thing in ("sluice", "ferry", "bridge", "quay")
]


def test_plain_text_keeps_its_paragraphs():
    assert article(page("\n\n".join(LINES))).text.split("\n\n") == LINES
    wrapped = "\r\n\r\n".join(line.replace(", ", ",\r\n") for line in LINES)
    assert article(page(wrapped)).text.split("\n\n") == LINES


def test_a_body_that_is_only_declared_keeps_its_paragraphs():
    declared = {"@type": "NewsArticle", "headline": "Sluice", "articleBody": "\n\n".join(LINES)}
    head = f"<title>Sluice</title><script type='application/ld+json'>{json.dumps(declared)}</script>"
    found = article(page(f"<html><head>{head}</head><body><div id=app></div></body></html>"))
    assert found.text.split("\n\n") == LINES


def test_the_common_role_of_several_authors_is_no_author():
    byline = "<p class=byline>By Ada Quill, Bob Ray and Cy Dee, Transport Correspondents</p>"
    found = article(page(f"<html><body><h1>Harbour</h1>{byline}<article>{PARAGRAPH * 4}</article></body></html>"))
    assert found.authors == ("Ada Quill", "Bob Ray", "Cy Dee")


KOREAN = "이것은 한국어로 쓴 문장이며 회의는 화요일에 다시 열렸다."
JAPANESE = "これは日本語で書かれた文章であり、会議は火曜日に再び開かれた。"
CHINESE = "这是用中文写的一句话，会议在星期二又开了一次，没有结果。"
RUSSIAN = "Это предложение написано по-русски, и заседание прошло во вторник."
GERMAN = "Dies ist ein deutscher Satz, und die Sitzung fand am Dienstag für alle Übrigen statt."


@pytest.mark.parametrize(
    ("sentence", "encoding", "declared"),
    [
        (KOREAN, "euc-kr", "euc-kr"),
        (KOREAN, "cp949", "iso-8859-1"),
        (JAPANESE, "shift_jis", "shift_jis"),
        (JAPANESE, "euc-jp", "utf-8"),
        (JAPANESE, "iso2022_jp", "iso-2022-jp"),
        (CHINESE, "gb18030", "gb2312"),
        (CHINESE, "gbk", "iso-8859-1"),
        (RUSSIAN, "windows-1251", "windows-1251"),
        (RUSSIAN, "koi8-r", "koi8-r"),
        (GERMAN, "cp1252", "iso-8859-1"),
        (GERMAN, "utf-8", "iso-8859-1"),
        (GERMAN, "utf-16", ""),
        (GERMAN, "utf-8-sig", ""),
    ],
)
def test_text_is_decoded_as_it_was_written_also_when_it_is_declared_wrongly(sentence, encoding, declared):
    meta = f'<meta charset="{declared}">' if declared else ""
    markup = (
        f"<html><head>{meta}</head><body><article><h1>x</h1>" + f"<p>{sentence}</p>" * 12 + "</article></body></html>"
    )
    assert sentence in article(page(markup.encode(encoding))).text


def test_the_header_s_charset_is_heeded():
    markup = whole(f"<article><h1>x</h1><p>{RUSSIAN}</p>" + f"<p>{RUSSIAN}</p>" * 9 + "</article>").encode("koi8-r")
    assert RUSSIAN in article(page(markup, "text/html; charset=KOI8-R")).text


def test_a_few_broken_bytes_do_not_spoil_a_page_in_utf_8():
    markup = (
        whole(f"<article><h1>x</h1>{f'<p>{GERMAN}</p>' * 12}</article>").encode().replace(b"Sitzung", b"Sitz\xffung", 1)
    )
    assert article(page(markup)).text.count("Übrigen") == 12


def test_a_paragraph_with_readings_above_its_words_comes_once_and_whole():
    ruby = "<ruby>尹<rp>（</rp><rt>ユン</rt><rp>）</rp></ruby>"
    inside = "".join(
        f"<p>{ruby}大統領は{n}日夜、緊急談話を出し、野党が国政を麻痺させていると述べて理解を求めた。</p>"
        for n in range(3, 9)
    )
    found = article(page(whole(f"<article><h1>緊急談話</h1>{inside}</article>")))
    assert [found.text.count(f"大統領は{n}日夜") for n in range(3, 9)] == [1] * 6


def test_the_feed_s_own_text_stands_in_with_the_reason():
    claims = replace(
        CLAIMS,
        content="The committee met again.\n\nIt came no nearer to an answer.",
        authors=("Ida Roy",),
        language="en-GB",
        site="Ex",
    )
    found = from_claims("https://example.org/a", claims, "the page could not be had")
    assert (found.text, found.title, found.authors) == (claims.content, claims.title, claims.authors)
    assert (found.complete, found.error, found.language, found.site) == (False, "the page could not be had", "en", "Ex")


def test_the_feed_s_word_on_title_author_and_date_goes_before_the_page_s():
    known = next(one for one in golden.load() if one.name == "rheinbote-1")
    moment = known.moment
    assert moment is not None
    claims = FeedClaims(title="Rheinpromenade: Umbau gestoppt", authors=("von K. Ostheim",), published=moment)
    found = article(known.page, claims)
    assert (found.title, found.authors, found.published) == (claims.title, ("K. Ostheim",), moment)


def test_reading_opens_no_connection(monkeypatch: pytest.MonkeyPatch):
    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    for known in golden.load()[:6]:
        assert article(known.page, known.claims).text


def test_reading_one_page_leaves_nothing_behind_that_changes_the_next():
    pages = [known.page for known in golden.load()[:12]]
    first = [article(one) for one in pages]
    assert [article(one) for one in reversed(pages)] == first[::-1]


def test_an_article_survives_the_way_between_processes():
    known = golden.load()[0]
    found = read(known.page)
    assert pickle.loads(pickle.dumps(found)) == found


def test_every_change_is_told():
    known = next(one for one in golden.load() if one.name == "harbour-gazette-1")
    told = {(change.step, change.action) for change in read(known.page).changes}
    assert ("biography", "dropped") in told
    assert ("byline", "dropped") in told


def test_the_difference_to_plain_trafilatura_can_be_shown():
    known = next(one for one in golden.load() if one.name == "harbour-gazette-1")
    assert "is a fellow at the Institute" in plain_trafilatura(known.page)
    assert "is a fellow at the Institute" not in article(known.page).text


# --- what is known of the site --------------------------------------------------------------------


def issue(number: int, standing: str = "", extra: str = "") -> Page:
    sentence = f"Report number {number} tells of matter {number * 7} that no other report has told of before. "
    own = f"<p>{sentence * 3}</p>{extra}<p>{sentence[::-1] * 2}</p>"
    return page(whole(f"<article><h1>Report {number}</h1>{own}{standing}</article>"))


UNKNOWN = SiteKnowledge("example.org")
STANDING = "Our desk in the capital files a note on trade to this page on every working day."
NOTE = f"<p>{STANDING}</p>"


def lesson(one: Page, site: SiteKnowledge = UNKNOWN) -> Lesson:
    found = read(one, site=site).lesson
    assert found is not None
    return found


def taught(*pages: Page) -> SiteKnowledge:
    """What distinct articles teach of their site."""
    seen = Counter(block for one in pages for block in lesson(one).blocks)
    return SiteKnowledge("example.org", len(pages), {block: count for block, count in seen.items() if count > 1})


def test_what_recurs_on_a_site_is_dropped_from_its_third_page_on():
    assert STANDING in article(issue(1, NOTE), site=taught()).text
    assert STANDING in article(issue(2, NOTE), site=taught(issue(1, NOTE))).text
    found = article(issue(3, NOTE), site=taught(issue(1, NOTE), issue(2, NOTE)))
    assert STANDING not in found.text
    assert "Report number 3" in found.text


def test_what_a_page_says_twice_itself_is_its_form_and_stays():
    form = (
        "<h2>Pros</h2><p>It is cheap to run and easy to carry home.</p><h2>Pros</h2><p>It has a handle that folds.</p>"
    )
    known = taught(*(issue(number, form) for number in range(1, 4)))
    assert article(issue(4, form), site=known).text.count("Pros") == 2


def test_background_that_some_stories_share_stays_inside_them_where_a_standing_note_goes():
    """An agency repeats a paragraph of background in one story of six; that is no furniture."""
    background = "<p>The two halves of the town have been at odds since the great flood of the year 1954.</p>"
    pages = [issue(number, NOTE, background if number % 6 == 0 else "") for number in range(1, 31)]
    found = article(issue(36, NOTE, background), site=taught(*pages)).text
    assert "since the great flood" in found
    assert STANDING not in found


def test_short_lines_are_dropped_only_at_either_end():
    heading = "<h2>In brief</h2>"
    pages = [issue(number, NOTE, heading) for number in range(1, 4)]
    assert "In brief" in article(issue(4, NOTE, heading), site=taught(*pages)).text


def test_a_page_learns_on_while_what_was_learnt_is_dropped():
    known = taught(issue(1, NOTE), issue(2, NOTE))
    assert len(lesson(issue(3, NOTE), known).blocks) == len(lesson(issue(3), known).blocks) + 1


def test_a_page_that_gave_no_whole_article_teaches_nothing():
    assert read(page(whole("<p>Please log in.</p><input type=password>")), CLAIMS).lesson is None


def test_a_stored_article_is_cleaned_again_and_its_hits_move_with_its_text():
    pages = [issue(number, NOTE) for number in range(1, 5)]
    known = taught(*pages)
    first = article(pages[0], site=UNKNOWN)
    stored = replace(first, text=f"{STANDING}\n\n{first.text.removesuffix(STANDING).strip()}")
    cleaned = reclean(stored, known)
    assert cleaned.dropped == (STANDING,)
    at = stored.text.index("matter 7")
    hits = (Hit(Field.BODY, 0, 8, "desk"), Hit(Field.TITLE, 0, 6, "Report"), Hit(Field.BODY, at, at + 8, "matter"))
    title, body = cleaned.moved(hits)
    assert title == hits[1]
    assert cleaned.article.text[body.start : body.end] == "matter 7"


def test_an_article_is_not_cleaned_of_what_only_it_has():
    pages = [issue(number, NOTE) for number in range(1, 3)]
    first = article(pages[0])
    assert reclean(first, taught(*pages)).article == first


def test_a_worker_starts_reading_without_the_rest_of_the_program():
    code = "import sys, digest.extract; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"aiohttp", "sqlalchemy", "apscheduler"} & set(done.stdout.split())
