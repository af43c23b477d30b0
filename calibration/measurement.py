"""What a procedure measured: values with their uncertainty, and what they were taken from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Measured:
    """One value.

    Parameters
    ----------
    name : str
        As the limits name it: `ppi_x`, `ctf_5`, `snr_white`, ...
    value : float
    uncertainty : float
        Standard uncertainty (GUM, k = 1), in the same unit.
    unit : str
    """

    name: str
    value: float
    uncertainty: float
    unit: str


@dataclass(frozen=True)
class Measurement:
    """What one procedure came to.

    Parameters
    ----------
    procedure : str
        `resolution`, `flat_field`, ...
    version : str
        Of the procedure; values of different versions are not compared.
    values : tuple of Measured
    series : mapping
        Curves and maps by name, float32 or bool: what a report draws, and what corrections are made of.
    frames_sha256 : tuple of str
        Of the frames as they came from the device, in order.
    remarks : tuple of str
        What the technician should know, in English and Indonesian where a person reads it.
    """

    procedure: str
    version: str
    values: tuple[Measured, ...]
    series: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)
    frames_sha256: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
