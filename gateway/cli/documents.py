"""The API's messages as JSON documents: short lower-case names, numbers as numbers, absent where there is nothing."""

from typing import TYPE_CHECKING, Any

from gateway.guidance import LocalizedText

if TYPE_CHECKING:
    from rekam.v1 import capture_pb2, common_pb2, device_pb2


def enum_word(number: int, prefix: str, enum: Any) -> str:
    """The name of an enumeration's member without its prefix: `awaiting_finger_on`; empty for UNSPECIFIED."""
    names = {value.number: value.name for value in enum.DESCRIPTOR.values}
    word = names.get(number, f"{prefix}_{number}").removeprefix(f"{prefix}_").lower()
    return "" if word == "unspecified" else word


def localized(text: "common_pb2.LocalizedText") -> LocalizedText:
    """A message's words."""
    return LocalizedText(id=text.id, en=text.en)


def guidance_document(guidance: "common_pb2.Guidance") -> dict[str, Any]:
    """One remark on an image."""
    return {
        "code": guidance.code,
        "fault": _words(guidance.fault),
        "remedy": _words(guidance.remedy),
    }


def device_document(device: "device_pb2.Device") -> dict[str, Any]:
    """A device and how it does."""
    from rekam.v1 import common_pb2, device_pb2

    health = device.health
    return {
        "device_id": device.device_id,
        "driver": device.driver,
        "vendor": device.vendor,
        "model": device.model,
        "serial": device.serial,
        "firmware": device.firmware,
        "kind": enum_word(device.kind, "DEVICE_KIND", device_pb2.DeviceKind),
        "modality": enum_word(device.modality, "MODALITY", common_pb2.Modality),
        "ppi": device.ppi,
        "width": device.width,
        "height": device.height,
        "live_preview": device.live_preview,
        "state": enum_word(device.state, "DEVICE_STATE", device_pb2.DeviceState),
        "problem": _words(device.problem) if device.HasField("problem") else None,
        "calibration_id": device.calibration_id or None,
        "lease_holder": device.lease_holder or None,
        "health": {
            "captures": health.captures,
            "timeouts": health.timeouts,
            "resets": health.resets,
            "losses": health.losses,
            "failures": health.failures,
            "bad_frames": health.bad_frames,
            "uptime_s": round(health.uptime.ToMilliseconds() / 1000, 1),
            "temperature_celsius": health.temperature_celsius if health.HasField("temperature_celsius") else None,
            "last_error": health.last_error or None,
            "last_error_time": health.last_error_time.ToJsonString() if health.HasField("last_error_time") else None,
            "attached_since": health.attached_since.ToJsonString() if health.HasField("attached_since") else None,
        },
    }


def capture_document(capture: "capture_pb2.Capture") -> dict[str, Any]:
    """A capture that has ended."""
    from rekam.v1 import capture_pb2, common_pb2

    quality = capture.quality
    return {
        "capture_id": capture.capture_id,
        "device_id": capture.device_id,
        "modality": enum_word(capture.modality, "MODALITY", common_pb2.Modality),
        "position": enum_word(capture.position, "FINGER_POSITION", common_pb2.FingerPosition).replace("_", "-") or None,
        "eye": enum_word(capture.eye, "EYE_POSITION", common_pb2.EyePosition) or None,
        "outcome": enum_word(capture.outcome, "CAPTURE_OUTCOME", capture_pb2.CaptureOutcome),
        "quality": {
            "score": quality.score,
            "algorithm": quality.algorithm,
            "version": quality.version,
            "measures": dict(sorted(quality.measures.items())),
        }
        if capture.HasField("quality")
        else None,
        "guidance": [guidance_document(each) for each in capture.guidance],
        "liveness": [_liveness_document(each) for each in capture.liveness],
        "minutia_count": capture.minutia_count,
        "fingers": [_finger_document(each) for each in capture.fingers],
        "transaction_id": capture.transaction_id,
        "retake_of": capture.retake_of or None,
        "missing_reason": enum_word(capture.missing_reason, "MISSING_REASON", capture_pb2.MissingReason) or None,
        "sequence": capture.sequence or None,
        "manifest_sha256": capture.manifest_sha256 or None,
        "parts": [
            {"name": part.name, "media_type": part.media_type, "size": part.size, "sha256": part.sha256}
            for part in capture.parts
        ],
        "error": {"reason": capture.error.reason, "message": _words(capture.error.message)}
        if capture.HasField("error")
        else None,
    }


def _finger_document(finger: "capture_pb2.CapturedFinger") -> dict[str, Any]:
    """One finger of a slap."""
    from rekam.v1 import capture_pb2, common_pb2

    return {
        "position": enum_word(finger.position, "FINGER_POSITION", common_pb2.FingerPosition).replace("_", "-"),
        "score": finger.quality.score if finger.HasField("quality") else None,
        "minutia_count": finger.minutia_count,
        "guidance": [guidance_document(each) for each in finger.guidance],
        "missing_reason": enum_word(finger.missing_reason, "MISSING_REASON", capture_pb2.MissingReason) or None,
    }


def _liveness_document(assessment: "capture_pb2.LivenessAssessment") -> dict[str, Any]:
    """Of one eye: heuristics, not evaluated under ISO/IEC 30107-3."""
    from rekam.v1 import capture_pb2, common_pb2

    return {
        "eye": enum_word(assessment.eye, "EYE_POSITION", common_pb2.EyePosition) or None,
        "verdict": enum_word(assessment.verdict, "LIVENESS_VERDICT", capture_pb2.LivenessVerdict),
        "algorithm": assessment.algorithm,
        "version": assessment.version,
        "cues": [
            {
                "name": cue.name,
                "status": enum_word(cue.status, "LIVENESS_CUE_STATUS", capture_pb2.LivenessCueStatus),
                "score": cue.score if cue.HasField("score") else None,
                "reason": cue.reason,
                "words": _words(cue.words) if cue.HasField("words") else None,
            }
            for cue in assessment.cues
        ],
    }


def _words(text: "common_pb2.LocalizedText") -> dict[str, str]:
    return {"en": text.en, "id": text.id}
