"""Irises: pixels in; outlines, mask, strip, code, quality and guidance out; codes compared, and searched for."""

from gateway.iris.analysis import TRACE_NAMES, analyze
from gateway.iris.code import CODE_VERSION, IrisCode
from gateway.iris.code_format import CODE_BYTES, decode_code, encode_code
from gateway.iris.comparison import compare
from gateway.iris.decision import distance_at_fmr
from gateway.iris.gallery import Candidate, Gallery
from gateway.iris.gaze import GazeEstimate, estimated_gaze
from gateway.iris.geometry import Contour, IrisAnalysis, IrisGeometry, IrisOutcome
from gateway.iris.merging import merged
from gateway.iris.pair import EyePair, analyze_both
from gateway.iris.preview import PreviewQuality, assess_preview
from gateway.iris.quality import IrisQuality
from gateway.iris.side import EstimatedSide, estimated_side

__all__ = [
    "CODE_BYTES",
    "CODE_VERSION",
    "TRACE_NAMES",
    "Candidate",
    "Contour",
    "EstimatedSide",
    "EyePair",
    "Gallery",
    "GazeEstimate",
    "IrisAnalysis",
    "IrisCode",
    "IrisGeometry",
    "IrisOutcome",
    "IrisQuality",
    "PreviewQuality",
    "analyze",
    "analyze_both",
    "assess_preview",
    "compare",
    "decode_code",
    "distance_at_fmr",
    "encode_code",
    "estimated_gaze",
    "estimated_side",
    "merged",
]
