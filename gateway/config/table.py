"""What every section of the settings is, and the values that several have."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.roles import ROLES


class Table(BaseModel):
    """A section: frozen, and without keys that are not known."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Score = Annotated[int, Field(ge=0, le=100)]
"""Quality, 0 to 100."""


def _known(roles: frozenset[str]) -> frozenset[str]:
    unknown = roles - ROLES
    if unknown:
        raise ValueError(f"no such role: {', '.join(sorted(unknown))}")
    return roles


Roles = Annotated[frozenset[str], AfterValidator(_known)]
"""Roles that there are."""
