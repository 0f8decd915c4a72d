"""Who else may see what: sharing rules, shares of one record, why somebody may see a record, what a change of rights would do."""
