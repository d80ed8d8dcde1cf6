"""The auth service: who may come in, and how the other services know."""
