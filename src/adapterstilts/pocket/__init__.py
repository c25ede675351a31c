"""Pocket: a miniature XTREME in real languages, made from meanings, that runs on a laptop without a network.

``meanings`` says what can be said, ``languages`` how each language says it, ``sampling`` draws meanings and ``scenes``
several that belong together, ``tasks`` turns them into rows, ``documents`` and ``vocabulary`` into what the backbone is
pretrained on.
"""

POCKET_VERSION = "1.1"
"""Changes with every change of any task's rows. Results of different versions are not comparable."""
