"""What sales does: each use case takes a session, never commits and calls nobody."""
