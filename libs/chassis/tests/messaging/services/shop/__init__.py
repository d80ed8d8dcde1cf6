"""A service made for these tests: it counts, renames, chokes and dies on request."""
