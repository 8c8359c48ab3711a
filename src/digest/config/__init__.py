"""Loads the configuration: YAML files into frozen models, every refusal with its place and its mend."""

from __future__ import annotations

from digest.config.alerts import AlertConfig, alerts
from digest.config.feeds_file import NewFeed, add_feed, remove_feed
from digest.config.load import Config, find_dir, load, load_http, state_dir, store_url
from digest.config.opml import export_opml, import_opml
from digest.config.saving import save
from digest.config.schema import SCHEMAS, schema
from digest.config.settings import (
    ArchiveSettings,
    DigestConfig,
    FeedConfig,
    HttpSettings,
    KeepSettings,
    MailSettings,
    PerHost,
    PollSettings,
    SmtpSettings,
)
from digest.config.source import Sourced, load_bytes, load_file
from digest.config.starter import init
from digest.config.strict import Strict, Wrong
from digest.config.topic import TopicConfig
from digest.config.tree import Place
from digest.config.values import Listen, seconds, split_url

__all__ = [
    "SCHEMAS",
    "AlertConfig",
    "ArchiveSettings",
    "Config",
    "DigestConfig",
    "FeedConfig",
    "HttpSettings",
    "KeepSettings",
    "Listen",
    "MailSettings",
    "NewFeed",
    "PerHost",
    "Place",
    "PollSettings",
    "SmtpSettings",
    "Sourced",
    "Strict",
    "TopicConfig",
    "Wrong",
    "add_feed",
    "alerts",
    "export_opml",
    "find_dir",
    "import_opml",
    "init",
    "load",
    "load_bytes",
    "load_file",
    "load_http",
    "remove_feed",
    "save",
    "schema",
    "seconds",
    "split_url",
    "state_dir",
    "store_url",
]
