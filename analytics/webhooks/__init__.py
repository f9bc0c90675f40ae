"""Telling other programs of complaints: messages, their signatures, and sending them until they arrive."""
