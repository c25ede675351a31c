"""What holds for every test, and what pytest does here beyond its settings in pyproject.toml."""

import math
from collections.abc import Iterator

import pytest

from adapterstilts import cli, tasks
from adapterstilts.backbones import device
from adapterstilts.base import hub


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    """Say why nothing ran where the markers left nothing; with several workers pytest itself does not."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and config.option.markexpr:
        terminalreporter.write_line(
            f'No test here is "{config.option.markexpr}"; what is marked runs with scripts/test --pocket or --slow'
        )


@pytest.fixture(autouse=True, scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is remembered in the user's own cache, nor taken from it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADAPTERSTILTS_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(autouse=True)
def nothing_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """No task of another test, and no Hub that it could not reach."""
    monkeypatch.setattr(hub, "_failed", -math.inf)
    monkeypatch.setattr(tasks, "_registered", {})
    monkeypatch.setattr(tasks, "_remembered", {})
    monkeypatch.delenv(tasks.ENVIRONMENT, raising=False)


@pytest.fixture(autouse=True)
def processor_with_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    """What asks for bf16 computes in it on every machine, if need be slowly."""
    monkeypatch.setattr(device, "multiplies_bf16", lambda device: True)


@pytest.fixture
def call(capsys):
    """Run a command line; return its exit code, standard output and standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(list(words))
        shown = capsys.readouterr()
        return ended.value.code, shown.out, shown.err

    return run
