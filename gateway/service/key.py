"""KeyService: signing keys made, certified, changed and revoked; and the watch over their state."""

import asyncio
from collections.abc import Callable

import structlog
from rekam.v1 import key_pb2 as pb

from gateway.guidance import LocalizedText
from gateway.service import convert, key_messages
from gateway.service.access import Caller
from gateway.service.errors import BadArgumentError, NotFoundError
from gateway.service.idempotency import Idempotency
from gateway.trust import (
    CertificateUnfit,
    KeyExpired,
    KeyProblem,
    KeyRecord,
    KeyStore,
    time_now,
)

log = structlog.get_logger(__name__)


class KeyWatch:
    """Says what a person must see to about the keys, and logs it when it changes.

    Parameters
    ----------
    keys : KeyStore
    """

    def __init__(self, keys: KeyStore) -> None:
        self._keys = keys
        self._problem: KeyProblem | None = None
        self._days: int | None = None

    def look(self) -> None:
        """Look at the active key and its end; blocking: a module is asked for a signature."""
        now = time_now()
        try:
            self._keys.check_ready(now)
            problem = None
        except KeyProblem as error:
            problem = error
        if str(problem) != str(self._problem):
            if problem is None:
                log.info("key_usable_again", key=self._keys.key_id)
            else:
                log.error("key_unusable", reason=problem.reason, cause=problem.cause, remedy=problem.remedy)
        self._problem = problem
        notice = self._keys.expiry_notice(now)
        days = notice.days if notice is not None else None
        if notice is not None and days != self._days:
            log.warning("certificate_ends", key=self._keys.key_id, not_after=str(notice.not_after), within_days=days)
        self._days = days
        self._keys.destroy_retired()

    def warnings(self) -> list[LocalizedText]:
        """What was found at the last look, and the end of the certificate as it is now."""
        found = []
        notice = self._keys.expiry_notice(time_now())
        if notice is not None:
            found.append(notice.words)
        problem = self._problem
        if problem is not None and not (isinstance(problem, KeyExpired) and notice is not None):
            found.append(LocalizedText(id=f"Kunci penanda tangan tidak dapat dipakai: {problem}", en=str(problem)))
        return found


class KeyCore:
    """Lists, makes, certifies, changes and revokes keys."""

    def __init__(self, keys: KeyStore, watch: KeyWatch, idempotency: Idempotency) -> None:
        self._keys = keys
        self._watch = watch
        self._idempotency = idempotency

    async def list_keys(self, request: pb.ListKeysRequest, caller: Caller) -> pb.ListKeysResponse:
        """Every key, and what needs a person."""
        await asyncio.to_thread(self._watch.look)
        return pb.ListKeysResponse(
            keys=[key_messages.key(record) for record in self._keys.records()],
            warnings=[convert.localized(text) for text in self._watch.warnings()],
        )

    async def create_key(self, request: pb.CreateKeyRequest, caller: Caller) -> pb.CreateKeyResponse:
        """Make the key that is to come."""

        async def create() -> pb.CreateKeyResponse:
            record = await self._changed("key_created", lambda: self._keys.create(time_now()))
            return pb.CreateKeyResponse(key=key_messages.key(record))

        return await self._idempotency.once("CreateKey", request, pb.CreateKeyResponse, create)

    async def create_certificate_request(
        self, request: pb.CreateCertificateRequestRequest, caller: Caller
    ) -> pb.CreateCertificateRequestResponse:
        """PKCS #10 for an authority."""
        self._check_known(request.key_id)
        pem = await asyncio.to_thread(self._keys.certificate_request, request.key_id)
        return pb.CreateCertificateRequestResponse(request_pem=pem)

    async def install_certificate(
        self, request: pb.InstallCertificateRequest, caller: Caller
    ) -> pb.InstallCertificateResponse:
        """Take what the authority answered."""

        async def install() -> pb.InstallCertificateResponse:
            try:
                record = await self._changed(
                    "certificate_installed", lambda: self._keys.install(request.certificates_pem, time_now())
                )
            except CertificateUnfit as error:
                raise BadArgumentError("certificates_pem", str(error)) from error
            return pb.InstallCertificateResponse(key=key_messages.key(record))

        return await self._idempotency.once("InstallCertificate", request, pb.InstallCertificateResponse, install)

    async def rotate_key(self, request: pb.RotateKeyRequest, caller: Caller) -> pb.RotateKeyResponse:
        """Let another key sign from now on."""

        async def rotate() -> pb.RotateKeyResponse:
            record = await self._changed(
                "key_rotated",
                lambda: self._keys.rotate(time_now(), request.active_key_id, abandon=request.abandon),
            )
            return pb.RotateKeyResponse(key=key_messages.key(record))

        return await self._idempotency.once("RotateKey", request, pb.RotateKeyResponse, rotate)

    async def revoke_key(self, request: pb.RevokeKeyRequest, caller: Caller) -> pb.RevokeKeyResponse:
        """Let a key sign no more."""

        async def revoke() -> pb.RevokeKeyResponse:
            self._check_known(request.key_id)
            reason = key_messages.revocation_reason(request.reason)
            record = await self._changed("key_revoked", lambda: self._keys.revoke(request.key_id, reason, request.note))
            return pb.RevokeKeyResponse(key=key_messages.key(record))

        return await self._idempotency.once("RevokeKey", request, pb.RevokeKeyResponse, revoke)

    async def _changed(self, event: str, change: Callable[[], KeyRecord]) -> KeyRecord:
        record = await asyncio.to_thread(change)
        await asyncio.to_thread(self._watch.look)
        log.info(event, key=record.key_id, state=record.state.value, store=record.store)
        return record

    def _check_known(self, key_id: str) -> None:
        if key_id and self._keys.record(key_id) is None:
            raise NotFoundError("key", key_id)
