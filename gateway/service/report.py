"""ReportService: days in numbers."""

import asyncio
from datetime import date, tzinfo

from rekam.v1 import common_pb2
from rekam.v1 import report_pb2 as pb

from gateway.day import DaySources, day_csv, day_figures, day_page, day_rows
from gateway.service import convert
from gateway.service.access import Caller
from gateway.service.errors import BadArgumentError
from gateway.trust import ClockQuality, time_now

_CLOCK = {
    None: common_pb2.CLOCK_QUALITY_UNSPECIFIED,
    ClockQuality.TRUSTED: common_pb2.CLOCK_QUALITY_TRUSTED,
    ClockQuality.HOLDOVER: common_pb2.CLOCK_QUALITY_HOLDOVER,
    ClockQuality.UNTRUSTED: common_pb2.CLOCK_QUALITY_UNTRUSTED,
}


class ReportCore:
    """Counts for those who may.

    Parameters
    ----------
    sources : DaySources
    office : str
        Its name, for the page.
    zone : tzinfo
    zone_name : str
    """

    def __init__(self, sources: DaySources, office: str, zone: tzinfo, zone_name: str) -> None:
        self._sources = sources
        self._office = office
        self._zone = zone
        self._zone_name = zone_name

    async def get_day(self, request: pb.GetDayRequest, caller: Caller) -> pb.GetDayResponse:
        """See the service."""
        return await asyncio.to_thread(self._day, request)

    def _day(self, request: pb.GetDayRequest) -> pb.GetDayResponse:
        now = time_now().wall
        try:
            day = date.fromisoformat(request.day) if request.day else now.astimezone(self._zone).date()
            figures = day_figures(day, self._zone, self._zone_name, self._sources, now)
        except (ValueError, OverflowError) as error:
            raise BadArgumentError("day", "is no day of the calendar") from error
        answer = pb.GetDayResponse(
            day=day.isoformat(),
            zone=figures.zone,
            start=convert.timestamp(figures.start),
            end=convert.timestamp(figures.end),
            whole=figures.whole,
            clock_quality=_CLOCK[figures.clock],
            csv=day_csv(figures).encode(),
            html=day_page(figures, self._office, request.language or "id").encode(),
        )
        for of, name, figure, value in day_rows(figures):
            answer.figures.add(of=of, name=name, figure=figure, value=value)
        return answer
