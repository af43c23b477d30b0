"""Reports of a calibration: one self-contained page, or PDF; the face of the room."""

from calibration.report.content import Report
from calibration.report.page import report_html
from calibration.report.paper import report_pdf
from calibration.report.trend import Trend, trend_of

__all__ = ["Report", "Trend", "report_html", "report_pdf", "trend_of"]
