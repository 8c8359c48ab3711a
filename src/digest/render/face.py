"""What other rooms hold of this one: a press that is set up for the first edition, and not at a start."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from digest.errors import Problem
from digest.model import Digest, Message

if TYPE_CHECKING:
    from digest.render.index import IndexView
    from digest.render.renderer import Press

NOWHERE: Mapping[str, str] = MappingProxyType({})


class Renderer:
    """Renders digests, each in its own language.

    `templates` is the user's directory, whose files stand before ours. `archives` are the URLs, ending in a slash, at
    which readers find the editions of a digest, by its id; mails link there.
    """

    def __init__(self, templates: Path | None = None, archives: Mapping[str, str] = NOWHERE) -> None:
        self._templates = templates
        self._archives = archives

    def message(self, digest: Digest) -> Message:
        """Render one edition, as `Press.message` does."""
        return self.press.message(digest)

    def chat(self, digest: Digest) -> str:
        """The edition in a few lines for chats and webhooks, as `Press.chat` does."""
        return self.press.chat(digest)

    def index(self, page: IndexView) -> str:
        """Render a page of the archive's index, as `Press.index` does."""
        return self.press.index(page)

    def check(self) -> list[Problem]:
        """What is wrong with the user's templates, as `Press.check` finds it."""
        return self.press.check()

    @cached_property
    def press(self) -> Press:
        """What does the work. Asked for before an edition is due, it spares that one the wait."""
        from digest.render.renderer import Press  # with Jinja2 and Babel: a fifteenth of a service's start

        return Press(self._templates, self._archives)
