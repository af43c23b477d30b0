"""Aravis' own fake camera on the loopback, for a test that needs it and ended with it."""

import contextlib
import ctypes
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from drivers.errors import DeviceError, DeviceLost
from drivers.transports.aravis_library import LIBRARIES, load_aravis
from drivers.transports.gige_control import CONTROL_PRIVILEGE, ControlChannel

PROGRAM = "arv-fake-gv-camera-0.8"
ADDRESS = "127.0.0.1"
"""The program takes the address of a network interface, and the loopback has one only."""
SERIAL = "GVTEST"
SIDE = 512
"""Width and height of its frames unless they are set."""
PATIENCE_S = 60.0
_LOCK = Path(tempfile.gettempdir()) / f"rekam-gige-{os.getuid()}.lock"


def missing() -> str:
    """What is not installed here, for a test to say why it is skipped; "" if nothing is missing."""
    if shutil.which(PROGRAM) is None:
        return "not installed: aravis-tools"
    try:
        load_aravis()
    except DeviceError as error:
        return str(error)
    return ""


class FakeCamera:
    """One process of the program.

    `lost_per_thousand` of its stream's packets are never sent; `genicam` describes its registers in other words.
    """

    def __init__(self, lost_per_thousand: int = 0, genicam: Path | None = None) -> None:
        self._arguments = [PROGRAM, "-i", ADDRESS, "-s", SERIAL, "-r", str(lost_per_thousand)]
        if genicam is not None:
            self._arguments += ["-g", str(genicam)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline, pause = time.monotonic() + PATIENCE_S, Event()
        while True:
            assert self._process.poll() is None, "the fake camera ended at once; is its port 3956 in use?"
            assert time.monotonic() < deadline, "the fake camera does not answer"
            with contextlib.suppress(DeviceLost), ControlChannel(ADDRESS) as control:
                assert control.read(CONTROL_PRIVILEGE) == 0
                return
            pause.wait(0.005)

    def pause(self) -> None:
        """Have it do nothing, as a camera that hangs."""
        self._send(signal.SIGSTOP)

    def go_on(self) -> None:
        self._send(signal.SIGCONT)

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(PATIENCE_S)

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)


def own_description() -> str:
    """The program's own GenICam description, as Aravis has it."""
    library, size = ctypes.CDLL(LIBRARIES[0]), ctypes.c_size_t()
    library.arv_fake_camera_new.restype = library.arv_fake_camera_get_genicam_xml.restype = ctypes.c_void_p
    library.arv_fake_camera_get_genicam_xml.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    camera = library.arv_fake_camera_new(SERIAL.encode())
    address = library.arv_fake_camera_get_genicam_xml(camera, ctypes.byref(size))
    description = ctypes.string_at(address, size.value).decode()
    load_aravis().unref(camera)
    return description


@contextlib.contextmanager
def only_camera(lost_per_thousand: int = 0, genicam: Path | None = None) -> Iterator[FakeCamera]:
    """The one fake camera of this machine: other test processes wait for their turn."""
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        camera = FakeCamera(lost_per_thousand, genicam)
        try:
            camera.start()
            yield camera
        finally:
            camera.kill()


def held() -> tuple[int, int]:
    """Descriptors and threads of this process, Aravis' too: a camera that is not given back keeps both."""
    return len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))  # noqa: PTH208


def await_threads(most: int) -> None:
    """Until there are no more of them: Linux shows a thread for a moment after it was joined."""
    deadline, pause = time.monotonic() + PATIENCE_S, Event()
    while held()[1] > most:
        assert time.monotonic() < deadline, f"{held()[1]} threads, and not {most}"
        pause.wait(0.005)


def is_test_picture(pixels: NDArray[np.uint8]) -> bool:
    """Whether a frame is the program's diagonal ramp in all its pixels, as it is at 10 ms and gain 0.

    That is `(x + y + frame id) mod 255`.
    """
    height, width = pixels.shape
    ramp = np.add.outer(np.arange(height), np.arange(width)) + int(pixels[0, 0])
    return bool(np.array_equal(pixels, ramp % 255))
