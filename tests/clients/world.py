"""A client in the server's time: it never really sleeps, and what it does when it is refused is written down."""

import datetime
import email.utils
import json
import math
import random
import time
import urllib.request

# The whole quota of Tier 1 (2025-12): with it used up, everything is refused until the hour is over.
QUOTA = 65_000
HOUR_MS = 3_600_000
# 2026-02-02T12:00:00Z, when the server's clock begins, as seconds since 1970.
START = 1_770_033_600
# Pacing by chance is played twice: once with the least and once with the greatest draw.
LUCKS = (0.0, 1.0)
# How long a refusal lasts, in seconds, and what is done to its answer.
REFUSALS = {
    "soon": {"seconds": 30},
    "late": {"seconds": 1_847},
    "dated": {"seconds": 30, "is_dated": True},
    "untold": {"seconds": 30, "is_told": False},
    "broken": {"seconds": 30, "status": 503},
    "write": {"seconds": 30, "is_write": True},
}


class Virtual(datetime.datetime):
    """A time of day that follows `time.time`, which is the server's."""

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)


# Before a client is imported, so that it gets this one.
datetime.datetime = Virtual


class World:
    """A running server whose clock moves by hand, as the one clock that there is."""

    def __init__(self, url):
        self.url = url
        self.elapsed_ms = 0
        self.waits = []
        self.luck = 0.5
        time.sleep = self.sleep
        time.time = lambda: START + self.elapsed_ms / 1_000
        random.random = lambda: self.luck
        random.uniform = lambda low, high: low + (high - low) * self.luck

    def control(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/_headroom/{path}", data) as response:
            return json.load(response)

    def advance(self, ms):
        self.elapsed_ms += self.control("clock", {"advance": f"{ms} ms"})["advanced_ms"]

    def sleep(self, seconds):
        self.waits.append(round(seconds, 1))
        self.advance(math.ceil(seconds * 1_000))

    def refuse(self, seconds, is_told=True, is_dated=False, status=None, is_write=False):
        """Everything is refused for so many seconds from now on."""
        self.control("reset", {})
        self.advance(HOUR_MS + (-self.elapsed_ms - seconds * 1_000) % HOUR_MS)
        if status is None:
            self.control("usage", {"used_points": QUOTA})
        else:
            down = {"status": {"code": status, "retry_after": f"{seconds} s"}}
            before = f"{self.elapsed_ms + seconds * 1_000} ms"
            self.control("faults", {"name": "down", "on": {"before": before}, "then": down})
        if not is_told:
            self.control("faults", {"name": "untold", "then": {"header": {"name": "Retry-After"}}})
        if is_dated:
            until = email.utils.formatdate(START + self.elapsed_ms / 1_000 + seconds, usegmt=True)
            after = f"{self.elapsed_ms + seconds * 1_000} ms"
            dated = {"header": {"name": "Retry-After", "set": until}}
            self.control("faults", {"name": "dated", "on": {"before": after}, "then": dated})

    def met(self, call, refusal):
        """What a call does when it meets a refusal."""
        self.refuse(**refusal)
        self.waits = []
        end = None
        try:
            call()
        except Exception as error:  # Whatever it raises is what its user sees.
            end = described(error)
        told = self.control("state")["summary"]
        return {
            "waits": self.waits,
            "requests": told["requests"],
            "error": end,
            "early": told["early"],
            "reckoned": reckoned(self.waits, refusal, told["requests"]),
        }

    def refusals(self, read, write, refusals=REFUSALS, lucks=LUCKS):
        """Each refusal met with the least and with the greatest luck."""
        seen = {}
        for name, refusal in refusals.items():
            seen[name] = []
            for self.luck in lucks:
                seen[name].append(self.met(write if refusal.get("is_write") else read, refusal))
        self.control("reset", {})
        return seen

    def tasks(self, named):
        """Each task by its name, on a server as it was: nothing if all went well, else what went wrong."""
        seen = {}
        for name, task in named.items():
            self.control("reset", {})
            try:
                wrong = task()
            except Exception as error:
                wrong = f"{type(error).__name__}: {error}"
            seen[name] = None if wrong is None or wrong is True else " ".join(f"{wrong}".split())[:200]
        return seen


def reckoned(waits, refusal, requests):
    """How many requests came before what the first refusal told: counted from the waits alone."""
    if not refusal.get("is_told", True) or refusal.get("is_dated") or "status" in refusal:
        return 0
    return sum(1 for count in range(1, requests) if sum(waits[:count]) < refusal["seconds"])


def described(error):
    """The error's class, and what of the answer its user can get from it."""
    response = getattr(error, "response", None)
    tells = {"status": "status_code", "header fields": "headers"}
    return {
        "class": getattr(error, "name", type(error).__name__),
        "tells": [name for name, part in tells.items() if getattr(response, part, None) is not None],
    }


def same(seen, wanted):
    """Nothing, or what is different."""
    return None if seen == wanted else f"{seen!r} instead of {wanted!r}"
