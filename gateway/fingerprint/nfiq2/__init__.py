"""The public measures of NFIQ 2 (ISO/IEC 29794-4), one file per family; never its score."""

from gateway.fingerprint.nfiq2.measures import Nfiq2Measures, nfiq2_measures

__all__ = ["Nfiq2Measures", "nfiq2_measures"]
