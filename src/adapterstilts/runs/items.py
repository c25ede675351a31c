"""What each test row adds to a score, so that rows can be drawn again: packed into a result, and unpacked. No torch.

Every main score is 100 times a sum over rows divided by another: of right rows and rows, of twice the right spans and
the predicted and expected ones, and so on. So a row is two numbers.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from adapterstilts.base.errors import UserError

if TYPE_CHECKING:
    import numpy

_MOST = 10_000_000
"""Bytes that a language's rows take unpacked, at most."""


def packed(rows: Sequence[tuple[float, float]]) -> str:
    """Return the two numbers of each row as text: half-precision floats, compressed, in base64."""
    import numpy

    numbers = numpy.asarray(rows, dtype="<f2").reshape(-1, 2).T
    return base64.b64encode(zlib.compress(numpy.ascontiguousarray(numbers).tobytes(), 9)).decode()


def unpacked(text: str) -> numpy.ndarray:
    """Return what `packed` has packed: (2, rows) float64; UserError if it is nothing of the kind."""
    import numpy

    try:
        reader = zlib.decompressobj()
        raw = reader.decompress(base64.b64decode(text, validate=True), _MOST)
        numbers = numpy.frombuffer(raw, dtype="<f2").reshape(2, -1).astype(numpy.float64)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise UserError(f"What a result says of its rows cannot be read ({error}); measure it again.") from error
    if not reader.eof or not numpy.isfinite(numbers).all():
        raise UserError("What a result says of its rows is cut short or no number; measure it again.")
    return numbers
