"""The kinds of device at a desk, each with a protocol of its own and a group of entry points."""

from enum import StrEnum


class DeviceKind(StrEnum):
    """What a device is for."""

    FINGERPRINT_SCANNER = "fingerprint_scanner"
    IRIS_CAMERA = "iris_camera"
    PORTRAIT_CAMERA = "portrait_camera"
    CARD_WRITER = "card_writer"
    SLAP_SCANNER = "slap_scanner"
    """A fingerprint scanner with a glass for four fingers at once."""

    @property
    def group(self) -> str:
        """The entry-point group of its drivers, e.g. `rekam.iris_camera`."""
        return f"rekam.{self.value}"

    @property
    def words(self) -> str:
        """For people: `iris camera`."""
        return self.value.replace("_", " ")
