"""The work of inspectors: what is theirs today, scorecards, drafts, samples, calibration."""
