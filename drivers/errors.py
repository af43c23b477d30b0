"""What can happen to a device, named after what happened."""

from drivers.cards.apdu import status_text, tries_left


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


class CardTimeout(CaptureTimeout):
    """No card came to the reader, or it was not taken away, in the time given. The reader is well."""


class CardLost(DeviceError):
    """The card left the reader, or its field, while it was in use; the reader is well.

    What was selected, verified and opened on it is gone, and the next card may be another one. Whether the command
    under way was carried out is not known.
    """


class CardWasReset(CardLost):
    """The card is still there, but lost power or was reset by another program: as for `CardLost`, all is gone on it."""


class CardUnusable(DeviceError):
    """The card is silent, answers garbage or breaks the protocol; another try with it may or may not go better."""


class CardRefused(DeviceError):
    """The card understood, and answered with a status word that was not wanted.

    Parameters
    ----------
    sw : int
        SW1 and SW2 as one number, e.g. 0x6A82.
    doing : str
        What it was asked for, in plain words; never data.
    """

    def __init__(self, sw: int, doing: str) -> None:
        super().__init__(f"the card refused {doing}: {status_text(sw)} (SW {sw:04X})")
        self.sw = sw
        self.doing = doing
        self.tries_left = tries_left(sw)
        """Tries that are left after a failed PIN, 0 once it is blocked; None where the refusal is about no PIN."""
