"""HTTP in: a module a report."""
