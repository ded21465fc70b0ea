"""Analytics: numbers from frames, without network, files or widgets."""
