"""The programs that are measured: started on a processor of their own, asked, stopped."""
import http.client
import json
import os
import re
import select
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def processors():
    """(server's, client's): one each, where there are two."""
    all_of_them = sorted(os.sched_getaffinity(0))
    return all_of_them[0], all_of_them[-1]


def pinned(processor, command):
    return ["taskset", "-c", str(processor), *map(str, command)]


def cpu_seconds(pid):
    """User and system time of a process with all its threads."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return int(re.search(r"VmRSS:\s+(\d+) kB", file.read())[1]) / 1024


class Program:
    said = b""  # what nobody has read yet

    def __init__(self, command, env=None, errors=subprocess.DEVNULL):
        self.process = subprocess.Popen(
            pinned(processors()[0], command),
            env={**os.environ, **(env or {})},
            stdout=subprocess.PIPE,
            stderr=errors,
            close_fds=False,
        )

    @property
    def pid(self):
        return self.process.pid  # taskset becomes the program

    def line(self, pattern, seconds=20):
        """The first line of its output that matches, from what it has not said yet."""
        end = time.monotonic() + seconds
        said = self.said
        stream = self.process.stdout
        while time.monotonic() < end:
            match = re.search(pattern, said.decode())
            if match:
                self.said = said[match.end():]  # two lines may come at once
                return match
            if select.select([stream], [], [], 0.2)[0]:
                piece = os.read(stream.fileno(), 65536)
                if not piece:
                    break
                said += piece
        raise RuntimeError(f"no {pattern!r} in {said.decode()!r}")

    def stop(self):
        self.process.terminate()
        if self.process.wait(30) not in (0, -15):
            raise RuntimeError(f"{self.process.args} ended with {self.process.returncode}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()


class Telaio(Program):
    def __init__(self, binary, folder, args=(), env=None, token=None):
        self.folder = folder
        self.token = token
        super().__init__([binary, "serve", "--data", folder, "--listen", "127.0.0.1:0", *args], env)
        self.address = self.line(r"listening on http://(\S+)")[1]

    def set_up(self):
        """An owner on a new data folder, and an API token for what follows."""
        setup = self.line(r"setup\?token=(\S+)")[1]
        answer = self.ask("POST", "/api/auth/setup", {
            "token": setup, "email": "bench@example.com", "password": "correct horse battery"})
        self.token = answer["token"]
        self.token = self.ask("POST", "/api/tokens", {"name": "bench"})["token"]
        return self

    def ask(self, method, path, body=None, headers=None, timeout=300):
        """The data of a successful answer."""
        all_headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        all_headers.update(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            all_headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self.address, timeout=timeout)
        connection.request(method, path, body, all_headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path} answered {response.status}: {text}")
        return json.loads(text).get("data") if text else None

    def wake_tenants(self, n):
        """Read a row of each: their structure is read once, which is not what is measured."""
        for i in range(n):
            self.ask("GET", "/api/custom/contacts?limit=1", headers={"X-Telaio-Tenant": f"t{i}"})


class Bare(Program):
    def __init__(self, program, file, port):
        self.address = f"127.0.0.1:{port}"
        super().__init__([program, file, port, 1])
        for _ in range(200):
            try:
                http.client.HTTPConnection(self.address, timeout=1).connect()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise RuntimeError("the bare server does not listen")


def load(server, script, args, seconds, connections=50):
    """Load by wrk; gives requests a second and microseconds of the server's time a request."""
    before = cpu_seconds(server.pid)
    output = subprocess.run(
        pinned(processors()[1], ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script,
                                 f"http://{server.address}/", "--", *args]),
        capture_output=True, text=True, check=True).stdout
    spent = cpu_seconds(server.pid) - before
    n = int(re.search(r"(\d+) requests in", output)[1])
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if failed or n == 0:
        raise RuntimeError(f"{script}: {failed[1] if failed else 'all'} requests failed\n{output}")
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]),
            "cpu": spent / n * 1e6}
