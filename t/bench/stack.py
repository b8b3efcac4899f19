"""What bench.py measures: servers on loopback, and CPU as the kernel counts it."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "bench"
NGINX = os.environ.get("NGINX") or shutil.which("nginx") or "/usr/sbin/nginx"
MODULE = os.environ.get("MODULE") or str(ROOT / "build/ngx_http_livekit_module.so")

KEY = "devkey"
SECRET = "an api secret of 32 bytes or even more"
SESSION = "a session secret of 32 bytes or more"
URL = "wss://live.example.com"
TICK = os.sysconf("SC_CLK_TCK")


def children(pid):
    """A process and all below it."""
    found = [pid]
    for path in Path("/proc/%d/task" % pid).glob("*/children"):
        try:
            for child in path.read_text().split():
                found += children(int(child))
        except OSError:
            pass
    return found


def cpu(pids):
    """Seconds of CPU, user and system, with all threads."""
    total = 0
    for pid in pids:
        fields = Path("/proc/%d/stat" % pid).read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def memory(pids):
    """Resident memory in MiB."""
    total = 0
    for pid in pids:
        for line in Path("/proc/%d/status" % pid).read_text().splitlines():
            if line.startswith("VmRSS"):
                total += int(line.split()[1])
    return total / 1024


def wait(what, check, seconds=30, log=None):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if check():
                return
        except OSError:
            pass
        time.sleep(0.05)
    why = log.read_text()[-2000:] if log and log.exists() else ""
    raise SystemExit("bench: %s did not come\n%s" % (what, why))


def environment(**more):
    path = "%s:%s" % (ROOT / "build/e2e/bin", os.environ["PATH"])
    return {**os.environ, "PATH": path, **{k: str(v) for k, v in more.items()}}


class Stack:
    """A directory, a redis-server, and the servers that were started."""

    def __init__(self):
        self.dir = Path(tempfile.mkdtemp(prefix="bench-"))
        self.dir.chmod(0o755)
        self.processes = []
        self.socket = self.dir / "redis.sock"
        self.redis = self.start("redis-server", "--port", "0", "--unixsocket", str(self.socket),
                                "--unixsocketperm", "777", "--save", "", "--appendonly", "no")
        wait("redis", lambda: self.command("PING") == "PONG")
        self.pids = [self.redis.pid]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in reversed(self.processes):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self, *argv, cwd=None, env=None):
        log = open(self.dir / "output.log", "a")
        process = subprocess.Popen([str(a) for a in argv], cwd=cwd, env=env or environment(),
                                   stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def stop(self, process):
        process.terminate()
        process.wait()
        self.processes.remove(process)

    def command(self, *argv, **options):
        run = subprocess.run(["redis-cli", "-s", str(self.socket), *map(str, argv)],
                             capture_output=True, text=True, **options)
        return run.stdout.strip()

    def member(self, room, identity, role="student"):
        self.command("HSET", "lkg:room:{%s}" % room, "m:" + identity, role)


def cookie(preset, claims, **parameters):
    """The session of a user, as lkgrant makes it."""
    argv = [str(ROOT / "build/lkgrant"), "session", "make", preset, "secret=" + SESSION]
    argv += ["%s=%s" % item for item in parameters.items()]
    argv += ["--claims", json.dumps({"exp": int(time.time()) + 86400, **claims})]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


NGINX_CONF = """
load_module {module};
{modules}
worker_processes {workers};
worker_rlimit_nofile 65536;
pid {dir}/nginx-{port}.pid;
error_log {dir}/error-{port}.log {level};
daemon off;
{main}
events {{ worker_connections 20000; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 3600s;
    large_client_header_buffers 4 32k;
    client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi; uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;

    livekit_redis unix:{socket};
    livekit_redis_timeout 2s;
    livekit_key {key} "{secret}";
    livekit_url {url};
    livekit_policy {policy};
    livekit_session jwt "secret={session}" cookie=session;
    livekit_session next-auth "secret={session}";
    {http}

    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location = /token {{ livekit_token; }}
        location = /return {{
            default_type application/json;
            add_header Cache-Control no-store;
            return 200 '{answer}';
        }}
        {server}
    }}
}}
"""

ANSWER = json.dumps({"token": "t" * 480, "url": URL})


class Nginx:
    """nginx with the module, of which a worker's CPU is read."""

    def __init__(self, stack, port, workers=1, modules="", main="", http="", server="",
                 policy=None, level="warn", answer=ANSWER,
                 prefix=()):
        self.stack, self.port = stack, port
        conf = stack.dir / ("nginx-%d.conf" % port)
        conf.write_text(NGINX_CONF.format(
            module=MODULE, modules=modules, main=main, http=http, server=server, port=port,
            workers=workers, dir=stack.dir, socket=stack.socket, key=KEY, secret=SECRET, url=URL,
            session=SESSION, policy=policy or ROOT / "examples/policy.json", answer=answer,
            level=level))
        self.process = stack.start(*prefix, NGINX, "-p", stack.dir, "-e", stack.dir / ("error-%d.log" % port),
                                   "-c", conf)
        self.wait(workers)

    def wait(self, workers=1):
        wait("nginx", lambda: answers(self.port, "/return"), log=self.stack.dir / "output.log")
        self.pids = children(self.process.pid)[1:][-workers:] or [self.process.pid]

    def stop(self):
        self.stack.stop(self.process)


def answers(port, path):
    try:
        with urllib.request.urlopen("http://127.0.0.1:%d%s" % (port, path), timeout=2):
            return True
    except urllib.error.HTTPError:
        return True


def post(port, path, cookie_header, room="math"):
    """One request, of which the answer is looked at."""
    request = urllib.request.Request(
        "http://127.0.0.1:%d%s" % (port, path), json.dumps({"roomName": room}).encode(),
        {"Content-Type": "application/json", "Cookie": cookie_header})
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.read().decode()
    except urllib.error.HTTPError as error:
        raise SystemExit("bench: port %d%s answers %d" % (port, path, error.code)) from None


class Service:
    """A peer that is a process of its own."""

    def __init__(self, stack, port, *argv, cwd=None):
        self.stack, self.port = stack, port
        self.process = stack.start(*argv, cwd=cwd, env=environment(
            PORT=port, SESSION_SECRET=SESSION, REDIS_SOCKET=stack.socket, LIVEKIT_API_KEY=KEY,
            LIVEKIT_API_SECRET=SECRET, LIVEKIT_URL=URL, NODE_ENV="production",
            NEXT_TELEMETRY_DISABLED=1, NEXTAUTH_URL="http://127.0.0.1:%d" % port,
            NEXTAUTH_SECRET=SESSION))
        wait(" ".join(map(str, argv)), lambda: answers(port, "/"),
             log=stack.dir / "output.log")
        self.pids = children(self.process.pid)

    def stop(self):
        self.stack.stop(self.process)
