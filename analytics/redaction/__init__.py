"""Personal data in what was said, in digits and in spoken Hanzi: where it stands, and texts without it."""
