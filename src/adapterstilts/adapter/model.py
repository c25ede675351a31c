"""Backbone, active adapters and head as one module; and the backbone's identity."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from adapterstilts import methods, packed, tasks
from adapterstilts.adapter.value import ADAPTER_PREFIX, HEAD_PREFIX, Adapter, check_backbone
from adapterstilts.backbones import encoders, loading
from adapterstilts.backbones.device import computed_in, device_of, without_autocast
from adapterstilts.backbones.library import PreTrainedModel
from adapterstilts.backbones.loading import Backbone
from adapterstilts.base.errors import UserError, listed
from adapterstilts.methods.installed import Installed, check_same_shapes, copy_into, prefixed
from adapterstilts.methods.vocabulary import CompactVocabulary
from adapterstilts.tasks import types
from adapterstilts.tasks.combined import MASKED
from adapterstilts.tasks.types import masked_language_modelling

if TYPE_CHECKING:
    from transformers import PretrainedConfig

    from adapterstilts.tasks import Task
    from adapterstilts.tasks.types import TaskType


class Model(nn.Module):
    """A backbone with an adapter in it, and a task's head (None for retrieval and after a merge), or several by name.

    `packed` says whether it computes over tokens without padding (`pack`), or by the libraries' own forward pass.
    """

    def __init__(
        self,
        backbone: PreTrainedModel,
        installed: Installed,
        head: nn.Module | None,
        method: str,
        composition: str | None,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head
        self.installed = installed
        self._method, self._composition = method, composition
        self._encoder: packed.Encoder | None = None
        self._vocabulary: CompactVocabulary | None = None
        self.packed = False

    def forward(self, batch: Mapping[str, Tensor], head: str | None = None) -> dict[str, Tensor]:
        """Return the head's outputs, of several those of the one called `head`, or 'hidden' (B, L, H) without a head.

        `batch` holds 'input_ids', 'attention_mask' and, where the encoder tells a pair's texts apart, 'token_type_ids'
        (B, L), int64; what else it holds is not read.
        """
        if self.packed:
            hidden = self._packed_encoder()(self._read(batch), self.training)
        else:
            hidden = self.backbone(**self._read(batch)).last_hidden_state
        return self._headed(hidden, batch, head)

    def _headed(self, hidden: Tensor, batch: Mapping[str, Tensor], name: str | None = None) -> dict[str, Tensor]:
        head = self.head if name is None else cast(nn.ModuleDict, self.head)[name]
        return {"hidden": hidden} if head is None else head(hidden, batch["attention_mask"])

    def pack(self, to_train_in: str | None = None) -> str | None:
        """Compute over tokens without padding from now on; what stands at padding in an output then means nothing.

        Return why not, as the end of a sentence, where `adapterstilts.packed` does not know the encoder or the adapter,
        or where a training, in the precision `to_train_in`, would gain nothing.
        """
        why = packed.why_plain(self.backbone.config, self.installed)
        if why is None and to_train_in and packed.gains_nothing(self.backbone.config, self._method, to_train_in):
            why = f"{self._method} in {to_train_in} without dropout gains nothing from leaving it out"
        self.packed = why is None
        return why

    def states(self, batch: Mapping[str, Tensor], layers: Collection[int]) -> Mapping[int, Tensor]:
        """Return the hidden states (B, L, H) behind each of `layers`, of which 0 is the embeddings."""
        if self.packed:
            return self._packed_encoder().states(self._read(batch), layers)
        every = self.backbone(**self._read(batch), output_hidden_states=True).hidden_states
        return {layer: every[layer] for layer in layers}

    def joins(self) -> Hashable | None:
        """Return a value that models have in common which `together` takes; None where it does not take this one."""
        return self._packed_encoder().structure() if self.packed else None

    def below(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Return what comes into the lowest layer with an adapter, (tokens, H) row by row; the model must be packed.

        Brought back as 'below' in a batch of the same tokens, it spares `forward` the layers under it.
        """
        return self._packed_encoder().below(self._read(batch))

    def _read(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """What the encoder reads of `batch`."""
        segmented = encoders.segments(self.backbone.config) > 1
        names = ("input_ids", "attention_mask", *(["token_type_ids"] if segmented else []))
        names += ("lengths", "below") if self.packed else ()
        return {name: batch[name] for name in names if name in batch}

    def _packed_encoder(self) -> packed.Encoder:
        if self._encoder is None:
            with without_autocast(device_of(self)):
                self._encoder = packed.encoder_of(self.backbone, self._method, self._composition, self.installed)
        return self._encoder

    def trim(self, pieces: Tensor | None, precision: str) -> None:
        """Keep of the backbone what a training in `precision` reads: the embeddings of `pieces` (token ids; None: all),
        and where it is packed and frozen no weights but those in that precision.

        What is frozen is whole again only when the backbone is loaded anew.
        """
        vocabulary = None if pieces is None else CompactVocabulary(self.backbone, self.installed, pieces)
        self._encoder = None
        if self._method == "full":
            self._vocabulary = vocabulary
        elif self.packed:
            mixed = computed_in(device_of(self), precision) == "bf16"
            dtype = torch.bfloat16 if mixed else self.backbone.dtype
            self._packed_encoder().keep_only(dtype)
            self.installed.let_go_of_maps(self.backbone)

    def every_piece(self, decay: float) -> None:
        """Put the trained rows back that `trim` left out, times `decay`: what weight decay made of them meanwhile."""
        if self._vocabulary is not None:
            self._vocabulary.restore(decay)
        self._vocabulary = self._encoder = None

    def trainable_parameters(self) -> dict[str, nn.Parameter]:
        """Return what training changes: 'adapter.*' and 'head.*'."""
        parameters = {f"{ADAPTER_PREFIX}{name}": p for name, p in self.installed.trainable().items()}
        if self.head is not None:
            parameters.update({f"{HEAD_PREFIX}{name}": p for name, p in self.head.named_parameters()})
        return parameters

    def trainable_count(self) -> int:
        """Return how many numbers training changes, the head included."""
        return sum(parameter.numel() for parameter in self.trainable_parameters().values())

    def tensors(self) -> dict[str, Tensor]:
        """Return copies of all that the adapter is, 'adapter.*' and 'head.*', on the CPU."""
        head = self.head.state_dict() if self.head is not None else {}
        copies = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in head.items()}
        return prefixed("adapter", self.installed.state()) | prefixed("head", copies)

    def load_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Overwrite adapter and head; names and shapes must match, else UserError and nothing is changed."""
        own = {name: t for name, t in tensors.items() if not name.startswith(HEAD_PREFIX)}
        wanted = [name for name in own if not name.startswith(ADAPTER_PREFIX)]
        if wanted:
            raise UserError(f"The weights do not fit: {wanted[0]} belongs neither to an adapter nor to a head.")
        head = prefixed("head", self.head.state_dict()) if self.head is not None else {}
        head_tensors = {name: t for name, t in tensors.items() if name.startswith(HEAD_PREFIX)}
        check_same_shapes(head, head_tensors)
        self._encoder = None  # it may hold copies of what is now overwritten
        self.installed.load_state({name.removeprefix(ADAPTER_PREFIX): t for name, t in own.items()})
        copy_into(head, head_tensors)

    def regularisation(self) -> Tensor | None:
        """Return what the method adds to the mean loss (a scalar), or None."""
        return self.installed.regularisation()


class OneHead(nn.Module):
    """A model by one of its several heads: batch -> outputs."""

    def __init__(self, model: Model, head: str) -> None:
        super().__init__()
        self.model, self._name = model, head

    def forward(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return that head's outputs."""
        return self.model(batch, self._name)


def together(
    models: Sequence[Model], draws: Sequence[packed.Draws]
) -> Callable[[Sequence[Mapping[str, Tensor]]], list[dict[str, Tensor]]]:
    """Return a function from a batch of each of `models` to the outputs of each, in training, in one forward pass.

    They have the same value of `Model.joins`. What is random in a model is drawn from its own of `draws`.
    """
    encoder = packed.Together([model._packed_encoder() for model in models], draws)

    def forward(batches: Sequence[Mapping[str, Tensor]]) -> list[dict[str, Tensor]]:
        hidden = encoder([model._read(batch) for model, batch in zip(models, batches, strict=True)])
        outputs = []
        for model, own, each, batch in zip(models, draws, hidden, batches, strict=True):
            with own:
                outputs.append(model._headed(each, batch))
        return outputs

    return forward


def build(
    backbone: Backbone,
    task_type: TaskType | None,
    task: Task | None,
    method: str,
    composition: str | None,
    settings: Mapping[str, Any],
    sources: Sequence[methods.Source] = (),
    fresh: bool = True,
) -> Model:
    """Make a new model to train; initialisation from torch's global RNG. `task` None means no head.

    `task_type` is that of the task, and None for several tasks at once, each of which gets a head by its name.

    The head comes first, so that with one seed every method starts from the same head.
    """
    methods.check_sources(method, composition, sources, settings)
    head = _new_head(backbone, task_type, task)
    installed = methods.install(backbone.module, method, composition, settings, sources, fresh=fresh)
    return Model(backbone.module, installed, head, method, composition)


def from_adapter(
    backbone: Backbone, adapter: Adapter, task_type: TaskType, task: Task | None, accept_other_weights: bool = False
) -> Model:
    """Rebuild the model of a stored adapter, for `task`, in evaluation mode.

    For a task without a head (retrieval) the adapter's own head is left aside. UserError if the backbone is
    another one, but for other weights of it where these are accepted, or the adapter has no head for the task.
    """
    check_backbone(adapter, backbone.identity, lambda: backbone.shape, accept_other_weights)
    own = tasks.known(adapter.task)
    if task is not None and own is not None and own.parts and task_type.name != "retrieval":
        own = adapter.part_for(task)
        adapter = adapter.with_head_of(own.name)
    if task is not None and not task.labels and adapter.labels:
        task = dataclasses.replace(task, labels=adapter.labels)
    head = _new_head(backbone, task_type, task)
    tensors = dict(adapter.tensors)
    if head is None:
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith(HEAD_PREFIX)}
    elif task is not None:
        _check_head(adapter, task, own)
    methods.check_sizes(adapter.method, adapter.settings, adapter.adapter_tensors())
    installed = methods.rebuild(backbone.module, adapter.method, adapter.composition, adapter.settings)
    model = Model(backbone.module, installed, head, adapter.method, adapter.composition)
    try:
        model.load_tensors(tensors)
    except UserError as error:
        raise UserError(f'The adapter "{adapter.name}" could not be put together. {error}') from error
    return model.eval()


def check_fits(adapter: Adapter, config: PretrainedConfig, task: Task | None) -> None:
    """Raise UserError, as `from_adapter`, unless every tensor has its place on a backbone of `config`, without weights.

    `task` is what its head is for.
    """
    with torch.device("meta"):
        bare = Backbone(loading.without_weights(config), None, adapter.backbone)
        with_head = task if adapter.head_tensors() else None
        from_adapter(bare, adapter, types.get(task.type if task else "retrieval"), with_head)


def _check_head(adapter: Adapter, task: Task, own: Task | None) -> None:
    """UserError unless the adapter has a head, which it learned for `own`, and that is one for `task`."""
    if not adapter.head_tensors():
        raise UserError(f'The adapter "{adapter.name}" has no head for {task.name}; only retrieval works without one.')
    if own is not None and own.type != task.type:
        raise UserError(
            f'The adapter "{adapter.name}" is one for {own.name}, which is {_words(own.type)}, and {task.name} is '
            f"{_words(task.type)}, so its head does not fit; choose an adapter of such a task."
        )
    if adapter.labels != task.labels:
        raise UserError(
            f'The labels of the adapter "{adapter.name}" ({listed(adapter.labels) or "none"}) are not '
            f"those of {task.name} ({listed(task.labels) or 'none'}), so its head does not fit."
        )


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _new_head(backbone: Backbone, task_type: TaskType | None, task: Task | None) -> nn.Module | None:
    if task is None:
        return None
    if task.parts:
        return nn.ModuleDict({part.name: _new_part(backbone, part) for part in task.parts})
    head: nn.Module | None
    if task.type == MASKED:
        head = masked_language_modelling.new_head(backbone.module, loading.masked_language_head(backbone.identity))
    else:
        assert task_type is not None
        config = backbone.module.config
        head = task_type.head(config.hidden_size, task, encoders.head_dropout(config))
    return None if head is None else head.to(backbone.module.dtype).to(backbone.module.device)


def _new_part(backbone: Backbone, task: Task) -> nn.Module:
    task_type = None if task.type == MASKED else types.get(task.type)
    return cast(nn.Module, _new_head(backbone, task_type, task))
