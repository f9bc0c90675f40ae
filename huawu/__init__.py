"""话务: voice IVR and speech analytics for Chinese call centres."""

__version__ = "0.1.0"
