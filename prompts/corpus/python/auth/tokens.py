"""Signed tokens with an expiry, and one-time codes."""

import base64
import hashlib
import hmac
import json
import struct
import time


class InvalidToken(Exception):
    pass


def _encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Signer:
    def __init__(self, secret, clock=time.time):
        self._secret = secret
        self._clock = clock

    def _signature(self, payload):
        return _encode(hmac.new(self._secret, payload.encode(), hashlib.sha256).digest())

    def sign(self, claims, lifetime):
        """Token "payload.signature" that is valid for `lifetime` seconds."""
        body = dict(claims, exp=int(self._clock() + lifetime))
        payload = _encode(json.dumps(body, sort_keys=True).encode())
        return f"{payload}.{self._signature(payload)}"

    def verify(self, token):
        """The claims; raises InvalidToken if the token was changed or is too old."""
        payload, separator, signature = token.partition(".")
        if not separator:
            raise InvalidToken("no signature")
        if not hmac.compare_digest(signature, self._signature(payload)):
            raise InvalidToken("wrong signature")
        claims = json.loads(_decode(payload))
        if claims["exp"] <= self._clock():
            raise InvalidToken("expired")
        return claims


def one_time_code(secret, moment, digits=6, period=30):
    """Time-based code as authenticator apps show it (RFC 6238)."""
    counter = struct.pack(">Q", int(moment) // period)
    digest = hmac.new(secret, counter, hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[offset:offset + 4])[0] & 0x7FFFFFFF
    return str(number % 10 ** digits).zfill(digits)


def check_code(secret, code, moment, drift=1, period=30):
    """Accept the codes of neighbouring periods, for clocks that are a little off."""
    for step in range(-drift, drift + 1):
        expected = one_time_code(secret, moment + step * period, len(code), period)
        if hmac.compare_digest(expected, code):
            return True
    return False
