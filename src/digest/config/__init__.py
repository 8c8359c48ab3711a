"""Loads the configuration: YAML files into frozen models, every refusal with its place and its mend."""

from __future__ import annotations

from digest.config.load import Config, find_dir, load, state_dir
from digest.config.settings import DigestConfig, FeedConfig, MailSettings, PerHost, PollSettings, SmtpSettings
from digest.config.source import Sourced, load_bytes, load_file
from digest.config.strict import Strict, Wrong
from digest.config.topic import TopicConfig
from digest.config.tree import Place

__all__ = [
    "Config",
    "DigestConfig",
    "FeedConfig",
    "MailSettings",
    "PerHost",
    "Place",
    "PollSettings",
    "SmtpSettings",
    "Sourced",
    "Strict",
    "TopicConfig",
    "Wrong",
    "find_dir",
    "load",
    "load_bytes",
    "load_file",
    "state_dir",
]
