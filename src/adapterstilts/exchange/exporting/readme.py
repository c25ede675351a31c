"""The card of an exported folder: what it is, and the lines that load it. The Hub takes the folder as it is."""

from __future__ import annotations

from transformers import PretrainedConfig

from adapterstilts.adapter.value import Adapter
from adapterstilts.exchange import card
from adapterstilts.exchange.catalogue import Entry
from adapterstilts.exchange.exporting import usage
from adapterstilts.exchange.exporting.writing import LIBRARIES
from adapterstilts.tasks import Task

_BODY = """---
{metadata}
---

# {name}

{what}, on the backbone `{backbone}`, exported by adapterstilts for {library}.{without_head}
It fits the weights that it was trained on and no others.

With {library}, in this folder:

```python
{lines}
```

`adapterstilts import FOLDER` reads it back.
"""


def text_of(entry: Entry, adapter: Adapter, config: PretrainedConfig, task: Task | None) -> str:
    """Return the card as Markdown with the Hub's metadata; `entry` and `adapter` name the backbone as others do."""
    library, headless = LIBRARIES[adapter.method], not adapter.head_tensors()
    whole = usage.has_head(adapter, config, task)
    return _BODY.format(
        metadata=card.metadata(entry, task, library, []).to_yaml(),
        name=adapter.name,
        what=card.what(entry, task),
        backbone=adapter.backbone.id,
        library=library,
        without_head="" if headless or whole else f" Its head is not here: {library} has none that computes the same.",
        lines=usage.lines(adapter, config, task, usage.HERE),
    )
