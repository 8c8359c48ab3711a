"""The alerts and the dashboard ask for what `/metrics` has."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from digest.health import Level
from digest.metrics import Metrics, Moment
from digest.model import Counts

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy" / "monitoring" / "alerts.yaml"
DASHBOARD = ROOT / "deploy" / "monitoring" / "dashboard.json"
METRIC = re.compile(r"\b(?:digest|process)_[a-z_]+\b")


def shown() -> set[str]:
    """Every name that `/metrics` may show."""
    moment = Moment(
        counts=Counts(),
        oldest_due_s=0,
        came_round_at={},
        tasks_waiting=0,
        workers_busy=0,
        edit_refused=False,
        level=Level.GREEN,
        loop_lag_s=0,
    )
    text = Metrics().shown(moment).decode()
    families = list(text_string_to_metric_families(text))
    plain = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    return plain | {sample.name for family in families for sample in family.samples}


def asked() -> dict[str, list[str]]:
    """The expressions of each file."""
    rules = yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return {
        "alerts": [rule["expr"] for rule in rules],
        "dashboard": [target["expr"] for panel in panels for target in panel["targets"]],
    }


@pytest.mark.parametrize("file", ["alerts", "dashboard"])
def test_only_metrics_are_asked_for_that_there_are(file: str) -> None:
    names = {name for expression in asked()[file] for name in METRIC.findall(expression)}
    assert len(names) > 5
    assert names - shown() == set()


def test_every_metric_of_ours_is_on_the_dashboard() -> None:
    on_it = {name for expression in asked()["dashboard"] for name in METRIC.findall(expression)}
    ours = {name for name in shown() if name.startswith("digest_") and not name.endswith("_created")}
    assert ours - on_it == set()


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_prometheus_takes_the_rules_and_they_fire_when_they_should(tmp_path: Path) -> None:
    cases = tmp_path / "alerts.yaml"
    cases.write_text((ROOT / "tests" / "packaging" / "alerts.yaml").read_text().replace("@ALERTS@", str(ALERTS)))
    for words in (("check", "rules", ALERTS), ("test", "rules", cases)):
        done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
