"""Signing in through somebody else's provider (OpenID Connect): a firm's own, Google's, Microsoft's. Decision 9 says how far it reaches."""
