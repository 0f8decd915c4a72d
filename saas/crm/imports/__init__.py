"""Bringing files into the book: what goes where, a dry run, the run itself in resumable batches, the report, the revert.

Reading files and cells is `crm.transfer`; the tables are there too.
"""
