"""Which backbone: what people call it, and what decides."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BackboneIdentity:
    """Which backbone: an id for people, its revision ('' if it has none), and what decides, the fingerprint.

    The fingerprint is the sha256, in hexadecimal, of the shape and of every weight.
    """

    id: str
    revision: str
    fingerprint: str
