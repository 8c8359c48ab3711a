"""Write every generated page and script; says which ones changed."""

from __future__ import annotations

from pathlib import Path

from tools.reference.commands import command_line
from tools.reference.completion import bash, fish, zsh
from tools.reference.manual import command_page, file_page
from tools.reference.pages import commands_page, settings_page
from tools.reference.settings import files

ROOT = Path(__file__).parents[2]
_SECTION_5 = ("digest.yaml", "digest-feeds", "digest-topics")


def written() -> dict[str, str]:
    """Every generated file by its path in the checkout."""
    top, kinds = command_line(), files()
    pages = {
        "docs/reference/commands.md": commands_page(top),
        "docs/reference/configuration.md": settings_page(kinds),
        "share/man/man1/digest.1": command_page(top),
        "share/bash-completion/completions/digest": bash(top),
        "share/zsh/site-functions/_digest": zsh(top),
        "share/fish/vendor_completions.d/digest.fish": fish(top),
    }
    for kind, name in zip(kinds, _SECTION_5, strict=True):
        pages[f"share/man/man5/{name}.5"] = file_page(kind, name)
    return pages


def main() -> None:
    """Write what differs."""
    for path, text in written().items():
        file = ROOT / path
        if not file.is_file() or file.read_text("utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
            print(f"wrote {path}")  # noqa: T201 # what the tool has to say


if __name__ == "__main__":
    main()
