"""The ZFM driver on a line that loses, garbles and delays, with cables that are pulled and modules that hang."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from threading import Event, Timer

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceAccessDenied,
    DeviceBusy,
    DeviceError,
    DeviceHung,
    DeviceLost,
    DeviceNotFound,
)
from drivers.fingerprint import zfm
from drivers.fingerprint.zfm import Zfm
from drivers.fingerprint.zfm_image import BadImageError, ImageSize
from drivers.fingerprint.zfm_line import OK, Upload
from tests.drivers.zfm_bench import PATIENCE_S, R503, hurry, nothing_left, one_finger
from tests.drivers.zfm_module import ANSWER_FAULTS, IMAGE_FAULTS, NOBODY, OPTICAL, PRESENT, ROUND, ZfmModule


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    with nothing_left():
        yield


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.mark.usefixtures("hurried")
class TestNoise:
    @pytest.mark.parametrize("fault", ANSWER_FAULTS)
    def test_any_answer_may_fail_once(self, fault: str) -> None:
        def at(first: int) -> None:
            faults = (["none"] * first + [fault] + ["none"] * 4) * 4
            with ZfmModule(ROUND, product=R503, version=b"V1", faults=faults, seed=first) as module:
                np.testing.assert_array_equal(one_finger(module), ROUND * 17)
                assert module.baud == 57600

        with ThreadPoolExecutor(5) as pool:
            list(pool.map(at, range(5)))

    @pytest.mark.parametrize("fault", IMAGE_FAULTS)
    @pytest.mark.parametrize("told", [R503, None], ids=["told size", "counted size"])
    def test_image_is_sent_again_until_it_is_whole(self, fault: str, told: bytes | None) -> None:
        with ZfmModule(ROUND, product=told, image_faults=[fault]) as module:
            np.testing.assert_array_equal(one_finger(module), ROUND * 17)

    def test_half_an_image_is_no_whole_one_of_a_smaller_module(self) -> None:
        """A module whose size was not told, and of which every second packet came damaged."""
        module, data = Zfm(port="unused"), bytes(192 * 192 // 2)
        with pytest.raises(BadImageError, match="144 broken"):
            module._checked_size(Upload(OK, data, complete=True, broken=144), None)
        assert module._checked_size(Upload(OK, data, complete=True), None) == ImageSize(192, 192)

    def test_parts_of_an_image_before_do_not_spoil_the_next(self) -> None:
        with ZfmModule(ROUND, product=R503, version=b"V1") as whole:
            one_finger(whole)
        faults = ["none"] * whole.commands.index(0x0A) + ["stray"]
        with ZfmModule(ROUND, product=R503, version=b"V1", faults=faults) as module:
            np.testing.assert_array_equal(one_finger(module), ROUND * 17)
            assert module.commands.count(0x0A) == 1

    def test_rest_of_a_bad_image_is_waited_for(self) -> None:
        with ZfmModule(ROUND, product=R503, image_faults=["early end"], packet_pause_s=0.002) as module:
            np.testing.assert_array_equal(one_finger(module), ROUND * 17)
            assert module.commands.count(0x0A) == 2

    def test_four_bad_images_in_a_row_are_a_fault(self) -> None:
        with (
            ZfmModule(image_faults=repeat("garbled packet")) as module,
            Zfm(port=module.port) as scanner,
            pytest.raises(DeviceHung, match=r"4 bad images in a row.*cable"),
        ):
            scanner.capture(PATIENCE_S, Event())
        assert module.commands.count(0x0A) == 4

    def test_no_image_is_sent_again_long_after_the_time_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(zfm, "OVERRUN_S", 0.5)
        with (
            ZfmModule(image_faults=repeat("garbled packet"), looks=(PRESENT,)) as module,
            Zfm(port=module.port) as scanner,
            pytest.raises(DeviceHung, match="1 bad images"),
        ):
            scanner.capture(0.1, Event())

    def test_image_that_the_module_does_not_send(self) -> None:
        with (
            ZfmModule(image_faults=repeat("refused")) as module,
            Zfm(port=module.port) as scanner,
            pytest.raises(DeviceHung, match="code 0x0f"),
        ):
            scanner.capture(PATIENCE_S, Event())

    def test_late_image_of_a_cancelled_capture_is_not_taken_for_the_next(self) -> None:
        other = np.roll(ROUND, 40, axis=1)
        cancel = Event()
        with (
            ZfmModule(product=R503, picture=ROUND, pictures=[other], packet_pause_s=0.002, looks=(PRESENT,)) as module,
            Zfm(port=module.port) as scanner,
        ):
            scanner.progress = lambda share: cancel.set()
            with pytest.raises(CaptureCancelled):
                scanner.capture(PATIENCE_S, cancel)
            scanner.progress = None
            np.testing.assert_array_equal(scanner.capture(PATIENCE_S, Event()).pixels, ROUND * 17)

    def test_flood_without_end_is_a_fault_and_no_hang(self) -> None:
        with ZfmModule(looks=NOBODY) as module, Zfm(port=module.port) as scanner:
            module.flooding = True
            with pytest.raises((DeviceHung, CaptureTimeout)):
                scanner.capture(0.5, Event())
            module.flooding = False

    def test_packets_without_end_are_a_fault_and_no_hang(self) -> None:
        with (
            ZfmModule(np.tile(OPTICAL, (4, 1)), looks=(PRESENT,)) as module,
            Zfm(port=module.port) as scanner,
            pytest.raises(DeviceHung, match="bad images"),
        ):
            scanner.capture(PATIENCE_S, Event())


@pytest.mark.usefixtures("hurried")
class TestFaults:
    def test_cable_pulled_at_any_command(self) -> None:
        with ZfmModule(ROUND, product=R503, version=b"V1") as whole:
            one_finger(whole)
        last_look = len(whole.commands) - whole.commands[::-1].index(0x01)
        for number in range(last_look):  # what follows gives the rate back
            with ZfmModule(ROUND, product=R503, version=b"V1", faults=["none"] * number + ["gone"]) as module:
                with pytest.raises(DeviceLost, match="plug it in again") as caught:
                    one_finger(module)
                assert not isinstance(caught.value, DeviceHung)

    @pytest.mark.parametrize("packet", [1, 60, 143])
    def test_cable_pulled_in_the_middle_of_an_image(self, packet: int) -> None:
        with ZfmModule(gone_after_packets=packet) as module, pytest.raises(DeviceLost) as caught:
            one_finger(module)
        assert not isinstance(caught.value, DeviceHung)

    def test_port_that_is_gone_cannot_be_reset(self) -> None:
        with ZfmModule(gone_after_looks=1) as module, Zfm(port=module.port) as scanner:
            with pytest.raises(DeviceLost):
                scanner.capture(PATIENCE_S, Event())
            with pytest.raises(DeviceLost, match="no serial port"):
                scanner.reset()
            with pytest.raises(DeviceLost):
                scanner.capture(PATIENCE_S, Event())

    def test_silence_while_a_finger_is_awaited_is_noticed(self) -> None:
        with (
            ZfmModule(silent_after_looks=2, looks=NOBODY) as module,
            Zfm(port=module.port) as scanner,
            pytest.raises(DeviceHung, match="no answer of a fingerprint module any more"),
        ):
            scanner.capture(PATIENCE_S, Event())

    def test_cancel_in_an_image(self) -> None:
        cancel = Event()
        with ZfmModule(packet_pause_s=0.005) as module, Zfm(port=module.port) as scanner:
            scanner.progress = lambda share: cancel.set()
            with pytest.raises(CaptureCancelled):
                scanner.capture(PATIENCE_S, cancel)

    def test_finger_that_is_not_lifted(self) -> None:
        with ZfmModule(looks=(PRESENT,)) as module, Zfm(port=module.port) as scanner:
            with pytest.raises(CaptureTimeout, match="lifted"):
                scanner.await_removal(0.1, Event())
            cancel = Event()
            timer = Timer(0.05, cancel.set)
            timer.start()
            with pytest.raises(CaptureCancelled):
                scanner.await_removal(PATIENCE_S, cancel)
            timer.join()

    def test_closing_ends_the_wait_of_another_thread(self) -> None:
        ended: list[DeviceError] = []
        with ZfmModule(looks=NOBODY) as module:
            scanner = Zfm(port=module.port)

            def wait() -> None:
                try:
                    scanner.capture(60, Event())
                except DeviceError as error:
                    ended.append(error)

            waiting = threading.Thread(target=wait)
            with scanner:
                waiting.start()
            waiting.join(60)
            assert module.baud == 57600
        assert len(ended) == 1

    def test_self_test_names_what_fails(self) -> None:
        with ZfmModule(looks=(0x29,)) as module, Zfm(port=module.port) as scanner:
            steps = list(scanner.self_test(Event()))
            assert [step.name for step in steps if not step.passed] == ["sensor"]
            assert "0x29" in steps[-1].detail
        with ZfmModule(baud=9600) as module, Zfm(port=module.port, max_baud=9600, baud=9600) as scanner:
            failed = [step for step in scanner.self_test(Event()) if not step.passed]
            assert [step.name for step in failed] == ["line"]
            assert "max_baud" in failed[0].detail


@pytest.mark.usefixtures("hurried")
class TestOpening:
    def test_nothing_answers(self) -> None:
        with (
            ZfmModule(faults=repeat("silent")) as module,
            pytest.raises(DeviceHung, match=r"at 57600, 115200, .* baud"),
            Zfm(port=module.port),
        ):
            pytest.fail("it was opened")

    def test_something_else_talks(self) -> None:
        with (
            ZfmModule(faults=repeat("cut"), seed=3) as module,
            pytest.raises(DeviceHung, match="right port"),
            Zfm(port=module.port),
        ):
            pytest.fail("it was opened")

    def test_password(self) -> None:
        with ZfmModule(password=0xDEADBEEF) as module:
            with pytest.raises(DeviceAccessDenied, match="set 'password'"), Zfm(port=module.port):
                pytest.fail("it was opened")
            np.testing.assert_array_equal(one_finger(module, password=0xDEADBEEF), OPTICAL * 17)

    def test_address(self) -> None:
        with ZfmModule(address=0x0A0B0C0D) as module:
            np.testing.assert_array_equal(one_finger(module, address=0x0A0B0C0D), OPTICAL * 17)
        with ZfmModule(address=0x11) as module, pytest.raises(DeviceHung, match="power"), Zfm(port=module.port):
            pytest.fail("it was opened")

    def test_module_of_another_address_that_talks_is_named(self) -> None:
        with (
            ZfmModule(hears_all=True) as module,
            pytest.raises(DeviceHung, match="has the address 0xffffffff and not 0x00000005"),
            Zfm(port=module.port, address=5),
        ):
            pytest.fail("it was opened")

    def test_no_such_port(self) -> None:
        with pytest.raises(DeviceNotFound, match="ttyUSB77"), Zfm(port="/dev/ttyUSB77"):
            pytest.fail("it was opened")

    def test_held_by_another(self) -> None:
        with (
            ZfmModule() as module,
            Zfm(port=module.port),
            pytest.raises(DeviceBusy, match="this program itself"),
            Zfm(port=module.port),
        ):
            pytest.fail("it was opened")


@pytest.fixture(scope="module")
def hurried_module() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch, 0.5)
        yield


@dataclass(frozen=True)
class Story:
    """What happens to a module: faults of its answers and images, one after the other, and one that ends a capture."""

    faults: list[str]
    image_faults: list[str]
    change: str
    product: bytes | None
    gone_after_looks: int | None
    silent_after_looks: int | None
    cancelled_at: float | None
    """Share of the image that has come."""
    seed: int

    def module(self) -> ZfmModule:
        return ZfmModule(
            ROUND,
            product=self.product,
            version=b"V1",
            system_id=0,
            change=self.change,
            faults=self.faults,
            image_faults=self.image_faults,
            pause_s=0.1,
            gone_after_looks=self.gone_after_looks,
            silent_after_looks=self.silent_after_looks,
            seed=self.seed,
        )


STORIES = st.builds(
    Story,
    faults=st.lists(st.sampled_from(ANSWER_FAULTS), max_size=12),
    image_faults=st.lists(st.sampled_from(IMAGE_FAULTS), max_size=4),
    change=st.sampled_from(["at once", "at power-up", "never"]),
    product=st.sampled_from([R503, None]),
    gone_after_looks=st.none() | st.integers(1, 4),
    silent_after_looks=st.none() | st.integers(1, 4),
    cancelled_at=st.none() | st.floats(0, 1),
    seed=st.integers(0, 1 << 16),
)


def captured(module: ZfmModule, cancelled_at: float | None = None, patience_s: float = PATIENCE_S) -> bool:
    """Whether a finger's whole image came; an error of the driver is the only other end, a wrong image none."""
    cancel = Event()

    def progress(share: float) -> None:
        if cancelled_at is not None and share >= cancelled_at:
            cancel.set()

    try:
        with Zfm(port=module.port) as scanner:
            scanner.progress = progress
            np.testing.assert_array_equal(scanner.capture(patience_s, cancel).pixels, ROUND * 17)
            scanner.await_removal(patience_s, cancel)
    except DeviceError:
        return False
    return True


def lived(story: Story) -> None:
    with story.module() as module:
        captured(module, story.cancelled_at, patience_s=1.0)
        if story.gone_after_looks is None:
            # The faults are spent by opening it again and again, and then all is well.
            assert any(captured(module) for _ in range(20))
            assert module.baud == 57600


@pytest.mark.usefixtures("hurried_module")
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STORIES, min_size=10, max_size=10))
def test_any_sequence_of_faults_ends(stories: list[Story]) -> None:
    # Ten at a time, as they do nothing but wait most of theirs.
    with nothing_left(), ThreadPoolExecutor(len(stories)) as pool:
        list(pool.map(lived, stories))
