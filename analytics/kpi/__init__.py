"""Key figures of a call centre: service level, waits, handling times, repeats, satisfaction, the menus."""
