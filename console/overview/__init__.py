"""Pages of figures over days, people, menus and words."""
