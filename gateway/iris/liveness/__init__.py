"""Signs of an attack, and of life, in frames of an eye: heuristics with scores and reasons, and no guarantee."""

from gateway.iris.liveness.assessment import (
    ALGORITHM,
    ALGORITHM_VERSION,
    LivenessAssessment,
    LivenessVerdict,
    assess_liveness,
)
from gateway.iris.liveness.cue import CueStatus, LivenessCue
from gateway.iris.liveness.observation import LightStep, ObservedFrame

__all__ = [
    "ALGORITHM",
    "ALGORITHM_VERSION",
    "CueStatus",
    "LightStep",
    "LivenessAssessment",
    "LivenessCue",
    "LivenessVerdict",
    "ObservedFrame",
    "assess_liveness",
]
