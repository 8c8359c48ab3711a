"""Days full of faults, by a virtual clock: the short version of `make reliability`."""

from __future__ import annotations

import pytest
from month import run


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "clock_goes_wrong"), [(0, False), (1, True)])
def test_no_window_is_missed_or_doubled_whatever_befalls(seed: int, clock_goes_wrong: bool) -> None:
    """Every story is in one edition of each digest, every slot in one window, no message comes twice unknowingly."""
    report = run(seed, 2, clock_goes_wrong=clock_goes_wrong)
    assert report.faults == []
    assert report.messages > 10
    assert report.stories >= 32
    assert bool(report.jumps) == clock_goes_wrong
