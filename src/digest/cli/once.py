"""`digest`: one run now, or a rehearsal of one."""

from __future__ import annotations

import os
import tempfile
import webbrowser
from contextlib import AsyncExitStack
from pathlib import Path

import typer

from digest import app, compose
from digest.app import Outcome
from digest.cli.console import (
    ExitCode,
    config_dir,
    counted,
    err,
    out,
    print_json,
    progress,
    run,
)
from digest.engine import Tally
from digest.errors import RenderError, Unreachable


def once(
    context: typer.Context,
    explicit: Path | None,
    *,
    dry_run: bool,
    demo: bool,
    out_dir: Path | None,
    show: bool,
    digest_id: str | None,
    as_json: bool,
) -> None:
    """Run once, tell what came of it, and exit as design section 5 says: above all with 69 or 75."""
    outcome = run(_once(context, explicit, dry_run=dry_run, demo=demo, out_dir=out_dir, digest_id=digest_id))
    if as_json:
        print_json(summary(outcome))
    else:
        _print(outcome, dry_run=dry_run)
    if show:
        _open(outcome)
    if outcome.refused:
        raise RenderError("\n".join(outcome.refused))
    if outcome.tally.nothing_reached:
        raise Unreachable("nothing could be reached: every feed failed; see the reasons above")
    if (ending := undelivered(outcome)) is not None:
        raise ending


def undelivered(outcome: Outcome) -> typer.Exit | None:
    """How to end where messages were not delivered: will they be tried again, or is it for the owner to act?"""
    if outcome.unsent:
        return typer.Exit(ExitCode.DEFERRED)
    return typer.Exit(ExitCode.UNREACHABLE) if outcome.given_up else None


async def _once(
    context: typer.Context,
    explicit: Path | None,
    *,
    dry_run: bool,
    demo: bool,
    out_dir: Path | None,
    digest_id: str | None,
) -> Outcome:
    async with AsyncExitStack() as stack:
        watch = stack.enter_context(progress())
        if demo:
            config = await stack.enter_async_context(app.sample_newsroom(os.environ))
        else:
            config = app.load(config_dir(context, explicit), os.environ)
        if dry_run:
            return await app.rehearse(config, only=digest_id, out=out_dir, progress=watch)
        return await app.run_once(config, only=digest_id, progress=watch)


def summary(outcome: Outcome) -> dict[str, object]:
    """What `--json` prints: design section 5. Where there are any: `alerts`, of the same form as `digests`, and
    `refused`, a sentence for each mailing of which no edition can be made.
    """
    tally = outcome.tally
    alerts = [compose.as_json(alert.digest, alert.message.subject) for alert in outcome.alerts]
    return {
        "digests": [compose.as_json(edition.digest, edition.message.subject) for edition in outcome.editions],
        **({"alerts": alerts} if alerts else {}),
        **({"refused": list(outcome.refused)} if outcome.refused else {}),
        "feeds": {
            "polled": tally.polled,
            "not_modified": tally.not_modified,
            "failed": [
                {
                    "url": feed.url,
                    "error": feed.error,
                    "next_poll_at": feed.next_poll_at.isoformat() if feed.next_poll_at else None,
                }
                for feed in tally.failed
            ],
        },
        "entries": {"new": tally.new, "flagged": tally.flagged, "incomplete": tally.incomplete},
    }


def _print(outcome: Outcome, *, dry_run: bool) -> None:
    """A rehearsal prints its digests on stdout; what was done is told on stderr."""
    for edition in (*outcome.alerts, *outcome.editions) if dry_run else ():
        out.print(f"Subject: {edition.message.subject}\n", markup=False)
        out.print(edition.message.text, markup=False)
    err.print(_words(outcome.tally), markup=False)
    for feed in outcome.tally.failed:
        err.print(f"  failed: {feed.name}: {feed.error}", markup=False)
    if dry_run:
        if outcome.alerts:
            what = counted(len(outcome.alerts), "mail")
            err.print(f"Alerts: {what}, shown first; `digest run` sends such a story at once, and not once more.")
        err.print("This was a rehearsal: nothing was sent or changed.")
    elif told := messages(outcome):
        err.print(told, markup=False)
    elif not outcome.editions and not outcome.refused:
        err.print("Nothing to send.")
    for path in outcome.written:
        err.print(f"  wrote {path}", markup=False)


def messages(outcome: Outcome) -> str:
    """What became of the messages, in a sentence; nothing where there were none."""
    if not (outcome.sent or outcome.unsent or outcome.given_up):
        return ""
    parts = [f"{counted(outcome.sent, 'message')} sent"]
    if outcome.unsent:
        parts.append(f"{outcome.unsent} not delivered, to be tried again later")
    if outcome.given_up:
        parts.append(f"{outcome.given_up} not delivered, and not tried again unless you say so")
    where = " (see `digest outbox list`)" if len(parts) > 1 else ""
    return f"{', '.join(parts)}{where}."


def _words(tally: Tally) -> str:
    failed = f", {len(tally.failed)} failed" if tally.failed else ""
    incomplete = f", {tally.incomplete} incomplete" if tally.incomplete else ""
    older = f" ({tally.remembered} older noted as seen)" if tally.remembered else ""
    return (
        f"{counted(tally.polled, 'feed')} polled ({tally.not_modified} unchanged{failed}); "
        f"{counted(tally.new, 'new entry', 'new entries')}{older}; {counted(tally.read, 'article')} read, "
        f"{tally.flagged} flagged{incomplete}."
    )


def _open(outcome: Outcome) -> None:
    for edition in (*outcome.alerts, *outcome.editions):
        with tempfile.NamedTemporaryFile("w", suffix=".html", prefix="digest-", delete=False, encoding="utf-8") as page:
            page.write(edition.message.html)
        webbrowser.open(Path(page.name).as_uri())
