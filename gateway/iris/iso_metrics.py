"""The measures of ISO/IEC 29794-6 in `IrisQuality`: what they are called, their units and what is recommended."""

from dataclasses import dataclass
from math import inf

from gateway.iris.quality import IrisQuality


@dataclass(frozen=True)
class IsoMetric:
    """One measure of the standard.

    Parameters
    ----------
    field : str
        Of `IrisQuality`.
    title : str
        The standard's name.
    unit : str
        `percent`, `bits`, `pixels`, or empty for a number from 0 to 100.
    span : (float, float)
        What a bar shows; values may be beyond it where there is no end to them.
    recommended : (float, float) or None
        From and to; an end that is infinite is open. None where nothing is recommended.
    exclusive : bool
        The lower end itself does not do.
    """

    field: str
    title: str
    unit: str
    span: tuple[float, float] = (0.0, 100.0)
    recommended: tuple[float, float] | None = None
    exclusive: bool = False

    def value(self, quality: IrisQuality) -> float:
        """What was measured."""
        return float(getattr(quality, self.field))

    def within(self, value: float) -> bool | None:
        """Whether a value is as recommended; None where nothing is."""
        if self.recommended is None:
            return None
        low, high = self.recommended
        return (value > low if self.exclusive else value >= low) and value <= high

    @property
    def range_words(self) -> str:
        """The recommendation as it is written: `>= 70`, `20 to 70`; empty where there is none."""
        if self.recommended is None:
            return ""
        low, high = self.recommended
        if high == inf:
            return f"{'>' if self.exclusive else '>='} {low:g}"
        return f"{low:g} to {high:g}"


ISO_METRICS = (
    IsoMetric("usable_iris_area", "Usable iris area", "percent", recommended=(70.0, inf)),
    IsoMetric("iris_sclera_contrast", "Iris-sclera contrast", "percent", recommended=(5.0, inf), exclusive=True),
    IsoMetric("iris_pupil_contrast", "Iris-pupil contrast", "percent", recommended=(30.0, inf)),
    IsoMetric("pupil_boundary_circularity", "Pupil boundary circularity", ""),
    IsoMetric("grey_scale_utilisation", "Grey scale utilisation", "bits", (0.0, 8.0), (6.0, inf)),
    IsoMetric("iris_radius", "Iris radius", "pixels", (0.0, 200.0), (80.0, inf)),
    IsoMetric("pupil_to_iris_ratio", "Pupil to iris ratio", "percent", recommended=(20.0, 70.0)),
    IsoMetric("iris_pupil_concentricity", "Iris-pupil concentricity", "percent", recommended=(90.0, inf)),
    IsoMetric("margin_adequacy", "Margin adequacy", "percent", recommended=(80.0, inf), exclusive=True),
    IsoMetric("sharpness", "Sharpness", ""),
)
"""In the order of the standard. Recommendations are its own; for usable area and radius, which it leaves open, what is
usual."""
