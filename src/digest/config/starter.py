"""Writes a commented starter configuration."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from digest.config.schema import SCHEMAS, schema_text
from digest.errors import ConfigError, Problem, WrongCall


def init(directory: Path) -> list[Path]:
    """Write digest.yaml, feeds.yaml, an example topic and the editors' schemas; returns the paths.

    Nothing is overwritten: when one of the files is there, nothing is written at all. Raises WrongCall where one is,
    and ConfigError where they can't be written.
    """
    texts = {directory / name: text for name, text in _texts().items()}
    try:
        there = [path for path in texts if path.exists()]
        if there:
            mend = "nothing was written; name another directory, or edit what is there"
            raise WrongCall([Problem(str(path), 0, 0, "the file is there already", mend) for path in there])
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        what = f"it can't be written ({error.strerror or type(error).__name__})"
        raise ConfigError([Problem(str(error.filename or directory), 0, 0, what, "name another directory")]) from error
    return list(texts)


def _texts() -> dict[str, str]:
    starter = files("digest").joinpath("starter")
    texts = {name: file.read_text("utf-8") for name, file in _walk(starter, "")}
    return texts | {f"schema/{name}.json": schema_text(name) for name in SCHEMAS}


def _walk(directory: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found = []
    for each in sorted(directory.iterdir(), key=lambda entry: (entry.is_dir(), entry.name)):
        if each.is_dir():
            found += _walk(each, f"{prefix}{each.name}/")
        elif each.name.endswith(".yaml"):
            found.append((f"{prefix}{each.name}", each))
    return found
