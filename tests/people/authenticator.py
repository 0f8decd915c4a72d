"""A passkey device in software (WebAuthn level 2, ES256, attestation "none"), which can also misbehave in every way a test wants."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One passkey. `count` goes up with each use unless `step` is 0; `is_verified` says whether the device checked who holds it."""

    origin: str
    is_verified: bool = True
    step: int = 1
    count: int = 0
    handle: str = ""
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, asked: dict[str, Any]) -> str:
        """Answer options to enrol, as the page's script would."""
        options, self.handle = asked["options"], asked["options"]["user"]["id"]
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + public
        data = self._data(options["rp"]["id"], ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(asked, "webauthn.create", {"attestationObject": bytes_to_base64url(attestation), "transports": ["internal"]})

    def use(self, asked: dict[str, Any], **changes: Any) -> str:
        """Answer options to prove or to sign in; `changes` replace parts of the response."""
        self.count += self.step
        data = self._data(asked["options"]["rpId"], 0)
        client = self._client(asked, "webauthn.get")
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"authenticatorData": bytes_to_base64url(data), "signature": bytes_to_base64url(signature), "userHandle": self.handle}
        return self._answer(asked, "webauthn.get", {**response, **changes})

    def _data(self, rp_id: str, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.is_verified else 0)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _client(self, asked: dict[str, Any], kind: str) -> bytes:
        return json.dumps({"type": kind, "challenge": asked["options"]["challenge"], "origin": self.origin}).encode()

    def _answer(self, asked: dict[str, Any], kind: str, response: dict[str, Any]) -> str:
        key = bytes_to_base64url(self.credential_id)
        client = bytes_to_base64url(self._client(asked, kind))
        credential = {"id": key, "rawId": key, "type": "public-key", "response": {"clientDataJSON": client, **response}}
        return json.dumps({"challenge_id": asked["challenge_id"], "credential": credential})


def copy_of(device: Authenticator) -> Authenticator:
    """Copy a device with its secret, as a thief would."""
    return Authenticator(device.origin, handle=device.handle, count=device.count, credential_id=device.credential_id, key=device.key)
