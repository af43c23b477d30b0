"""Slaps: up to four fingertips found, boxed and named in one image; one file per stage."""

from gateway.finger import SlapHand
from gateway.fingerprint.slap.expected import SeenFingers, seen_fingers
from gateway.fingerprint.slap.segmentation import SlapFinger, SlapSegmentation, crop, segment_slap

__all__ = ["SeenFingers", "SlapFinger", "SlapHand", "SlapSegmentation", "crop", "seen_fingers", "segment_slap"]
