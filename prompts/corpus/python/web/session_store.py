"""Sessions in memory that expire when they are not used."""

import secrets
import threading
import time


class SessionStore:
    def __init__(self, lifetime=1800.0, clock=time.monotonic):
        self._lifetime = lifetime
        self._clock = clock
        self._sessions = {}
        self._lock = threading.Lock()

    def create(self, data=None):
        """Start a session and return its identifier."""
        identifier = secrets.token_urlsafe(24)
        with self._lock:
            self._sessions[identifier] = (self._clock() + self._lifetime, dict(data or {}))
        return identifier

    def load(self, identifier):
        """Data of a live session, or None; loading prolongs it."""
        with self._lock:
            entry = self._sessions.get(identifier)
            if entry is None:
                return None
            expires, data = entry
            now = self._clock()
            if now >= expires:
                del self._sessions[identifier]
                return None
            self._sessions[identifier] = (now + self._lifetime, data)
            return dict(data)

    def save(self, identifier, data):
        with self._lock:
            if identifier not in self._sessions:
                raise KeyError(identifier)
            self._sessions[identifier] = (self._clock() + self._lifetime, dict(data))

    def destroy(self, identifier):
        with self._lock:
            self._sessions.pop(identifier, None)

    def purge(self):
        """Drop expired sessions; returns how many there were."""
        with self._lock:
            now = self._clock()
            dead = [key for key, (expires, _) in self._sessions.items() if expires <= now]
            for key in dead:
                del self._sessions[key]
            return len(dead)
