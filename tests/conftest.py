"""What pytest does here beyond its settings in pyproject.toml."""

import pytest


def pytest_terminal_summary(terminalreporter, exitstatus, config):
    """Say why nothing ran where the markers left nothing; with several workers pytest itself does not."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and config.option.markexpr:
        terminalreporter.write_line(
            f'No test here is "{config.option.markexpr}"; what is marked runs with scripts/test --pocket or --slow'
        )
