"""The issuer's keys of cards in a security module (SAM), which has a reader of its own beside that of the cards."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError as StoppedError
from concurrent.futures import TimeoutError as AnswerTimeoutError
from functools import partial

import structlog

from drivers import CardRefused, CardWriter, DeviceError
from gateway.capture.leases import LeaseHeldError, LeaseLostError
from gateway.card import Asked, CardSecurityError, ModuleAccess, ModulePinRefused, module_cmacs
from gateway.card_profile import Diversification
from gateway.config import CardModuleSettings, ConfigError
from gateway.guidance import LocalizedText
from gateway.personalisation import CardKeysMissing
from gateway.service.card_readers import CardReaders
from gateway.service.errors import BadArgumentError, DeviceNotReadyError
from gateway.trust import read_pin, variable_of

log = structlog.get_logger(__name__)

ANSWER_S = 10.0
"""For all that one card asks; the card's own reader is taken for hung after 15 s without a command."""
MODULE_S = 3.0
"""For the chip to be there: it never leaves its reader."""
LEASE_S = 4.0
"""For whoever else has its reader."""
_HOLDER = "the gateway"
_UNREACHABLE = (CardRefused, CardSecurityError, DeviceError, BadArgumentError, DeviceNotReadyError)
_TAKEN = (LeaseHeldError, LeaseLostError)


class ModuleCmacs:
    """A `CmacMaker` over the module, whose keys are named by their references; threads of readers may call.

    Each derivation is a session of its own that begins with a reset, so that a module that was pulled, or whose power
    failed, is met as a new one. One session at a time, whichever readers ask. A PIN that was refused once is not tried
    again until the gateway is started anew.

    Parameters
    ----------
    settings : CardModuleSettings
    """

    def __init__(self, settings: CardModuleSettings) -> None:
        pin = read_pin(settings.pin)
        if pin is None:
            raise ConfigError(
                f"card.module: the module's PIN is not given; give the systemd credential {settings.pin}, or set "
                f"{variable_of(settings.pin)}"
            )
        application = bytes.fromhex(settings.application)
        self._access = ModuleAccess(application, pin.encode(), settings.pin_reference, settings.mechanism)
        self._length, self._pin_name = settings.key_bits // 8, settings.pin
        self.device_id = settings.reader
        self._refused: str | None = None
        self._turn = asyncio.Lock()

    def serve(self, readers: CardReaders) -> None:
        """Answer from here on; called in the event loop's thread."""
        self._readers, self._loop = readers, asyncio.get_running_loop()

    def warnings(self) -> list[LocalizedText]:
        """What needs a person; in the event loop's thread."""
        if self._refused is not None:
            return [_refused_pin(self._pin_name)]
        try:
            self._readers.module()
        except _UNREACHABLE:
            return [_absent(self.device_id)]
        return []

    def key_length(self, key: str) -> int:
        """Bytes of a key, as the settings say: a module does not tell."""
        return self._length

    def cmacs(self, asked: Sequence[Asked]) -> list[bytes]:
        """AES-CMAC of each message under the key of that reference; never in the event loop's thread.

        Raises
        ------
        CardKeysMissing
            The module is not there, does not answer in time, refuses its PIN, or has no such key.
        """
        given_up = threading.Event()
        work = self._asked(asked, given_up)
        try:
            told = asyncio.run_coroutine_threadsafe(work, self._loop)
        except RuntimeError:  # the loop is closed
            work.close()
            raise self._missing("the gateway stops") from None
        # What is raised here has no cause: the loss of the module's reader is none of the card's reader, in whose
        # thread this runs.
        try:
            return told.result(ANSWER_S)
        except AnswerTimeoutError:
            # Not cancelled: the watchdog of the module's reader, which frees it where it hangs, goes with its work.
            given_up.set()
            raise self._missing(f"it does not answer within {ANSWER_S:.0f} s") from None
        except StoppedError:
            raise self._missing("the gateway stops") from None
        except (*_UNREACHABLE, *_TAKEN) as error:
            log.warning("card_module_unreachable", device=self.device_id, error=str(error))
            raise self._missing(str(error)) from None

    async def _asked(self, asked: Sequence[Asked], given_up: threading.Event) -> list[bytes]:
        async with self._turn:
            device = self._readers.module()
            async with self._readers.held([device], _HOLDER, "keys of cards", given_up.set, LEASE_S):
                return await self._readers.run(device, partial(self._computed, asked, given_up))

    def _computed(self, asked: Sequence[Asked], given_up: threading.Event, writer: CardWriter) -> list[bytes]:
        """In the thread of the module's reader, the only one that tries the PIN: whoever waited meanwhile does not."""
        if self._refused is not None:
            raise self._missing(self._refused)
        if given_up.is_set():
            raise self._missing("nobody waits for it any more")
        writer.await_card(MODULE_S, given_up)
        try:
            with writer.transaction():
                return module_cmacs(writer.transmit, self._access, [(int(key), message) for key, message in asked])
        except ModulePinRefused as error:
            self._refused = str(error)
            log.error("card_module_pin_refused", device=self.device_id, tries_left=error.tries_left)
            raise

    def _missing(self, cause: str) -> CardKeysMissing:
        return CardKeysMissing(
            f"The security module in reader {self.device_id} gives no keys for cards: {cause}.",
            "See that it is plugged in and is the one that `[card.module]` describes, then go on with the job.",
        )


def _refused_pin(name: str) -> LocalizedText:
    return LocalizedText(
        id="Modul keamanan (SAM) untuk kartu menolak PIN-nya; tidak dicoba lagi dan tidak ada kartu yang dibuat. "
        f"Periksa PIN itu (kredensial {name}), lalu mulai ulang gateway.",
        en="The security module (SAM) for cards refused its PIN; it is not tried again, and no cards are made. Check "
        f"that PIN (the credential {name}), then start the gateway again.",
    )


def _absent(device_id: str) -> LocalizedText:
    return LocalizedText(
        id=f"Pembaca modul keamanan (SAM) untuk kartu, {device_id}, tidak siap: tidak ada kartu yang dibuat. "
        "Pasang, atau betulkan `[card.module] reader`; `rekam devices` menunjukkan yang ada.",
        en=f"The reader of the security module (SAM) for cards, {device_id}, is not ready: no cards are made. "
        "Plug it in, or mend `[card.module] reader`; `rekam devices` shows what is there.",
    )


def names_in_module(settings: CardModuleSettings) -> dict[Diversification, tuple[str, ...]]:
    """References of the issuer's keys in the module, by how the cards' keys come of them."""
    names: dict[Diversification, tuple[str, ...]] = {}
    if settings.key_master is not None:
        names[Diversification.KDF3] = (str(settings.key_master),)
    if settings.key_enc is not None and settings.key_mac is not None:
        names[Diversification.NONE] = (str(settings.key_enc), str(settings.key_mac))
    return names
