"""What is known of a backbone before it is loaded: what is declared of it, and what is remembered of its files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import encoder_kinds
import hub_server
import pytest
from safetensors.torch import load_file, save_file

from adapterstilts import backbones, tasks
from adapterstilts.backbones import BackboneIdentity, Declaration, declaration_of, declared, identity_of, loading
from adapterstilts.base import digests, places
from adapterstilts.base.errors import UserError
from adapterstilts.runs import recipe

WEIGHTS = "model.safetensors"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, which remembers files however new they are."""
    monkeypatch.setenv("ADAPTERSTILTS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(digests, "SETTLED", 0)
    return tmp_path / "home" / "digests"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return encoder_kinds.save("XLM-R", tmp_path_factory.mktemp("stored"))


@pytest.fixture
def encoder(stored: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(stored, tmp_path / "encoder"))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was loaded so far."""
    loaded: list[str] = []
    original = loading.load_backbone

    def counted(name: str, **settings: Any) -> loading.Backbone:
        loaded.append(name)
        return original(name, **settings)

    monkeypatch.setattr(loading, "load_backbone", counted)
    return loaded


def verified(name: str, **settings: Any) -> loading.Backbone:
    """A backbone that is loaded without what is remembered."""
    with digests.distrusted():
        return loading.load_backbone(name, **settings)


# declarations


def test_pocket_is_declared() -> None:
    pocket = declaration_of("pocket")
    assert pocket == declared.DECLARED[backbones.DEFAULT]
    assert (pocket.rows, pocket.recipe, pocket.retrieval_layer) == ("pocket", "pocket.yaml", None)
    assert pocket.folder == places.zoo_folder() / "pocket" / "backbone"
    assert f"license: {pocket.licence}\n" in (pocket.folder / "README.md").read_text()


@pytest.mark.parametrize("name", ["FacebookAI/xlm-roberta-base", "me/pocket", "encoders/pocket"])
def test_whatever_is_not_declared_is_of_the_hub_or_a_folder(name: str) -> None:
    assert declaration_of(name) == Declaration(name)
    assert (declaration_of(name).rows, declaration_of(name).folder) == ("hub", None)
    assert declaration_of(name).fingerprint is None


def test_every_declaration_is_called_by_its_name_and_has_its_recipe() -> None:
    for name, declaration in declared.DECLARED.items():
        assert declaration.name == name
        assert (places.recipes_folder() / declaration.recipe).is_file()
    assert (places.recipes_folder() / Declaration("any").recipe).is_file()


def test_a_folder_is_where_its_name_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "encoder").mkdir()
    assert declaration_of("~/encoder").folder == tmp_path / "encoder"


def test_rows_are_expected_from_where_the_backbone_and_the_task_have_them() -> None:
    squad, bucc = tasks.get("squad"), tasks.get("bucc2018")
    assert [declaration_of("pocket").usual_rows(task) for task in (squad, bucc)] == ["pocket", "pocket"]
    assert [declaration_of("me/encoder").usual_rows(task) for task in (squad, bucc)] == ["hub", "folder"]


def test_a_backbone_may_be_declared_with_a_recipe_and_a_layer_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    small = Declaration("small", recipe="pocket.yaml", retrieval_layer=3)
    monkeypatch.setitem(declared.DECLARED, "small", small)
    assert recipe.resolve("small", "lora", None, "tatoeba").run["retrieval_layer"] == 3
    assert recipe.resolve("small", "lora", None, "tatoeba", {"retrieval_layer": 2}).run["retrieval_layer"] == 2
    assert recipe.resolve("small", "lora", None, "tatoeba").run["max_steps"] == 1000


# identity


def test_what_is_declared_is_known_without_loading_and_is_what_is_loaded(loads: list[str]) -> None:
    known = identity_of("pocket")
    assert (known.id, known.revision, loads) == ("pocket", "", [])
    assert verified("pocket").identity == known


def test_a_damaged_shipped_backbone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(places.zoo_folder() / "pocket" / "backbone", tmp_path / "pocket" / "backbone")
    monkeypatch.setattr(places, "zoo_folder", lambda: tmp_path)
    loading.load_backbone("pocket")
    weights = tmp_path / "pocket" / "backbone" / WEIGHTS
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    for _ in range(2):
        with pytest.raises(UserError, match='"pocket" in .* is not the one of that name: .*; install the package'):
            loading.load_backbone("pocket")


def test_a_folder_is_loaded_once_to_know_it(encoder: Path, loads: list[str], cache: Path) -> None:
    known = identity_of(str(encoder))
    assert loads == [str(encoder)]
    assert [identity_of(str(encoder)) for _ in range(2)] == [known, known] and len(loads) == 1
    assert verified(str(encoder)).identity == known
    assert known.revision == "" and len(list(cache.iterdir())) == 1


def test_what_is_remembered_is_not_hashed_again_unless_asked(encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = loading.load_backbone(str(encoder)).identity

    def never(module: Any) -> str:
        raise AssertionError("hashed again")

    monkeypatch.setattr(loading, "fingerprint", never)
    assert loading.load_backbone(str(encoder)).identity == identity
    with pytest.raises(AssertionError, match="hashed again"):
        verified(str(encoder))


def change_weights(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    tensors["embeddings.LayerNorm.bias"] += 1
    save_file(tensors, folder / WEIGHTS, metadata={"format": "pt"})


def change_in_place_with_the_times_of_before(folder: Path) -> None:
    before = (folder / WEIGHTS).stat()
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / WEIGHTS).write_bytes(content)
    os.utime(folder / WEIGHTS, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert ((folder / WEIGHTS).stat().st_mtime_ns, len(content)) == (before.st_mtime_ns, before.st_size)


def change_config(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_attention_heads": 1}))


def into_shards(folder: Path) -> None:
    tensors = load_file(folder / WEIGHTS)
    tensors["embeddings.LayerNorm.bias"] += 1
    (folder / "parts").mkdir()
    save_file(tensors, folder / "parts" / "1.safetensors", metadata={"format": "pt"})
    index = {"metadata": {}, "weight_map": dict.fromkeys(tensors, "parts/1.safetensors")}
    (folder / f"{WEIGHTS}.index.json").write_text(json.dumps(index))
    (folder / WEIGHTS).unlink()


CHANGES = (change_weights, change_in_place_with_the_times_of_before, change_config, into_shards)


@pytest.mark.parametrize("change", CHANGES)
def test_changed_files_are_another_backbone(change: Any, encoder: Path, loads: list[str]) -> None:
    before = identity_of(str(encoder))
    change(encoder)
    after = identity_of(str(encoder))
    assert after.fingerprint != before.fingerprint and len(loads) == 2
    assert verified(str(encoder)).identity == after == identity_of(str(encoder))


def test_a_changed_shard_is_another_backbone(encoder: Path) -> None:
    into_shards(encoder)
    before = identity_of(str(encoder))
    tensors = load_file(encoder / "parts" / "1.safetensors")
    tensors["embeddings.LayerNorm.bias"] += 1
    save_file(tensors, encoder / "parts" / "1.safetensors", metadata={"format": "pt"})
    assert identity_of(str(encoder)).fingerprint != before.fingerprint


def test_weights_that_change_while_they_are_read_are_not_remembered(
    encoder: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    original = loading.fingerprint

    def meanwhile(module: Any) -> str:
        change_weights(encoder)
        return original(module)

    with monkeypatch.context() as patch:
        patch.setattr(loading, "fingerprint", meanwhile)
        before = identity_of(str(encoder))
    assert identity_of(str(encoder)) != before


def test_files_that_changed_a_moment_ago_are_not_remembered_yet(
    encoder: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    """A second change within the file system's resolution would leave the times as they are."""
    monkeypatch.setattr(digests, "SETTLED", 3_600_000_000_000)
    identity_of(str(encoder))
    assert not cache.exists()


def test_weights_that_peft_takes_from_elsewhere_are_not_remembered(encoder: Path, cache: Path) -> None:
    (encoder / "adapter_config.json").write_text("{}")
    assert backbones.identity.memory_of(encoder).keep("0" * 64) == "0" * 64
    assert not cache.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"null", b"[]", b'{"files": []}', b'{"value": "%s"}' % (b"0" * 64), "other", "short", "number"],
)
def test_a_corrupt_cache_remembers_nothing(content: bytes | str, encoder: Path, loads: list[str], cache: Path) -> None:
    known = identity_of(str(encoder))
    (entry,) = cache.iterdir()
    facts = json.loads(entry.read_text())
    damaged = {"other": {**facts, "files": facts["files"][:-1]}, "short": {**facts, "value": "0" * 63}}
    damaged["number"] = {**facts, "value": 7}
    entry.write_bytes(content if isinstance(content, bytes) else json.dumps(damaged[content]).encode())
    assert identity_of(str(encoder)) == known and len(loads) == 2
    assert identity_of(str(encoder)) == known and len(loads) == 2


def test_a_cache_that_cannot_be_written_is_no_error(encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    assert identity_of(str(encoder)) == identity_of(str(encoder))


def test_a_user_without_a_home_is_no_error(encoder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(digests, "cache_folder", homeless)
    assert identity_of(str(encoder)) == identity_of(str(encoder))


def test_knowing_what_is_remembered_costs_no_torch(encoder: Path) -> None:
    identity_of(str(encoder))
    code = (
        f"import sys; from adapterstilts import backbones; backbones.identity_of({str(encoder)!r}); "
        "backbones.identity_of('pocket'); sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_backbone_of_the_hub_is_known_by_its_commit(
    stored: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loads: list[str]
) -> None:
    with hub_server.serving() as server:
        hub_server.use(server.url, tmp_path / "hub", monkeypatch)
        monkeypatch.setattr("transformers.utils.hub.TRANSFORMERS_CACHE", str(tmp_path / "hub" / "hub"))
        repository = server.repositories["models", "me/encoder"] = hub_server.Repository()
        contents = {path.name: path.read_bytes() for path in stored.iterdir()}
        first = repository.commit(contents)
        # what is downloaded meanwhile was not there to be looked at before
        known = [identity_of("me/encoder") for _ in range(2)]
        assert known == [BackboneIdentity("me/encoder", first, known[0].fingerprint)] * 2 and len(loads) == 2
        asked = len(server.requests)
        assert identity_of("me/encoder") == known[0] and len(loads) == 2
        assert all(request.endswith("/config.json") for request in server.requests[asked:])
        config = {**json.loads(contents["config.json"]), "num_attention_heads": 1}
        second = repository.commit({**contents, "config.json": json.dumps(config).encode()})
        newer = identity_of("me/encoder")
        assert newer.revision == second and newer.fingerprint != known[0].fingerprint
        assert identity_of("me/encoder", first) == known[0]
        assert verified("me/encoder", revision=first).identity == known[0]
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    snapshot = next((tmp_path / "hub" / "hub").glob(f"**/snapshots/{first}"))
    assert identity_of(str(snapshot)) == BackboneIdentity(str(snapshot), first, known[0].fingerprint)


def test_what_cannot_be_loaded_is_told_as_loading_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in (str(tmp_path / "nowhere"), str(tmp_path), "no such id"):
        with pytest.raises(UserError, match="could not be loaded; give pocket, a folder"):
            identity_of(name)
    with pytest.raises(UserError, match='the Hub cannot be reached.+Did you mean "pocket"'):
        identity_of("poket")
    with pytest.raises(UserError, match="is no path"):
        identity_of("")
