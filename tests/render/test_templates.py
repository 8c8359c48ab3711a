"""A user's own templates: they stand before ours file by file, can do no harm, and never stop a digest."""

from __future__ import annotations

import re
from pathlib import Path

import editions
import pytest
from babel.messages.pofile import read_po

from digest.render import Renderer
from digest.render.templates import NAMES, built_in, environment
from digest.render.words import Words

DIGEST = editions.full()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "templates"
    made.mkdir()
    return made


def test_a_users_file_stands_in_for_ours_and_the_others_stay(folder):
    (folder / "subject.txt.j2").write_text("Mine: {{ digest.count }}")
    message = Renderer(folder).message(DIGEST)
    assert message.subject == "Mine: 8"
    assert message.html == Renderer().message(DIGEST).html
    assert Renderer(folder).check() == []


def test_a_part_of_a_template_can_be_replaced_alone(folder):
    css = (built_in() / "style.css.j2").read_text("utf-8").replace("#f3f2ee", "#ccddee")
    (folder / "style.css.j2").write_text(css)
    html = Renderer(folder).message(DIGEST).html
    assert "background-color:#ccddee" in html
    assert "#f3f2ee" not in html


def test_a_users_own_part_can_be_included(folder):
    (folder / "signature.txt.j2").write_text("The desk")
    (folder / "digest.txt.j2").write_text("{{ digest.title }}\n{% include 'signature.txt.j2' %}")
    assert Renderer(folder).message(DIGEST).text == "Korea desk\nThe desk\n"


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("one\n{% if %}\n", 2, "Expected an expression"),
        ("one\ntwo\n{{ digest.nope }}", 3, "digest has no attribute 'nope'"),
        ("{% for s in digest.sections %}{{ s.stories[0].nope }}{% endfor %}", 1, "story has no attribute 'nope'"),
        ("{{ nope }}", 1, "'nope' is undefined"),
        ("one\n{{ digest.count | nope }}", 2, "No filter named 'nope'"),
        ("one\n\n{{ 1 // 0 }}", 3, "ZeroDivisionError"),
        ("{% include 'gone.txt.j2' %}", 1, "gone.txt.j2"),
        ("{% include '../../etc/passwd' %}", 1, "passwd"),
        ("{{ digest.__class__.__mro__ }}", 1, "unsafe"),
        ("{{ digest.title.__init__.__globals__ }}", 1, "unsafe"),
        ("{{ range(10000000) | length }}", 1, "Range too big"),
        ("{% for a in digest.sections %}{{ a.title + 1 }}{% endfor %}", 1, "TypeError"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, "recursion"),
    ],
)
def test_a_broken_template_is_refused_with_its_place_and_replaced_at_run_time(folder, source, line, what):
    """`check` names file and line; a digest is sent all the same, from our templates, and its footer says why."""
    (folder / "digest.txt.j2").write_text(source)
    (problem,) = Renderer(folder).check()
    assert problem.file == "templates/digest.txt.j2"
    assert problem.line == line
    assert what in problem.what
    assert not problem.warning
    message = Renderer(folder).message(DIGEST)
    assert "Your own templates failed, so the built-in ones were used: templates/digest.txt.j2" in message.html
    assert "1. North Korean envoy" in message.text


def test_a_template_that_fails_only_on_a_quiet_day_is_found_by_the_check(folder):
    (folder / "subject.txt.j2").write_text("{{ digest.top.title }}")
    (problem,) = Renderer(folder).check()
    assert problem.line == 1


def test_a_template_that_is_not_utf_8_is_refused(folder):
    (folder / "subject.txt.j2").write_bytes("Größe".encode("latin-1"))
    (problem,) = Renderer(folder).check()
    assert "UTF-8" in problem.what
    assert Renderer(folder).message(DIGEST).subject.startswith("Korea desk: 8 stories")


def test_html_that_leaves_no_room_for_stories_is_refused(folder):
    (folder / "digest.html.j2").write_text("<p>{{ 'x' * 90000 }}</p>")
    (problem,) = Renderer(folder).check()
    assert "90000 bytes" in problem.what


def test_a_directory_that_is_not_there_is_refused(tmp_path):
    (problem,) = Renderer(tmp_path / "gone").check()
    assert str(problem).endswith("there is no such directory; make it, or remove `templates:` from digest.yaml")
    assert Renderer(tmp_path / "gone").message(DIGEST).subject.startswith("Korea desk")


def test_a_misspelt_file_name_is_a_warning(folder):
    (folder / "digest.html").write_text("x")
    (problem,) = Renderer(folder).check()
    assert problem.warning
    assert problem.mend == "did you mean digest.html.j2?"


def test_no_template_directory_no_problem():
    assert Renderer().check() == []


def test_text_from_feeds_is_escaped_in_a_users_html_without_asking(folder):
    (folder / "digest.html.j2").write_text("<p>{{ digest.sections[0].stories[0].title }}</p>")
    digest = editions.hostile()
    assert "<script>" not in Renderer(folder).message(digest).html


def test_every_label_of_the_templates_is_in_every_catalogue():
    """A label that is missing would stand in English in the middle of another language."""
    made = environment(Words.of("en", built_in() / "labels"), built_in())
    used = set()
    for entry in built_in().iterdir():
        if entry.name.endswith(".j2"):
            for _, _, label in made.extract_translations(entry.read_text("utf-8")):
                used.add(label[0] if isinstance(label, tuple) else label)
    code = Path(__file__).parents[2] / "src" / "digest" / "render"
    for source in code.glob("*.py"):
        used |= set(re.findall(r'gettext\("([^"]+)"\)', source.read_text()))
    assert len(used) > 25
    for language in ("de", "ko", "ja"):
        with (built_in() / "labels" / f"{language}.po").open("rb") as stream:
            catalogue = read_po(stream)
        labels = [entry for entry in catalogue if entry.id and not entry.context]
        known = {entry.id[0] if isinstance(entry.id, tuple) else entry.id for entry in labels}
        assert known == used, language
        assert all(entry.string and (isinstance(entry.string, str) or all(entry.string)) for entry in catalogue)


def test_the_documentation_names_every_variable_and_no_other():
    """docs/templates.md is what people write templates from."""
    from dataclasses import fields

    from digest.render import index, view

    text = (Path(__file__).parents[2] / "docs" / "templates.md").read_text("utf-8")
    named = {name for line in text.splitlines() if line.startswith("| `") for name in [line.split("`")[1]]}
    views = (
        view.View,
        view.SectionView,
        view.StoryView,
        view.Part,
        view.WhyView,
        view.PlaceView,
        view.CoverageView,
        view.FailingView,
        view.RepeatView,
        view.ArchiveView,
        index.IndexView,
        index.GroupView,
        index.EditionLine,
        index.FeedLine,
    )
    known = {field.name for one in views for field in fields(one)}
    assert known <= named
    files = {entry.name for entry in built_in().iterdir() if entry.name.endswith(".j2")}
    assert named - known <= files | {"wrap", "width", "_", "ngettext"}
    assert files <= named
    assert set(NAMES) <= files
