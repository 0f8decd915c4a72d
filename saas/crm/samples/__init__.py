"""Sample data: a believable little book to look around in, kept apart from everything real and removed in one click."""
