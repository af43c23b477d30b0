"""Why a procedure refuses to measure, named after what is wrong; the message says cause and remedy in plain words."""

from gateway.guidance import LocalizedText


class MeasurementRefused(Exception):
    """What was given cannot be measured honestly; nothing was measured, and nothing is lost."""

    words: LocalizedText | None = None
    """For the technician, where it was said in both languages."""


class TargetMissing(MeasurementRefused):
    """No target is seen where one should be."""


class TargetWrong(MeasurementRefused):
    """A target is seen, and it is another one than the procedure needs."""


class TargetUpsideDown(TargetWrong):
    """The right target, turned over or round."""


class TargetTilted(MeasurementRefused):
    """The target is turned or tilted further than the procedure allows."""


class TargetOffPlace(MeasurementRefused):
    """Part of the target lies outside the frame or the platen."""


class TargetOutOfFocus(MeasurementRefused):
    """The target is so far out of focus that nothing of it can be measured."""


class TargetDirty(MeasurementRefused):
    """Specks or smears on the target or on the glass."""


class TargetCovered(MeasurementRefused):
    """A hand or a thing lies in the way."""


class TargetExpired(MeasurementRefused):
    """The target's own certificate has run out, or is not valid yet."""


class Overexposed(MeasurementRefused):
    """Too many pixels are at the top of the scale."""


class Underexposed(MeasurementRefused):
    """There is too little light to measure anything."""


class StrayLight(MeasurementRefused):
    """A frame that should be dark is not."""


class GainChanged(MeasurementRefused):
    """The device changed gain, exposure or light between the frames of one measurement."""


class TooFewFrames(MeasurementRefused):
    """Fewer frames than the procedure averages, or frames of different sizes."""


class NotInTable(MeasurementRefused):
    """A configured value lies outside of what the vendor's table was certified for."""


class CardUnfit(MeasurementRefused):
    """The card cannot serve as a test card: nothing was written to it."""


class LimitsUnreadable(MeasurementRefused):
    """A file of limits has a mistake; the message names the file and the key."""


class AlreadyCorrected(MeasurementRefused):
    """The frames were corrected by what is to be measured, or by something that falsifies it."""


class OutOfOrder(MeasurementRefused):
    """A measurement that this one rests on has not been made."""


class TargetUnreadable(MeasurementRefused):
    """A file that describes a target has a mistake; the message names the file and the key."""


class TargetUnsuitable(MeasurementRefused):
    """The target named has not got the fields that the procedure measures."""
