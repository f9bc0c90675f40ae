"""Sound ↔ text: files, resampling, voice activity, recognisers, voices, transcription."""
