#!/usr/bin/env python3
"""How many instructions a request takes, as callgrind counts them.

Unlike time this does not depend on what else the machine does, so it can be
held to a bound: a token in terms of nginx's own "return 200", in the same
run.  The difference of two runs leaves the start out.  One request at a time,
which is the dearest: nothing is pipelined.
"""

import http.client
import re
import sys

import stack

MORE = 400
BOUNDS = {"HS256 cookie": 5.7, "next-auth cookie": 5.3, "a stranger": 3.6}


def count(st, port, plan):
    """All instructions of an nginx that answers as planned."""
    server = stack.Nginx(st, port, main="master_process off;", prefix=[
        "valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=%s" % (st.dir / "callgrind")])
    connection = http.client.HTTPConnection("127.0.0.1", port)

    for (path, cookie, status), times in plan:
        for _ in range(times):
            connection.request("POST", path, b'{"roomName":"math"}',
                               {"Content-Type": "application/json", "Cookie": cookie})
            response = connection.getresponse()
            response.read()
            if response.status != status:
                sys.exit("Bail out! %s answers %d" % (path, response.status))

    connection.close()
    server.stop()
    text = (st.dir / "callgrind").read_text()
    return int(re.search(r"^(?:summary|totals): (\d+)", text, re.M).group(1))


def main():
    with stack.Stack() as st:
        st.member("math", "u2")
        hs256 = stack.cookie("jwt", {"sub": "u2", "name": "Bob"}, cookie="session")
        stranger = stack.cookie("jwt", {"sub": "u9", "name": "Eve"}, cookie="session")
        jwe = stack.cookie("next-auth", {"sub": "u2", "name": "Bob"})

        requests = {
            "return 200": ("/return", hs256, 200),
            "HS256 cookie": ("/token", hs256, 200),
            "next-auth cookie": ("/token", jwe, 200),
            "a stranger": ("/token", stranger, 403),
        }

        some = count(st, 18340, [(request, 50) for request in requests.values()])
        costs = {}

        for name, chosen in requests.items():
            total = count(st, 18340, [(request, 50 + (MORE if request == chosen else 0))
                                     for request in requests.values()])
            costs[name] = (total - some) / MORE

        base = costs["return 200"]
        print("# return 200: %d instructions" % base)
        print("1..%d" % len(BOUNDS))

        for i, (name, bound) in enumerate(BOUNDS.items(), 1):
            ratio = costs[name] / base
            print("%sok %d - %s: at most %.1f times \"return 200\"" %
                  ("" if ratio <= bound else "not ", i, name, bound))
            print("# %d instructions, %.2f times" % (costs[name], ratio))


main()
