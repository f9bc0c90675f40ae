"""Doors with what stands before them: real neighbours, and real callers on the other side."""
