"""Who is before the camera: the eyes that it sees, and their pupils."""

from dataclasses import dataclass, replace

from drivers.frame import Eyes
from drivers.iris.synthesis.condition import CONDITIONS
from drivers.iris.synthesis.presentation import presented_scene
from drivers.iris.synthesis.pupil import Pupil
from drivers.iris.synthesis.scene import EyeScene, Stance, seat_person
from drivers.iris.synthesis.sitter import Chosen
from drivers.person.part import EYES, PersonPart
from drivers.person.person import synthetic_person


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
            face_seed=chosen.eye if chosen.face is None else chosen.face,
            artefact=chosen.artefact,
        )
        for seed, nose in seeds
    )
    # Both pupils of a person move as one: the same unrest.
    return Person(scenes, tuple(Pupil(scene.eye, lux, chosen.impression) for scene in scenes)), stance


def chosen_of(person: int, part: PersonPart, impression: int, before: Chosen, *, twin: bool) -> Chosen:
    """The eyes of a synthetic person, in condition and artefact as before.

    Parameters
    ----------
    twin : bool
        Whether the camera shows both eyes; one that shows one is turned to the one that is presented.

    Raises
    ------
    ValueError
        No such person, a negative impression, or a part that the camera does not show.
    """
    who = synthetic_person(person)
    if part not in EYES and not (twin and part is PersonPart.BOTH_EYES):
        raise ValueError(f"this camera shows {'both eyes' if twin else 'one eye at a time'}, not the {part}")
    if impression < 0:
        raise ValueError(f"an impression is a seed of 0 or more, not {impression}")
    right, left = map(who.eye_seed, EYES)
    chosen = replace(before, eye=right, other_eye=left, impression=impression, face=right, eyes=None)
    if twin:
        return chosen
    of_left = part is PersonPart.LEFT_EYE
    return replace(chosen, eye=left if of_left else right, other_eye=None, eyes=Eyes.LEFT if of_left else Eyes.RIGHT)
