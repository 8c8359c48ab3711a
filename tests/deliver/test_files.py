"""What the Maildir and the directory delivery promise, on a real file system."""

from __future__ import annotations

import json
import mailbox
from dataclasses import replace
from pathlib import Path

import pytest
from relays import PARCEL, RAW, Ledger, nothing, parcel

from digest.deliver import DirectoryDelivery, MaildirDelivery
from digest.errors import DeliveryError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- Maildir --------------------------------------------------------------------------------------


async def test_a_mail_reader_finds_the_message_unread(tmp_path: Path):
    reply = await MaildirDelivery(tmp_path / "desk").deliver(PARCEL, nothing)
    [message] = mailbox.Maildir(tmp_path / "desk", create=False)
    assert message["Message-ID"] == "<one@example.org>"
    assert message.get_subdir() == "new"
    [path] = (tmp_path / "desk" / "new").iterdir()
    assert path.read_bytes() == RAW.replace(b"\r\n", b"\n")
    assert reply == f"stored as {path}"
    assert names(tmp_path / "desk" / "tmp") == []


async def test_a_repeat_stores_nothing_again(tmp_path: Path):
    for _ in range(3):
        await MaildirDelivery(tmp_path).deliver(PARCEL, nothing)
    assert len(names(tmp_path / "new")) == 1


async def test_a_repeat_stores_nothing_again_when_the_message_was_read_meanwhile(tmp_path: Path):
    delivery = MaildirDelivery(tmp_path)
    await delivery.deliver(PARCEL, nothing)
    [unread] = (tmp_path / "new").iterdir()
    unread.rename(tmp_path / "cur" / f"{unread.name}:2,FS")
    assert (await delivery.deliver(PARCEL, nothing)).startswith("already in")
    assert names(tmp_path / "new") == []


async def test_every_recipient_has_an_own_copy(tmp_path: Path):
    delivery = MaildirDelivery(tmp_path)
    await delivery.deliver(replace(PARCEL, recipient="a@example.org"), nothing)
    await delivery.deliver(replace(PARCEL, recipient="b@example.org"), nothing)
    await delivery.deliver(parcel(2), nothing)
    assert len(names(tmp_path / "new")) == 3


async def test_a_message_is_committed_before_it_appears(tmp_path: Path):
    ledger = Ledger(look=lambda: (names(tmp_path / "new"), len(names(tmp_path / "tmp"))))
    await MaildirDelivery(tmp_path).deliver(PARCEL, ledger.commit)
    assert ledger.commits == [([], 1)]


async def test_a_failed_commit_leaves_no_message_and_a_later_attempt_succeeds(tmp_path: Path):
    async def broken() -> None:
        raise LookupError

    delivery = MaildirDelivery(tmp_path)
    with pytest.raises(LookupError):
        await delivery.deliver(PARCEL, broken)
    assert names(tmp_path / "new") == []
    await delivery.deliver(PARCEL, nothing)
    assert len(names(tmp_path / "new")) == 1


@pytest.mark.parametrize("delivery", [MaildirDelivery, DirectoryDelivery])
async def test_a_place_that_cannot_be_written_is_named_and_tried_again(tmp_path: Path, delivery: type):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DeliveryError, match=f"{tmp_path}/file: ") as caught:
        await delivery(tmp_path / "file").deliver(PARCEL, nothing)
    assert (caught.value.retryable, caught.value.relay, caught.value.unknown) == (True, True, False)


# --- directory ------------------------------------------------------------------------------------


async def test_an_edition_is_four_files(tmp_path: Path):
    delivery = DirectoryDelivery(tmp_path / "out")
    reply = await delivery.deliver(PARCEL, nothing)
    assert names(tmp_path / "out") == ["daily.eml", "daily.html", "daily.json", "daily.txt"]
    assert (tmp_path / "out" / "daily.eml").read_bytes() == RAW
    assert (tmp_path / "out" / "daily.html").read_text() == "<p>Two stories</p>"
    assert (tmp_path / "out" / "daily.txt").read_text() == "Two stories\n"
    assert json.loads((tmp_path / "out" / "daily.json").read_text()) == {"id": "daily"}
    assert reply == f"stored as {tmp_path / 'out' / 'daily.eml'}"
    assert sorted(path.name for path in delivery.written) == names(tmp_path / "out")


async def test_what_an_edition_does_not_have_is_not_written(tmp_path: Path):
    await DirectoryDelivery(tmp_path).deliver(parcel(1, html="", data=""), nothing)
    assert names(tmp_path) == ["daily.eml", "daily.txt"]


async def test_numbered_editions_stand_side_by_side_in_order(tmp_path: Path):
    delivery = DirectoryDelivery(tmp_path, numbered=True)
    for edition in (9, 10):
        await delivery.deliver(parcel(1, edition=edition), nothing)
    assert [name for name in names(tmp_path) if name.endswith("eml")] == ["daily-000009.eml", "daily-000010.eml"]


async def test_the_recipients_of_an_edition_share_its_files(tmp_path: Path):
    delivery = DirectoryDelivery(tmp_path)
    await delivery.deliver(replace(PARCEL, recipient="a@example.org"), nothing)
    await delivery.deliver(replace(PARCEL, recipient="b@example.org"), nothing)
    assert len(names(tmp_path)) == len(delivery.written) == 4


async def test_files_are_committed_before_they_appear_and_appear_whole(tmp_path: Path):
    ledger = Ledger(look=lambda: [name for name in names(tmp_path) if not name.startswith(".")])
    await DirectoryDelivery(tmp_path).deliver(PARCEL, ledger.commit)
    assert ledger.commits == [[]]
    assert not [name for name in names(tmp_path) if name.startswith(".")]


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", ".hidden", "a b/c", "", "뉴스"])
async def test_no_file_leaves_the_directory(tmp_path: Path, name: str):
    await DirectoryDelivery(tmp_path / "a" / "out").deliver(replace(PARCEL, digest=name), nothing)
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != tmp_path / "a" / "out"]
    assert outside == []
    assert all(not name.startswith(".") for name in names(tmp_path / "a" / "out"))
