"""Who somebody is and what they may do: identities, sessions, members, departments, roles, rights."""
