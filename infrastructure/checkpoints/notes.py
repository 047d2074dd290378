"""Signed notes after C2SP signed-note, with Ed25519: what transparency logs and their witnesses exchange.

A note is a text, an empty line, and a line a signature: an em dash, the key's
name, and in base64 four bytes of key id and the signature. The key id is the
beginning of SHA-256 over name, line end, the byte 1 (Ed25519) and the public key.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from domain.errors import EnvironmentFaultError, IntegrityFaultError, InvalidValueError
from infrastructure.files import durable_write, make_private_folder, os_errors

ED25519 = b"\x01"
KEY_ID_BYTES = 4
PUBLIC_KEY_BYTES = 32
_DASH = "\u2014 "


@dataclass(frozen=True)
class VerifierKey:
    """A public key and the name it signs under."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The four bytes that a signature names its key by."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:KEY_ID_BYTES]

    def __str__(self) -> str:
        """Return the key as text: name, key id and key, joined by `+`."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Return the key that `text` spells: name, key id and key, joined by `+`.

        Raises:
            InvalidValueError: it is no Ed25519 verifier key, or its key id is another's.
        """
        name, _, rest = text.strip().partition("+")
        try:
            key = cls(name, base64.b64decode(rest.partition("+")[2], validate=True)[1:])
        except binascii.Error:
            key = cls(name, b"")
        if len(key.public) != PUBLIC_KEY_BYTES or str(key) != text.strip():
            msg = f"{text.strip()[:80]!r} is no verifier key; `fileledger checkpoint` prints the right one."
            raise InvalidValueError(msg)
        return key

    def has_signed(self, text: str, signature: bytes) -> bool:
        """Tell whether the signature is this key's over the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


class KeyFileNotary:
    """Signs with the key in a file, which is made when it is first needed.

    Trusts the verifier keys it is given; without any, the key file's own public key,
    and when that file is away (on a medium that the operator keeps) what was noted of
    it in `public_file`.
    """

    def __init__(self, key_file: Path, public_file: Path, trusted: Sequence[VerifierKey] = ()) -> None:
        self._key_file, self._public_file, self._trusted = key_file, public_file, trusted

    def sign(self, text: str) -> str:
        """Return the signed note; makes the key if there is none."""
        name = _name_in(text)
        with os_errors("keep the signing key"):
            private = self._load() or self._create()
        key = VerifierKey(name, private.public_key().public_bytes_raw())
        with os_errors("note the verifier key"):
            make_private_folder(self._public_file.parent)
            durable_write(self._public_file, f"{key}\n".encode())
        signature = base64.b64encode(key.key_id + private.sign(text.encode())).decode()
        return f"{text}\n{_DASH}{name} {signature}\n"

    def open(self, note: str) -> str:
        """Return the text, once a trusted key's signature over it was checked."""
        text, _, signatures = note.rpartition("\n\n")
        text += "\n"
        key = self._key_for(_name_in(text))
        for key_id, signature in _signatures(key.name, signatures):
            if key_id == key.key_id and key.has_signed(text, signature):
                return text
        msg = f"The note is not signed by the key {str(key)!r}: it was altered, or another key signed it."
        raise IntegrityFaultError(msg)

    def verifier_key(self, name: str) -> str:
        """Return the verifier key of a name."""
        return str(self._key_for(name))

    def _key_for(self, name: str) -> VerifierKey:
        for key in self._trusted:
            if key.name == name:
                return key
        if self._trusted:
            msg = (
                f"The note is of {name!r}, whose verifier key was not given; it is {self._trusted[0].name!r}."
            )
            raise IntegrityFaultError(msg)
        with os_errors("read the signing key"):
            private = self._load()
            if private is not None:
                return VerifierKey(name, private.public_key().public_bytes_raw())
            if self._public_file.is_file():
                return VerifierKey(name, VerifierKey.parse(self._public_file.read_text("utf-8")).public)
        msg = "No key is here to check the signature with; give the verifier key with --verifier-key."
        raise IntegrityFaultError(msg)

    def _load(self) -> Ed25519PrivateKey | None:
        if not self._key_file.is_file():
            return None
        try:
            key = load_pem_private_key(self._key_file.read_bytes(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            msg = f"The key file {self._key_file} is no private key in PEM. Restore it from its backup."
            raise EnvironmentFaultError(msg) from error
        if not isinstance(key, Ed25519PrivateKey):
            msg = f"The key file {self._key_file} holds no Ed25519 key. Name another in CHECKPOINT_KEY_FILE."
            raise EnvironmentFaultError(msg)
        return key

    def _create(self) -> Ed25519PrivateKey:
        make_private_folder(self._key_file.parent)
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        durable_write(self._key_file, pem, replace=False)  # of two processes at once, one makes the key
        key = self._load()
        if key is None:
            msg = f"The key just written to {self._key_file} is gone again."
            raise EnvironmentFaultError(msg)
        return key


def _name_in(text: str) -> str:
    return text.partition("\n")[0]


def _signatures(name: str, lines: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield key id and signature of every line of that name."""
    for line in lines.splitlines():
        begin, _, encoded = line.rpartition(" ")
        if begin != _DASH + name:
            continue
        try:
            decoded = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            continue
        yield decoded[:KEY_ID_BYTES], decoded[KEY_ID_BYTES:]
