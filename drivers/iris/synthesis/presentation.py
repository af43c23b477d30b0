"""What is brought before the camera: an eye, or an artefact in its place."""

from dataclasses import replace

from drivers.iris.synthesis.artefact import artefact_named
from drivers.iris.synthesis.condition import Condition
from drivers.iris.synthesis.patterned_lens import patterned_lens
from drivers.iris.synthesis.printed_eye import printed_eye
from drivers.iris.synthesis.scene import EyeScene, Stance, eye_scene

_HOLDER = 7_000_003  # added to a seed: whoever holds a print is somebody else


def presented_scene(
    eye_seed: int,
    impression: int,
    condition: Condition,
    stance: Stance,
    *,
    nose_right: bool,
    scale: float = 1.0,
    face_seed: int | None = None,
    artefact: str | None = None,
) -> EyeScene:
    """As `eye_scene`, with the artefact of that name: a print of that eye, or a lens in it.

    Raises
    ------
    ValueError
        No such artefact.
    """
    kind = artefact_named(artefact)
    scene = eye_scene(eye_seed, impression, condition, stance, nose_right=nose_right, scale=scale, face_seed=face_seed)
    if kind.lens:
        scene = replace(scene, lens=patterned_lens(eye_seed, impression, scene.px_per_mm))
    if kind.printed:
        behind = None
        if kind.pupil_hole:
            behind = eye_scene(
                eye_seed + _HOLDER,
                impression,
                condition,
                stance,
                nose_right=nose_right,
                scale=scale,
                face_seed=(eye_seed if face_seed is None else face_seed) + _HOLDER,
            )
            behind = replace(behind, glasses=None)
        scene = replace(scene, printed=printed_eye(scene, impression, behind))
    return scene
