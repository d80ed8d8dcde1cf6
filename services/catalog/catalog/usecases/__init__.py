"""What can be done in catalog: functions of a session that never commit and never call another service."""
