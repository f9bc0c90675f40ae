"""What callers and agents feel, utterance by utterance, as far as their words show it."""
