"""Sample editions of a fictional desk: full, quiet, broken, busy. Outlets, people and events are invented.

Golden digests, screenshots and benchmarks are made from them.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from digest import compose, stories
from digest.model import (
    ALERT,
    AlsoIn,
    Article,
    Coverage,
    Digest,
    FailingFeed,
    Field,
    Flagged,
    Hit,
    Match,
    Repeat,
    Why,
    Window,
)

START = datetime(2026, 11, 19, 22, 0, tzinfo=UTC)  # Friday 07:00 in Seoul
END = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)  # Monday 07:00 in Seoul
WINDOW = Window(START, END, slots=2)
TITLES = {
    "north-korea-diplomacy": "North Korea diplomacy",
    "bank-of-korea": "Bank of Korea",
    "shipbuilding": "Shipbuilding",
}


@dataclass(frozen=True)
class Desk:
    """What `compose.edition` reads of a configured digest."""

    id: str = "daily"
    title: str = "Korea desk"
    topics: tuple[str, ...] = ()
    max_stories: int = 40
    timezone: str = "Asia/Seoul"
    language: str = "en"


def hits(title: str, text: str, terms: Sequence[str]) -> tuple[Hit, ...]:
    """Every occurrence of the terms, title first, none overlapping."""
    found: list[Hit] = []
    for field, where in ((Field.TITLE, title), (Field.BODY, text)):
        taken = 0
        places = sorted((at, term) for term in terms for at in _places(where, term))
        for at, term in places:
            if at >= taken:
                found.append(Hit(field, at, at + len(term), term))
                taken = at + len(term)
    return tuple(found)


def _places(text: str, term: str) -> list[int]:
    at, places = text.find(term), []
    while at >= 0:
        places.append(at)
        at = text.find(term, at + len(term))
    return places


def flagged(
    number: int,
    feed: str,
    title: str,
    text: str,
    *,
    why: Sequence[Why],
    topic: str = "north-korea-diplomacy",
    terms: Sequence[str] = (),
    url: str | None = None,
    authors: tuple[str, ...] = (),
    hours: float = 10,
    language: str | None = "en",
    complete: bool = True,
    error: str | None = None,
    published: datetime | None = None,
) -> Flagged:
    """One pending match, first seen `hours` before the end of the window."""
    seen = END - timedelta(hours=hours)
    host = re.sub(r"[^a-z0-9]+", "-", feed.lower()).strip("-") or "outlet"
    article = Article(
        url=url or f"https://{host}.example/{number}",
        title=title,
        text=text,
        authors=authors,
        published=published or seen - timedelta(minutes=25),
        language=language,
        complete=complete,
        error=error,
    )
    terms = terms or tuple(term for reason in why for term in reason.terms)
    match = Match(topic, sum(reason.points for reason in why), tuple(why), hits(title, text, terms))
    return Flagged(number, number, f"https://{host}.example/rss", feed, article, match, seen)


def nk(points: int, *terms: str, field: Field = Field.BODY, line: int = 9) -> Why:
    """A reason of the topic North Korea diplomacy."""
    return Why(points, "near: $dprk, $talks", terms, field, f"topics/north-korea-diplomacy.yaml:{line}")


def rule(topic: str, points: int, *terms: str, field: Field = Field.BODY, line: int = 4) -> Why:
    """A reason of any topic."""
    return Why(points, "any: " + ", ".join(terms), terms, field, f"topics/{topic}.yaml:{line}")


ENVOY = """\
A North Korean envoy landed in Beijing on Saturday for two days of talks on reopening the border crossings that closed \
in the spring, three people briefed on the visit said. It is the first such trip in seven months.

The delegation is led by Pak Chol-min, a career diplomat who worked at the mission in Geneva until 2023. He was met at \
the airport by a vice foreign minister and did not speak to reporters.

Both sides have reasons to hurry. Pyongyang needs fuel before the winter sets in, and Chinese traders in Dandong have \
waited since April for the freight bridge to open. A draft timetable seen by this newspaper names 14 December as the \
day of a first, guarded convoy.

"Nobody expects a breakthrough on sanctions," said Ilse Brandvold, who follows the region for the Nordic Institute of \
Strait Studies. "But an envoy who stays for two days has brought something to sign." A summit before the spring was \
"possible, not likely", she added."""

FULL = (
    flagged(
        1,
        "Harbour Wire",
        "North Korean envoy lands in Beijing for talks on reopening the border",
        ENVOY,
        why=(
            nk(3, "North Korean", "talks", field=Field.TITLE),
            nk(3, "envoy", "Pyongyang", line=10),
            nk(1, "sanctions", line=12),
        ),
        terms=("North Korean", "envoy", "Pyongyang", "sanctions", "talks", "summit"),
        authors=("Min-seo Park", "Tomas Eklund"),
        hours=20,
    ),
    flagged(
        2,
        "Coast Daily",
        "North Korean envoy lands in Beijing for talks on reopening the border",
        ENVOY.partition('\n\n"Nobody')[0],
        why=(nk(3, "North Korean", "talks", field=Field.TITLE),),
        hours=18,
    ),
    flagged(
        3,
        "The Strait Review",
        "Envoy from North Korea in Beijing for border talks, first visit in seven months",
        "China confirmed on Sunday that a delegation from Pyongyang had arrived. The foreign ministry gave no agenda. "
        "Trucks have been lining up in Dandong since Thursday, drivers said.",
        why=(nk(3, "North Korea", "talks", field=Field.TITLE), nk(1, "Pyongyang")),
        hours=9,
    ),
    flagged(
        4,
        "한빛신문",
        "북한 특사 베이징 도착… 국경 재개방 논의 본격화",
        "북한 특사단이 21일 베이징에 도착해 이틀간의 협상에 들어갔다. "
        "지난 4월 폐쇄된 국경 통로를 다시 여는 방안이 핵심 의제다. "
        "정부 당국자는 “평양이 겨울을 앞두고 연료 확보를 서두르고 있다”고 말했다.\n\n"
        "전문가들은 대북 제재 완화까지 이어지기는 어렵다고 본다. 다만 정상회담 가능성은 열려 있다는 관측이 나온다.",
        why=(nk(3, "북한", "특사", field=Field.TITLE), nk(2, "평양", "제재", "정상회담")),
        language="ko",
        authors=("김하늘",),
        url="https://hanbit.example/politics/4410",
        hours=17,
    ),
    flagged(
        5,
        "みなと通信",
        "北朝鮮の特使が北京入り、国境再開めぐり協議へ",
        "北朝鮮の特使団が21日、北京に到着した。4月に閉鎖された国境の通行再開が主な議題で、協議は2日間の予定だ。"
        "関係者によると、平壌は冬を前に燃料の確保を急いでいる。制裁の緩和については「期待できない」との見方が強い。"
        "首脳会談の開催は来春以降になる可能性があるという。",
        why=(nk(3, "北朝鮮", "特使", field=Field.TITLE), nk(1, "制裁")),
        terms=("北朝鮮", "特使", "平壌", "制裁", "首脳会談"),
        language="ja",
        url="https://minato.example/world/20261121",
        hours=16,
    ),
    flagged(
        6,
        "Nordsee-Anzeiger",
        "Gesandter aus Nordkorea in Peking: Worum es bei den Gesprächen über die Grenze wirklich geht und warum ein "
        "Gipfeltreffen vor dem Frühjahr trotzdem unwahrscheinlich bleibt",
        "Nordkorea braucht vor dem Winter Treibstoff, China will Ruhe an der Grenze. Am Samstag, dem 21. November, kam "
        "der Gesandte in Peking an. Von einer Lockerung der Sanktionen ist nach Angaben von Dr. Brandvold keine Rede.",
        why=(nk(3, "Nordkorea", field=Field.TITLE), nk(1, "Sanktionen")),
        terms=("Nordkorea", "Gesandter", "Gesandte", "Sanktionen"),
        language="de",
        authors=("Jonas Wiebe",),
        hours=30,
    ),
    flagged(
        7,
        "صحيفة المرفأ",
        "مبعوث من كوريا الشمالية يصل إلى بكين لإجراء محادثات",
        "وصل مبعوث من كوريا الشمالية إلى بكين يوم السبت لإجراء محادثات تستمر يومين. "
        "وقال مسؤول إن العقوبات ليست على جدول الأعمال.",
        why=(nk(3, "كوريا الشمالية", field=Field.TITLE), nk(1, "العقوبات")),
        terms=("كوريا الشمالية", "مبعوث", "العقوبات"),
        language="ar",
        url="https://marfa.example/20261121/bejin",
        hours=28,
    ),
    flagged(
        8,
        "Ledger & Tide",
        "Bank of Korea holds rate at 2.25 % and hints at patience through the winter",
        "The Bank of Korea left its base rate at 2.25 percent on Friday, as every economist in our survey had "
        "expected. "
        "Governor Seo Ji-hoon said the board wanted to see two more months of housing data.\n\n"
        "Five of seven members could imagine a cut within three months, one fewer than in October. The won "
        "barely moved. "
        "BOK watchers read the change as a sign that household debt still worries the board more than growth does.",
        why=(
            rule("bank-of-korea", 4, "Bank of Korea", field=Field.TITLE),
            rule("bank-of-korea", 2, "base rate", "BOK", line=6),
        ),
        topic="bank-of-korea",
        authors=("Ruth Abara",),
        hours=60,
    ),
    flagged(
        9,
        "Won Letter",
        "What the minutes do not say",
        "The minutes of the October meeting arrive on Tuesday. Expect the Bank of Korea to repeat the word patience.",
        why=(rule("bank-of-korea", 2, "Bank of Korea"),),
        topic="bank-of-korea",
        complete=False,
        error="HTTP 402: payment required",
        hours=6,
    ),
    flagged(
        10,
        "Drydock Journal",
        "Yard at Geoje wins order for six ammonia carriers",
        "The order is worth 640 million dollars, the yard said in a filing. Deliveries start in 2029. The ships are "
        "among the first of their class to be built in South Korea.",
        why=(rule("shipbuilding", 3, "ammonia carriers", "yard", field=Field.TITLE),),
        topic="shipbuilding",
        url="https://dryd\u043eck.example/orders/geoje",
        hours=70,
        published=datetime(2026, 11, 20, tzinfo=UTC),
    ),
)

COVERAGE = Coverage(
    feeds=24,
    polled=22,
    failing=(
        FailingFeed(
            "https://lantern.example/rss",
            "Lantern Post",
            "HTTP 503: service unavailable",
            END + timedelta(hours=1, minutes=12),
        ),
        FailingFeed(
            "https://feeds.example/quay",
            "Quay Bulletin",
            "no answer within 30 s",
            END + timedelta(hours=8),
        ),
    ),
    gaps=("Pier 9 Live",),
    entries=318,
    incomplete=1,
)


def full() -> Digest:
    """Ten articles that make nine stories of three topics, in five languages; two repeats; two feeds failed."""
    repeats = (
        Repeat(
            title="Harbour ministry names a new pilot chief",
            url="https://lantern.example/pilot-chief",
            feed="Lantern Post",
            at=END - timedelta(days=2),
            alerted=False,
            also_in=(
                AlsoIn("Quay Bulletin", "A new pilot chief", "https://quay.example/chief", "copy"),
                AlsoIn("Pier 9 Live", "New pilot chief named", "https://pier9.example/chief", "copy"),
            ),
            members=(901, 902),
        ),
        Repeat(
            title="Ferry line halts all crossings",
            url="https://pier9.example/halt",
            feed="Pier 9 Live",
            at=END - timedelta(hours=20),
            alerted=True,
            also_in=(),
            members=(903,),
        ),
    )
    return compose.edition(Desk(), stories.group(FULL), TITLES, WINDOW, COVERAGE, repeats)


def illustrated() -> Digest:
    """The full edition with a picture from half of its feeds."""
    pictured = [
        replace(it, image=f"https://picture-{it.match_id}.example/a.jpg?w=584&h=300") if it.match_id % 2 else it
        for it in FULL
    ]
    return compose.edition(Desk(), stories.group(pictured), TITLES, WINDOW, COVERAGE)


def alert() -> Digest:
    """One story that could not wait, as an alert of its topic."""
    desk = Desk(id=f"{ALERT}north-korea-diplomacy", title="North Korea diplomacy")
    return compose.edition(desk, stories.group(FULL[:3]), TITLES, Window(START, END), Coverage(feeds=24, polled=24))


def small() -> Digest:
    """Two stories of one topic: too few for a list of contents."""
    return compose.edition(Desk(), stories.group(FULL[:4]), TITLES, WINDOW, Coverage(feeds=24, polled=24, entries=41))


def quiet() -> Digest:
    """Everything was read and nothing matched."""
    return compose.edition(Desk(), (), TITLES, Window(START, END), Coverage(feeds=24, polled=24, entries=203))


def broken() -> Digest:
    """Not one feed could be read."""
    failing = tuple(
        FailingFeed(f"https://{name.lower().replace(' ', '-')}.example/rss", name, error, END + timedelta(minutes=30))
        for name, error in (
            ("Harbour Wire", "the name could not be resolved"),
            ("Coast Daily", "the name could not be resolved"),
            ("한빛신문", "the name could not be resolved"),
            ("Ledger & Tide", "connection refused"),
        )
    )
    return compose.edition(Desk(), (), TITLES, Window(START, END), Coverage(feeds=4, polled=0, failing=failing))


HOSTILE_TITLES = (
    "Break\r\nBcc: victim@example.org\r\n\r\nbody",
    "Null\x00 and \x1b[31mescape\x1b[0m and \x85 next line",
    "Line\u2028separator\u2029paragraph",
    "Reversed \u202etxt.exe\u202c and \u2066isolated\u2069 \u200fmarks\u200e",
    "=?utf-8?q?hi=0d=0aBcc:victim@example.org?= =?utf-8?b?aGk=?=",
    "=?UTF-8?Q?=0D=0ABcc=3A_victim=40example.org?=",
    "Very " + "long " * 1000 + "title",
    "x" * 5000,
    "\U0001f30a\U0001f6a2\U0001f468\u200d\U0001f469\u200d\U0001f467" * 30,
    "שליח מצפון קוריאה נחת בבייג'ינג",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% for a in [] %}{{ ''.__class__.__mro__ }} {# gone #}",
    "</td></tr></table><svg onload=alert(1)><math><mi>x</mi></math><iframe srcdoc='<b>x</b>'></iframe>",
    "<style>*{display:none}</style><!--[if mso]><b>x</b><![endif]--><!-- x -->",
    "]]><![CDATA[ &amp;lt;b&amp;gt; &#x3C;script&#x3E; &lt;script&gt;",
    "Percent %(title)s %s %d %% and \\1 \\u0041",
    "Lone \ud800 surrogate \udfff and \ufffe nonchar \U000e0041 tag",
    "",
    " \t\n ",
)
HOSTILE_LINKS = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "java&#x0A;script:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "//evil.example/x",
    "https://",
    "https:///path",
    "http://user:secret@bank.example/login",
    "https://b\u0430nk.example/path",
    "https://bank.example\\@evil.example/",
    'https://ok.example/"><script>alert(1)</script>',
    "https://ok.example/a b\r\nBcc: x",
    "https://ok.example:99999/",
    "https://[::1/",
    "https://ok.example/" + "a" * 5000,
    "https://ok.example/?q={{7*7}}&x=<b>",
)


def hostile() -> Digest:
    """Everything that a publisher could put into a title, a link, a name or a text to do harm."""
    pending = []
    for number, title in enumerate(HOSTILE_TITLES, 1):
        text = (
            f"Article number {number} about {number * 31} ships. {title[:300]} Pyongyang said so. "
            f"{HOSTILE_TITLES[number % len(HOSTILE_TITLES)][:300]}"
        )
        pending.append(
            flagged(
                number,
                title[:90],
                title,
                text,
                why=(Why(3, title[:90], (title[:90] or "Pyongyang",), Field.BODY, "topics/a\r\nb.yaml:9"),),
                terms=("Pyongyang", "<script>", "{{ 7 * 7 }}"),
                url=HOSTILE_LINKS[number % len(HOSTILE_LINKS)],
                authors=(title[:90], "<b>A</b>"),
                language=("en", "x'><script>", "ar", None, "de_AT", "e")[number % 6],
                complete=bool(number % 3),
                error=title[:90],
                topic=("north-korea-diplomacy", "bank-of-korea")[number % 2],
            )
        )
    titles = {"north-korea-diplomacy": HOSTILE_TITLES[10], "bank-of-korea": HOSTILE_TITLES[3]}
    failing = tuple(
        FailingFeed(url, title, title, END) for url, title in zip(HOSTILE_LINKS, HOSTILE_TITLES, strict=True)
    )
    coverage = Coverage(40, 21, failing, HOSTILE_TITLES, 300, 3, HOSTILE_TITLES)
    repeats = tuple(
        Repeat(title, url, title, END, alerted=False, also_in=(AlsoIn(title, title, url, "copy"),), members=())
        for title, url in zip(HOSTILE_TITLES, HOSTILE_LINKS, strict=True)
    )
    return compose.edition(Desk(title=HOSTILE_TITLES[0]), stories.group(pending), titles, WINDOW, coverage, repeats)


_WORDS = re.findall(
    r"\w+",
    """
border convoy winter fuel ministry harbour delegation timetable bridge trader minister statement Dandong Seoul
reporters weekend agenda freight crossing patience survey governor board winter market analyst region quietly
announced expected signed refused visited promised delayed reopened after before under with the a of and in
""",
)


def busy(count: int, words: int = 300, seed: int = 1, length: int = 14) -> list[Flagged]:
    """`count` unlike articles over all topics, in sentences of `length` words."""
    chance = random.Random(seed)
    pending = []
    topics = list(TITLES)
    for number in range(1, count + 1):
        sentences = []
        for _ in range(words // length):
            sentence = chance.choices(_WORDS, k=length)
            sentence.insert(chance.randrange(length), chance.choice(["Pyongyang", "envoy", "sanctions", "summit"]))
            sentences.append(" ".join(sentence).capitalize() + ".")
        text = "\n\n".join(" ".join(sentences[at : at + 4]) for at in range(0, len(sentences), 4))
        pending.append(
            flagged(
                number,
                f"Outlet {number % 17}",
                " ".join(chance.choices(_WORDS, k=9)).capitalize() + f" {number}",
                text,
                topic=topics[number % 3],
                why=(nk(1 + number % 7, "Pyongyang", "envoy"),),
                terms=("Pyongyang", "envoy", "sanctions", "summit", "pyongyang"),
                authors=("Min-seo Park",),
                hours=number / 10,
            )
        )
    return pending
