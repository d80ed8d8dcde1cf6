"""What catalog knows: its rows, its rules, the facts it tells and the ways a request can fail."""
