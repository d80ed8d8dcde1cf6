"""What events do to facts and rollups: functions that take a session and never commit."""
