"""Customers from files and into files. Reading (files to typed values) touches no database and no web."""
