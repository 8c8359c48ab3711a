"""What a digest's configuration says of its readers: how they leave."""

from __future__ import annotations

from pathlib import Path

from config_dirs import DIGEST, ENV, write

from digest import config

UNSUBSCRIBE = """\
    unsubscribe:
      mailto: Desk <leave+all@example.org>
      url: https://example.org/leave?who={recipient}
"""


def test_each_reader_gets_links_of_their_own_the_page_first(tmp_path: Path) -> None:
    digest = config.load(write(tmp_path, DIGEST + UNSUBSCRIBE), ENV).digests[0]
    assert digest.ways_to_leave("A Reader <a+b@example.org>") == (
        "https://example.org/leave?who=a%2Bb%40example.org",
        f"mailto:leave+all@example.org?subject=unsubscribe%20{digest.id}",
    )


def test_without_a_way_none_is_offered(tmp_path: Path) -> None:
    assert config.load(write(tmp_path), ENV).digests[0].ways_to_leave("a@example.org") == ()
