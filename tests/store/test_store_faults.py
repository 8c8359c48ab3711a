"""Disks that are full or may not be written, with real file systems where this user may mount one."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from store_values import FEED, NOW, poll

from digest.errors import StoreError
from digest.store import Store, backup

SMALL_BYTES = 2_000_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB: a file system in memory for root, a limit on every file's size for others."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_BYTES}", "none", str(disk)]
    mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    if not mounted:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_BYTES // 2, before[1]))
    yield disk
    if mounted:
        subprocess.run(["umount", str(disk)], check=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def fill(store: Store) -> int:
    """Poll until nothing more can be written; how many polls were stored."""
    for number in range(100):
        store.apply(poll(store, *range(number * 100, number * 100 + 100), etag=f'"{number + 1}"'))
    raise AssertionError("the disk is larger than it should be")


def test_a_full_disk_costs_the_poll_that_met_it_and_nothing_before_it(small_disk: Path) -> None:
    """All that was told to be stored is there; and once there is room again, it goes on without a restart."""
    ballast = small_disk / "somebody's video"
    ballast.write_bytes(bytes(SMALL_BYTES // 4))
    url = f"sqlite:///{small_disk / 'digest.db'}"
    with Store.open(url, lock=True) as store:
        store.subscribe([FEED], NOW)
        with pytest.raises(StoreError, match=r"digest\.db: .*; (make room on this disk|look at the disk's health)"):
            fill(store)
        stored = int((store.feed(FEED).validators.etag or "0").strip('"'))
        assert stored > 0
        assert store.counts().entries == stored * 100, "validators only with the entries they vouch for"
        ballast.unlink()
        if not os.path.ismount(small_disk):
            resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL_BYTES, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        store.apply(poll(store, 999_999))
    with Store.open(url, lock=True) as store:
        assert store.counts().entries == stored * 100 + 1


def test_a_backup_that_finds_no_room_says_so_and_leaves_nothing_behind(small_disk: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    # Written by a process of its own: where the disk is a limit on files, it must not bind that one.
    code = (
        "import resource, sys; sys.path[:0] = sys.argv[2:]\n"
        "from store_values import FEED, NOW, poll\nfrom digest.store import Store\n"
        "with Store.open(sys.argv[1], lock=True) as store:\n"
        "    store.subscribe([FEED], NOW)\n"
        "    for first in range(0, 6000, 500): store.apply(poll(store, *range(first, first + 500)))\n"
    )
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (before[1], before[1]))
    here = Path(__file__).parent
    subprocess.run([sys.executable, "-c", code, url, str(here), str(here.parent)], check=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with pytest.raises(StoreError, match=r"make room|disk's health"):
        backup(url, small_disk / "backup.db", NOW)
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_may_only_be_read_is_named_and_can_still_be_looked_at(small_disk: Path) -> None:
    if not os.path.ismount(small_disk):
        pytest.skip("this user may not mount a file system; see test_a_directory_that_cannot_be_written_is_named")
    url = f"sqlite:///{small_disk / 'digest.db'}"
    with Store.open(url, lock=True) as store:
        store.subscribe([FEED], NOW)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StoreError, match="writable for this user"):
        Store.open(url, lock=True)
    looked = Store.look(url)
    assert looked is not None
    with looked:
        assert [state.url for state in looked.feeds()] == [FEED]
