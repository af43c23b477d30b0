"""What was done with cards, in the audit trail: cards by token, persons by token, nobody's number."""

from gateway.audit import Actor, AuditEvent, AuditLog, PersonTokens
from gateway.audit.entry import ROLES, in_form
from gateway.service.access import Caller
from gateway.service.audit_trail import peer_name


class CardAudit:
    """Writes entries; any thread may call."""

    def __init__(self, trail: AuditLog, tokens: PersonTokens) -> None:
        self._trail, self._tokens = trail, tokens

    def actor(self, caller: Caller, operator: str) -> Actor:
        """Who does it."""
        roles = tuple(sorted(caller.roles & frozenset(ROLES)))
        return Actor(peer_name(caller.peer, caller.desk_id), roles, self._tokens.operator_name(operator))

    def card(
        self, event: str, actor: Actor, serial: str, device_id: str, outcome: str = "OK", reason: str = ""
    ) -> None:
        """Something happened to a card, e.g. `card.personalised`."""
        self._submit(event, actor, device_id, ("card", self._tokens.object_name(serial)), outcome, reason)

    def person(self, event: str, actor: Actor, reference: str, device_id: str) -> None:
        """Somebody saw what stands on a person's card."""
        self._submit(event, actor, device_id, ("person", self._tokens.person_token(reference)), "OK", "")

    def _submit(
        self, event: str, actor: Actor, device_id: str, about: tuple[str, str], outcome: str, reason: str
    ) -> None:
        kind, named = about
        self._trail.submit(
            AuditEvent(
                event=event,
                outcome=outcome,
                reason=reason if in_form("reason", reason) else "UNLISTED",
                actor=actor,
                device=self._tokens.device_name(device_id) if device_id else "",
                object_kind=kind if named else "",
                object_id=named,
            )
        )
