"""Backbones: which encoders can be one, how they differ, and how one is loaded."""
