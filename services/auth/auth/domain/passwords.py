"""What a password may be."""

from __future__ import annotations

MIN_LENGTH, MAX_LENGTH = 8, 128
