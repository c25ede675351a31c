"""What holds for every test."""

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing is remembered in the user's own cache, nor taken from it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADAPTERSTILTS_HOME", str(tmp_path_factory.mktemp("home")))
        yield
