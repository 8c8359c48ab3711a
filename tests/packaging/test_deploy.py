"""What lies under deploy/ works as far as this machine can show: there is no container engine in CI."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


# --- systemd --------------------------------------------------------------------------------------


@needs_systemd
def test_systemd_finds_nothing_to_say_about_the_unit(tmp_path: Path):
    """Apart from the program, which is not installed where the unit will look for it."""
    program = tmp_path / "digest"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "digest.service"
    unit.write_text((DEPLOY / "digest.service").read_text().replace("/opt/digest/bin/digest", str(program)))
    done = run("systemd-analyze", "verify", "--man=no", unit)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_systemd
def test_the_unit_exposes_the_machine_as_little_as_a_client_of_the_network_can():
    done = run("systemd-analyze", "security", "--offline=true", "--threshold=15", DEPLOY / "digest.service")
    assert done.returncode == 0, done.stdout
    [level] = re.findall(r"Overall exposure level for digest.service: ([\d.]+)", done.stdout)
    assert float(level) <= 1.5


def test_a_refused_configuration_is_not_tried_again():
    assert "RestartPreventExitStatus=64 78\n" in (DEPLOY / "digest.service").read_text()


# --- containers -----------------------------------------------------------------------------------


def instructions(stage: str) -> list[tuple[str, str]]:
    """(instruction, argument) of one stage of the Dockerfile."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    found: dict[str, list[tuple[str, str]]] = {}
    current = ""
    for line in filter(None, text.splitlines()):
        word, _, argument = line.strip().partition(" ")
        if word == "FROM":
            current = argument.rpartition(" AS ")[2]
        found.setdefault(current, []).append((word, argument))
    return found[stage]


def copied(stage: str) -> list[tuple[str, str]]:
    """(source, target) of what a stage copies out of the checkout."""
    pairs = []
    for word, argument in instructions(stage):
        if word == "COPY" and not argument.startswith("--from"):
            *sources, target = argument.split()
            pairs += [(source, target) for source in sources]
    return pairs


@pytest.mark.slow
def test_what_the_dockerfile_copies_is_enough_to_build_the_same_wheel(tmp_path: Path):
    context = tmp_path / "context"
    context.mkdir()
    ignore = shutil.ignore_patterns("__pycache__")
    for source, target in copied("build"):
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, context / target, ignore=ignore)
        else:
            shutil.copy(ROOT / source, context / target)
    contents = []
    for origin, folder in ((context, tmp_path / "a"), (ROOT, tmp_path / "b")):
        done = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, origin)
        assert done.returncode == 0, done.stdout + done.stderr
        [wheel] = folder.glob("*.whl")
        contents.append(sorted(name for name in zipfile.ZipFile(wheel).namelist() if "__pycache__" not in name))
    assert contents[0] == contents[1]


@pytest.mark.parametrize("stage", ["build", "relay"])
def test_what_is_copied_is_not_ignored(stage: str):
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert {source for source, _ in copied(stage)} <= allowed


def test_the_service_is_nobody_in_its_container_and_can_write_its_state_only():
    assert ("USER", "10001") in instructions("digest")
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["digest"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["volumes"] == ["../config:/etc/digest:ro", "state:/var/lib/digest"]


def test_the_container_is_healthy_when_its_service_says_so():
    [check] = [argument for word, argument in instructions("digest") if word == "HEALTHCHECK"]
    assert check.endswith('CMD ["digest", "health"]')


def test_hadolint_finds_nothing_to_say_about_the_dockerfile():
    done = run(Path(sys.executable).with_name("hadolint"), "--no-color", DEPLOY / "Dockerfile")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_compose_files_name_only_what_exists():
    base = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    over = yaml.safe_load((DEPLOY / "compose.postgresql.yaml").read_text())
    services = base["services"] | over["services"]
    volumes = set(base["volumes"]) | set(over["volumes"])
    for service in (*base["services"].values(), *over["services"].values()):
        assert set(service.get("depends_on", [])) <= set(services)
        named = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert {name for name in named if not name.startswith(".")} <= volumes
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
            assert instructions(service["build"]["target"])


# --- the mail relay -------------------------------------------------------------------------------


def configured(tmp_path: Path, **env: str) -> str:
    """What the relay's start script tells Postfix, a line each."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("postconf", "postfix"):
        (tools / tool).write_text(f'#!/bin/sh\nfor word; do echo "{tool} $word"; done\n')
        (tools / tool).chmod(0o755)
    done = run(DEPLOY / "relay", env={"PATH": f"{tools}:{os.environ['PATH']}"} | env)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_relay_serves_its_own_network_only(tmp_path: Path):
    said = configured(tmp_path, MAIL_NAME="mail.example.org")
    assert "postconf mynetworks_style = subnet\n" in said
    assert "postconf smtpd_relay_restrictions = permit_mynetworks, reject\n" in said
    assert "postconf smtp_tls_security_level = may\n" in said
    assert said.endswith("postfix start-fg\n")


def test_the_relay_sends_to_a_relay_of_ours_only_encrypted_and_verified(tmp_path: Path):
    said = configured(tmp_path, RELAYHOST="[smtp.example.org]:587")
    assert "postconf relayhost = [smtp.example.org]:587\n" in said
    assert "postconf smtp_tls_security_level = secure\n" in said
