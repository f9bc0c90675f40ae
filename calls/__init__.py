"""The call record that all rooms share: plain dataclasses, the database, the recordings."""
