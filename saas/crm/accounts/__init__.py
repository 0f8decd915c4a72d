"""Customer firms and households."""
