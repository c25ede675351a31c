"""The verbs that take adapters elsewhere: export."""

from __future__ import annotations

from pathlib import Path

import click

from adapterstilts.cli import drawing, options
from adapterstilts.methods import METHODS

LOADING = {
    "adapters": 'AutoAdapterModel.from_pretrained(BACKBONE).load_adapter("{folder}", use_safetensors=True, '
    "set_active=True)",
    "setup": 'AutoAdapterModel.from_pretrained(BACKBONE).load_adapter_setup("{folder}", use_safetensors=True, '
    "set_active=True)",
    "peft": 'PeftModel.from_pretrained(MODEL, "{folder}")',
    "transformers": 'AutoModel….from_pretrained("{folder}")',
}
"""How each library loads what was exported for it; `setup` is a stack or a fusion for `adapters`."""


@click.command()
@click.argument("adapter", shell_complete=options.complete_adapter)
@click.argument("folder", type=click.Path(path_type=Path))
@options.backbone
@options.method(METHODS)
@options.output
@options.as_json
def export(adapter: str, folder: Path, backbone: str, method: str | None, output: Path, as_json: bool) -> None:
    """Write ADAPTER to FOLDER for use without adapterstilts.

    A bottleneck adapter, a stack or a fusion becomes what the adapters library loads; a LoRA, composed or not, one
    plain LoRA for peft; full fine-tuning a model of transformers. The head goes along where that library has it.

    \b
    Examples:
      adapterstilts export squad squad-for-adapters
      adapterstilts export pocket-lora-pawsx--fuse-mnli-squad-s0 pawsx-for-peft
    """
    options.prepare()
    from adapterstilts import run, zoo

    chosen = method or zoo.method_of(adapter, backbone, output) or "bottleneck"
    done = run.export_adapter(adapter, folder, backbone, chosen, output)
    if as_json:
        drawing.print_json(
            {
                "adapter": done.adapter,
                "task": done.task,
                "composition": done.composition,
                "library": done.library,
                "folder": str(folder),
            }
        )
        return
    composed = done.library == "adapters" and done.composition in ("stack", "fuse")
    click.echo(f"{done.adapter} is in {folder}; with {done.library} alone:")
    click.echo(f"  {LOADING['setup' if composed else done.library].format(folder=folder)}")
