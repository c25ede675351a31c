"""Backbones: which encoders can be one, what is declared of them, how one is known and loaded. No torch at import."""

from adapterstilts.backbones.declared import DEFAULT, Declaration, declaration_of
from adapterstilts.backbones.identity import BackboneIdentity, known_identity

__all__ = ["DEFAULT", "BackboneIdentity", "Declaration", "declaration_of", "identity_of"]


def identity_of(name: str, revision: str | None = None) -> BackboneIdentity:
    """Return the identity of 'pocket', a folder, or an id of the Hugging Face Hub, as `load_backbone` gives it.

    Weights are loaded only where it is neither declared nor remembered of the same files. UserError says what could
    not be loaded.
    """
    known = known_identity(name, revision)
    if known is None:
        from adapterstilts.backbones import loading

        known = loading.load_backbone(name, revision=revision, device="cpu").identity
    return known
