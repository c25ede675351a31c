"""Predictions and scores: XTREME's metrics for every language, retrieval and mining, submissions."""
