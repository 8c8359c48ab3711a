"""Where templates come from, what they may do, and what is wrong with a user's own."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateError, TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.errors import Problem, RenderError
from digest.render import index, view
from digest.render.columns import wrap
from digest.render.words import Words
from digest.writing import width

# The others are parts of these.
NAMES = ("digest.html.j2", "digest.txt.j2", "subject.txt.j2")
ALERT_NAMES = ("alert.html.j2", "alert.txt.j2", "alert-subject.txt.j2")

_A_VIEW = re.compile(
    r"'digest\.render\.\w+\.(\w*?)View object'"
)  # as Jinja names what a template calls `digest`, `story`

# What a template can raise: its own errors, and those of the expressions in it.
FAILURES = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    css_inline.InlineError,
    RenderError,
)


def built_in() -> Traversable:
    """The shipped templates: inside the installed package, or beside `src` in a checkout."""
    packaged = files("digest") / "templates"
    return packaged if packaged.is_dir() else Path(__file__).parents[3] / "templates"


class _Folders(BaseLoader):
    """Templates by name, each from the first folder that has it."""

    def __init__(self, *folders: Traversable) -> None:
        self.folders = folders

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, None]:  # noqa: ARG002 - Jinja's
        if "/" in template or "\\" in template or template.startswith("."):
            raise TemplateNotFound(template)
        for folder in self.folders:
            source = folder / template
            if source.is_file():
                return source.read_text("utf-8"), str(source), None
        raise TemplateNotFound(template)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's sandbox, which looks closely at every name after a dot, except for those that we made for templates.

    The fields of our views are plain values, and nearly all that templates ask for: half of the time of a rendering
    went into finding out that `story.title` is no way to break out.
    """

    def getattr(self, obj: Any, attribute: str) -> Any:
        if attribute in _FIELDS.get(type(obj), ()):
            return getattr(obj, attribute)
        return super().getattr(obj, attribute)


_FIELDS = {made: frozenset(field.name for field in fields(made)) for made in (*view.SHOWN, *index.SHOWN)}


def environment(words: Words, *folders: Traversable) -> Environment:
    """A sandboxed environment: HTML templates escape by themselves, unknown names are errors."""
    made = _Sandbox(
        loader=_Folders(*folders),
        undefined=StrictUndefined,
        autoescape=lambda name: ".html" in (name or ".html"),
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    made.filters["wrap"] = wrap
    made.filters["width"] = width
    return made


def names() -> tuple[str, ...]:
    """The files that a user's own may replace."""
    return tuple(sorted(entry.name for entry in built_in().iterdir() if entry.name.endswith(".j2")))


def export(folder: Path, wanted: Iterable[str]) -> list[Path]:
    """Copy built-in templates into a folder, to be edited. What is there stays; returns what was written.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in wanted:
        with suppress(FileExistsError), (folder / name).open("x", encoding="utf-8", newline="\n") as file:
            file.write((built_in() / name).read_text("utf-8"))
            written.append(folder / name)
    return written


def problems_of(folder: Path, own: Environment) -> list[Problem]:
    """What can be said of a user's templates without rendering them."""
    if not folder.is_dir():
        return [
            Problem(str(folder), 0, 0, "there is no such directory", "make it, or remove `templates:` from digest.yaml")
        ]
    known = names()
    found: list[Problem] = []
    for file in sorted(folder.iterdir()):
        if file.name not in known:
            found += _stranger(folder, file, known)
        if file.name.endswith(".j2"):
            found += _unreadable(folder, file, own)
    return found


def place_of(error: BaseException, folder: Path) -> Problem:
    """The line of a template at which rendering failed, and why."""
    what = f"{type(error).__name__}: {error}" if not isinstance(error, (TemplateError, RenderError)) else str(error)
    what = _A_VIEW.sub(lambda view: view[1].lower() or "digest", what)
    if isinstance(error, TemplateSyntaxError):
        return Problem(_shown(folder, error.filename or error.name or ""), error.lineno, 1, what)
    places = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".j2") and frame.lineno
    ]
    if not places:
        return Problem(folder.name, 0, 0, what)
    # The innermost line of the user's own file is the one to mend, even where it called one of ours.
    place = next((frame for frame in reversed(places) if Path(frame.filename).parent == folder), places[-1])
    return Problem(_shown(folder, place.filename), place.lineno or 0, 1, what, _mend(what))


def _stranger(folder: Path, file: Path, known: Iterable[str]) -> list[Problem]:
    """A file that stands for none of ours may be a part of the user's own; a near miss is a mistake."""
    near = get_close_matches(file.name, known, n=1, cutoff=0.8)
    if not near or file.is_dir():
        return []
    return [Problem(_shown(folder, str(file)), 0, 0, "replaces no template", f"did you mean {near[0]}?", warning=True)]


def _unreadable(folder: Path, file: Path, own: Environment) -> list[Problem]:
    shown = _shown(folder, str(file))
    try:
        own.parse(file.read_text("utf-8"), file.name, str(file))
    except TemplateSyntaxError as error:
        return [Problem(shown, error.lineno, 1, error.message or "is no Jinja template")]
    except UnicodeDecodeError as error:
        return [Problem(shown, 0, 0, f"is not UTF-8 at byte {error.start}", "save it as UTF-8")]
    except OSError as error:
        return [Problem(shown, 0, 0, f"can't be read: {error.strerror}")]
    return []


def _shown(folder: Path, file: str) -> str:
    return f"{folder.name}/{Path(file).name}"


def _mend(what: str) -> str:
    return "docs/templates.md lists every variable" if "undefined" in what or "has no attribute" in what else ""
