"""What digest imports, it declares; what it declares, it imports."""

from __future__ import annotations

import ast
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

# Loaded by name, not by an import statement.
BY_NAME = {
    "brotli": "loaded by aiohttp and by our decoder where a server compresses with it",
    "lxml-html-clean": "lxml.html.clean of old; trafilatura's import fails without it under older pips",
    "tzdata": "zoneinfo's data where the system has none",
}

# Pinned exactly by what is declared.
COMPANIONS = {"pydantic_core": "pydantic"}


def imported() -> set[str]:
    """The top-level modules that our files import, our own and the standard library's left out."""
    found: set[str] = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"compression", "digest"}  # compression: Python 3.14


def declared(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(each for extra in extras for each in project["optional-dependencies"][extra])]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def providers() -> dict[str, set[str]]:
    """For each imported module the distributions that bring it."""
    known = packages_distributions()
    return {module: {canonicalize_name(name) for name in known.get(module, [])} for module in imported()}


def test_every_imported_library_is_declared():
    missing = {module: names for module, names in providers().items() if not names & declared("postgresql", "notify")}
    missing = {module: names for module, names in missing.items() if module not in COMPANIONS}
    assert missing == {}, "add them to pyproject.toml's dependencies, then make constraints"


def test_every_declared_library_is_imported():
    used = {name for names in providers().values() for name in names}
    assert declared() - used - set(BY_NAME) == set()
