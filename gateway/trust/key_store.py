"""The gateway's keys: the one that signs, those before it, the one to come; changed only as a whole."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.trust.certificate import (
    certificate_request,
    check_installable,
    gateway_of,
    read_chain,
)
from gateway.trust.clock import SignedTime, time_now
from gateway.trust.expiry import ExpiryNotice, expiry_notice
from gateway.trust.key_index import INDEX_FILE, KeyRecord, KeyState, write_index
from gateway.trust.key_places import KeyPlaces, open_records
from gateway.trust.key_problem import KeyChangeRefused, KeyExpired, KeyProblem, KeyRevoked, KeyUnreadable
from gateway.trust.keys import SigningKey
from gateway.trust.pkcs11_key import Pkcs11Key
from gateway.trust.revocation import MAX_NOTE, ChainPlace, Revocation, RevocationReason
from gateway.trust.signer import Signer, last_valid
from gateway.trust.succession import sign_succession
from gateway.trust.trust_bundle import PublishedKey, TrustBundle, make_trust_bundle

SIGNATURES_END_S = 60.0
"""A signature that was begun with a key before it was retired is made by then, or never."""

GatewayKey = SigningKey | Pkcs11Key


@dataclass(frozen=True)
class _State:
    """The keys as they stand, and the active one opened."""

    records: tuple[KeyRecord, ...]
    signer: GatewayKey

    @cached_property
    def active(self) -> KeyRecord:
        return next(each for each in self.records if each.state is KeyState.ACTIVE)

    @property
    def pending(self) -> KeyRecord | None:
        return next(
            (each for each in self.records if each.state is KeyState.PENDING and each.public.revocation is None), None
        )

    @cached_property
    def bundle(self) -> TrustBundle:
        order = (KeyState.ACTIVE, KeyState.PENDING, KeyState.RETIRED)
        newest_first = reversed(self.records)
        keys = sorted(newest_first, key=lambda each: order.index(each.state))
        return make_trust_bundle(gateway_of(self.active.public.chain[0]), [each.public for each in keys])


class KeyStore:
    """The keys of one gateway, a `Signer` itself: its signatures are by the key that is active at the time.

    Made by `open`; the caller holds the state folder's lock. May be used from any thread. Each change is on the disk
    when its method returns, or has not happened.
    """

    def __init__(self, directory: Path, state: _State, places: KeyPlaces, chain_end: Callable[[], ChainPlace | None]):
        self._directory = directory
        self._state = state
        self._places = places
        self._chain_end = chain_end
        self._change = threading.Lock()
        self._refused: frozenset[str] = frozenset()
        self._retired: dict[str, float] = {}

    @classmethod
    def open(
        cls,
        directory: Path,
        gateway_id: str | None,
        places: KeyPlaces,
        chain_end: Callable[[], ChainPlace | None] = lambda: None,
        now: SignedTime | None = None,
    ) -> "KeyStore":
        """Open the keys of `directory`, or make the first.

        Parameters
        ----------
        directory : Path
            Made with mode 0700 where it is missing.
        gateway_id : str, optional
            As for `open_signing_key`.
        places : KeyPlaces
            Passphrase, token, and where new keys are made.
        chain_end : callable, optional
            The last capture of the chain; waits for one that is being signed. Called in any thread.
        now : SignedTime, optional
            When a first key is made; the machine's time by default.

        Raises
        ------
        KeyProblem
            There is no key that could sign, even once a module that is away is back.
        """
        records, signer = open_records(directory, gateway_id, places, (now or time_now()).wall)
        store = cls(directory, _State(records, signer), places, chain_end)
        for record in records:
            if record.state is KeyState.RETIRED:  # a power cut may have come between its retirement and its end
                with suppress(KeyProblem, OSError):
                    places.destroy(directory, record.location)
        return store

    def close(self) -> None:
        """Log out of the token; the keys may be used again all the same."""
        if self._places.token is not None:
            self._places.token.close()

    @property
    def key_id(self) -> str:
        """Of the active key."""
        return self._state.active.key_id

    @property
    def gateway_id(self) -> str:
        """The gateway that the certificates name."""
        return self._state.signer.gateway_id

    @property
    def certificates(self) -> tuple[x509.Certificate, ...]:
        """Of the active key."""
        return self._state.signer.certificates

    @property
    def certificates_der(self) -> tuple[bytes, ...]:
        """The same, DER."""
        return self._state.signer.certificates_der

    def current(self) -> Signer:
        """The active key.

        Raises
        ------
        KeyRevoked
            It signs no more.
        """
        state = self._state
        revocation = state.active.public.revocation
        if revocation is None and state.active.key_id not in self._refused:
            return state.signer
        when = f" on {revocation.wall:%Y-%m-%d} ({revocation.reason.value})" if revocation else ""
        raise KeyRevoked(
            f"The gateway's signing key was revoked{when}.",
            "Run `rekam keys rotate`: a new key is made, and those who verify need its trust bundle (`rekam keys "
            "export --pem`).",
        )

    def sign(self, data: bytes) -> bytes:
        """By the active key; who also needs its id takes `current` first."""
        return self.current().sign(data)

    def check_validity(self, now: SignedTime) -> None:
        """As the active key; refused where it is revoked."""
        self.current().check_validity(now)

    def check_ready(self, now: SignedTime) -> None:
        """As the active key; refused where it is revoked."""
        self.current().check_ready(now)

    def trust_bundle(self) -> TrustBundle:
        """Every key that the gateway ever had, the active one first: old captures are verified years later."""
        return self._state.bundle

    def records(self) -> tuple[KeyRecord, ...]:
        """The keys, the oldest first."""
        return self._state.records

    def record(self, key_id: str) -> KeyRecord | None:
        """The key of that id."""
        return next((each for each in self._state.records if each.key_id == key_id), None)

    def expiry_notice(self, now: SignedTime) -> ExpiryNotice | None:
        """What is to be said of the active key's end."""
        return expiry_notice(last_valid(self.certificates), now.wall)

    def create(self, now: SignedTime) -> KeyRecord:
        """Make the key that is to come; it signs once it is rotated to.

        Raises
        ------
        KeyChangeRefused
            There is one already.
        KeyProblem
            It cannot be made or stored.
        """
        with self._change:
            pending = self._state.pending
            if pending is not None:
                raise KeyChangeRefused(
                    f"The key {pending.key_id} waits already to be used.",
                    "Go on with it (`rekam keys csr`, `install`, `rotate`), or revoke it first.",
                )
            record, _ = self._made(now)
            self._write((*self._state.records, record))
            return record

    def certificate_request(self, key_id: str = "") -> str:
        """A request for a certificate, PKCS #10 in PEM, of a key that is named, else the pending, else the active.

        Raises
        ------
        KeyChangeRefused
            There is no such key, or it signs no more.
        KeyProblem
            The key cannot be reached.
        """
        with self._change:
            record = self._usable(key_id)
            return certificate_request(self._opened(record).private_key, self.gateway_id)

    def install(self, pem: str, now: SignedTime) -> KeyRecord:
        """Give the pending or the active key the certificate that an authority issued.

        The certificate that an active key had stays in the trust bundle, and the key vouches for the new one.

        Raises
        ------
        CertificateUnfit
            It cannot be the certificate of one of these keys; says what is wrong.
        KeyProblem
            The key cannot be reached, or its certificate not be stored.
        """
        chain = read_chain(pem)
        with self._change:
            record = self._certified(chain)
            public_key = record.public.chain[0].public_key()
            assert isinstance(public_key, ec.EllipticCurvePublicKey)
            check_installable(chain, public_key, self.gateway_id, now.wall)
            old = record.public
            if chain == old.chain:
                return record
            statements, signer = old.succession, self._state.signer
            if record.state is KeyState.ACTIVE:
                with suppress(KeyExpired):  # what is over cannot vouch: the bundle is handed out anew
                    statements = (*statements, sign_succession(signer, chain[0], now, self._chain_end()))
                signer = signer.certified(chain)
            former = old.former if old.chain[0] in old.former else (*old.former, old.chain[0])
            changed = replace(record, public=replace(old, chain=chain, former=former, succession=statements))
            records = tuple(changed if each is record else each for each in self._state.records)
            self._write(records, signer)
            return changed

    def rotate(self, now: SignedTime, active: str = "", *, abandon: bool = False) -> KeyRecord:
        """Let the pending key, or else a new one, sign from now on; the old one states that it follows.

        A key that is revoked or expired states nothing: those who verify need the trust bundle by hand then.

        Parameters
        ----------
        now : SignedTime
        active : str
            The key that the caller takes for the active one; empty where any will do.
        abandon : bool
            Go on without the old key's statement where it cannot be reached.

        Raises
        ------
        KeyChangeRefused
            Another key is the active one by now.
        KeyProblem
            The old key cannot be reached, or the new one not be made, used or stored.
        """
        with self._change:
            state = self._state
            if active and active != state.active.key_id:
                raise KeyChangeRefused(
                    f"The active key is {state.active.key_id} by now, not {active}.", "Look at `rekam keys show` again."
                )
            record = state.pending
            if record is None:
                record, key = self._made(now)
                with self._undone(record):
                    statement = self._statement(key.certificates[0], now, abandon=abandon)
            else:
                key = self._opened(record)
                key.check_ready(now)
                statement = self._statement(key.certificates[0], now, abandon=abandon)
            succession = (*record.public.succession, *statement)
            followed = replace(record, state=KeyState.ACTIVE, public=replace(record.public, succession=succession))
            retired = replace(state.active, state=KeyState.RETIRED, retired_at=now.wall)
            others = [each for each in state.records if each not in (record, state.active)]
            # Where this fails the new key stays: the list on the disk may name it already.
            self._write((*others, retired, followed), key)
            self._retired[retired.key_id] = time.monotonic()
            return followed

    def revoke(
        self, key_id: str, reason: RevocationReason, note: str, clock: Callable[[], SignedTime] = time_now
    ) -> KeyRecord:
        """Let a key sign no more, from this moment on, and say so in the trust bundle.

        The time is read once no capture is being signed any more, so that none of them is later than it. Where the disk
        does not take it, the key still signs no more until the gateway ends; then it must be said again.

        Raises
        ------
        KeyChangeRefused
            There is no such key, or it was revoked for another reason.
        KeyUnreadable
            The disk did not take it.
        """
        if len(note) > MAX_NOTE:
            raise ValueError(f"a note has at most {MAX_NOTE} characters")
        with self._change:
            record = self._known(key_id)
            known = record.public.revocation
            if known is not None:
                if (known.reason, known.note) == (reason, note):
                    return record
                raise KeyChangeRefused(
                    f"The key was revoked already on {known.wall:%Y-%m-%d} ({known.reason.value}).",
                    "There is nothing left to do, but to hand out `rekam keys export --pem`.",
                )
            self._refused |= {key_id}
            # After the refusal: this waits for a capture that is being signed, and counts it in.
            place = self._chain_end()
            now = clock()
            revocation = Revocation(key_id, reason, note, now.wall, now.quality, place)
            changed = replace(record, public=replace(record.public, revocation=revocation))
            self._write(tuple(changed if each is record else each for each in self._state.records))
            return changed

    def destroy_retired(self, after_s: float = SIGNATURES_END_S) -> None:
        """Destroy private keys that were retired that long ago, when no signature with them is under way any more."""
        for key_id, retired in list(self._retired.items()):
            record = self.record(key_id)
            if record is not None and time.monotonic() - retired >= after_s:
                with suppress(KeyProblem, OSError):  # tried again at the next start
                    self._places.destroy(self._directory, record.location)
                self._retired.pop(key_id, None)  # another thread may have been here, too

    def _made(self, now: SignedTime) -> tuple[KeyRecord, GatewayKey]:
        """A new key with a certificate of its own, on the disk or in the token, but in no list yet."""
        name = f"signing-{secrets.token_hex(4)}.pem"
        with _storing(self._directory):
            location, key = self._places.make(self._directory, name, self.gateway_id, now.wall)
        return KeyRecord(PublishedKey(key.key_id, key.certificates), KeyState.PENDING, location, now.wall), key

    @contextmanager
    def _undone(self, record: KeyRecord) -> Iterator[None]:
        """Take a new key away again where what was to be done with it, before any list names it, fails."""
        try:
            yield
        except BaseException:
            with suppress(KeyProblem, OSError):
                self._places.destroy(self._directory, record.location)
            raise

    def _statement(self, certificate: x509.Certificate, now: SignedTime, *, abandon: bool) -> tuple[str, ...]:
        try:
            return (sign_succession(self, certificate, now, self._chain_end()),)
        except (KeyRevoked, KeyExpired):
            return ()
        except KeyProblem as error:
            if abandon:
                return ()
            raise type(error)(
                f"The old key cannot state that it is followed: {error.cause}",
                f"{error.remedy} Where it is lost for good, rotate with --abandon.",
            ) from error

    def _write(self, records: tuple[KeyRecord, ...], signer: GatewayKey | None = None) -> None:
        with _storing(self._directory):
            write_index(self._directory / INDEX_FILE, records)
        self._state = _State(records, signer or self._state.signer)

    def _opened(self, record: KeyRecord) -> GatewayKey:
        if record is self._state.active:
            return self._state.signer
        return self._places.open(self._directory, record)

    def _known(self, key_id: str) -> KeyRecord:
        record = self.record(key_id)
        if record is None:
            raise KeyChangeRefused(f"There is no key {key_id}.", "See `rekam keys show`.")
        return record

    def _usable(self, key_id: str) -> KeyRecord:
        record = self._known(key_id) if key_id else self._state.pending or self._state.active
        if record.state is KeyState.RETIRED or record.public.revocation is not None:
            raise KeyChangeRefused(
                f"The key {record.key_id} is retired or revoked, and gets no certificate any more.",
                "Run `rekam keys create`, and ask for a certificate of the key that it makes.",
            )
        return record

    def _certified(self, chain: tuple[x509.Certificate, ...]) -> KeyRecord:
        """The key that a chain is for; where it is for none, the one that it was most likely meant for."""
        public_keys = [each.public_key() for each in chain]
        for record in self._state.records:
            if record.public.chain[0].public_key() in public_keys:
                return self._usable(record.key_id)
        return self._usable("")


@contextmanager
def _storing(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KeyUnreadable(
            f"The keys in {directory} cannot be written: {error.strerror}.",
            "Free space on that disk, or give the gateway's user the right to write there; then do it again.",
        ) from error
