"""What a ZFM family module tells of itself: its parameters, and its product information where it is a newer one."""

from dataclasses import dataclass, replace
from typing import Final

from drivers.fingerprint.zfm_image import ImageSize

PARAMETER_BYTES: Final = 16
PRODUCT_BYTES: Final = 46
"""By the packet length in the R503 manual; 4 reserved ones follow by its table."""


@dataclass(frozen=True)
class ZfmModel:
    """A module, as far as it tells; empty, None or 0 where it does not."""

    name: str = ""
    serial: str = ""
    firmware: str = ""
    system_id: int | None = None
    capacity: int = 0
    """Templates that its library holds."""
    packet_code: int | None = None
    """Its data packets have 32 << code bytes."""
    size: ImageSize | None = None


def with_parameters(model: ZfmModel, data: bytes) -> ZfmModel:
    """Add what ReadSysPara told: status, system id, capacity, security, address (u32), packet code, baud N; u16 each.

    Parameters
    ----------
    model : ZfmModel
        What is known.
    data : bytes
        16 bytes.
    """
    if len(data) != PARAMETER_BYTES:
        raise ValueError(f"parameters have {PARAMETER_BYTES} bytes, not {len(data)}")
    return replace(model, system_id=_word(data, 2), capacity=_word(data, 4), packet_code=_word(data, 12))


def with_product(model: ZfmModel, data: bytes, version: bytes | None) -> ZfmModel:
    """Add what ReadProdInfo and GetFwVer told (Grow R503 user manual 1.4.1, chapter V).

    Parameters
    ----------
    model : ZfmModel
        What is known.
    data : bytes
        Module type (16, ASCII), batch (4), serial number (8, ASCII), hardware version (2), sensor type (8), image
        width (u16), height (u16), template size (u16), library size (u16); what follows is reserved.
    version : bytes, optional
        Firmware version, ASCII; the hardware's stands in for it.

    Raises
    ------
    ValueError
        The image size is none that a sensor has.
    """
    if len(data) < PRODUCT_BYTES:
        raise ValueError(f"product information has {PRODUCT_BYTES} bytes, not {len(data)}")
    width, height = _word(data, 38), _word(data, 40)
    return replace(
        model,
        name=_text(data[:16]),
        serial=_text(data[20:28]),
        firmware=_text(version) if version else f"hardware {data[28]}.{data[29]}",
        size=ImageSize(width, height) if width or height else None,
    )


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _text(data: bytes) -> str:
    """ASCII up to the first zero byte, without what is not printable."""
    return "".join(chr(byte) for byte in data.split(b"\0")[0] if 0x20 <= byte < 0x7F).strip()
