"""Backbones: which encoders can be one, what is declared of them, how one is known and loaded. No torch at import."""

from adapterstilts.backbones.declared import DEFAULT, Declaration, declaration_of
from adapterstilts.backbones.identity import NO_HEAD, BackboneIdentity, known_identity, weights_of
from adapterstilts.base.digests import Memory

__all__ = ["DEFAULT", "BackboneIdentity", "Declaration", "declaration_of", "identity_of", "masked_language_head_of"]


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


def masked_language_head_of(backbone: BackboneIdentity) -> str:
    """Return what tells a backbone's masked-language head from others: 'head ' and 16 digits, or 'new head'.

    Weights are read only where it is not remembered of the same files.
    """
    memory = Memory("masked-language head", weights_of(backbone))
    digest = memory.value
    if digest is None:
        from adapterstilts.backbones import loading

        digest = memory.keep(loading.masked_language_head_digest(backbone))
    return "new head" if digest == NO_HEAD else f"head {digest[:16]}"
