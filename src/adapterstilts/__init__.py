"""Adapters with STILTs: train on English intermediate tasks, compose, and evaluate zero-shot on XTREME.

The command line (`adapterstilts --help`) is the front door; `adapterstilts.run` does the same from Python.
Importing this package is cheap: torch is loaded by the modules that need it, when they are imported.
"""

__version__ = "0.1.0"
