"""Fingerprints: pixels in, quality, template, segmentation and guidance out; templates compared and searched."""

from gateway.fingerprint.advice import DEFAULT_LIMITS, GuidanceLimits
from gateway.fingerprint.analysis import TRACE_NAMES, FingerAnalysis, analyze
from gateway.fingerprint.best_of_tries import FAILED, BestTry, best_of_each_finger, best_of_tries, try_passes
from gateway.fingerprint.flow import FlowMeasures
from gateway.fingerprint.foreground import ForegroundMeasures
from gateway.fingerprint.matching.comparison import MatchedPairs, compare, compare_prepared, matched_pairs
from gateway.fingerprint.matching.decision import MAX_FMR, MEASURED_FMR, MIN_FMR, fmr_at_score, score_at_fmr
from gateway.fingerprint.matching.gallery import Candidate, Gallery
from gateway.fingerprint.matching.prepared import PreparedTemplate, prepare
from gateway.fingerprint.preview import PreviewQuality, assess_preview, displacement
from gateway.fingerprint.previous_captures import PreviousScore, previous_capture_guidance
from gateway.fingerprint.quality import FingerQuality
from gateway.fingerprint.quality_score import QualityParts
from gateway.fingerprint.sequence_advice import PlacementAdvice
from gateway.fingerprint.singular_points import PatternClass, SingularKind, SingularPoints

__all__ = [
    "DEFAULT_LIMITS",
    "FAILED",
    "MAX_FMR",
    "MEASURED_FMR",
    "MIN_FMR",
    "TRACE_NAMES",
    "BestTry",
    "Candidate",
    "FingerAnalysis",
    "FingerQuality",
    "FlowMeasures",
    "ForegroundMeasures",
    "Gallery",
    "GuidanceLimits",
    "MatchedPairs",
    "PatternClass",
    "PlacementAdvice",
    "PreparedTemplate",
    "PreviewQuality",
    "PreviousScore",
    "QualityParts",
    "SingularKind",
    "SingularPoints",
    "analyze",
    "assess_preview",
    "best_of_each_finger",
    "best_of_tries",
    "compare",
    "compare_prepared",
    "displacement",
    "fmr_at_score",
    "matched_pairs",
    "prepare",
    "previous_capture_guidance",
    "score_at_fmr",
    "try_passes",
]
