"""HTTP in: a module a resource, the schemas of its requests and answers in `schemas`."""
