"""What single steps take off an article and put back, each on the smallest page that shows it."""

from __future__ import annotations

from digest.extract import blocks, read
from digest.extract.draft import align
from digest.extract.tree import parse
from digest.model import Page

WORDS = (
    "The council heard on {day} that the {thing} would need new {part} before winter, and argued until noon about it."
)
THINGS = ("ferry", "bridge", "lighthouse", "dredger", "sluice", "quay", "crane", "tug")
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Easter")
PARTS = ("engines", "planks", "lamps", "chains", "gates", "stones", "ropes", "anchors")
BODY = [WORDS.format(day=day, thing=thing, part=part) for day, thing, part in zip(DAYS, THINGS, PARTS, strict=True)]


def paragraphs(*numbers: int) -> str:
    return "".join(f"<p>{BODY[number]}</p>" for number in numbers)


def text(inside: str) -> list[str]:
    """The paragraphs of an article with this inside, its headline excepted."""
    page = f"<html lang=en><title>Harbour works</title><article><h1>Harbour works</h1>{inside}</article></html>"
    return read(Page("https://example.org/a", page.encode())).article.text.split("\n\n")


def body(*numbers: int) -> list[str]:
    return [BODY[number] for number in numbers]


def test_links_under_the_same_label_go_in_a_language_that_no_list_of_words_knows():
    link = "<p>FUNDA LAPHA | <a href=/{n}>Another story of the harbour, number {n}</a></p>"
    inside = paragraphs(0, 1, 2) + link.format(n=1) + paragraphs(3, 4) + link.format(n=2) + paragraphs(5, 6, 7)
    assert text(inside) == body(0, 1, 2, 3, 4, 5, 6, 7)


def test_a_short_list_of_links_in_the_body_goes_and_an_announced_one_stays():
    items = "".join(f"<li><a href=/{n}>A report of the harbour works</a>, by committee {n}</li>" for n in (1, 2))
    before, after = paragraphs(0, 1, 2, 3), paragraphs(4, 5, 6, 7)
    assert text(f"{before}<ul>{items}</ul>{after}") == body(*range(8))
    announced = text(f"{before}<p>The council had read these reports before it met:</p><ul>{items}</ul>{after}")
    assert "- A report of the harbour works, by committee 2" in announced


def test_a_box_of_facts_with_a_heading_goes_and_the_body_s_own_sections_stay():
    facts = "<div class=x1><h3>The dredger</h3><p>Built in 1931, she has cleared the channel ever since then.</p></div>"
    inset = text(paragraphs(0, 1, 2) + facts + paragraphs(3, 4, 5, 6, 7))
    assert inset == body(*range(8))
    sections = "".join(f"<div class=x1><h3>Part {n}</h3>{paragraphs(2 * n, 2 * n + 1)}</div>" for n in range(4))
    assert [line for line in text(sections) if line.startswith("Part")] == [f"Part {n}" for n in range(4)]


def test_what_a_subscription_offers_goes_with_the_line_that_asks_for_it():
    offer = (
        "<div class=o><div><p>This article is for subscribers only.</p><p>Print readers register without cost.</p>"
        "<dl><dt>With an account</dt><dd>read every article of the week</dd>"
        "<dd>get our letters on time</dd></dl></div></div>"
    )
    found = text(paragraphs(0, 1, 2, 3) + offer)
    assert found == body(0, 1, 2, 3)


def test_a_list_between_paragraphs_is_part_of_the_body():
    items = "".join(f"<li>{part}</li>" for part in PARTS)
    found = text(f"{paragraphs(0, 1, 2)}<p>To be bought:</p><ul>{items}</ul>{paragraphs(3, 4, 5)}")
    assert [line for line in found if line.startswith("- ")] == [f"- {part}" for part in PARTS]


def test_a_page_may_leave_out_the_tags_of_its_body():
    """HTML lets authors leave out <head> and <body>; libxml2 then takes <article> for a part of the head."""
    page = f"<!doctype html><title>Harbour works</title><main><article><h1>Harbour works</h1>{paragraphs(*range(8))}"
    found = read(Page("https://example.org/a", page.encode()))
    assert [change.numbers for change in found.changes] == [(0,)]
    assert found.article.text.split("\n\n") == body(*range(8))


def test_the_table_of_a_cookie_dialogue_is_never_the_body():
    rows = "".join(
        f"<tr><td>session-{n}</td><td>{n} months</td><td>It remembers for {n} months what you agreed to.</td></tr>"
        for n in range(1, 30)
    )
    dialogue = f"<div class=cookielaw-settings><table><tr><th>Cookie</th></tr>{rows}</table></div>"
    assert text(paragraphs(0, 1, 2, 3) + dialogue) == body(0, 1, 2, 3)


def test_headings_that_trafilatura_leaves_out_stand_before_their_paragraphs_again():
    sections = "".join(f"<h2>Part {n}</h2>{paragraphs(2 * n, 2 * n + 1)}" for n in range(4))
    share = "<p class=share><a href=/s>Send this to a friend of the harbour</a></p>"
    page = f"<title>Harbour works</title><section><div class=col-8>{sections}{share}{paragraphs(0)}</div></section>"
    found = read(Page("https://example.org/a", page.encode())).article.text.split("\n\n")
    assert [line for line in found if line.startswith("Part")] == [f"Part {n}" for n in range(1, 4)]
    assert found.index("Part 2") + 1 == found.index(BODY[4])
    assert not [line for line in found if line.startswith("Send")]


def test_headings_by_role_and_short_paragraphs_stay_where_an_article_comes_in_portions():
    """WAI-ARIA's role "heading" with a level makes a heading of any box; advertisements part long articles."""
    portion = (
        "<div class='body chunk'><div role=heading aria-level=3>Works of {day}</div>{text}"
        "<p>So it was.</p></div><div class=ad-slot></div>"
    )
    parts = [portion.format(day=DAYS[n], text=paragraphs(2 * n, 2 * n + 1)) for n in range(4)]
    expected = [line for n in range(4) for line in (f"Works of {DAYS[n]}", *body(2 * n, 2 * n + 1), "So it was.")]
    assert text(f"<div class=portions>{''.join(parts)}</div>")[1:-1] == expected[1:-1]


def test_a_heading_marked_for_the_table_of_contents_stays():
    inside = paragraphs(0, 1, 2) + "<h2 class='heading toc'>What it costs</h2>" + paragraphs(3, 4, 5, 6, 7)
    assert "What it costs" in text(inside)


def test_questions_and_answers_in_a_box_of_their_own_stay():
    asked = "".join(
        f"<h3>Who pays for part {n}?</h3><p>The town does, as it did for part {n - 1}.</p>" for n in (1, 2, 3)
    )
    found = text(f"{paragraphs(*range(8))}<div class=x1>{asked}</div>")
    assert found[-2:] == ["Who pays for part 3?", "The town does, as it did for part 2."]


def test_many_notes_of_one_make_are_the_article_s_own_and_one_with_a_link_is_an_offer():
    def notes(count: int) -> str:
        note = "<div class=n><p>Ledger {n}, in <a href=/l{n}>the library</a>.</p></div>"
        return "".join(note.format(n=n) for n in range(count))

    long = "".join(paragraphs(*range(8)).replace("noon", until) for until in ("one", "two", "three", "four"))
    assert text(long + notes(7))[-1] == "Ledger 6, in the library."
    assert text(long + notes(1) + paragraphs(0))[-2:] == [BODY[7].replace("noon", "four"), BODY[0]]


def test_a_standfirst_beside_a_picture_is_no_caption():
    said = "The harbour works go on, and nobody on the council knows what they will cost."
    page = (
        f"<html lang=en><title>Harbour works</title><meta name=description content='{said}'><article>"
        f"<h1>Harbour works</h1><div class=top><p>{said}</p><img src=/p.jpg></div>{paragraphs(*range(8))}</article>"
    )
    found = read(Page("https://example.org/a", page.encode())).article
    assert (found.lead, found.text.split("\n\n")[:2]) == (said, [said, BODY[0]])


def test_notes_in_place_of_other_sites_content_go():
    notes = (
        "An dieser Stelle finden Sie einen von unseren Redakteuren ausgewählten, externen Inhalt zum Text.",
        "Ich bin damit einverstanden, dass mir der externe Inhalt angezeigt wird. Mehr dazu im Datenschutz.",
        "To view this content, please allow the cookies of the site that it comes from.",
        "Pour afficher ce contenu, vous devez accepter les cookies.",
    )
    inside = "".join(f"{paragraphs(2 * n, 2 * n + 1)}<p>{note}</p>" for n, note in enumerate(notes))
    assert text(f"{inside}{paragraphs(0)}") == [*body(*range(8)), BODY[0]]


def test_rows_of_numbers_at_the_end_of_an_article_are_no_dates():
    table = "<table><tr><th>Year</th><th>Vehicles</th></tr><tr><td>1990</td><td>9,000</td></tr></table>"
    assert text(paragraphs(0, 1, 2, 3) + table)[-2:] == ["| Year | Vehicles |", "| 1990 | 9,000 |"]


def test_what_stands_around_the_comment_box_goes():
    around = (
        "<p>Was this article helpful? 12 people found it helpful.</p><p>Join the conversation</p>"
        "<p>You must be logged in to post a comment.</p><p>Log in to leave a reply</p>"
    )
    assert text(paragraphs(0, 1, 2, 3) + around) == body(0, 1, 2, 3)


def test_what_a_korean_site_puts_below_its_articles_goes():
    below = (
        "<p>김철수 기자 kim@naru.example</p><p>저작권자 © 나루일보 무단전재 및 재배포 금지</p>"
        "<p>김철수 기자 다른기사 보기</p>"
        "<p>이 기사를 공유합니다</p><p>댓글삭제 삭제한 댓글은 다시 복구할 수 없습니다. 그래도 삭제하시겠습니까?</p>"
    )
    picture = "<p>▲ 항구의 새 등대. /사진=나루일보</p>"
    assert text(paragraphs(0, 1) + picture + paragraphs(2, 3) + below) == body(0, 1, 2, 3)


def test_how_many_voted_goes_and_a_vote_that_is_told_stays():
    counts = "<p>16 votes | 1,204 views | 12 comments</p>"
    told = "<p>The motion passed by 16 votes to 12.</p>"
    assert text(counts + paragraphs(0, 1, 2, 3)) == body(0, 1, 2, 3)
    assert text(paragraphs(0, 1) + told + paragraphs(2, 3))[2] == "The motion passed by 16 votes to 12."


def test_a_caption_with_its_credit_in_brackets_goes():
    caption = "<p>The new lighthouse at dusk (Photo by Tom Lens)</p>"
    assert text(paragraphs(0, 1) + caption + paragraphs(2, 3)) == body(0, 1, 2, 3)


def test_what_a_page_offers_above_its_article_goes_and_results_stay():
    offers = "<div>Listen</div><div>12 minutes</div><div>Funda futhi</div>"
    results = "<p>Harbour 18 22 13 17 - 70</p>"
    assert text(offers + paragraphs(0, 1, 2, 3)) == body(0, 1, 2, 3)
    assert text(results + paragraphs(0, 1, 2, 3))[0] == "Harbour 18 22 13 17 - 70"


def test_teasers_of_other_articles_at_the_end_go_under_whatever_heading():
    title = "<h2><a href=/{n}>Another story of the quay, number {n}</a></h2>"
    card = f"<div class=c>{title}<p>What became of pier {{n}}.</p></div>"
    cards = "".join(card.format(n=n) for n in range(3))
    assert text(f"{paragraphs(*range(8))}<section><h2>Funda futhi</h2>{cards}</section>") == body(*range(8))


def test_a_note_in_place_of_a_film_goes_and_a_paragraph_on_cookies_stays():
    note = "<div class=e><p>To watch this you need to allow cookies of the film's host.</p><button>Allow</button></div>"
    told = "<p>The harbour's own site sets four cookies and asks nobody for consent, the committee was told.</p>"
    found = text(paragraphs(0, 1) + note + paragraphs(2, 3) + told + paragraphs(4, 5))
    assert found == [*body(0, 1, 2, 3), told[3:-4], *body(4, 5)]


def test_a_line_that_differs_from_its_paragraph_by_a_word_amid_is_known_as_that_paragraph():
    """Else the paragraph would be put in a second time. A declared body differs so, and one with words lost."""
    shown = BODY[1].replace("would need", "would (opens a new window) need")
    tree, _ = parse(f"<html><body><article>{paragraphs(0)}<p>{shown}</p>{paragraphs(2)}</article></body></html>")
    lines = align("\n".join(body(0, 1, 2)), blocks.read(tree))
    assert [line.block and line.block.number for line in lines] == [0, 1, 2]


def test_a_line_that_runs_short_words_together_with_paragraphs_is_parted_again():
    """trafilatura makes one line of a whole short article, in Chinese and Japanese mostly."""
    tree, _ = parse("<html><body><div>地域</div><h1>夜間便</h1><p>町は発表した。</p><p>議会は来週。</p></body></html>")
    lines = align("地域 夜間便 町は発表した。 議会は来週。", blocks.read(tree))
    assert [line.text for line in lines] == ["地域", "夜間便", "町は発表した。", "議会は来週。"]


def test_a_line_that_runs_into_what_stands_further_below_is_parted_there():
    """trafilatura joins bare text with the next text that it keeps, over a byline that it doesn't."""
    inside = f"<div>{BODY[0]}</div><p>By Ana Prieto</p><p>Copyright of the Gazette</p>"
    tree, _ = parse(f"<html><body>{inside}</body></html>")
    lines = align(f"{BODY[0]} Copyright of the Gazette", blocks.read(tree))
    assert [line.block and line.block.number for line in lines] == [0, 2]


def test_answers_behind_triangles_stay():
    """Korean interviews put ▶ before each answer."""
    answers = "".join(f"<p>▶ {BODY[n]}</p>" for n in (1, 2))
    assert text(paragraphs(0) + answers + paragraphs(3, 4, 5, 6, 7)) == [
        BODY[0],
        *(f"▶ {BODY[n]}" for n in (1, 2)),
        *body(3, 4, 5, 6, 7),
    ]


def test_an_article_parted_by_breaks_in_a_small_table_for_layout_comes_out_line_by_line():
    lines = "<br><br>".join(f"{part} were mended on {day}." for part, day in zip(PARTS, DAYS, strict=True))
    found = text(f"<table><tr><td><a href=/>Home</a></td><td>{lines}</td></tr></table>")
    assert found == [f"{part} were mended on {day}." for part, day in zip(PARTS, DAYS, strict=True)]


def test_the_claim_and_the_verdict_of_a_fact_check_stay_and_other_checks_go():
    claim, verdict = "The ferry was sold to a bank abroad.", "False: it still belongs to the county."
    rating = (
        f"<div class='rating-box'><div class=c><b>Behauptung</b><p>{claim}</p></div>"
        f"<div class=c><b>Bewertung</b><p>{verdict}</p></div></div>"
    )
    assert text(f"{rating}<div class=story>{paragraphs(*range(8))}</div>") == [
        *("Behauptung", claim, "Bewertung", verdict),
        *body(*range(8)),
    ]
    aside = f"<aside><h3>Claim</h3><p>{claim}</p><h3>Verdict</h3><p>{verdict}</p></aside>"
    assert text(paragraphs(0, 1, 2, 3) + aside + paragraphs(4, 5, 6, 7))[4:8] == ["Claim", claim, "Verdict", verdict]
    other = "<aside><b>Claim</b><p><a href=/o>The lock was sold to a bank.</a></p><b>Verdict</b><p>False</p></aside>"
    assert text(paragraphs(0, 1, 2, 3) + other + paragraphs(4, 5, 6, 7)) == body(*range(8))


def test_a_table_of_other_columns_with_their_pictures_goes_and_a_table_of_results_stays():
    names = ("Ana Prieto", "Kofi Mensah", "Ruth Ansell", "Tom Reeve")
    rows = "".join(
        f"<tr><td><img src=/{n}.png></td><td>{n}<br><a href=/c>Notes of the week</a></td></tr>" for n in names
    )
    assert text(f"<div>{paragraphs(*range(8))}</div><table>{rows}</table>") == body(*range(8))
    results = "".join(f"<tr><td>{name}</td><td>{points} points</td></tr>" for points, name in enumerate(names))
    assert text(f"{paragraphs(*range(8))}<table>{results}</table>")[-1] == "| Tom Reeve | 3 points |"


def test_whose_opinion_it_is_stands_in_no_article_and_what_is_said_of_opinions_stays():
    notes = ("Opinions expressed here are those of the author.", "Мнение редакции может не совпадать с мнением автора.")
    for note in notes:
        assert text(f"{paragraphs(*range(8))}<p>{note}</p>") == body(*range(8))
    said = "The author of the report expressed the opinion that the ferry should be kept running until the spring."
    assert text(f"{paragraphs(*range(8))}<p>{said}</p>") == [*body(*range(8)), said]
