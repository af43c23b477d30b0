"""Who is before the camera: the eyes that it sees, and their pupils."""

from dataclasses import dataclass

from drivers.iris.synthesis.condition import CONDITIONS
from drivers.iris.synthesis.presentation import presented_scene
from drivers.iris.synthesis.pupil import Pupil
from drivers.iris.synthesis.scene import EyeScene, Stance, seat_person
from drivers.iris.synthesis.sitter import Chosen


@dataclass(frozen=True, eq=False)
class Person:
    """One eye or two; where both are shown the right one comes first."""

    scenes: tuple[EyeScene, ...]
    pupils: tuple[Pupil, ...]

    def pupil_ratios(self, now: float) -> list[float]:
        """Pupil to iris diameter of each eye."""
        found = []
        for scene, pupil in zip(self.scenes, self.pupils, strict=True):
            fixed = scene.condition.pupil_ratio
            found.append(fixed if fixed is not None else min(max(pupil.ratio(now) * scene.pupil_factor, 0.16), 0.75))
        return found

    def light(self, lux: float, now: float) -> None:
        """The visible light changes at `now`."""
        for pupil in self.pupils:
            pupil.light(lux, now)


def drawn_person(chosen: Chosen, *, nose_right: bool, scale: float, lux: float) -> tuple[Person, Stance]:
    """Draw a sitting.

    Parameters
    ----------
    chosen : Chosen
    nose_right : bool
        Of the first eye: True for a right one.
    scale : float
        Sampling relative to that of a 640x480 frame.
    lux : float
        Visible light, long since.
    """
    condition = CONDITIONS[chosen.condition]
    stance = seat_person(chosen.eye, chosen.impression, condition)
    seeds = [(chosen.eye, nose_right)]
    if chosen.other_eye is not None:
        seeds.append((chosen.other_eye, False))
    scenes = tuple(
        presented_scene(
            seed,
            chosen.impression,
            condition,
            stance,
            nose_right=nose,
            scale=scale,
            face_seed=chosen.eye,
            artefact=chosen.artefact,
        )
        for seed, nose in seeds
    )
    # Both pupils of a person move as one: the same unrest.
    return Person(scenes, tuple(Pupil(scene.eye, lux, chosen.impression) for scene in scenes)), stance
