"""Tables, the calendar and the arithmetic of the reports; nothing here knows HTTP or the broker."""
