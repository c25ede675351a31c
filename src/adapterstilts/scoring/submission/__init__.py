"""XTREME's submission folders: predictions written in its layout, and scored as its `evaluate.py` scores them.

A submission has a folder for each task and in it a file for each language: ``xnli/test-de.tsv``, or ``.json`` where
answers are predicted. The references lie in folders of the same names (google-research/xtreme, "Leaderboard
Submission"). No torch, so that scoring starts at once.
"""

from adapterstilts.scoring.submission.scoring import Score, TaskScore, score, score_language
from adapterstilts.scoring.submission.writing import write

__all__ = ["Score", "TaskScore", "score", "score_language", "write"]
