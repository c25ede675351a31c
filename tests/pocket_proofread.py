"""Whether pocket's proofreading has passed with these files.

    python tests/pocket_proofread.py            succeed if it has
    python tests/pocket_proofread.py --write    record that it has, as scripts/test --pocket does when all passed

The record is tests/pocket_proofread.txt, the files' digest.
"""

from __future__ import annotations

import re
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORD = Path(__file__).with_suffix(".txt")
READ = (
    "src/adapterstilts/pocket/**/*.py",
    "src/adapterstilts/pocket/**/*.yaml",
    "zoo/pocket/backbone/tokenizer.json",
    "tests/events.py",
    "tests/sample_sentences.py",
    "tests/samples/*.txt",
)
MARKED = re.compile(r"^(pytestmark = |@)pytest\.mark\.pocket$|marks=pytest\.mark\.pocket", re.MULTILINE)


def files(root: Path = ROOT) -> list[Path]:
    """The generator, the tests with the marker, and what these read."""
    tests = [path for path in root.glob("tests/test_*.py") if MARKED.search(path.read_text(encoding="utf-8"))]
    return sorted([*tests, *(path for pattern in READ for path in root.glob(pattern))])


def digest(root: Path = ROOT) -> str:
    """One digest of the names and contents of all these files."""
    lines = [f"{path.relative_to(root).as_posix()} {sha256(path.read_bytes()).hexdigest()}" for path in files(root)]
    return sha256("\n".join(lines).encode()).hexdigest()


if __name__ == "__main__":
    if "--write" in sys.argv:
        RECORD.write_text(digest() + "\n", encoding="utf-8")
    elif not RECORD.exists() or RECORD.read_text(encoding="utf-8").strip() != digest():
        sys.exit(f"Pocket, or what proofreads it, has changed since tests/{RECORD.name}: scripts/test --pocket")
