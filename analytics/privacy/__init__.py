"""What persons may ask of their data, and how long each class is kept (PIPL, articles 19, 45 and 47)."""
