"""Words that members put on records."""
