"""Random sequences of faults before a GigE Vision camera: no hang, nothing left behind, frames again at the end."""

import contextlib
from collections.abc import Callable
from itertools import islice
from threading import Event, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.errors import DeviceError
from drivers.iris.gige import GigeIrisCamera
from tests.drivers import gige_peer
from tests.drivers.gige_peer import await_threads, held, is_test_picture, only_camera
from tests.drivers.gige_relay import GigeRelay, own_address

pytestmark = pytest.mark.skipif(bool(gige_peer.missing()), reason=gige_peer.missing() or "nothing is missing")

SEQUENCES = 100
_STEPS = st.one_of(
    st.tuples(st.just("lose"), st.sampled_from([0.0, 0.05, 0.3, 1.0])),
    st.tuples(st.just("reorder"), st.sampled_from([0.0, 0.2, 1.0])),
    st.tuples(st.just("deaf"), st.sampled_from([0.0, 1.0])),
    st.tuples(st.just("still"), st.sampled_from([0.0, 1.0])),
    st.tuples(st.just("width"), st.sampled_from([1.0, 64.0, 200.0, 2048.0])),
    st.tuples(st.just("capture"), st.sampled_from([0.0, 0.05, 0.3])),
    st.tuples(st.just("watch"), st.sampled_from([1.0, 3.0])),
    st.tuples(st.just("cancelled watch"), st.sampled_from([0.02, 0.1])),
    st.tuples(st.just("reset"), st.just(0.0)),
    st.tuples(st.just("reset in a watch"), st.sampled_from([0.01, 0.05])),
)


def play(camera: GigeIrisCamera, relay: GigeRelay, step: str, value: float) -> None:
    cancel = Event()
    if step == "lose":
        relay.loss = value
    elif step == "reorder":
        relay.reorder = value
    elif step == "deaf":
        relay.deaf = bool(value)
    elif step == "still":
        relay.still = bool(value)
    elif step == "width":
        relay.write_register(0x100, int(value))
    elif step == "capture":
        camera.capture(value, cancel)
    elif step == "watch":
        frames = list(islice(camera.frames(cancel), int(value)))
        assert all(frame.pixels.shape == (48, 64) for frame in frames)
    elif step == "cancelled watch":
        interrupted(camera, cancel, value, cancel.set)
    elif step == "reset":
        camera.reset()
    else:
        interrupted(camera, cancel, value, camera.reset)


def interrupted(camera: GigeIrisCamera, cancel: Event, after_s: float, interrupt: Callable[[], None]) -> None:
    """Watch until an interruption from another thread ends it; one that comes before the watch is repeated."""
    ended = Event()

    def disturb() -> None:
        while not ended.wait(after_s):
            interrupt()

    other = Thread(target=disturb)
    other.start()
    try:
        for _ in camera.frames(cancel):
            pass
    finally:
        ended.set()
        other.join()


def test_random_faults() -> None:
    with only_camera(), contextlib.closing(GigeRelay(gige_peer.ADDRESS, own_address(), seed=1)) as relay:
        camera = GigeIrisCamera(
            relay.address,
            width=64,
            height=48,
            exposure_ms=10.0,
            frame_rate=100.0,
            packet_size=600,
            packet_timeout_ms=3.0,
            frame_retention_ms=15.0,
            silence_ms=80.0,
            answer_timeout_ms=150.0,
        )
        played: list[int] = []

        @given(st.lists(_STEPS, min_size=1, max_size=3))
        @settings(max_examples=SEQUENCES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def sequence(steps: list[tuple[str, float]]) -> None:
            played.append(len(steps))
            for step, value in steps:
                with contextlib.suppress(DeviceError):
                    play(camera, relay, step, value)
            relay.loss = relay.reorder = 0.0
            relay.deaf = relay.still = False
            assert recovered(camera)

        with camera:
            camera.capture(60.0, Event())
            before = held()
            sequence()
            camera.capture(60.0, Event())
            await_threads(before[1])
        assert len(played) >= SEQUENCES // 2  # fewer only where hypothesis ran out of new ones
        with camera:
            camera.capture(60.0, Event())
            await_threads(before[1])


def recovered(camera: GigeIrisCamera) -> bool:
    """Whether frames come again, after a reset and within some tries, as the gateway makes them."""
    camera.reset()
    for _ in range(20):
        try:
            frame = camera.capture(2.0, Event())
        except DeviceError:
            continue
        return is_test_picture(frame.pixels) and frame.pixels.shape == (48, 64)
    return False
