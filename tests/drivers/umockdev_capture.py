"""Run under `umockdev-run` with the recorded U.are.U 4500: what plain pyusb makes of it, as one line of JSON."""

import json
import sys
import threading
from threading import Event

import cv2

from drivers import discover, open_device

(address,) = discover().devices
with open_device(address, {"host_seed": 0x51EA2124}) as scanner:
    frame = scanner.capture(20, Event())
    scanner.await_removal(20, Event())
    identity = scanner.identity
expected = cv2.imread(sys.argv[1], cv2.IMREAD_GRAYSCALE)
print(
    json.dumps(
        {
            "device_id": address.device_id,
            "location": address.location,
            "model": identity.model,
            "equal": bool((frame.pixels == expected).all()),
            "threads": threading.active_count(),
        }
    )
)
