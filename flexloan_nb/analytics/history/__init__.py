"""History: how a loan became what it is, why its LTV moved, and whether the books balance."""
