"""Work of catalog that spans several transactions."""
