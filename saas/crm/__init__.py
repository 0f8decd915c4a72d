"""The book of customers: the engine that every object shares, and one slice for each object."""
