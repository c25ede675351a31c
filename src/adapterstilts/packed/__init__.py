"""The fast path: an encoder that computes what `transformers` does with an adapter in it, over tokens without padding.

`encoder_of` says which encoders and adapters it knows; all others take the plain path.
"""

from __future__ import annotations

from adapterstilts.packed.building import encoder_of, gains_nothing, why_plain
from adapterstilts.packed.draws import Draws
from adapterstilts.packed.encoder import Encoder
from adapterstilts.packed.together import Together

__all__ = ["Draws", "Encoder", "Together", "encoder_of", "gains_nothing", "why_plain"]
