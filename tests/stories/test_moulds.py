"""One mould, different news: what is written in the words of an earlier report is not taken for its copy."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from opeds import Writer, cut, pending
from short_texts import MISSED, SHORTS, Short
from test_told import YESTERDAY, stored

from digest import stories
from digest.model import Field, Hit
from digest.stories.grouping import COPY

BACKGROUND = (
    "The launch came after a warning from the defence ministry in Pyongyang. The North has fired more than a dozen "
    "ballistic missiles this year in violation of resolutions that ban any use of the technology. The military has "
    "strengthened surveillance against further launches and shares what it learns with its allies. The command in "
    "Hawaii said the launch posed no immediate threat to personnel or territory."
)


def launch(day: str, what: str, place: str, time: str, km: int) -> str:
    return (
        f"North Korea fired {what} toward the East Sea on {day}, South Korea's military said. It detected the launch "
        f"from the {place} area at around {time} and put the distance at {km} kilometers. {BACKGROUND}"
    )


def talks(day: int, weekday: str, news: str) -> str:
    return (
        f"Talks between the two Koreas on reopening the Kaesong industrial park entered day {day} on {weekday}. {news} "
        "The delegations met at the truce village, as they have since the start of the week. The complex, a few "
        "kilometers north of the border, once housed more than 120 companies that employed some 55,000 workers. It "
        "was closed after a nuclear test, and businesses have asked the government for compensation since."
    )


def ruling(who: str, what: str, years: str) -> str:
    return (
        f"A court in Seoul on Thursday sentenced {who} to {years} years in prison for {what}. The court said the crime "
        "was grave because it had endangered national security and the defendant showed no remorse. Prosecutors, who "
        "had sought a heavier term, said they would review the ruling before deciding whether to appeal. The act, "
        "which dates from 1948, bans praise of the North and contact with it."
    )


def shots(day: str, what: str, km: int) -> str:
    return (
        f"북한이 {day} 동해상으로 탄도미사일을 발사했다고 합동참모본부가 밝혔다. "
        f"{what} 약 {km}㎞를 비행했다고 설명했다. "
        "합참은 추가 발사에 대비해 감시와 경계를 강화한 가운데 한미일이 정보를 긴밀히 공유하면서 만반의 대비태세를 "
        "유지하고 있다고 말했다. 북한의 탄도미사일 발사는 유엔 안전보장이사회 결의 위반이다."
    )


NAMED = Hit(Field.BODY, 0, 5, "North*")
MOULDS = {
    "launches": (
        launch("Tuesday", "a ballistic missile", "Sunan", "7:10 a.m.", 350),
        launch("Friday", "two short-range ballistic missiles", "Wonsan", "5:40 p.m.", 600),
    ),
    "days of talks": (
        talks(2, "Tuesday", "The North demanded that wages be raised by half, a demand that the South refused."),
        talks(3, "Wednesday", "Negotiators broke an impasse over insurance at night and turned to the power line."),
    ),
    "rulings": (
        ruling("a former navy officer", "passing ship movements to an agent of the North", "seven"),
        ruling("a trade union activist", "meeting agents of Pyongyang in Cambodia", "three"),
    ),
    "Korean launches": (
        shots("19일", "군은 이날 오전 7시 10분께 순안 일대에서 발사된 1발을 포착했으며", 350),
        shots("22일", "군은 이날 오후 5시 40분께 원산 일대에서 발사된 2발을 포착했으며", 600),
    ),
}  # fmt: skip


@pytest.mark.parametrize("texts", MOULDS.values(), ids=MOULDS)
@pytest.mark.parametrize("outlets", [("wire", "wire"), ("wire", "paper")])
def test_what_is_written_in_the_words_of_earlier_news_is_told(texts, outlets):
    """The second launch of a week, on the background of the first: taken for its copy, it would be hidden."""
    one, other = (
        pending(nth, outlet, "Missiles fired toward East Sea", text, hours=90 - 24 * nth, hits=(NAMED,))
        for nth, (outlet, text) in enumerate(zip(outlets, texts, strict=True), 1)
    )
    shared = stories.containment(*(stories.sketch(stories.words(text)) for text in texts))
    assert shared > COPY, "or it would prove nothing"
    assert len(stories.group([one, other])) == 2
    known = {one.entry_id: YESTERDAY}
    telling = stories.tell([other], None, [stored(one)], known)
    assert [story.front for story in telling.stories] == [other]
    assert telling.repeats == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("at around 7:10 a.m.", "at around 7:15 a.m."),  # a correction
        ("North Korea fired", "SEOUL, Nov. 24 (Wire) - North Korea fired"),
        ("kilometers. ", "kilometers.\n\nA missile is seen in this undated picture. Wire/File Photo\n\n"),
        ("defence ministry", "Ministry of Defense"),
        (BACKGROUND, ""),
        ("personnel or territory.", "personnel or territory.\n\n(Editing by B. Lee) 2026-11-24 07:45"),
    ],
)  # fmt: skip
def test_what_editors_do_to_a_report_leaves_it_the_same_report(old, new):
    text = MOULDS["launches"][0]
    found = stories.group([pending(1, "wire", "A", text), pending(2, "paper", "B", text.replace(old, new))])
    assert len(found) == 1
    assert [place.kind for place in found[0].also_in] == ["copy"]


def test_what_outlets_put_around_a_copy_is_no_news():
    """Each of them has its own lines above and below the same text, its own cuts and its own slips of the pen."""
    writer = Writer(5)
    found, known = [], {}
    for nth in range(12):
        original = writer.article(writer.chance.randint(350, 700))
        texts = [original, cut(original, 0.6), cut(original, 0.4), original]
        for outlet, text in enumerate(texts):
            above, *below = [writer.sentence(14) for _ in range(3)]
            number = len(found) + 1
            paragraphs = "\n\n".join([above, *writer.edited(text, 0.02), *below])
            found.append(pending(number, f"outlet-{outlet}-{nth}", writer.sentence(8), paragraphs))
            known[number] = nth
    told = stories.group(found)
    assert [{known[member] for member in story.members} for story in told] == [{nth} for nth in range(12)]


def test_an_update_stands_with_its_report_and_keeps_its_title_and_a_day_later_it_is_a_story():
    """More launched than first reported: neither text is hidden."""
    update = launch("Tuesday", "three ballistic missiles", "Sunan", "7:10 a.m., 7:18 a.m. and 7:30 a.m.", 420)
    first = pending(1, "wire", "Missile fired toward East Sea", MOULDS["launches"][0], hours=40, hits=(NAMED,))
    second = pending(2, "wire", "(LEAD) Three missiles fired toward East Sea", update, hours=39, hits=(NAMED,))
    (story,) = stories.group([first, second])
    assert story.front == second, "the fuller one"
    assert [(place.kind, place.title) for place in story.also_in] == [("same story", first.article.title)]
    late = replace(second, first_seen=first.first_seen + timedelta(hours=13))
    assert len(stories.group([first, late])) == 2


def told_apart(short: Short, edits: dict[str, str]) -> bool:
    """Whether the edited text, which another outlet has a day later under a title of its own, is told."""
    one = pending(1, "wire", "What the wire wrote of it", short.text, hours=48, hits=(NAMED,))
    text = short.edited(short.text, edits)
    other = pending(2, "paper", "Another heading altogether", text, hours=24, hits=(NAMED,))
    telling = stories.tell([other], None, [stored(one)], {one.entry_id: YESTERDAY})
    return [story.front for story in telling.stories] == [other]


@pytest.mark.parametrize("short", SHORTS, ids=lambda short: f"{short.language} {short.text[:20]}")
def test_a_short_report_in_the_words_of_another_is_told_and_its_copy_is_not(short: Short) -> None:
    """Of some forty words each says who, where, when or how many: another one there, and it is other news.

    Spelled, signed, dated or continued in another way it is a copy; unless an edit looks like another word.
    """
    assert told_apart(short, short.next_one)
    assert told_apart(short, short.copied) is (short.text[:20] in MISSED)


@pytest.mark.parametrize("shared", [{"guid": "tag:wire.example,2026:1"}, {"url": "https://wire.example/1"}])
def test_a_correction_of_one_and_the_same_item_never_comes_twice(shared: dict[str, str]) -> None:
    short = SHORTS[0]
    one = pending(1, "wire", "A phone", short.text, hours=48, **shared)
    text = short.edited(short.text, short.next_one)
    other = pending(2, "wire", "A phone, corrected", text, hours=24, **shared)
    assert len(stories.group([one, other])) == 1
    assert stories.tell([one, other], None, [], {one.entry_id: YESTERDAY}).stories == ()


def test_the_last_word_of_a_short_report_may_be_its_news() -> None:
    text = SHORTS[1].text.removesuffix("greenhouses.")
    one, other = (
        pending(nth, f"outlet-{nth}", "Wind", text + what, hours=50 - 24 * nth, hits=(NAMED,))
        for nth, what in enumerate(("greenhouses.", "orchards."), 1)
    )
    assert len(stories.group([one, other])) == 2
