"""A profile's files put straight into the memory of a synthetic chip, as they stand once a card is handed out."""

from collections.abc import Mapping

from drivers.cards.chip.header import ALWAYS, MF, NEVER, WITH_CHANNEL, WITH_PIN, FileHeader, FileKind, LifeCycle
from drivers.cards.synthetic import CardOptions, SmartCard
from gateway.card_profile import CardImage, Condition, Operation

CONDITIONS = {
    Condition.ALWAYS: ALWAYS,
    Condition.NEVER: NEVER,
    Condition.PIN: WITH_PIN | 1,
    Condition.CHANNEL: WITH_CHANNEL,
}


def filled_chip(image: CardImage, options: CardOptions | None = None) -> SmartCard:
    card = SmartCard(options or CardOptions(capacity=max(8192, image.profile.capacity + 64)))
    for application in image.profile.applications:
        parent = card.files.root.number
        if not application.is_master:
            assert application.fid != MF
            header = FileHeader(
                card.files.next_number(),
                parent,
                FileKind.DEDICATED,
                application.fid,
                LifeCycle.ACTIVATED,
                name=application.aid,
                access=_conditions(application.access),
            )
            card.files.create(header)
            parent = header.number
        for file in application.files:
            if file.name in image.contents:
                content = image.contents[file.name]
                header = FileHeader(
                    card.files.next_number(),
                    parent,
                    FileKind.TRANSPARENT,
                    file.fid,
                    LifeCycle.ACTIVATED,
                    size=len(content),
                    sfi=file.sfi,
                    access=_conditions(file.access),
                )
                card.files.create(header)
                card.files.write(header, 0, content)
    return card


def _conditions(access: Mapping[Operation, Condition]) -> dict[str, int]:
    return {operation.value: CONDITIONS[condition] for operation, condition in access.items()}
