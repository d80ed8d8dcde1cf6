"""What can be done to customers and their points: functions that take a session and never commit."""
