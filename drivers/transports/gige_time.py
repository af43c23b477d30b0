"""Times and numbers of a GigE Vision camera's frames on the host's side."""

import time
from collections import deque

_WINDOW = 64
_JUMP_S = 1.0
_WALL_STEP_S = 0.01
_RESTART = 1000


class CameraClock:
    """Maps a camera's clock to `time.monotonic()`.

    A frame can come late, but not early: the smallest difference of both clocks over the last frames is the one of
    the frame that nothing held up, and the best estimate for them all. The window lets the two clocks drift apart.
    """

    def __init__(self) -> None:
        self._differences: deque[float] = deque(maxlen=_WINDOW)
        self._last_tick_s = 0.0
        self._last_s = -1.0

    def host_s(self, tick_ns: int, arrived_s: float) -> float:
        """When a frame was ready to be sent: at or before `arrived_s`, and after the frame before.

        Parameters
        ----------
        tick_ns : int
            The camera's time stamp; 0 where it gives none.
        arrived_s : float
            `time.monotonic()` at which its first packet arrived.
        """
        tick_s = tick_ns * 1e-9
        difference = arrived_s - tick_s
        if self._differences and (tick_s < self._last_tick_s or abs(difference - min(self._differences)) > _JUMP_S):
            self._differences.clear()  # the camera's clock was set, or it was started anew
        self._differences.append(difference)
        self._last_tick_s = tick_s
        host_s = min(arrived_s, tick_s + min(self._differences)) if tick_ns else arrived_s
        self._last_s = max(host_s, self._last_s + 1e-6)
        return self._last_s


class WallClock:
    """Maps `CLOCK_REALTIME`, in which Aravis stamps, to `time.monotonic()`, and notices when it is set."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def monotonic_s(self, wall_ns: int) -> float:
        """The moment on the monotonic clock; now, where the wall clock was set since the last call."""
        now = time.monotonic()
        offset_s = time.time() - now
        stepped, self._offset_s = abs(offset_s - self._offset_s) > _WALL_STEP_S, offset_s
        return now if stepped else min(now, wall_ns * 1e-9 - offset_s)


def frames_lost(before: int, after: int) -> int:
    """How many frames lie between two numbers of one stream.

    Numbers of 16 bits run from 1 to 65535 and on with 1; longer ones (GigE Vision 2.0) do not wrap. A camera that
    began to count anew has lost none, as far as one can tell.
    """
    lost = after - before - 1
    if lost < 0 and before <= 0xFFFF and after > 0:
        lost = (after - before) % 0xFFFF - 1
    return lost if 0 <= lost < _RESTART else 0
