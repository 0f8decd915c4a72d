"""The engine behind every object: declaration, records, rights, journal, lists, forms. It names no object."""
