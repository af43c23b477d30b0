"""What may be presented to the camera in place of a bare eye, or over it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Artefact:
    """One species of presentation attack instrument, in the terms of ISO/IEC 30107-1."""

    printed: bool = False
    """A paper print of the eye is held before the camera."""
    pupil_hole: bool = False
    """Its pupil is cut out, and the eye of whoever holds it looks through."""
    lens: bool = False
    """The eye wears a contact lens with a printed iris."""


BARE = "none"
ARTEFACTS: dict[str, Artefact] = {
    BARE: Artefact(),
    "printed_eye": Artefact(printed=True),
    "printed_eye_with_hole": Artefact(printed=True, pupil_hole=True),
    "patterned_lens": Artefact(lens=True),
}
"""By name."""


def artefact_named(name: str | None) -> Artefact:
    """The artefact of that name, nothing for None; ValueError lists the names there are."""
    try:
        return ARTEFACTS[BARE if name is None else name]
    except KeyError:
        raise ValueError(f"no artefact {name!r}; there are {', '.join(ARTEFACTS)}") from None
