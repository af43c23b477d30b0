"""What is simulated: how many offices, on what lines, with what waiting, before what centre."""

from dataclasses import dataclass

MBIT = 1e6 / 8
"""Bytes a second."""


@dataclass(frozen=True)
class Scenario:
    """A country after a week without its centre; all sizes in bytes, all times in seconds."""

    offices: int = 7_000
    """Kelurahan and kecamatan with a set: about as many as the programme equipped."""
    people_per_day: float = 8.0
    """Of an office; Kedoya Selatan records 3-4 new people a day, Palmerah 8-10."""
    outage_days: int = 7
    working_s: float = 6 * 3_600.0
    """Of a day."""
    packet_bytes: float = 3.0e6
    packet_spread: float = 0.25
    """Of the packets' sizes: standard deviation of the logarithm."""
    early_share: float = 0.03
    """Of a packet, that its small parts take."""
    lines: tuple[float, ...] = (0.5 * MBIT, 1 * MBIT, 2 * MBIT, 4 * MBIT)
    """What offices' lines carry upwards; as many have each."""
    quota_share: float = 0.1
    """Of the offices have a quota."""
    quota_per_hour: int = 40_000_000
    centre_bytes_per_s: float = 40e6
    """What the centre takes durably: 80 packets of 500 KB a second, one machine of two cores."""
    call_bytes: float = 20_000.0
    """Work of a call that moves nothing (an offer, a refusal), as bytes that could have been taken: 0.5 ms."""
    connection_bytes: float = 120_000.0
    """Work of a TLS handshake, likewise: 3 ms."""
    link_look_s: float = 60.0
    """An office notices within so long that its centre is back."""
    upload_timeout_s: float = 60.0
    """Of the naive client, for a whole packet."""
    naive_retry_s: float = 5.0
    horizon_s: float = 48 * 3_600.0

    @property
    def backlog(self) -> float:
        """Packets that wait in one office, on average."""
        return self.people_per_day * self.outage_days

    @property
    def typical_line(self) -> float:
        """Bytes a second of an upload under way: slow ones are so for longer, hence the harmonic mean."""
        return len(self.lines) / sum(1 / line for line in self.lines)
