"""Run under `umockdev-run`: one capture with a named driver through plain pyusb; the frame goes to a file."""

import json
import sys
import threading
from importlib.metadata import EntryPoint
from threading import Event

import numpy as np

from drivers import DeviceKind, DriverEntry, discover, open_device

name, target, frame_file = sys.argv[1:]
drivers = {name: DriverEntry(name, EntryPoint(name, target, DeviceKind.FINGERPRINT_SCANNER.group))}
(address,) = discover(drivers=drivers).devices
with open_device(address, drivers=drivers) as scanner:
    frame = scanner.capture(20, Event())
    model = scanner.identity.model
np.save(frame_file, frame.pixels)
print(
    json.dumps(
        {
            "device_id": address.device_id,
            "location": address.location,
            "model": model,
            "threads": threading.active_count(),
        }
    )
)
