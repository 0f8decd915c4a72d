"""Tasks, calls and meetings."""
