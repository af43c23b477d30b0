"""What can happen to a device, named after what happened."""


class DeviceError(Exception):
    """A device did not do what it was asked; the message says cause and remedy in plain words."""


class DeviceNotFound(DeviceError):
    """No such device is attached."""


class DeviceBusy(DeviceError):
    """Another program, or another object of this one, holds the device."""


class DeviceLost(DeviceError):
    """The device went away, or no longer answers, while it was in use."""


class DeviceHung(DeviceLost):
    """The device is still attached but stopped answering; a reset may bring it back."""


class DeviceUnsupported(DeviceError):
    """A device of this id is attached, but this model cannot serve here; the message says why."""


class DeviceAccessDenied(DeviceError):
    """The operating system does not let this user open the device."""


class CaptureTimeout(DeviceError):
    """Nothing was placed on the sensor in the time given. The device is well."""


class CaptureCancelled(DeviceError):
    """The caller's cancel event was set. The device is well."""
