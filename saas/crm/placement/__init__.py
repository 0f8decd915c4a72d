"""Records following the people who look after them: when a department is dissolved, a member moves, or somebody leaves."""
