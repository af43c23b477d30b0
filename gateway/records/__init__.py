"""Values to bytes and back, one file per standard record: `fmr` for minutiae, `fir` and `iir` for images."""

from gateway.records.errors import RecordError, UnsupportedRecordError

__all__ = ["RecordError", "UnsupportedRecordError"]
