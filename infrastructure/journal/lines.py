"""The lines of a journal segment: canonical JSON, so that every byte of a line counts.

A segment begins with a `Header`; every further line is an `Entry`: one event with
its stored bytes (personal fields sealed, as in the database) and its chain digest.
"""

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from infrastructure.ledger import canonical
from infrastructure.ledger.chain import chain_digest

NOTHING = "0" * 64

Digest = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    def to_bytes(self) -> bytes:
        """Return the line, its end included."""
        return canonical.encode(self.model_dump()) + b"\n"


class Place(_Line):
    """Where a journal stands: the last event's number (from 1), position and digest."""

    number: Count = 0
    position: Count = 0
    digest: Digest = NOTHING


class Header(_Line):
    """The first line: the segment's number, what it goes on from, and its predecessor's SHA-256."""

    format: Literal["fileledger journal 1"] = "fileledger journal 1"
    segment: Count
    previous: Digest
    after: Place


class Entry(_Line):
    """One event: `number` counts all events from 1, `version` those of its ledger."""

    number: Count
    position: Count
    ledger: Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
    version: Count
    topic: str
    state: str
    digest: Digest

    @property
    def place(self) -> Place:
        """Where a journal stands that ends with this event."""
        return Place(number=self.number, position=self.position, digest=self.digest)

    def digest_after(self, previous: bytes) -> str:
        """Return the digest that the chain demands after the ledger's digest before."""
        place = (self.ledger, self.version)
        return chain_digest(previous, self.position, place, self.topic, self.state.encode()).hex()


AnyLine = TypeVar("AnyLine", Header, Entry)


def parse(line: bytes, kind: type[AnyLine]) -> AnyLine:
    """Return what a whole line holds.

    Raises:
        ValueError: it is not exactly what the journal writes.
    """
    if not line.endswith(b"\n"):
        msg = "the line is torn: it has no end"
        raise ValueError(msg)
    try:
        parsed = kind.model_validate(canonical.decode(line))
        same = parsed.to_bytes() == line
    except (ValidationError, ValueError, TypeError) as error:
        msg = "the line is not one that the journal writes"
        raise ValueError(msg) from error
    if not same:
        msg = "the line is not in the journal's spelling"
        raise ValueError(msg)
    return parsed
