"""Every YAML block of the README is a configuration that `digest check` accepts, and what it begins with works."""

from __future__ import annotations

import re
from pathlib import Path

from loopback import Run

README = Path(__file__).parents[2] / "README.md"


def test_the_yaml_blocks_together_are_a_configuration_that_check_accepts(digest: Run, home: Path) -> None:
    config = home / "config"
    for block in re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL):
        name = re.match(r"# (\S+\.yaml)", block)
        assert name, f"a YAML block does not say which file it is: {block[:60]}"
        (config / name[1]).parent.mkdir(parents=True, exist_ok=True)
        (config / name[1]).write_text(block, encoding="utf-8")
    done = digest("check")
    assert done.returncode == 0, done.stderr
    assert "2 topics" in done.stdout


def test_init_then_check_is_all_it_takes_to_begin(digest: Run, home: Path) -> None:
    assert digest("init").returncode == 0
    checked = digest("check")
    assert checked.returncode == 0, checked.stderr
    again = digest("init")
    assert again.returncode == 64, "the call is to be mended, no file"
    assert "digest.yaml" in again.stderr
