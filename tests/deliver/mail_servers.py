"""A Postfix that delivers into Maildirs and a Dovecot that serves them, each under one directory and on loopback."""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

DOMAIN = "example.org"
USERS = ("desk", "chief")  # any other is refused
PATIENCE_S = 20.0
OWNER = "mail"  # of the mailboxes: a user that every Debian has


def missing() -> str:
    """What is not here that the servers need; empty where all is."""
    programs = [name for name in ("postfix", "postconf", "dovecot") if not shutil.which(name)]
    if programs:
        return f"{' and '.join(programs)} not installed; get them with: apt install postfix dovecot-imapd"
    if os.geteuid() != 0:
        return "Postfix is started by root only"
    version = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout
    return "" if version.startswith("2.3") else f"the configuration written here is Dovecot 2.3's, this is {version}"


@dataclass(frozen=True)
class Servers:
    """Where they listen."""

    smtp: int
    imap: int

    def messages(self, user: str, message_id: str) -> list[bytes]:
        """The messages of this id in a user's inbox, as IMAP hands them out, once there is one; none after a while."""
        until = time.monotonic() + PATIENCE_S
        while True:
            with imaplib.IMAP4("127.0.0.1", self.imap, timeout=10) as session:
                session.login(user, "any")
                session.select("INBOX", readonly=True)
                numbers = session.search(None, "HEADER", "Message-ID", message_id)[1][0].split()
                if numbers or time.monotonic() > until:
                    return [session.fetch(number.decode(), "(BODY.PEEK[])")[1][0][1] for number in numbers]
            time.sleep(0.2)


@contextmanager
def servers() -> Iterator[Servers]:
    """Both of them, until the end. Needs root."""
    with tempfile.TemporaryDirectory(prefix="digest-mail-") as scratch:
        folder = Path(scratch)
        folder.chmod(0o755)  # they drop to users of their own
        mailboxes = folder / "mailboxes"
        mailboxes.mkdir()
        shutil.chown(mailboxes, OWNER, OWNER)
        with postfix(folder, mailboxes) as smtp, dovecot(folder, mailboxes) as imap:
            yield Servers(smtp, imap)


@contextmanager
def postfix(folder: Path, mailboxes: Path) -> Iterator[int]:
    """An instance of its own; its port."""
    config, queue, data, port = folder / "postfix", folder / "queue", folder / "data", free_port()
    for made in (config, queue, data):
        made.mkdir()
    shutil.chown(data, "postfix")
    shutil.copy("/etc/postfix/master.cf", config)
    owner = pwd.getpwnam(OWNER)
    settings = {
        "compatibility_level": "3.6",
        "myhostname": "relay.example.org",
        "queue_directory": queue,
        "data_directory": data,
        "command_directory": "/usr/sbin",
        "daemon_directory": "/usr/lib/postfix/sbin",
        "maillog_file": folder / "postfix.log",
        "maillog_file_prefixes": folder,
        "syslog_name": "digest-test",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "mydestination": "",
        "alias_maps": "",
        "virtual_mailbox_domains": DOMAIN,
        "virtual_mailbox_base": mailboxes,
        "virtual_mailbox_maps": f"texthash:{config}/mailboxes",
        "virtual_uid_maps": f"static:{owner.pw_uid}",
        "virtual_gid_maps": f"static:{owner.pw_gid}",
        "virtual_minimum_uid": "1",
        "smtputf8_enable": "yes",
    }
    (config / "mailboxes").write_text("".join(f"{user}@{DOMAIN} {user}/\n" for user in USERS))
    (config / "main.cf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
    env = os.environ | {"MAIL_CONFIG": str(config)}

    def do(*command: str) -> None:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr}{done.stdout}"

    do("postconf", "-MX", "smtp/inet")
    do("postconf", "-Me", f"127.0.0.1:{port}/inet=127.0.0.1:{port} inet n - n - - smtpd")
    do("postconf", "-F", "*/*/chroot=n")
    do("postfix", "start")
    try:
        await_port(port)
        yield port
    finally:
        do("postfix", "stop")


@contextmanager
def dovecot(folder: Path, mailboxes: Path) -> Iterator[int]:
    """Serves the Maildirs to whoever asks; its port."""
    port, owner = free_port(), pwd.getpwnam(OWNER)
    config = folder / "dovecot.conf"
    config.write_text(f"""\
base_dir = {folder}/dovecot
state_dir = {folder}/dovecot-state
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{mailboxes}/%n
first_valid_uid = 1
first_valid_gid = 1
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={mailboxes}/%n
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
}}
service anvil {{
  chroot =
}}
""")
    with (folder / "dovecot.out").open("wb") as said:
        server = subprocess.Popen(["dovecot", "-F", "-c", str(config)], stdout=said, stderr=said)
    try:
        await_port(port)
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def await_port(port: int) -> None:
    """Until somebody listens."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")
