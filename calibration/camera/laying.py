"""Views laid before synthetic cameras and readers, which draw what they see: nobody has to hold anything."""

from dataclasses import replace
from typing import Any

from calibration.camera.target import CameraTarget
from calibration.camera.target_file import EYE_SAFETY, GREY_CARD, PORTRAIT, SQUARE
from calibration.procedures import View
from drivers import SetsExposure
from drivers.cards.synthetic import SyntheticCardWriter
from drivers.iris.synthesis.anatomy import WORKING_DISTANCE_MM
from drivers.iris.synthesis.camera_truth import CameraTruth, TargetPlacement
from drivers.iris.synthetic import SyntheticIrisCamera
from drivers.portrait.synthesis.colour_card import CardPlacement
from drivers.portrait.synthetic import SyntheticPortraitCamera

_CARD = 0.75
"""Reflectance of the grey card: light enough that a hot spot of a third still is not clipped."""


def lay_before(driver: Any, view: View | None, target: object) -> bool:
    """Lay a view before a camera or reader that draws it, and expose as it asks; with no view leave all as it was.

    Parameters
    ----------
    driver : object
        A camera that can set its exposure is told to; beside that nothing is done to one that is not synthetic.
    view : View or None
    target : object
        What the view's file describes.

    Returns
    -------
    bool
        Whether the device is one of these kinds.
    """
    if isinstance(driver, SetsExposure):
        driver.scale_exposure(1.0 if view is None else view.exposure)
    if isinstance(driver, SyntheticIrisCamera):
        _before_iris_camera(driver, view, target)
    elif isinstance(driver, SyntheticPortraitCamera):
        if view is None or view.target != PORTRAIT:
            driver.show_target(None)
        else:
            driver.show_target(CardPlacement(distance_mm=_distance(view, target)), driver.truth)
    elif isinstance(driver, SyntheticCardWriter):
        if driver.line is not None:
            driver.line.distance_mm = 0.0 if view is None else view.distance_mm
    else:
        return False
    return True


def _before_iris_camera(camera: SyntheticIrisCamera, view: View | None, target: object) -> None:
    truth = camera.truth or CameraTruth()
    if view is None or view.target == EYE_SAFETY:
        camera.show_target(None)
    elif not view.lit:
        camera.show_target(TargetPlacement("cap"), truth)
    elif view.target == GREY_CARD:
        camera.show_target(TargetPlacement("grey", grey=_CARD), truth)
    elif view.target == SQUARE:
        away = _distance(view, target)
        # Light falls with the square of the distance, and an automatic exposure follows it.
        brighter = replace(truth, exposure_ms=truth.exposure_ms * (away / WORKING_DISTANCE_MM) ** 2)
        camera.show_target(TargetPlacement(distance_mm=away), brighter)


def _distance(view: View, target: object) -> float:
    if view.distance_mm:
        return view.distance_mm
    return target.distance_mm if isinstance(target, CameraTarget) else WORKING_DISTANCE_MM
