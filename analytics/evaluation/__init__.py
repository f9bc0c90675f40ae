"""How right the models are: labelled files, noise, folds, measures with intervals, a baseline beside ours."""
