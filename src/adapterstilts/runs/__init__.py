"""What a run is, what it found, and where both are kept. No torch."""
