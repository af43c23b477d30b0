"""What belongs to the link, opened together: its record, its watch, its service, and what needs a person."""

import asyncio
import secrets
import ssl
from collections.abc import Callable
from pathlib import Path

import structlog
from rekam.v1 import link_pb2 as pb

from gateway.config import CentreSettings
from gateway.events import EventLog
from gateway.guidance import LocalizedText
from gateway.link import (
    AskCentre,
    JudgementLimits,
    LinkLedger,
    LinkState,
    LinkStore,
    LinkTarget,
    LinkView,
    LinkWatch,
    Lookout,
    PaceLimits,
    Tally,
    Waiting,
    cause_words,
)
from gateway.metrics import LINK_STATE
from gateway.service.idempotency import Idempotency
from gateway.service.link import LinkCore
from gateway.task_end import end_tasks
from gateway.trust import TrustAnchors, boot_id, time_now

log = structlog.get_logger(__name__)

CHANGES_KEPT = 500
OFFLINE_WARNING_S = 3600.0
"""An outage is warned of when it has lasted so long: shorter ones end before anybody has read of them."""


class LinkOffice:
    """The link of one gateway; belongs to the event loop's thread.

    Made by `open`, watched from `start` on, ended by `stop`.
    """

    def __init__(self, settings: CentreSettings, store: LinkStore, told: Callable[[pb.Link], None]) -> None:
        self._settings = settings
        self._store = store
        self._tell = told
        self._problems: list[LocalizedText] = []
        self._task: asyncio.Task[None] | None = None
        self.changes: EventLog[pb.Link] = EventLog(CHANGES_KEPT)
        self.anchors: TrustAnchors | None = None
        """Whose word is believed as the centre's."""
        self.core: LinkCore
        self.watch: LinkWatch

    @classmethod
    def open(
        cls,
        state: Path,
        settings: CentreSettings,
        ask: AskCentre | None,
        idempotency: Idempotency,
        tally: Callable[[], Tally],
        waiting: Callable[[], Waiting | None],
        told: Callable[[pb.Link], None],
        pace: PaceLimits | None = None,
        limits: JudgementLimits | None = None,
    ) -> "LinkOffice":
        """Open the record in the state folder, whose lock the caller holds.

        Files that cannot be read stop nothing: warnings name them.

        Parameters
        ----------
        state : Path
        settings : CentreSettings
        ask : callable or None
            `WayOut.centre`.
        idempotency : Idempotency
        tally, waiting : callable
            What was ever recorded, and what has yet to leave; called in a thread.
        told : callable
            Told of each change, in the loop.
        pace : PaceLimits, optional
        limits : JudgementLimits, optional

        Raises
        ------
        HistoryTooNew
        """
        office = cls(settings, LinkStore.open(state), told)
        office.anchors = office._anchors()
        machine = boot_id()
        if machine == "unknown":  # without procfs no two boots can be told apart: each run is one
            machine = f"run-{secrets.token_hex(8)}"
        ledger = LinkLedger(office._store.known(), machine, time_now())
        office.watch = LinkWatch(
            Lookout(office._target(), ask) if settings.url else None,
            office._store,
            ledger,
            office.anchors,
            time_now,
            tally,
            waiting,
            office._changed,
            limits=limits or JudgementLimits(),
            pace=pace or PaceLimits(),
        )
        office.core = LinkCore(
            *(office.watch, office._store, office.changes, settings.url, office.troubles, idempotency),
            over_hub=office._over_hub,
        )
        return office

    @property
    def _over_hub(self) -> bool:
        return self._settings.way == "jetstream"

    def start(self) -> None:
        """Look from now on."""
        _show_state(self.watch.view().state)
        self._task = asyncio.create_task(self.watch.run(), name="watch of the link")

    async def stop(self) -> None:
        """End the watch, and write down how far it came."""
        self.changes.close()
        if self._task is not None:
            await end_tasks([self._task])
        await self.watch.stop()
        self._store.close()

    def last_ended_outage(self) -> str | None:
        """The id of the newest outage that is over. Blocking."""
        found = (each.outage for each in self._store.outages(10))
        return next((each.outage_id for each in found if each.ended is not None), None)

    def warnings(self) -> list[LocalizedText]:
        """What needs a person, an outage that lasts among it."""
        found = self.troubles()
        view = self.watch.view()
        outage, ledger = view.outage, self.watch.ledger
        if outage is not None and view.state is LinkState.OFFLINE:
            lasted_s = ledger.duration_s(outage.since, ledger.instant(time_now()))
            if lasted_s >= OFFLINE_WARNING_S:
                words = cause_words(view.cause or outage.cause, over_hub=self._over_hub)
                found.append(_offline_warning(lasted_s, words, over_hub=self._over_hub))
        return found

    def troubles(self) -> list[LocalizedText]:
        """What is wrong with the gateway's own files; whoever looks at the link sees the rest."""
        found = [*self._problems, *(LocalizedText(id=each, en=each) for each in self._store.troubles)]
        if self.watch.trouble is not None:
            text = str(self.watch.trouble)
            found.append(LocalizedText(id=text, en=text))
        return found

    def _changed(self, view: LinkView) -> None:
        _show_state(view.state)
        message = self.core.message()
        self.changes.append(message)
        self._tell(message)

    def _target(self) -> LinkTarget:
        settings = self._settings
        authority = self._read("authority", settings.authority)
        if authority is not None:
            try:
                ssl.create_default_context(cadata=authority)
            except (ssl.SSLError, ValueError) as error:
                self._cannot_use("authority", settings.authority, error)
                authority = None
        return LinkTarget(
            settings.host,
            settings.port,
            authority,
            self._read("certificate", settings.certificate),
        )

    def _anchors(self) -> TrustAnchors | None:
        pem = self._read("anchors", self._settings.anchors)
        if pem is None:
            return None
        try:
            return TrustAnchors.from_pem(pem)
        except ValueError as error:
            self._cannot_use("anchors", self._settings.anchors, error)
            return None

    def _read(self, key: str, path: Path | None) -> str | None:
        if path is None:
            return None
        try:
            return path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            self._cannot_use(key, path, error)
            return None

    def _cannot_use(self, key: str, path: Path | None, error: Exception) -> None:
        log.error("centre_file_unusable", key=key, path=str(path), error=str(error))
        self._problems.append(
            LocalizedText(
                id=f"`[centre] {key}`: berkas {path} tidak dapat dipakai ({error}). Perbaiki lalu mulai ulang gateway.",
                en=f"`[centre] {key}`: the file {path} cannot be used ({error}). Mend it and start the gateway again.",
            )
        )


def _show_state(state: LinkState) -> None:
    for each in LinkState:
        LINK_STATE.labels(each.value).set(each is state)


def _offline_warning(lasted_s: float, cause: LocalizedText, *, over_hub: bool) -> LocalizedText:
    hours = int(lasted_s // 3600)
    missing = LocalizedText(id="Hub", en="The hub") if over_hub else LocalizedText(id="Pusat", en="The centre")
    return LocalizedText(
        id=f"{missing.id} tidak terjangkau sejak {hours} jam yang lalu; perekaman tetap berjalan. {cause.id} "
        "Lihat `rekam link`.",
        en=f"{missing.en} has not been reached for {hours} h; recording goes on. {cause.en} See `rekam link`.",
    )
