"""Where templates come from, what they may do, and what is wrong with a user's own."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from jinja2 import BaseLoader, StrictUndefined, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.render.columns import wrap
from digest.render.words import Words
from digest.writing import width

NAMES = ("digest.html.j2", "digest.txt.j2", "subject.txt.j2")


def built_in() -> Traversable:
    """The shipped templates: inside the installed package, or beside `src` in a checkout."""
    packaged = files("digest") / "templates"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "templates"


class _Folders(BaseLoader):
    """Templates by name, each from the first folder that has it."""

    def __init__(self, *folders: Traversable) -> None:
        self.folders = folders

    def get_source(self, environment: object, template: str) -> tuple[str, str | None, None]:  # noqa: ARG002 - Jinja2's signature
        if "/" in template or "\\" in template or template.startswith("."):
            raise TemplateNotFound(template)
        for folder in self.folders:
            source = folder / template
            if source.is_file():
                return source.read_text("utf-8"), str(source), None
        raise TemplateNotFound(template)


def environment(words: Words, *folders: Traversable) -> ImmutableSandboxedEnvironment:
    """A sandboxed environment: HTML templates escape by themselves, unknown names are errors."""
    made = ImmutableSandboxedEnvironment(
        loader=_Folders(*folders),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name) and ".html" in str(name),
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    made.filters["wrap"] = wrap
    made.filters["width"] = width
    return made
