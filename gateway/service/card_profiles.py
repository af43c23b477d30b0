"""The profiles of this office: those that come with the gateway, and those of its own folder."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import structlog

from gateway.card_profile import CONTENTS, CardProfile, CardProfileProblem, builtin_profiles, load_profile
from gateway.service.card_errors import CardProfileUnfit, CardProfileUnknown

log = structlog.get_logger(__name__)


class CardProfiles:
    """Read once, at the start: a job goes on with the profile that it was taken with.

    Parameters
    ----------
    folder : Path, optional
        `*.toml`; one that bears the name of a profile of the gateway's takes its place.
    usual : str
        Name or path of the profile that this office makes; empty for none.
    """

    def __init__(self, folder: Path | None, usual: str = "") -> None:
        self._found = dict(builtin_profiles())
        problems: dict[str, str] = {}
        self._usual = usual
        own_file = Path(usual) if usual.endswith(".toml") or "/" in usual else None
        files = sorted(folder.glob("*.toml")) if folder is not None else []
        for path in [*files, *([own_file] if own_file is not None else [])]:
            try:
                own = load_profile(path)
            except CardProfileProblem as error:
                log.error("card_profile_unfit", file=path.name, problem=str(error))
                problems[path.name] = str(error)
                continue
            self._found[own.name] = own
            if path is own_file:
                self._usual = own.name
        self.problems: Mapping[str, str] = MappingProxyType(problems)
        """What is wrong with a file, by its name."""

    def all(self) -> tuple[CardProfile, ...]:
        """By name."""
        return tuple(self._found[name] for name in sorted(self._found))

    def named(self, name: str) -> CardProfile:
        """The profile of that name; the usual one where it is empty.

        Raises
        ------
        CardProfileUnknown
        CardProfileUnfit
            There is a file of that name, and it cannot be used.
        """
        name = name or self._usual
        if name in self._found:
            return self._found[name]
        problem = self.problems.get(Path(name).name if name.endswith(".toml") else f"{name}.toml")
        if problem is not None:
            raise CardProfileUnfit(problem, "Mend the file (`rekam card profiles lint FILE`), and start again.")
        known = ", ".join(sorted(self._found))
        raise CardProfileUnknown(f"There is no card profile {name}.", f"Take one of {known}, or add its file.")

    def of_job(self, name: str, version: int) -> CardProfile:
        """The profile that a job was taken with.

        Raises
        ------
        CardProfileUnknown
            It has another version by now.
        """
        profile = self.named(name)
        if profile.version != version:
            raise CardProfileUnknown(
                f"Card profile {name} has version {profile.version}, and the job wants version {version}.",
                "Put that version back, or give the job up and ask for a new one.",
            )
        return profile


def handed_in(profile: CardProfile) -> tuple[str, ...]:
    """Names of the files that the issuer has to bring; a certificate that nobody brings is the gateway's own."""
    return tuple(
        file.name
        for file in profile.files
        if file.required and CONTENTS[file.content].handed and file.content != "certificate"
    )
