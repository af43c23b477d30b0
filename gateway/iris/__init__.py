"""Irises: pixels in, outlines, mask, unrolled strip and code out; codes compared, and searched for."""

from gateway.iris.analysis import TRACE_NAMES, analyze
from gateway.iris.code import CODE_VERSION, IrisCode
from gateway.iris.code_format import CODE_BYTES, decode_code, encode_code
from gateway.iris.comparison import compare
from gateway.iris.decision import distance_at_fmr
from gateway.iris.gallery import Candidate, Gallery
from gateway.iris.geometry import Contour, IrisAnalysis, IrisGeometry, IrisOutcome

__all__ = [
    "CODE_BYTES",
    "CODE_VERSION",
    "TRACE_NAMES",
    "Candidate",
    "Contour",
    "Gallery",
    "IrisAnalysis",
    "IrisCode",
    "IrisGeometry",
    "IrisOutcome",
    "analyze",
    "compare",
    "decode_code",
    "distance_at_fmr",
    "encode_code",
]
