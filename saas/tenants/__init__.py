"""Firms: which exist, where their data lives, how a transaction is bound to one of them, and how their schemas are made and upgraded."""
