"""Where the configuration is looked for, what it comes to, and what it never gives away."""

from __future__ import annotations

import os
import pickle
import traceback
from pathlib import Path

import pytest
from config_dirs import DIGEST, ENV, FEEDS, refused, write

from digest import config
from digest.errors import ConfigError

SMTP = """\
mail:
  from: Korea desk <digest@example.org>
  smtp: {{host: localhost, security: none, username: u, {password}}}
digests:
  - {{id: daily, schedule: "0 7 * * *", to: [desk@example.org]}}
"""


def test_the_whole_example_of_the_documentation_is_read(tmp_path: Path) -> None:
    loaded = config.load(
        write(
            tmp_path,
            digest=SMTP.format(password="password_file: /run/secrets/smtp")
            + "poll: {every: 60m, allow_networks: [127.0.0.0/8, '::1'], contact: https://example.org/about}\n"
            + "templates: mine\n",
            feeds="feeds:\n  - https://example.org/rss.xml\n"
            "  - url: https://example.org/atom\n    name: Example\n    topics: [bank-of-korea]\n    full_text: feed\n"
            "    every: 15m\n    headers: {Authorization: Bearer x}\n",
        ),
        ENV,
    )
    assert loaded.store_url == "sqlite:////home/desk/.local/state/digest/digest.db"
    assert loaded.mail.sender == "Korea desk <digest@example.org>"
    assert loaded.mail.smtp is not None
    assert (loaded.mail.smtp.host, loaded.mail.smtp.port) == ("localhost", 25)
    assert loaded.templates == tmp_path / "mine"
    assert [str(network) for network in loaded.poll.allow_networks] == ["127.0.0.0/8", "::1/128"]
    assert [feed.url for feed in loaded.feeds] == ["https://example.org/rss.xml", "https://example.org/atom"]
    assert loaded.feeds[1].headers == {"Authorization": "Bearer x"}
    assert loaded.feeds[1].every == 900
    assert [topic.file for topic in loaded.topics] == ["topics/bank-of-korea.yaml"]


def test_topics_come_in_the_order_of_their_files_and_editors_leftovers_are_passed_over(tmp_path: Path) -> None:
    directory = write(tmp_path)
    for name in ("zinc.yaml", "asia.yaml", ".#asia.yaml", ".asia.yaml.swp", "asia.yaml~", "notes.txt"):
        (directory / "topics" / name).write_text("topic: x\nany: [x]\n", "utf-8")
    files = [topic.file for topic in config.load(directory, ENV).topics]
    assert files == ["topics/asia.yaml", "topics/bank-of-korea.yaml", "topics/zinc.yaml"]


# --- places ---


def test_the_directory_named_explicitly_comes_first_then_the_environment(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    env = ENV | {"DIGEST_CONFIG": str(tmp_path / "b")}
    assert config.find_dir(tmp_path / "a", env) == tmp_path / "a"
    assert config.find_dir(None, env) == tmp_path / "b"


def test_then_config_here_then_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ./config without a digest.yaml belongs to something else."""
    monkeypatch.chdir(tmp_path)
    env = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    (tmp_path / "config").mkdir()
    write(tmp_path / "home" / ".config" / "digest")
    assert config.find_dir(None, {"HOME": env["HOME"]}) == tmp_path / "home" / ".config" / "digest"
    write(tmp_path / "xdg" / "digest")
    assert config.find_dir(None, env) == tmp_path / "xdg" / "digest"
    write(tmp_path / "config")
    assert config.find_dir(None, env) == Path("config")


def test_without_any_it_is_said_where_one_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        config.find_dir(None, {"HOME": str(tmp_path)})
    assert str(caught.value) == (
        f"there is no configuration: no digest.yaml in config, {tmp_path}/.config/digest, /etc/digest; "
        "write one with `digest init`, or name its directory with `--config`"
    )


def test_a_named_directory_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "digest.yaml").touch()
    for name, message in [
        (
            "none",
            f"the configuration directory {tmp_path}/none is not there; write one with `digest init {tmp_path}/none`",
        ),
        (
            "digest.yaml",
            f"the configuration directory {tmp_path}/digest.yaml is a file; name the directory that it lies in",
        ),
    ]:
        with pytest.raises(ConfigError) as caught:
            config.find_dir(tmp_path / name, ENV)
        assert str(caught.value) == message


def test_an_empty_directory_is_refused_with_every_file_that_is_missing(tmp_path: Path) -> None:
    problems = refused(tmp_path)
    assert [problem.file for problem in problems] == ["digest.yaml", "feeds.yaml", "topics/"]


@pytest.mark.parametrize(
    ("env", "place"),
    [
        ({"STATE_DIRECTORY": "/var/lib/digest"}, "/var/lib/digest"),
        ({"STATE_DIRECTORY": "/var/lib/digest:/var/lib/other"}, "/var/lib/digest"),
        ({"XDG_STATE_HOME": "/state"}, "/state/digest"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/digest"),
        ({"STATE_DIRECTORY": "", "HOME": "/h"}, "/h/.local/state/digest"),
    ],
)
def test_the_state_directory_is_systemds_else_the_users(env: dict[str, str], place: str) -> None:
    assert config.state_dir(env) == Path(place)


@pytest.mark.parametrize(
    ("store", "url"),
    [
        ("sqlite:///digest.db", "sqlite:////var/lib/digest/digest.db"),
        ("sqlite:///sub/d.db", "sqlite:////var/lib/digest/sub/d.db"),
        ("sqlite:////srv/d.db", "sqlite:////srv/d.db"),
        ("postgresql+psycopg://u:p@host/db", "postgresql+psycopg://u:p@host/db"),
    ],
)
def test_a_relative_store_lies_in_the_state_directory(tmp_path: Path, store: str, url: str) -> None:
    directory = write(tmp_path, digest=f"{DIGEST}store: {store}\n")
    assert config.load(directory, {"STATE_DIRECTORY": "/var/lib/digest"}).store_url == url


def test_what_digest_writes_lies_with_its_state_and_what_users_write_with_the_configuration(tmp_path: Path) -> None:
    for way in ("directory", "maildir"):
        digest = DIGEST.replace("directory: out/", f"{way}: out/") + "templates: own\n"
        loaded = config.load(write(tmp_path, digest=digest), {"STATE_DIRECTORY": "/s"})
        assert getattr(loaded.mail, way) == Path("/s/out")
        assert loaded.templates == tmp_path / "own"


def test_without_readers_a_directory_gets_one_copy_addressed_to_the_sender(tmp_path: Path) -> None:
    assert config.load(write(tmp_path), ENV).digests[0].to == ("desk@example.org",)


# --- secrets ---

GONE = "(No such file or directory); check that it is there and that digest may read it"


def smtp_of(tmp_path: Path, password: str, env: dict[str, str] | None = None) -> config.SmtpSettings:
    smtp = config.load(write(tmp_path, digest=SMTP.format(password=password)), ENV | (env or {})).mail.smtp
    assert smtp is not None
    return smtp


def test_the_password_comes_from_the_file_the_environment_or_the_key(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n", "utf-8")
    assert smtp_of(tmp_path, "password: hunter2").password() == "hunter2"
    assert smtp_of(tmp_path, "password: 'hunter${N}'", {"N": "2"}).password() == "hunter2"
    assert smtp_of(tmp_path, "password_env: SMTP", {"SMTP": "hunter2"}).password() == "hunter2"
    assert smtp_of(tmp_path, "password_file: secret").password() == "hunter2"
    assert smtp_of(tmp_path, f"password_file: {tmp_path / 'secret'}").password() == "hunter2"


def test_a_changed_password_file_is_taken_up(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("old", "utf-8")
    smtp = smtp_of(tmp_path, "password_file: secret")
    assert smtp.password() == "old"
    secret.write_text("new", "utf-8")
    assert smtp.password() == "new"


def test_a_password_that_cant_be_had_is_told_when_it_is_needed_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "two").write_text("hunter2\nhunter3\n", "utf-8")
    (tmp_path / "none").write_text("\n", "utf-8")
    for password, message in [
        (
            "password_env: SMTP",
            "the environment variable that `password_env` names is not set; set it where digest is started",
        ),
        (
            "password_file: gone",
            f"`password_file`: {tmp_path}/gone can't be read {GONE}",
        ),
        (
            "password_file: two",
            f"`password_file`: {tmp_path}/two has more than one line; write the password in it, in one line",
        ),
        (
            "password_file: none",
            f"`password_file`: {tmp_path}/none is empty; write the password in it, in one line",
        ),
    ]:
        smtp = smtp_of(tmp_path, password)
        with pytest.raises(ConfigError) as caught:
            smtp.password()
        assert str(caught.value) == f"digest.yaml:3:56: {message}"


def test_no_secret_shows_in_what_is_printed_of_a_configuration(tmp_path: Path) -> None:
    loaded = config.load(
        write(
            tmp_path,
            digest=SMTP.format(password="password: hunter2") + "store: postgresql+psycopg://u:hunter2@host/db\n",
            feeds='feeds: [{url: https://a.org/, headers: {Authorization: "Bearer ${TOKEN}"}}]\n',
        ),
        ENV | {"TOKEN": "hunter2"},
    )
    assert "hunter2" not in repr(loaded)
    assert "hunter2" not in str(loaded)
    assert loaded.feeds[0].headers == {"Authorization": "Bearer hunter2"}


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("digest", SMTP.format(password="password: [hunter2]")),
        ("digest", SMTP.format(password="password: {hunter2: x}")),
        ("digest", SMTP.format(password="password: {hunter2 is it}")),
        ("digest", SMTP.format(password="password: hunter2, password_env: X")),
        ("digest", SMTP.format(password="password: *hunter2")),
        ("digest", SMTP.format(password="password: !hunter2 x")),
        ("digest", SMTP.format(password="password: &hunter2 [x]")),
        ("digest", SMTP.format(password='password: "hunter2')),
        ("digest", SMTP.format(password="passwort: hunter2")),
        ("digest", SMTP.format(password="password hunter2")),
        ("digest", SMTP.format(password="password: hunter2, password: hunter2")),
        ("digest", SMTP.format(password="password: 'hunter2', port: '${SECRET}'")),
        ("digest", SMTP.format(password="password: 'hunter2', security: '${SECRET}'")),
        ("digest", f"{DIGEST}store: postgresql://u:hunter2@host/db\n"),
        ("digest", f"{DIGEST}store: 'postgresql://u:hunter2/x@host/db'\n"),
        ("digest", DIGEST.replace("desk@example.org", "'${SECRET}'")),
        ("digest", DIGEST.replace('"0 7 * * *"', "'${SECRET}'")),
        ("digest", f"{DIGEST}poll: {{every: '${{SECRET}}'}}\n"),
        ("digest", f"{DIGEST}    timezone: '${{SECRET}}'\n"),
        ("digest", SMTP.format(password="password_env: [hunter2]")),
        ("digest", SMTP.format(password='password_env: "hunter2\\nx"')),
        ("digest", DIGEST.replace("id: daily", "id: '${SECRET}'") + "  - {id: 'hunter${TWO}', schedule: 0 8 * * *}\n"),
        ("digest", f"{DIGEST}    topics: ['${{SECRET}}']\n"),
        ("feeds", 'feeds: ["${SECRET}"]\n'),
        ("feeds", "feeds: https://u:hunter2@a.org/\n"),
        ("feeds", "feeds: [{url: https://a.org/, topics: ['${SECRET}']}]\n"),
        ("feeds", 'feeds: ["ftp://${SECRET}@a.org/"]\n'),
        ("feeds", "feeds: ['https://u:hunter2@a.org:x/']\n"),
        ("feeds", "feeds: [{url: https://a.org/, headers: {A: [hunter2]}}]\n"),
        ("feeds", 'feeds: [{url: https://a.org/, headers: {A: "hunter2\\n"}}]\n'),
        ("feeds", "feeds: [{url: https://a.org/, headers: {Authorization hunter2}}]\n"),
        ("feeds", "feeds: [{url: https://a.org/, headers: 'A: hunter2'}]\n"),
        ("feeds", "feeds: [{url: https://a.org/, headers: [hunter2]}]\n"),
        ("feeds", "feeds: [{url: https://a.org/, header: {A: hunter2}}]\n"),
        ("feeds", "feeds: ['https://u:hunter2@a.org/', 'https://u:hunter2@a.org/']\n"),
    ],
)
def test_no_refusal_repeats_a_secret(tmp_path: Path, kind: str, text: str) -> None:
    """Not in the message, and not in the traceback that a log may hold."""
    directory, env = write(tmp_path, **{kind: text}), ENV | {"SECRET": "hunter2", "TWO": "2"}
    with pytest.raises(ConfigError) as caught:
        config.load(directory, env)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_an_error_crosses_process_borders_whole(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.load(write(tmp_path, digest=""), ENV)
    assert pickle.loads(pickle.dumps(caught.value)).problems == caught.value.problems


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    directory = write(tmp_path)
    (directory / "feeds.yaml").chmod(0)
    (directory / "topics").chmod(0)
    try:
        assert [str(problem) for problem in refused(directory)] == [
            "feeds.yaml: the file can't be read (Permission denied); check that it is there and that you may read it",
            "topics/: the directory can't be read (Permission denied); check that you may read it",
        ]
    finally:
        (directory / "topics").chmod(0o700)


def test_a_directory_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    directory = write(tmp_path, feeds=FEEDS)
    (directory / "feeds.yaml").unlink()
    (directory / "feeds.yaml").mkdir()
    assert "feeds.yaml: the file can't be read (Is a directory)" in str(refused(directory)[0])
