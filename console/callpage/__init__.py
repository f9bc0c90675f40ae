"""The page of one call: sound, words, findings and why it was drawn."""
