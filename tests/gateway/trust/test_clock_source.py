"""The kernel's clocks as they are read, and who synchronises them."""

import os
import time
from datetime import UTC, datetime

from gateway.trust.clock_source import TimeSource, read_machine_clock, time_source


def test_the_clocks_of_this_machine_run_together():
    first, until = read_machine_clock(), time.perf_counter() + 0.3
    while time.perf_counter() < until:
        pass
    second = read_machine_clock()
    assert second.spread_ns < 5_000_000
    assert abs(second.offset_ns - first.offset_ns) <= first.spread_ns + second.spread_ns
    passed_ns, raw_ns = second.wall_ns - first.wall_ns, second.raw_ns - first.raw_ns
    # The kernel's correction is what the wall clock does beyond the bare oscillator.
    unsure = (first.spread_ns + second.spread_ns + 10_000) / raw_ns
    assert abs(passed_ns / raw_ns - 1 - second.frequency) < unsure + 5e-6
    assert second.max_error_s is None or 0 <= second.max_error_s < 17  # NTP_PHASE_LIMIT


def test_who_synchronises_the_clock_is_told_by_what_it_leaves(tmp_path):
    assert time_source(tmp_path) is None
    (tmp_path / "ntpd.pid").write_text("1\n")
    assert time_source(tmp_path) == TimeSource("ntpd", None)
    (tmp_path / "chrony").mkdir()
    assert time_source(tmp_path) == TimeSource("chrony", None)
    heard = tmp_path / "systemd" / "timesync" / "synchronized"
    heard.parent.mkdir(parents=True)
    heard.write_text("")
    os.utime(heard, (1_770_000_000, 1_770_000_000))
    assert time_source(tmp_path) == TimeSource("systemd-timesyncd", datetime.fromtimestamp(1_770_000_000, UTC))
