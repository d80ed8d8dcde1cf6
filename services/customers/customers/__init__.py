"""The customers service: who buys, what points they have, how much credit they may take."""
