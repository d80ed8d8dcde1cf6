"""What sales knows and its rules; no HTTP, no clients."""
