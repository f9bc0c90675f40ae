"""Finding calls by what was said in them and by what is known of them: an index that can be made again."""
