"""Fingerprints: pixels in, quality, template, segmentation and guidance out; templates compared."""

from gateway.fingerprint.advice import DEFAULT_LIMITS, GuidanceLimits
from gateway.fingerprint.analysis import TRACE_NAMES, FingerAnalysis, analyze
from gateway.fingerprint.comparison import compare
from gateway.fingerprint.decision import score_at_fmr
from gateway.fingerprint.foreground import ForegroundMeasures
from gateway.fingerprint.preview import PreviewQuality, assess_preview, displacement
from gateway.fingerprint.quality import FingerQuality

__all__ = [
    "DEFAULT_LIMITS",
    "TRACE_NAMES",
    "FingerAnalysis",
    "FingerQuality",
    "ForegroundMeasures",
    "GuidanceLimits",
    "PreviewQuality",
    "analyze",
    "assess_preview",
    "compare",
    "displacement",
    "score_at_fmr",
]
