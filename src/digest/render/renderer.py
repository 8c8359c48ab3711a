"""From a digest to its message: the user's templates where they work, the built-in ones where not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

import css_inline
from jinja2 import Environment, Template

from digest.errors import Problem, RenderError
from digest.model import Digest, Message
from digest.render import mail, trial
from digest.render.clean import block
from digest.render.index import IndexView
from digest.render.templates import ALERT_NAMES, FAILURES, NAMES, built_in, environment, place_of, problems_of
from digest.render.view import View, view, with_less
from digest.render.words import Words

LARGEST_HTML = 90_000  # bytes; Gmail clips a message at 102 KB, and the footer must be read
_SNIPPETS = 3  # of a story, while there is room
_PARAGRAPH = len('<p style="margin:8px 0 0"></p>')
_MARK = len('<mark style="background-color:#fdeeb5"></mark>')
_ITEM = len('<li style="margin:0 0 3px;padding:0"><span lang="en" dir="ltr"></span></li>')
_TRIES = 4
_NEARLY = 0.97  # full: another story or two are not worth another rendering

_INDENT = re.compile(r"\n\s+")  # no byte of it is seen, and room is scarce
_INLINER = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False, minify_css=True)


class Press:
    """Renders for one `Renderer`, whose templates and archives these are."""

    def __init__(self, templates: Path | None, archives: Mapping[str, str]) -> None:
        self.templates = templates
        self._archives = archives
        self._environments: dict[tuple[str, bool], Environment] = {}  # by language, and whether with the user's own

    def message(self, digest: Digest) -> Message:
        """Render one edition; the same digest gives the same message.

        The HTML is at most `LARGEST_HTML` bytes: snippets go first, then the stories of fewest points, which the
        text part still has; the footer says so. Never fails for what a user's template does wrong:
        then the built-in ones are used, and the footer says that too.
        """
        words, archive = words_of(digest.language), self._archives.get(digest.id)
        if self.templates is None:
            return _message(self._built_in(words), view(digest, words, archive=archive))
        try:
            return _message(self._own(words), view(digest, words, archive=archive))
        except FAILURES as error:
            notice = words.gettext("Your own templates failed, so the built-in ones were used:")
            told = f"{notice} {place_of(error, self.templates)}"
            return _message(self._built_in(words), view(digest, words, [told], archive=archive))

    def chat(self, digest: Digest) -> str:
        """The edition in a few lines for chats and webhooks: a title, an empty line, and the stories with their links.

        Where the user's template fails, the built-in one is used.
        """
        words, archive = words_of(digest.language), self._archives.get(digest.id)
        shown = view(digest, words, archive=archive)
        if self.templates is not None:
            with suppress(*FAILURES):
                return _chat(self._own(words), shown)
        return _chat(self._built_in(words), shown)

    def index(self, page: IndexView) -> str:
        """Render a page of the archive's index; where the user's template fails, with the built-in one."""
        words = words_of(page.lang)
        if self.templates is not None:
            with suppress(*FAILURES):
                return _index(self._own(words), page)
        return _index(self._built_in(words), page)

    def check(self) -> list[Problem]:
        """What is wrong with the user's templates: each is read, and trial editions are rendered with all of them."""
        if self.templates is None:
            return []
        words = words_of("en")
        found = problems_of(self.templates, self._own(words))
        if any(not problem.warning for problem in found):
            return found
        for digest in trial.editions():
            try:
                shown = view(digest, words, archive="https://archive.example/trial/")
                _message(self._own(words), shown)
                _chat(self._own(words), shown)
            except FAILURES as error:
                return [*found, place_of(error, self.templates)]
        for page in trial.indexes():
            try:
                _index(self._own(words), page)
            except FAILURES as error:
                return [*found, place_of(error, self.templates)]
        return found

    def _built_in(self, words: Words) -> Environment:
        return self._environment(words, own=False)

    def _own(self, words: Words) -> Environment:
        return self._environment(words, own=True)

    def _environment(self, words: Words, *, own: bool) -> Environment:
        """One for each language: compiled templates are kept in it."""
        key = (words.language, own)
        if key not in self._environments:
            folders = [self.templates] if own and self.templates else []
            self._environments[key] = environment(words, *folders, built_in())
        return self._environments[key]


@lru_cache(maxsize=16)
def words_of(language: str) -> Words:
    """Labels and dates of a language; an unknown one is English."""
    return Words.of(language, built_in() / "labels")


def _message(templates: Environment, whole: View) -> Message:
    html, text, subject = (templates.get_template(name) for name in (ALERT_NAMES if whole.alert else NAMES))
    return Message(
        subject=mail.header_text(subject.render(digest=whole)),
        text=block(text.render(digest=whole)).strip("\n") + "\n",
        html=_fitting(whole, lambda less: _html(html, less)),
        language=whole.lang,
    )


def _chat(templates: Environment, shown: View) -> str:
    title, _, body = block(templates.get_template("chat.txt.j2").render(digest=shown)).strip().partition("\n")
    return f"{mail.header_text(title)}\n\n{body.strip()}\n"


def _index(templates: Environment, page: IndexView) -> str:
    return _INDENT.sub("\n", block(templates.get_template("index.html.j2").render(index=page)))


def _html(template: Template, shown: View) -> str:
    inlined = _INLINER.inline(block(template.render(digest=shown)))
    return _INDENT.sub("\n", inlined.replace(' data-css-inline="keep"', ""))


def _fitting(whole: View, html: Callable[[View], str]) -> str:
    """The fullest HTML that is small enough. Rendering is what costs, so sizes are foretold where they can be."""
    made = html(with_less(whole, snippets=_SNIPPETS))
    full = size = _size(made)
    for snippets in range(_SNIPPETS - 1, -1, -1):
        if size <= LARGEST_HTML:
            return made
        size = full - _saved(whole, snippets)
        if size <= LARGEST_HTML:
            made = html(with_less(whole, snippets=snippets))
            size = _size(made)
    return made if size <= LARGEST_HTML else _longest(whole, size, html)


def _saved(whole: View, snippets: int) -> int:
    """About how many bytes go when only so many snippets of each story stay."""
    return sum(
        _PARAGRAPH + sum(len(part.text.encode()) + (_MARK if part.hit else 0) for part in snippet)
        for section in whole.sections
        for story in section.stories
        for snippet in story.snippets[snippets:]
    )


def _listed(whole: View) -> int:
    """About how many bytes the list of contents takes, which goes as soon as one story does."""
    titles = (story.title for section in whole.sections for story in section.stories)
    return sum(_ITEM + len(title.encode()) for title in titles) if whole.contents else 0


def _longest(whole: View, size: int, html: Callable[[View], str]) -> str:
    """As many stories as fit, when all of them without snippets take `size` bytes."""
    best = html(with_less(whole, snippets=0, stories=0))
    empty = _size(best)
    if empty > LARGEST_HTML:
        raise RenderError(f"the HTML is larger than {LARGEST_HTML} bytes even without stories")
    size -= _listed(whole)
    shown, too_many, tried = 0, whole.count, whole.count
    for _ in range(_TRIES):
        tried = (LARGEST_HTML - empty) * tried // max(1, size - empty)
        tried = min(max(tried, shown + 1), too_many - 1)
        if tried <= shown or _size(best) > _NEARLY * LARGEST_HTML:
            break
        made = html(with_less(whole, snippets=0, stories=tried))
        size = _size(made)
        if size <= LARGEST_HTML:
            shown, best = tried, made
        else:
            too_many = tried
    return best


def _size(html: str) -> int:
    return len(html.encode())
