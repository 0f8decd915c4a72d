"""Keeping secrets that must be read again: encrypted with a key derived from the process' own secret key."""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
NONCE_BYTES = 12


def seal(secret_key: str, purpose: str, owner: str, plain: bytes) -> bytes:
    """Encrypt and bind to a purpose and an owner: version byte, nonce, AES-256-GCM ciphertext (NIST SP 800-38D)."""
    nonce = os.urandom(NONCE_BYTES)
    return VERSION + nonce + AESGCM(_key(secret_key, purpose)).encrypt(nonce, plain, owner.encode())


def unseal(secret_key: str, purpose: str, owner: str, sealed: bytes) -> bytes | None:
    """Decrypt what `seal` gave for the same purpose and owner; None for anything else."""
    nonce, ciphertext = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
    if sealed[:1] != VERSION or len(nonce) < NONCE_BYTES:
        return None
    try:
        return AESGCM(_key(secret_key, purpose)).decrypt(nonce, ciphertext, owner.encode())
    except InvalidTag:
        return None


def _key(secret_key: str, purpose: str) -> bytes:
    # RFC 5869; the purpose keeps what is sealed for one use from being opened by another.
    return HKDF(SHA256(), 32, salt=None, info=b"onebook:" + purpose.encode()).derive(secret_key.encode())
