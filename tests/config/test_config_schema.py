"""Editors are told the same as the loader knows, and the shipped files are right in the eyes of both."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from config_dirs import DIGEST, FEEDS, TOPIC

from digest import config
from digest.config.schema import schema_text
from digest.errors import ConfigError

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "config"
STARTER = ROOT / "src" / "digest" / "starter"


def kind_of(path: Path) -> str:
    return path.stem if path.stem in {"digest", "feeds"} else "topic"


def shipped() -> list[Path]:
    found = [*SHIPPED.rglob("*.yaml"), *STARTER.rglob("*.yaml")]
    assert len(found) >= 5
    return sorted(found)


def valid(name: str, text: str) -> bool:
    return bool(jsonschema.Draft7Validator(config.schema(name)).is_valid(json.loads(json.dumps(yaml.safe_load(text)))))


@pytest.mark.parametrize("name", sorted(config.SCHEMAS))
def test_the_schema_is_draft_7(name: str) -> None:
    made = config.schema(name)
    assert made["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(made)


@pytest.mark.parametrize("name", sorted(config.SCHEMAS))
def test_the_schema_files_are_up_to_date(name: str) -> None:
    """`digest schema NAME > config/schema/NAME.json` after a change of the models."""
    assert (SHIPPED / "schema" / f"{name}.json").read_text("utf-8") == schema_text(name)


def keys_of(node: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    found = []
    if isinstance(node, dict):
        for key, value in node.get("properties", {}).items():
            found.append((f"{path}.{key}", value))
        for key, value in node.items():
            found += keys_of(value, f"{path}.{key}")
    if isinstance(node, list):
        for each in node:
            found += keys_of(each, path)
    return found


@pytest.mark.parametrize("name", sorted(config.SCHEMAS))
def test_every_key_has_a_description(name: str) -> None:
    definitions = config.schema(name).get("definitions", {})
    keys = keys_of(config.schema(name))
    assert keys
    for path, key in keys:
        refs = [each["$ref"].rpartition("/")[2] for each in key.get("allOf", []) if "$ref" in each]
        if "$ref" in key:
            refs.append(key["$ref"].rpartition("/")[2])
        assert key.get("description") or any(definitions[ref].get("description") for ref in refs), path


@pytest.mark.parametrize("path", shipped(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_shipped_file_names_its_schema_for_editors_and_fits_it(path: Path) -> None:
    text = path.read_text("utf-8")
    up = "../" if path.parent.name == "topics" else ""
    assert text.startswith(f"# yaml-language-server: $schema={up}schema/{kind_of(path)}.json\n")
    jsonschema.validate(
        json.loads(json.dumps(yaml.safe_load(text))), config.schema(kind_of(path)), jsonschema.Draft7Validator
    )


@pytest.mark.parametrize(
    ("name", "text", "right"),
    [
        ("digest", DIGEST, True),
        ("digest", DIGEST + "poll: {every: 1h 30m, max_bytes: 5 MB, per_host: {gap: 0s}}\n", True),
        ("digest", DIGEST + "poll: {every: 5}\n", False),
        ("digest", DIGEST + "poll: {every: 5 parsecs}\n", False),
        ("digest", DIGEST + 'poll: {concurrency: "${N}", every: "${M}m"}\n', True),
        ("digest", DIGEST + "pol: {}\n", False),
        ("digest", DIGEST + "    title: 2026\n", True),
        ("digest", DIGEST + "    title: no\n", True),
        ("digest", DIGEST + "    schedule: daily\n", False),
        ("digest", DIGEST + "    when_empty: maybe\n", False),
        ("digest", DIGEST.replace("  directory: out/\n", ""), False),
        ("digest", DIGEST.replace("directory: out/", "smtp: {host: h, port: 25, security: none}"), True),
        ("digest", DIGEST + "store: mysql://x\n", False),
        ("feeds", FEEDS, True),
        ("feeds", "feeds:\n  # - all commented out\n", True),
        ("feeds", "feeds: [{url: https://a.org, headers: {A: b}}, 'https://${HOST}/x', '${URL}']\n", True),
        ("feeds", "feeds: [ftp://a.org]\n", False),
        ("feeds", "feeds: [{name: x}]\n", False),
        ("topic", TOPIC, True),
        ("topic", "topic: x\nany: [NO, 5G, 2024, 1.5]\n", True),
        ("topic", "topic: x\nanny: [x]\n", False),
        ("topic", "any: [x]\n", False),
    ],
)
def test_editors_accept_what_the_loader_accepts_and_mark_what_it_refuses(name: str, text: str, right: bool) -> None:
    env = {"HOST": "a.org", "URL": "https://b.org", "N": "5", "M": "5"}
    assert valid(name, text) is right
    try:
        config.load_bytes(text.encode(), config.SCHEMAS[name], "x.yaml", None if name == "topic" else env)
    except ConfigError:
        assert not right
    else:
        assert right


def test_the_shipped_configuration_is_right_and_covers_korea_in_many_languages() -> None:
    loaded = config.load(SHIPPED, {"HOME": "/home/desk"})
    urls = " ".join(feed.url for feed in loaded.feeds)
    assert len(loaded.feeds) >= 20
    for host in (
        "en.yna.co.kr",
        "www.yna.co.kr",
        "hani.co.kr",
        "nhk.or.jp",
        "asahi.com",
        "tagesschau.de",
        "lemonde.fr",
    ):
        assert host in urls
    assert {topic.file for topic in loaded.topics} >= {"topics/north-korea-diplomacy.yaml"}


def test_the_starter_is_right_as_it_is_written(tmp_path: Path) -> None:
    paths = config.init(tmp_path / "mine")
    assert [str(path.relative_to(tmp_path / "mine")) for path in paths] == [
        "digest.yaml",
        "feeds.yaml",
        "topics/bank-of-korea.yaml",
        "schema/digest.json",
        "schema/feeds.json",
        "schema/topic.json",
    ]
    loaded = config.load(tmp_path / "mine", {"HOME": "/home/desk"})
    assert (len(loaded.feeds), len(loaded.topics), len(loaded.digests)) == (3, 1, 1)


def test_what_the_starter_only_mentions_is_right_too(tmp_path: Path) -> None:
    """Whoever takes away a `#` must not be refused."""
    config.init(tmp_path)
    for name in ("digest.yaml", "feeds.yaml"):
        text = (tmp_path / name).read_text("utf-8").replace("  directory: out/\n", "")
        (tmp_path / name).write_text(re.sub(r"(?m)^( *)# ( *[a-z_]+:( |$))", r"\1\2", text), "utf-8")
    loaded = config.load(tmp_path, {"HOME": "/h", "FEED_TOKEN": "x", "SMTP_PASSWORD": "x"})
    assert loaded.mail.smtp is not None
    assert loaded.mail.smtp.password() == "x"
    assert loaded.digests[0].topics == ("bank-of-korea",)
    assert loaded.poll.contact == "https://example.org/me"
    assert loaded.feeds[2].headers == {"Authorization": "Bearer x"}


def test_nothing_that_exists_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("mine", "utf-8")
    with pytest.raises(ConfigError) as caught:
        config.init(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}/feeds.yaml: the file is there already; nothing was written; "
        "name another directory, or edit what is there"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["feeds.yaml"]


def test_a_starter_that_cant_be_written_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="it can't be written"):
        config.init(tmp_path / "file" / "below")
