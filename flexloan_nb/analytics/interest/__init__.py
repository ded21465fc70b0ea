"""Interest: what was charged and whether rightly, what it cost, and how long it may go on."""
