"""The verbs that take adapters elsewhere and bring them here: export, import, pull, publish."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from adapterstilts.backbones import DEFAULT
from adapterstilts.cli import drawing, options
from adapterstilts.methods import METHODS

_base_model = click.option(
    "--base-model",
    metavar="OWNER/NAME",
    help="The id by which others find the backbone on the Hub, if it is a folder here.",
)


@click.command()
@click.argument("adapter", shell_complete=options.complete_adapter)
@click.argument("folder", type=options.Place())
@options.backbone
@_base_model
@options.method(METHODS)
@options.task_file
@options.output
@options.as_json
def export(
    adapter: str,
    folder: Path,
    backbone: str,
    base_model: str | None,
    method: str | None,
    output: Path,
    as_json: bool,
) -> None:
    """Write ADAPTER to FOLDER for use without adapterstilts.

    A bottleneck adapter, a stack or a fusion becomes what the adapters library loads; a LoRA, composed or not, one
    plain LoRA for peft; full fine-tuning a model of transformers. The head goes along where that library has it. In
    FOLDER is a README.md with the lines that load it, and `adapterstilts import FOLDER` reads it back.

    \b
    Examples:
      adapterstilts export squad squad-for-adapters
      adapterstilts export pocket-lora-pawsx--fuse-mnli-squad-s0 pawsx-for-peft
    """
    options.prepare()
    from adapterstilts import execution
    from adapterstilts.exchange import catalogue

    chosen = method or catalogue.method_of([adapter], backbone, output)
    adapter = catalogue.meant(adapter, backbone, chosen, output, drawing.Bars().note)
    done = execution.export_adapter(adapter, folder, backbone, chosen, output, base_model)
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
    drawing.say(f"{done.adapter} is in {folder}; with {done.library} alone:")
    drawing.say()
    drawing.say_lines(done.lines)


@click.command("import")
@click.argument("adapter", metavar="FOLDER|OWNER/NAME")
@click.option("--task", metavar="TASK", shell_complete=options.complete_task, help="What its head is for.")
@click.option(
    "--labels", metavar="A,B,...", help="The head's labels in its own order, where it has other names or none."
)
@click.option("--name", metavar="NAME", help="What to call it. [default: the last part of FOLDER or of OWNER/NAME]")
@options.backbone_option("What it is for. [default: the backbone that it names]", None)
@click.option("--revision", metavar="R", help="A branch, tag or commit of its repository.")
@click.option("--convert", is_flag=True, help="Read weights from a pickle, as plain tensors and nothing else.")
@options.task_file
@options.output
@options.as_json
def import_(
    adapter: str,
    task: str | None,
    labels: str | None,
    name: str | None,
    backbone: str | None,
    revision: str | None,
    convert: bool,
    output: Path,
    as_json: bool,
) -> None:
    """Bring in an adapter that plain adapters or peft saved.

    AdapterHub's task adapters are read, too. Each is checked against its backbone and saved under --output, where every
    verb finds it by its name. A head is for TASK, or for the task that the adapter is called after; one whose form is
    another than ours is left out. Without a head an adapter can still be stacked, fused, continued and merged.

    \b
    Examples:
      adapterstilts import AdapterHub/bert-base-uncased-pf-squad --convert
      adapterstilts import my-lora --task mnli --labels contradiction,neutral,entailment
    """
    options.prepare(task)
    from adapterstilts import execution

    done = execution.import_adapter(
        adapter,
        output,
        backbone=backbone,
        task=task,
        name=name,
        labels=tuple(label.strip() for label in labels.split(",")) if labels else (),
        convert=convert,
        revision=revision,
        progress=drawing.Bars(),
    )
    saved = done.adapter
    if as_json:
        facts = {"adapter": saved.name, "method": saved.method, "task": saved.task, "backbone": saved.backbone.id}
        drawing.print_json({**facts, "folder": str(done.folder), "without_head": done.without_head})
        return
    of_task = f" for {saved.task}" if saved.task else ""
    drawing.say(f"{saved.name}: a {saved.method} adapter{of_task} on {saved.backbone.id}, in {done.folder}")
    if done.without_head:
        drawing.say(f"  without a head: {done.without_head}")
    words = ["adapterstilts", "stack", saved.name, "--target", "pawsx"]
    words += [] if saved.backbone.id == DEFAULT else ["--backbone", saved.backbone.id]
    words += [] if output == Path("runs") else ["--output", str(output)]
    drawing.say(f"  {shlex.join(words)}")


@click.command()
@click.argument("adapters", nargs=-1, required=True, metavar="ADAPTER...", shell_complete=options.complete_task)
@options.backbone
@options.method(METHODS)
@click.option("--from", "organisation", metavar="ORG", help="Whose adapters. [default: adapterstilts]")
@click.option("--revision", metavar="R", help="A branch, tag or commit of the adapter's repository.")
@options.as_json
def pull(
    adapters: tuple[str, ...],
    backbone: str,
    method: str | None,
    organisation: str | None,
    revision: str | None,
    as_json: bool,
) -> None:
    """Download ADAPTERs from the Hugging Face Hub, checked.

    They go into its cache. An ADAPTER is a task's name, an adapter's name, or a repository's id. Every verb finds what
    is in the cache, with or without a network.

    \b
    Examples:
      adapterstilts pull squad mnli --backbone xlm-roberta-large --method lora
      adapterstilts pull somebody/pocket-lora-squad
    """
    options.prepare()
    from adapterstilts import execution
    from adapterstilts.exchange import repositories

    progress = drawing.Bars()
    chosen, whose = method or "bottleneck", organisation or repositories.ORGANISATION
    pulled = execution.pull(list(adapters), backbone, chosen, whose, revision, progress)
    if as_json:
        drawing.print_json(
            {
                "adapters": [
                    {"repository": adapter.repository, "folder": str(adapter.folder), "bytes": adapter.size}
                    for adapter in pulled
                ]
            }
        )


@click.command()
@click.argument("adapters", nargs=-1, required=True, metavar="ADAPTER...", shell_complete=options.complete_adapter)
@click.option("--to", "organisation", required=True, metavar="ORG", help="The organisation or user to publish under.")
@click.option("--private", is_flag=True, help="Make new repositories private.")
@click.option("--dry-run", is_flag=True, help="Show the files and the cards, and upload nothing.")
@options.backbone
@_base_model
@options.task_file
@options.output
@options.as_json
def publish(
    adapters: tuple[str, ...],
    organisation: str,
    private: bool,
    dry_run: bool,
    backbone: str,
    base_model: str | None,
    output: Path,
    as_json: bool,
) -> None:
    """Publish ADAPTERs on the Hugging Face Hub, a repository each.

    Cards are rendered from their results. Each goes up in one commit: weights, facts, recipe, results, card, and the
    same adapter for plain adapters or peft. What is there already is not uploaded again, and other weights are never
    overwritten.

    \b
    Examples:
      adapterstilts publish bottleneck-mnli lora-mnli --to my-name --dry-run
      adapterstilts publish runs/pocket-lora-squad-s1 --to my-name --private
    """
    options.prepare()
    from adapterstilts.exchange import catalogue, publishing
    from adapterstilts.runs import results

    measured = results.read_all([catalogue.bundled(backbone), output])
    publications = [
        publishing.prepare(catalogue.entry(word, backbone, output), measured, organisation, not dry_run, base_model)
        for word in adapters
    ]
    done: list[dict[str, Any]] = []
    for publication in publications:
        if publication.plan.not_asked:
            drawing.Bars().note(f"What of this is there already is not known: {publication.plan.not_asked}")
        if not as_json:
            _show(publication, dry_run)
        address = None if dry_run else publishing.publish(publication, private)
        if not as_json and not dry_run:
            drawing.say(f"  published: {address}" if address else "  nothing to upload")
        done.append({"repository": publication.repository, "files": dict(publication.plan.states), "commit": address})
    if as_json:
        drawing.print_json({"published": done, "dry_run": dry_run})


def _show(publication: Any, whole: bool) -> None:
    """Print what goes where; the card, too, if `whole`."""
    drawing.say(f"{publication.adapter} to https://huggingface.co/{publication.repository}")
    for path, state in publication.plan.states.items():
        drawing.say(f"  {state:<8} {len(publication.files[path]):>12,} bytes  {path}")
    if whole:
        drawing.say()
        drawing.say_lines(publication.card)
