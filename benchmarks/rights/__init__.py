"""How fast lists are under rights, and what the rights of a request cost."""
