"""The reader's language: labels from a small gettext catalogue, dates from Babel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from gettext import NullTranslations
from importlib.resources.abc import Traversable
from io import BytesIO

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from digest.model import Field
from digest.render.reasons import Reasons


@dataclass(frozen=True, slots=True)
class Words:
    """Labels and dates of one language. English stands where the catalogue says nothing."""

    language: str
    locale: Locale
    catalogue: NullTranslations
    reasons: Reasons

    @classmethod
    def of(cls, language: str, folder: Traversable) -> Words:
        """Read `folder`/LANGUAGE.po; an unknown language is English."""
        language = language.replace("_", "-").partition("-")[0].lower()
        source = folder / f"{language}.po"
        if not language.isalpha() or not source.is_file():
            return cls("en", Locale("en", "GB"), NullTranslations(), Reasons(()))
        compiled = BytesIO()
        with source.open("rb") as stream:
            entries = read_po(stream, locale=language)
        write_mo(compiled, entries)
        compiled.seek(0)
        return cls(language, Locale.parse(language), Translations(compiled), Reasons(entries))

    def gettext(self, label: str) -> str:
        """The label in the reader's language."""
        return self.catalogue.gettext(label)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The label for a count."""
        return self.catalogue.ngettext(one, many, count)

    def reason(self, said: str) -> str:
        """Why something could not be read, in the reader's language as far as the words are ours."""
        return self.reasons.told(said)

    def day(self, moment: datetime) -> str:
        """Monday 23 November 2026."""
        return format_date(moment, "full", locale=self.locale)

    def day_and_time(self, moment: datetime) -> str:
        """Monday 23 November 2026, 18:40."""
        both = str(self.locale.datetime_formats["medium"])
        return both.format(f"{moment:%H:%M}", self.day(moment))

    def date(self, moment: datetime, near: datetime) -> str:
        """Sat 21 Nov; with the year where it isn't that of `near`."""
        skeleton = "MMMEd" if moment.year == near.year else "yMMMd"
        return self._skeleton(moment, skeleton)

    def moment(self, moment: datetime, near: datetime) -> str:
        """Sat 21 Nov, 18:40; without the time where the year isn't that of `near`."""
        if moment.year != near.year:
            return self.date(moment, near)
        both = str(self.locale.datetime_formats["medium"])
        return both.format(f"{moment:%H:%M}", self.date(moment, near))

    def span(self, start: datetime, end: datetime) -> str:
        """Fri 20 Nov, 07:00 – Mon 23 Nov, 07:00, or the day once where both are in it."""
        if start.date() == end.date():
            return f"{self.moment(start, end)} – {end:%H:%M}"
        return f"{self.moment(start, end)} – {self.moment(end, end)}"

    def field(self, field: Field | None) -> str:
        """Where something was found, in words."""
        if field is None:
            return ""
        return {
            Field.TITLE: self.gettext("in the title"),
            Field.LEAD: self.gettext("in the opening"),
            Field.BODY: self.gettext("in the text"),
        }[field]

    def kind(self, kind: str) -> str:
        """What another place carries, in words."""
        return {
            "copy": self.gettext("same text"),
            "excerpt": self.gettext("excerpt"),
            "same story": self.gettext("same event"),
        }.get(kind, kind)

    def _skeleton(self, moment: datetime, skeleton: str) -> str:
        return _formatted(moment.date(), skeleton, self.locale)


@lru_cache(maxsize=1024)
def _formatted(day: date, skeleton: str, locale: Locale) -> str:
    """The day in a form that the language knows, such as `MMMEd`; many stories share it, and Babel takes its time."""
    pattern = locale.datetime_skeletons.get(skeleton)
    return format_date(day, str(pattern) if pattern else "medium", locale=locale)
