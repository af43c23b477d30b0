"""Stock of blanks: brought in, spoiled, counted."""

import asyncio

from rekam.v1 import card_pb2 as pb

from gateway.personalisation import Journal
from gateway.service import card_messages, convert
from gateway.service.access import Caller
from gateway.service.card_audit import CardAudit
from gateway.service.idempotency import Idempotency

SPOILED_TOLD = 1000


class CardStock:
    """Answers all that is asked about blanks."""

    def __init__(self, journal: Journal, audit: CardAudit, idempotency: Idempotency) -> None:
        self._journal, self._audit, self._idempotency = journal, audit, idempotency

    async def list_stock(self, request: pb.ListStockRequest, caller: Caller) -> pb.ListStockResponse:
        """The book."""
        return await asyncio.to_thread(self._list)

    async def add_stock(self, request: pb.AddStockRequest, caller: Caller) -> pb.AddStockResponse:
        """Bring a range in."""

        def add() -> pb.AddStockResponse:
            entered = self._journal.stock.bring_in(request.first, request.last, request.operator)
            return pb.AddStockResponse(
                range=card_messages.blank_range(entered),
                level=card_messages.level(self._journal.stock.level()),
            )

        return await self._idempotency.once("AddStock", request, pb.AddStockResponse, lambda: asyncio.to_thread(add))

    async def spoil_blank(self, request: pb.SpoilBlankRequest, caller: Caller) -> pb.SpoilBlankResponse:
        """Count a blank as spoiled."""

        def spoil() -> pb.SpoilBlankResponse:
            self._journal.stock.spoil(request.serial, request.reason)
            actor = self._audit.actor(caller, request.operator)
            self._audit.card("card.spoiled", actor, request.serial.upper(), "", reason="BLANK")
            return pb.SpoilBlankResponse(level=card_messages.level(self._journal.stock.level()))

        return await self._idempotency.once(
            "SpoilBlank", request, pb.SpoilBlankResponse, lambda: asyncio.to_thread(spoil)
        )

    async def reconcile_stock(self, request: pb.ReconcileStockRequest, caller: Caller) -> pb.ReconcileStockResponse:
        """Hold a count against the book."""

        def count() -> pb.ReconcileStockResponse:
            stock = self._journal.stock
            if request.HasField("listed"):
                found = stock.reconcile(request.operator, serials=request.listed.serials, note=request.note)
            else:
                found = stock.reconcile(request.operator, counted=request.counted, note=request.note)
            return card_messages.reconciliation(found, stock.level())

        return await self._idempotency.once(
            "ReconcileStock", request, pb.ReconcileStockResponse, lambda: asyncio.to_thread(count)
        )

    def _list(self) -> pb.ListStockResponse:
        stock = self._journal.stock
        return pb.ListStockResponse(
            level=card_messages.level(stock.level()),
            ranges=map(card_messages.blank_range, stock.ranges()),
            spoiled=[
                pb.SpoiledBlank(
                    serial=each.serial,
                    reason=each.reason,
                    job_id=each.job_id,
                    out_of_use=each.terminated,
                    time=convert.timestamp(each.at),
                )
                for each in stock.spoiled()[::-1][:SPOILED_TOLD]
            ],
        )
