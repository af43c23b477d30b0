"""One upload of a packet at a time: the newest has it, as the one before it may hang on a line that is dead."""

import asyncio


class Claim:
    """An upload's hold on a packet."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()
        """A newer upload came: end, and leave what was flushed."""
        self.ended = asyncio.Event()


class Claims:
    """Who writes which packet; used by one event loop."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str], Claim] = {}
        self._passing: set[asyncio.Task[None]] = set()

    async def take(self, gateway_id: str, packet_id: str) -> Claim:
        """Take a packet over, once whoever has it let go; look at `lost` before anything is written.

        A claim that is not to be used must be given back with `release`.
        """
        key = gateway_id, packet_id
        claim, before = Claim(), self._held.get(key)
        self._held[key] = claim
        if before is not None:
            before.lost.set()
            try:
                await before.ended.wait()
            except asyncio.CancelledError:
                # Those behind wait for this one, which must not let them in before the first is done.
                task = asyncio.create_task(self._pass_on(key, claim, before))
                self._passing.add(task)
                task.add_done_callback(self._passing.discard)
                raise
        return claim

    def release(self, gateway_id: str, packet_id: str, claim: Claim) -> None:
        """Let go."""
        claim.ended.set()
        if self._held.get((gateway_id, packet_id)) is claim:
            del self._held[gateway_id, packet_id]

    def end_all(self) -> None:
        """Ask all to end."""
        for claim in self._held.values():
            claim.lost.set()

    async def _pass_on(self, key: tuple[str, str], claim: Claim, before: Claim) -> None:
        await before.ended.wait()
        self.release(*key, claim)
