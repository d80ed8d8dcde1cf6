"""HTTP in: a module a resource."""
