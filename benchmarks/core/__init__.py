"""The everyday acts of a workspace, at 1,000, 100,000 and 1,000,000 contacts."""
