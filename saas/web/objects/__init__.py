"""The generic pages of every object: lists, bulk work, records, forms. They name no object."""
