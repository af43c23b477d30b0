"""A third party's driver, whole: each image that appears in a folder is one placement of a finger.

Useful where a scanner comes with a program of its own that saves images. The file is taken away once it was read.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Self

import cv2

from drivers import (
    CaptureCancelled,
    CaptureTimeout,
    DeviceIdentity,
    DeviceLost,
    DeviceNotFound,
    Frame,
    SelfTestStep,
)

POLL_S = 0.1
SETTLED_S = 0.3  # a file that changed less than this ago may still be being written


class FolderScanner:
    """Delivers the images of `folder`, the oldest first; `ppi` is theirs."""

    def __init__(self, *, folder: str, ppi: float = 500.0) -> None:
        self._folder = Path(folder)
        self._ppi = ppi

    @property
    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("folder", "Example", "Folder scanner", serial=self._folder.name, ppi=self._ppi)

    def capture(self, timeout_s: float, cancel: Event) -> Frame:
        deadline = time.monotonic() + timeout_s
        while True:
            for path in self._images():
                pixels = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
                if pixels is not None:
                    path.unlink()
                    return Frame(pixels.astype("uint8"), self._ppi, time.monotonic())
            if time.monotonic() >= deadline:
                raise CaptureTimeout(f"no image came into {self._folder}")
            if cancel.wait(POLL_S):
                raise CaptureCancelled("cancelled while waiting for an image")

    def await_removal(self, timeout_s: float, cancel: Event) -> None:
        """An image is gone once it was read: nothing to wait for."""

    def self_test(self, cancel: Event) -> Iterator[SelfTestStep]:
        yield SelfTestStep("folder", self._folder.is_dir(), f"{self._folder} holds {len(self._images())} images")

    def reset(self) -> None:
        """Nothing here can hang."""

    def _images(self) -> list[Path]:
        try:
            found = [p for p in self._folder.iterdir() if p.suffix.lower() in {".png", ".bmp", ".pgm", ".tif"}]
            written = sorted((path.stat().st_mtime, path) for path in found)
            return [path for changed, path in written if changed <= time.time() - SETTLED_S]
        except FileNotFoundError as error:
            raise DeviceLost(f"the folder {self._folder} is gone; make it again") from error

    def __enter__(self) -> Self:
        if not self._folder.is_dir():
            raise DeviceNotFound(f"there is no folder {self._folder}; make it, or mend `folder` in the configuration")
        return self

    def __exit__(self, *exc: object) -> None:
        pass
