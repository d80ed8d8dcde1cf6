"""Rules and data of accounts, users, sessions and keys; nothing here knows HTTP."""
