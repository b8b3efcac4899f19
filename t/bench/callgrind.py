"""Where a request's instructions go, by function, as callgrind counts them."""

import http.client
import re
import subprocess

import stack

COUNT = 5000


def count(st, preset):
    """All of a request, and (instructions, function), the dearest first."""
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

    text = subprocess.run(["callgrind_annotate", "--threshold=97", str(out)],
                          capture_output=True, text=True, check=True).stdout
    total = re.search(r"([\d,]+) \(100.0%\)\s+PROGRAM TOTALS", text).group(1)
    rows = [(int(n.replace(",", "")) / COUNT, function(name, image)) for n, name, image in
            re.findall(r"^\s*([\d,]+) \([\d. ]+%\)\s+\S*?:(\S+)(?: \[(.*?)\])?", text, re.M)]

    return int(total.replace(",", "")) / COUNT, rows


def function(name, image):
    """A function without a name is one of its library's."""
    return "of " + image.rpartition("/")[2] if name.startswith("0x") else "`%s`" % name
