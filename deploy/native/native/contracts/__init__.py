"""`contracts-check`: what has changed since a revision that the other side, as it was then, would stumble over."""
