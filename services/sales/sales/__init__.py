"""Sales: orders and their payment. See README.md beside this package."""
