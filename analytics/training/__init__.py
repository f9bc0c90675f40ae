"""Learning from verdicts: models trained on what inspectors judged, and kept only if they are no worse."""
