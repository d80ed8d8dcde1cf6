"""What can be done; every function takes a session, and its caller commits."""
