"""`[capture]` and `[lease]`: when a capture is good enough, and whose a device is."""

from pydantic import Field

from gateway.config.table import Score, Table


class FingerThresholds(Table):
    """Score that an image must reach, per finger, where the client asks for none.

    The order of fingers follows BSI TR-03121-3 (plain enrolment: thumb 30, index 30, middle 20, ring 10, little 10).
    Those figures are NFIQ 2's; ours is another score, so they are a starting point, not a conformance claim.
    """

    thumb: Score = 30
    index: Score = 30
    middle: Score = 20
    ring: Score = 10
    little: Score = 10


class IrisCaptureSettings(Table):
    """`[capture.iris]`."""

    timeout_s: float = Field(30.0, ge=0.1, le=300)
    min_quality: Score = 66
    """Drawn eyes that are well presented have 74, out of focus 61, half closed 20; CASIA1's have 72, MMU1's, of 55
    pixels radius where 80 is usual, 58."""
    min_preview_score: Score = 40
    still_frames: int = Field(3, ge=1, le=100)
    max_displacement: float = Field(0.06, gt=0, le=1)
    """Iris radii that an eye may move from frame to frame."""
    liveness: bool = True
    """Look for signs of a presentation attack, and state them; they decide nothing."""


class PortraitCaptureSettings(Table):
    """`[capture.portrait]`."""

    timeout_s: float = Field(60.0, ge=0.1, le=300)
    min_quality: Score = 50
    """Drawn figures that sit well have 75 and more, too far or too near 40, out of focus 20 and less."""
    still_frames: int = Field(8, ge=1, le=100)
    max_displacement: float = Field(0.04, gt=0, le=1)
    """Head widths that a head may move from frame to frame."""


class CaptureSettings(Table):
    """`[capture]`."""

    timeout_s: float = Field(30.0, ge=0.1, le=300)
    min_quality: FingerThresholds = FingerThresholds()
    recovery_s: float = Field(10.0, ge=0, le=120)
    """How long a capture waits for a device that went away or is being reset."""
    removal_s: float = Field(10.0, ge=0, le=120)
    """How long the finger may stay on the glass after a capture before the next one is taken all the same."""
    min_preview_score: Score = 40
    still_frames: int = Field(4, ge=1, le=100)
    max_displacement_mm: float = Field(0.15, gt=0, le=10)
    iris: IrisCaptureSettings = IrisCaptureSettings()
    portrait: PortraitCaptureSettings = PortraitCaptureSettings()


class LeaseSettings(Table):
    """`[lease]`."""

    protected_s: float = Field(30.0, ge=0, le=3600)
    """A supervisor cannot take a device from a lease younger than this."""
    abandoned_s: float = Field(5.0, ge=0.5, le=600)
    """A capture without a lease of its own is cancelled when all that watched it are gone for so long."""
