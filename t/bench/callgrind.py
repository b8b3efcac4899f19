"""Where a request's instructions go, by function, as callgrind counts them.

    t/bench/callgrind.py > t/bench/before.json

keeps a profile, beside which "make bench" puts the next one.
"""

import http.client
import json
import re
import subprocess
from pathlib import Path

import stack

COUNT = 5000
BEFORE = Path(__file__).with_name("before.json")

PARTS = (
    ("liblkgrant", lambda name, image: name.startswith("lkg_")),
    ("the module", lambda name, image: name.startswith(("ngx_http_livekit_", "ngx_redis_"))),
    ("nginx", lambda name, image: image == "nginx"),
    ("OpenSSL", lambda name, image: image.startswith(("libcrypto", "libssl"))),
    ("hiredis", lambda name, image: image.startswith("libhiredis")),
    ("libc", lambda name, image: image.startswith("libc.")),
)


def count(st, preset):
    """Instructions of a request: in all, by part, and by function."""
    st.member("math", "u2")
    user = {"sub": "u2", "name": "Bob"}
    cookie = (stack.cookie("jwt", user, cookie="session") if preset == "hs256" else
              stack.cookie("next-auth", user))
    out = st.dir / "callgrind"
    server = stack.Nginx(st, 18350, main="master_process off;", prefix=[
        "valgrind", "-q", "--tool=callgrind", "--callgrind-out-file=%s" % out])
    connection = http.client.HTTPConnection("127.0.0.1", server.port)

    for _ in range(COUNT):
        connection.request("POST", "/token", b'{"roomName":"math"}',
                           {"Content-Type": "application/json", "Cookie": cookie})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise SystemExit("bench: /token answers %d" % response.status)

    connection.close()
    server.stop()

    text = subprocess.run(["callgrind_annotate", "--threshold=100", str(out)],
                          capture_output=True, text=True, check=True).stdout
    profile = {"all": 0, "parts": {}, "functions": {}}

    for n, name, image in re.findall(r"^\s*([\d,]+) \([\d. ]+%\)\s+\S*?:(\S+)(?: \[(.*?)\])?",
                                     text, re.M):
        n = int(n.replace(",", "")) / COUNT
        image = (image or "").rpartition("/")[2]
        part = next((title for title, has in PARTS if has(name, image)), "the start, and others")

        # one without a name is one of its library's

        name = "of " + image if name.startswith("0x") else "`%s`" % name
        profile["all"] += n
        profile["parts"][part] = profile["parts"].get(part, 0) + n
        profile["functions"][name] = profile["functions"].get(name, 0) + n

    return profile


def before():
    """The profile that was kept, of an earlier version."""
    return json.loads(BEFORE.read_text())


def main():
    with stack.Stack() as st:
        profile = count(st, "hs256")
    profile["functions"] = {name: n for name, n in profile["functions"].items() if n >= 20}
    print(json.dumps(profile, indent=1))


if __name__ == "__main__":
    main()
