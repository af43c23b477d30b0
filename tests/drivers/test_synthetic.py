"""The synthetic scanner: the contract, its options, its faults and its preview."""

import math
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from threading import Event, Thread
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import DeviceError, DeviceHung, DeviceLost, FingerprintScanner, Frame
from drivers.fingerprint.synthesis.condition import CONDITIONS
from drivers.fingerprint.synthetic import FAULTS, SyntheticFingerprintScanner
from tests.contract.fingerprint_scanner import FingerprintScannerContract
from tests.drivers import synthetic_faults

PATIENCE_S = 60.0


def quick(**options: object) -> SyntheticFingerprintScanner:
    defaults: dict[str, object] = {"finger_delay_s": 0.02, "settle_s": 0.1, "hold_s": 0.5, "frame_rate": 100.0}
    return SyntheticFingerprintScanner(**{**defaults, **options})  # type: ignore[arg-type]


UNHURRIED = 1.0
"""Frames per second that a busy machine draws, too: a self test tells a slow one by the wall clock."""


class TestSyntheticFingerprintScanner(FingerprintScannerContract):
    def scanner(self, scenario: str) -> FingerprintScanner:
        fault = {"no-finger": "no_finger", "unplugged": "unplug", "hang": "hang"}.get(scenario)
        return quick(fault=fault, **{"frame_rate": UNHURRIED} if scenario == "self-test" else {})


class TestOptions:
    def test_defaults_are_a_500_ppi_reader(self) -> None:
        identity = SyntheticFingerprintScanner().identity
        assert (identity.width, identity.height, identity.ppi) == (388, 374, 500.0)
        assert (identity.driver, identity.serial) == ("synthetic", "SYN-0001")

    def test_unknown_names_are_answered_with_the_known(self) -> None:
        with pytest.raises(ValueError) as condition:
            SyntheticFingerprintScanner(condition="soapy")
        assert all(name in str(condition.value) for name in CONDITIONS)
        with pytest.raises(ValueError) as fault:
            SyntheticFingerprintScanner(fault="melt")
        assert all(name in str(fault.value) for name in FAULTS)

    @pytest.mark.parametrize(
        "options",
        [
            {"finger": -1},
            {"impression": -1},
            {"width": 10},
            {"height": 100_000},
            {"ppi": 0.0},
            {"ppi": math.nan},
            {"frame_rate": 0.0},
            {"hold_s": -1.0},
            {"settle_s": math.inf},
            {"finger_delay_s": math.nan},
            {"fault_after_frames": -1},
            {"fault_count": 0},
        ],
    )
    def test_out_of_range(self, options: dict[str, object]) -> None:
        with pytest.raises(ValueError):
            quick(**options)

    def test_frame_has_the_size_and_scale_asked_for(self) -> None:
        with quick(width=256, height=300, ppi=400.0) as scanner:
            frame = scanner.capture(PATIENCE_S, Event())
        assert frame.pixels.shape == (300, 256)
        assert frame.ppi == 400.0

    def test_not_open(self) -> None:
        with pytest.raises(DeviceError):
            next(quick().frames(Event()))

    def test_open_twice(self) -> None:
        scanner = quick()
        with scanner, pytest.raises(DeviceError), scanner:
            pass


def frames_until(scanner: SyntheticFingerprintScanner, enough: int) -> Iterator[Frame]:
    cancel = Event()
    for count, frame in enumerate(scanner.frames(cancel)):
        yield frame
        if count == enough:
            cancel.set()


class TestPlacements:
    def test_preview_shows_an_empty_glass_then_a_growing_finger_then_a_lifted_one(self) -> None:
        with quick(settle_s=2.0, hold_s=0.3, finger_delay_s=0.1) as scanner:
            cancel, dark = Event(), []
            for frame in scanner.frames(cancel):
                dark.append(np.mean(frame.pixels < 160))
                if len(dark) > 20 and dark[-1] < 0.001 and max(dark) > 0.1:
                    cancel.set()
        peak = int(np.argmax(dark))
        assert dark[0] < 0.001
        assert max(dark) > 0.2
        growing = [share for share in dark[:peak] if 0.01 < share < 0.9 * max(dark)]
        assert len(growing) >= 3
        assert growing == sorted(growing)

    def test_settled_finger_is_still(self) -> None:
        with quick(hold_s=60.0) as scanner:
            first = scanner.capture(PATIENCE_S, Event()).pixels.astype(float)
            second = scanner.capture(PATIENCE_S, Event()).pixels.astype(float)
        assert np.abs(first - second).mean() < 4

    def test_moved_finger_is_not(self) -> None:
        with quick(condition="moved", hold_s=60.0, frame_rate=25.0) as scanner:
            scanner.capture(PATIENCE_S, Event())
            seen = [frame.pixels.astype(float) for frame in frames_until(scanner, 6)]
        assert np.median([np.abs(a - b).mean() for a, b in pairwise(seen)]) > 10

    def test_each_placement_is_the_next_impression(self) -> None:
        with quick() as scanner:
            first = scanner.capture(PATIENCE_S, Event()).pixels.astype(float)
            scanner.await_removal(PATIENCE_S, Event())
            second = scanner.capture(PATIENCE_S, Event()).pixels.astype(float)
        assert np.abs(first - second).mean() > 10

    def test_a_fixed_impression_stays_the_same(self) -> None:
        with quick(impression=3) as scanner:
            first = scanner.capture(PATIENCE_S, Event()).pixels.astype(float)
            scanner.await_removal(PATIENCE_S, Event())
            second = scanner.capture(PATIENCE_S, Event()).pixels.astype(float)
        assert np.abs(first - second).mean() < 4

    def test_presented_finger_replaces_the_resting_one(self) -> None:
        with quick(hold_s=60.0) as scanner:
            scanner.capture(PATIENCE_S, Event())
            scanner.present(17, 3, "dry")
            shown = scanner.capture(PATIENCE_S, Event()).pixels.astype(float)
        with quick(finger=17, impression=3, condition="dry") as other:
            expected = other.capture(PATIENCE_S, Event()).pixels.astype(float)
        assert np.abs(shown - expected).mean() < 4

    def test_present_refuses_what_it_cannot_lay(self) -> None:
        with pytest.raises(ValueError, match="soapy"):
            quick().present(1, condition="soapy")
        with pytest.raises(ValueError):
            quick().present(-1)


class TestFaults:
    def test_unplugged_until_it_is_opened_again(self) -> None:
        scanner = quick(fault="unplug", fault_after_frames=3)
        with scanner:
            frames = scanner.frames(Event())
            for _ in range(3):
                next(frames)
            with pytest.raises(DeviceLost):
                next(frames)
            with pytest.raises(DeviceLost):
                scanner.capture(0.1, Event())
            with pytest.raises(DeviceLost):
                scanner.reset()
        with scanner:
            scanner.capture(PATIENCE_S, Event())

    def test_fault_occurs_as_often_as_asked(self) -> None:
        scanner = quick(fault="unplug", fault_count=2)
        for _ in range(2):
            with scanner, pytest.raises(DeviceLost):
                scanner.capture(PATIENCE_S, Event())
        with scanner:
            scanner.capture(PATIENCE_S, Event())

    def test_hang_is_deaf_to_cancel(self) -> None:
        raised: list[BaseException] = []
        cancel = Event()

        def watch(scanner: SyntheticFingerprintScanner) -> None:
            try:
                for _ in scanner.frames(cancel):
                    seen.set()
            except DeviceLost as error:
                raised.append(error)

        seen = Event()
        with quick(fault="hang", fault_after_frames=2) as scanner:
            thread = Thread(target=watch, args=(scanner,))
            thread.start()
            assert seen.wait(PATIENCE_S)
            while not scanner.hangs:
                thread.join(0.01)
            cancel.set()
            thread.join(0.2)
            assert thread.is_alive()
            scanner.reset()
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
            assert isinstance(raised[0], DeviceHung)
            scanner.capture(PATIENCE_S, Event())

    def test_closing_frees_a_hang(self) -> None:
        raised: list[BaseException] = []

        def watch(scanner: SyntheticFingerprintScanner) -> None:
            try:
                scanner.capture(PATIENCE_S, Event())
            except DeviceLost as error:
                raised.append(error)

        with quick(fault="hang") as scanner:
            thread = Thread(target=watch, args=(scanner,))
            thread.start()
            while not scanner.hangs:
                thread.join(0.01)
        thread.join(PATIENCE_S)
        assert isinstance(raised[0], DeviceHung)

    def test_slow_frames_come_further_apart(self) -> None:
        began = monotonic()
        with quick(fault="slow", fault_after_frames=3) as scanner:
            last = list(frames_until(scanner, 8))[-1]
        # Two intervals of 10 ms, then six of 50 ms: never sooner, however busy the machine.
        assert last.captured_at - began >= 0.32

    def test_dirty_glass_shows_without_a_finger_and_fails_the_self_test(self) -> None:
        with quick(fault="dirty_platen", frame_rate=UNHURRIED) as dirty, quick() as clean:
            soiled, wiped = (next(scanner.frames(Event())).pixels for scanner in (dirty, clean))
            failed = [step for step in dirty.self_test(Event()) if not step.passed]
        assert soiled.std() > 2 * wiped.std()
        assert [step.name for step in failed] == ["glass"]
        assert "wipe" in failed[0].detail

    def test_slow_scanner_fails_the_self_test(self) -> None:
        with quick(fault="slow", frame_rate=UNHURRIED) as scanner:
            assert [step.name for step in scanner.self_test(Event()) if not step.passed] == ["rate"]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["unplug", "hang", "slow", "no_finger"]), synthetic_faults.FAULTS, synthetic_faults.ACTS)
def test_random_faults_end_in_frames_or_errors(fault: str, options: dict[str, int], acts: list[str]) -> None:
    quick_one = partial(
        quick, finger_delay_s=0.0, settle_s=0.0, hold_s=60.0, frame_rate=1000.0, impression=1, width=120, height=120
    )
    synthetic_faults.survive(quick_one, fault, options, acts)
