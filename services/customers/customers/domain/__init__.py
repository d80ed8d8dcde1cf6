"""The rows of this service and their rules; nothing here knows HTTP or the broker."""
