"""Second factors: authenticator apps, passkeys and recovery codes; proving oneself anew; a way back when all are lost."""
