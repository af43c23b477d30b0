"""The linter: what is wrong with a profile before a card is spoiled by it."""

from gateway.card_profile import lint_layout, lint_meaning
from gateway.card_profile.finding import Finding, FindingLevel, error
from gateway.card_profile.profile import CardProfile

__all__ = ["Finding", "FindingLevel", "lint"]

_RULES = (
    lint_layout.names,
    lint_layout.file_ids,
    lint_layout.short_ids,
    lint_layout.application_ids,
    lint_layout.master_file,
    lint_layout.access,
    lint_layout.capacity,
    lint_layout.answer_to_reset,
    lint_meaning.contents,
    lint_meaning.seal,
    lint_meaning.holder,
    lint_meaning.channel,
    lint_meaning.standards,
)


def lint(profile: CardProfile) -> list[Finding]:
    """Everything that is to be said of a profile, errors first."""
    if not profile.applications:
        return [
            error(
                "profile-empty",
                "profile",
                ("Profil ini tidak punya aplikasi.", "It has no application."),
                ("Tambahkan [[application]].", "Add [[application]]."),
            )
        ]
    found = [finding for rule in _RULES for finding in rule(profile)]
    return sorted(found, key=lambda finding: finding.level is not FindingLevel.ERROR)
