"""What colleagues wrote down about a record."""
