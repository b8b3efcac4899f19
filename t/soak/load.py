#!/usr/bin/env python3
"""Load whose every answer is known, for soak.py.

    load.py --port 8080 --connections 32 --rate 1000 --key KEY --secret SECRET

Each request is one person's, and what that person must be told is known: a
token of their own, a check's headers, a file, or 403.  Any other answer than
that, or 503 with Retry-After, is wrong.  Half of the connections are kept
alive, half serve one request each.

Every 100 ms it prints what happened since, as a line of JSON:

    right     as it must be
    unknown   503, with Retry-After
    wrong     anything else: somebody else's answer, a yes for a no, a no for
              a yes, 500; the first ones with a reason in "examples"
    failed    no answer at all
    reopened  a kept connection was closed before the answer began: nginx may
              do that, and a client then asks again, as this one does

It ends on SIGTERM, after the answers that are under way.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import random
import signal
import time


ROOMS = 8
PEOPLE = 96
ROLES = ("teacher", "student", None)


def role_of(person):
    return ROLES[person % len(ROLES)]


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def unbase64url(text):
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def sign(text, secret):
    return base64url(hmac.new(secret.encode(), text, hashlib.sha256).digest())


def jwt(claims, secret):
    text = b".".join((base64url(b'{"alg":"HS256","typ":"JWT"}'),
                      base64url(json.dumps(claims).encode())))
    return text + b"." + sign(text, secret)


class Question:
    """A request as octets, and the check of its answer."""

    def __init__(self, person, room, kind, options):
        self.who = "p%d" % person
        self.room = "room%d" % room
        self.role = role_of(person)
        self.kind = kind
        self.key = options.key

        claims = {"sub": self.who, "exp": int(time.time()) + 86400}
        head = "Host: localhost\r\nCookie: session=%s\r\n" % \
               jwt(claims, options.secret).decode()

        if kind == "post":
            body = json.dumps({"roomName": self.room})
            text = ("POST /token HTTP/1.1\r\n%sContent-Type: application/json"
                    "\r\nContent-Length: %d\r\n%%s\r\n%s"
                    % (head, len(body), body))
        else:
            uri = {"get": "/token", "check": "/check",
                   "file": "/file"}[kind] + "?room=" + self.room
            text = "GET %s HTTP/1.1\r\n%s%%s\r\n" % (uri, head)

        self.kept = (text % "").encode()
        self.once = (text % "Connection: close\r\n").encode()

    def wrong(self, status, headers, body):
        """None, or what is wrong with the answer."""

        if self.role is None:
            return None if status == 403 else "%d for a stranger" % status

        if status != {"check": 204}.get(self.kind, 200):
            return "%d for a %s" % (status, self.role)

        if self.kind in ("check", "file"):
            said = (headers.get("x-livekit-identity"),
                    headers.get("x-livekit-role"))
            return None if said == (self.who, self.role) else "is %s, %s" % said

        return self.wrong_token(json.loads(body))

    def wrong_token(self, answer):
        token = answer.get("token") or answer.get("participantToken")
        text, _, signature = token.encode().rpartition(b".")

        if sign(text, self.key) != signature:
            return "a bad signature"

        claims = json.loads(unbase64url(text.split(b".")[1]))
        said = (claims["sub"], claims["video"]["room"],
                claims["video"]["canPublish"])
        must = (self.who, self.room, self.role == "teacher")

        return None if said == must else "a token for %s, %s, %s" % said


class Load:

    def __init__(self, options):
        self.options = options
        self.questions = [Question(person, room, kind, options)
                          for person in range(PEOPLE)
                          for room in range(ROOMS)
                          for kind in ("post", "get", "check", "file")]
        self.ended = False
        self.clear()

    def clear(self):
        self.seen = dict.fromkeys(("right", "unknown", "wrong", "failed",
                                   "reopened"), 0)
        self.slowest = 0
        self.examples = []

    def report(self):
        print(json.dumps(dict(self.seen, slowest=round(self.slowest, 4),
                              examples=self.examples[:5])), flush=True)
        self.clear()

    def note(self, what, why=None):
        self.seen[what] += 1
        if why:
            self.examples.append(why)

    async def ask(self, reader, writer, octets):
        """Status, headers and body; None if there was not one octet."""

        writer.write(octets)

        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError as e:
            if not e.partial:
                return None
            raise

        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in
                   (line.partition(":") for line in lines[1:])}
        body = await reader.readexactly(int(headers.get("content-length", 0)))

        return int(lines[0].split()[1]), headers, body

    def judge(self, question, status, headers, body):
        if status == 503 and headers.get("retry-after"):
            self.note("unknown")
            return

        try:
            why = question.wrong(status, headers, body)
        except (ValueError, KeyError, AttributeError, TypeError) as e:
            why = "not understood: %r" % e

        if why:
            self.note("wrong", "%s of %s, %s: %s" % (question.kind, question.who,
                                                     question.room, why))
        else:
            self.note("right")

    async def client(self, number):
        keep = number % 2 == 0
        connection = None
        pause = self.options.connections / self.options.rate
        due = time.monotonic() + pause * random.random()

        while not self.ended:
            await asyncio.sleep(max(0, due - time.monotonic()))
            due = max(due + pause, time.monotonic() - 1)

            question = random.choice(self.questions)
            start = time.monotonic()

            try:
                answer = None

                if connection:
                    try:
                        answer = await self.ask(*connection, question.kept)
                    except (ConnectionResetError, BrokenPipeError):
                        pass
                    if answer is None:
                        connection[1].close()
                        connection = None
                        self.note("reopened")

                if answer is None:
                    connection = await asyncio.open_connection(
                        "127.0.0.1", self.options.port)
                    answer = await self.ask(*connection, question.kept if keep
                                            else question.once)

                if answer is None:
                    self.note("failed", "closed without an answer")
                else:
                    self.judge(question, *answer)

                if answer is None or not keep \
                        or answer[1].get("connection") == "close":
                    connection[1].close()
                    connection = None

            except (OSError, asyncio.IncompleteReadError) as e:
                self.note("failed", repr(e))
                if connection:
                    connection[1].close()
                connection = None

            self.slowest = max(self.slowest, time.monotonic() - start)

        if connection:
            connection[1].close()

    async def run(self):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.end)

        clients = [asyncio.create_task(self.client(n))
                   for n in range(self.options.connections)]

        while not self.ended:
            await asyncio.sleep(0.1)
            self.report()

        await asyncio.gather(*clients)
        self.report()

    def end(self):
        self.ended = True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--key", required=True)
    parser.add_argument("--secret", required=True)
    asyncio.run(Load(parser.parse_args()).run())


if __name__ == "__main__":
    main()
