"""From a digest to its message: the user's templates where they work, the built-in ones where not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import css_inline
from jinja2 import Environment, TemplateError

from digest.errors import Problem
from digest.model import Digest, Message
from digest.render import mail
from digest.render.clean import block
from digest.render.templates import NAMES, built_in, environment
from digest.render.view import View, view, with_less
from digest.render.words import Words

LARGEST_HTML = 90_000  # bytes; Gmail clips a message at 102 KB, and the footer must be read

_INLINER = css_inline.CSSInliner(
    keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False, minify_css=True
)


class Renderer:
    """Renders digests in one language. `templates` is the user's directory, whose files stand before ours."""

    def __init__(self, templates: Path | None = None, language: str = "en") -> None:
        self.templates = templates
        self.language = language
        self._words: Words | None = None

    def message(self, digest: Digest) -> Message:
        """Render one edition. Never fails for what a user's template does wrong: see the footer's notice."""
        own = built_in()
        words = Words.of(self.language, own / "labels")
        notices = []
        if self.templates is not None:
            try:
                return _render(digest, words, environment(words, self.templates, own), ())
            except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
                notices.append(words.gettext("Your own templates failed, the built-in ones stand in: ") + str(error))
        return _render(digest, words, environment(words, own), notices)

    def mime(
        self, message: Message, *, sender: str, recipient: str, message_id: str, date: datetime, list_id: str
    ) -> bytes:
        """The bytes of a message for one recipient: see `render.mime`."""
        return mail.mime(message, sender=sender, recipient=recipient, message_id=message_id, date=date, list_id=list_id)

    def check(self) -> list[Problem]:
        """What is wrong with the user's templates."""
        return []


def _render(digest: Digest, words: Words, templates: Environment, notices: list[str] | tuple[str, ...]) -> Message:
    whole = view(digest, words, notices)
    html, text, subject = (templates.get_template(name) for name in NAMES)
    return Message(
        subject=mail.header_text(subject.render(digest=whole)),
        text=block(text.render(digest=whole)).strip("\n") + "\n",
        html=_fitting(whole, lambda less: _INLINER.inline(block(html.render(digest=less)))),
        language=words.language,
    )


def _fitting(whole: View, html: Callable[[View], str]) -> str:
    return html(with_less(whole, snippets=3))
