"""Finding calls: the search page, its form, and what is taken out of it."""
