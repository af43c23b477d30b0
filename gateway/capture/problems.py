"""Why a capture could not be made, in the words of the error table and for people."""

from drivers import DeviceError
from gateway.capture.leases import LeaseHeldError
from gateway.capture.values import Problem
from gateway.guidance import LocalizedText


def lost(error: DeviceError) -> Problem:
    """The device went away and did not come back."""
    return Problem(
        "DEVICE_LOST",
        LocalizedText(
            id=f"Alat terputus: {error}. Periksa kabelnya, lalu coba lagi.",
            en=f"The device was lost: {error}. Check its cable and try again.",
        ),
    )


def held(error: LeaseHeldError) -> Problem:
    """Another had the device all the while."""
    return Problem(
        "LEASE_HELD",
        LocalizedText(
            id=f"Alat masih dipakai oleh {error.holder}; coba lagi nanti.",
            en=f"The device is still in use by {error.holder}; try again later.",
        ),
    )


def one_eye_camera() -> Problem:
    """Both eyes were asked of a camera that shows one."""
    return Problem(
        "ONE_EYE_CAMERA",
        LocalizedText(
            id="Kamera ini hanya melihat satu mata; rekam mata kanan dan mata kiri satu per satu.",
            en="This camera shows one eye; capture the eyes in turn, the right one and the left one.",
        ),
    )


def internal() -> Problem:
    """A fault of ours."""
    return Problem(
        "INTERNAL",
        LocalizedText(
            id="Kesalahan dalam gateway; rinciannya ada di catatan log.",
            en="A fault inside the gateway; its log has the details.",
        ),
    )
