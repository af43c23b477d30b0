"""A day in numbers: what an office did, for whom with which devices, without anybody's name or number."""

from gateway.day.figures import (
    DayFigures,
    DeviceFigures,
    FingerFigures,
    OperatorFigures,
    Span,
    day_bounds,
    day_figures,
)
from gateway.day.page import day_page
from gateway.day.ports import DayCapture, DayEnrolment, DaySources, DayTry
from gateway.day.table import day_csv, day_rows

__all__ = [
    "DayCapture",
    "DayEnrolment",
    "DayFigures",
    "DaySources",
    "DayTry",
    "DeviceFigures",
    "FingerFigures",
    "OperatorFigures",
    "Span",
    "day_bounds",
    "day_csv",
    "day_figures",
    "day_page",
    "day_rows",
]
