"""`digest health`: ask the running service how it does. Imports little: a container asks every few minutes."""

from __future__ import annotations

import json
import os
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import typer

from digest import config as configuration
from digest.cli.console import ConfigOption, ExitCode, JsonOption, config_dir, out, print_json
from digest.cli.root import cli
from digest.config import HttpSettings, Listen
from digest.errors import ConfigError

ANSWER_WITHIN_S = 10.0
COLOURS = {"green": "green", "yellow": "yellow", "red": "red"}


@cli.command(rich_help_panel="Look after it")
def health(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Ask the running service how it does. Exits with 0 when it works, else with 69.

    Made for a container's health check; yellow, which asks for people and not for a restart, counts as working.
    """
    answer = asked_as_in(config_dir(context, config))
    if as_json:
        print_json(answer)
    else:
        print_health(answer)
    if answer["health"] not in ("green", "yellow"):
        raise typer.Exit(ExitCode.UNREACHABLE)


def asked_as_in(directory: Path) -> dict[str, Any]:
    """What `/healthz` says at the address that this configuration names, however broken it is elsewhere.

    A broken edit is no reason to take a service for dead that goes on without it. Where that edit is of `http` itself,
    the usual address is asked, and the answer says so: it may be another service's.
    """
    try:
        return asked(configuration.load_http(directory, os.environ))
    except ConfigError as error:
        usual, wrong = HttpSettings(), f"where the service listens can't be read: {error.problems[0]}"
        answer = asked(usual)
        if answer["health"] == "unknown":
            return _unknown(f"{wrong}; it is not the usual address, {usual.listen}")
        why = {"level": "yellow", "text": f"{wrong}; this is what answers at the usual address, {usual.listen}"}
        health = "yellow" if answer["health"] == "green" else answer["health"]
        return {**answer, "health": health, "reasons": [*answer["reasons"], why]}


def asked(settings: HttpSettings) -> dict[str, Any]:
    """What `/healthz` says; `health` is "unknown" when nobody answers, and a reason says why."""
    listen = settings.listen
    if listen is None:
        return _unknown("`http.listen` is off, so the service can't be asked")
    connection = HTTPConnection(_near(listen), listen.port, timeout=ANSWER_WITHIN_S)
    try:
        connection.request("GET", "/healthz")
        answer = json.loads(connection.getresponse().read())
        if not isinstance(answer, dict) or "health" not in answer:
            return _unknown(f"what answers at {listen} is no digest")
    except (OSError, HTTPException, ValueError) as error:
        return _unknown(f"no service answers at {listen} ({getattr(error, 'strerror', None) or error})")
    finally:
        connection.close()
    return answer


def _unknown(why: str) -> dict[str, Any]:
    return {"health": "unknown", "reasons": [{"level": "unknown", "text": why}]}


def _near(listen: Listen) -> str:
    """The address to ask on this machine: who listens everywhere is asked on loopback."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen.host, listen.host)  # noqa: S104 - only compared with


def print_health(answer: dict[str, Any]) -> None:
    """In colours, with every reason."""
    out.print(f"Service: {answer['health']}", style=COLOURS.get(answer["health"], "red"))
    for reason in answer["reasons"]:
        out.print(f"  {reason['level']}: {reason['text']}", style=COLOURS.get(reason["level"], "red"), markup=False)
