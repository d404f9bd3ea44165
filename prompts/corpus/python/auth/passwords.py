"""Storing and checking passwords."""

import hashlib
import hmac
import os
import string

ITERATIONS = 200_000
COMMON = {"password", "12345678", "qwertyuiop", "letmein123"}


def hash_password(password, iterations=ITERATIONS, salt=None):
    """Text "pbkdf2$iterations$salt$hash" to store."""
    salt = salt if salt is not None else os.urandom(16)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    return f"pbkdf2${iterations}${salt.hex()}${digest.hex()}"


def verify_password(password, stored):
    """Check a password in time that does not depend on where it differs."""
    try:
        scheme, iterations, salt, expected = stored.split("$")
    except ValueError:
        return False
    if scheme != "pbkdf2" or not iterations.isdigit():
        return False
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), bytes.fromhex(salt), int(iterations))
    return hmac.compare_digest(digest.hex(), expected)


def needs_rehash(stored, iterations=ITERATIONS):
    parts = stored.split("$")
    return len(parts) != 4 or int(parts[1]) < iterations


def problems(password, user_name=""):
    """Why a password is too weak; empty if it is not."""
    found = []
    if len(password) < 10:
        found.append("shorter than 10 characters")
    if password.lower() in COMMON:
        found.append("too common")
    if user_name and user_name.lower() in password.lower():
        found.append("contains the user name")
    classes = [
        any(c in string.ascii_lowercase for c in password),
        any(c in string.ascii_uppercase for c in password),
        any(c in string.digits for c in password),
        any(c in string.punctuation for c in password),
    ]
    if sum(classes) < 3:
        found.append("fewer than three kinds of characters")
    longest = run = 1
    for previous, current in zip(password, password[1:]):
        run = run + 1 if current == previous else 1
        longest = max(longest, run)
    if longest >= 4:
        found.append("the same character four times in a row")
    return found
