"""Cure: what a loan may still grow by, and the least that brings it down to a target."""
