"""Slaps: up to four fingertips found, boxed and named in one image; one file per stage."""

from gateway.fingerprint.slap.segmentation import SlapFinger, SlapHand, SlapSegmentation, crop, segment_slap

__all__ = ["SlapFinger", "SlapHand", "SlapSegmentation", "crop", "segment_slap"]
