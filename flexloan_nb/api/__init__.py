"""Talking to the exchange: signed requests out, typed DataFrames back."""
