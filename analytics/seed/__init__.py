"""Labelled utterances from which the built-in judges learn."""
