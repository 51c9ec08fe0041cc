"""What every way in by HTTP shares."""
