"""Persons, with or without an account."""
