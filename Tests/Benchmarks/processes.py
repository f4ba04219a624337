"""Programs under measurement: their CPU time, memory and traffic."""

import json
import os
import re
import socket
import subprocess
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def cpu_seconds(pid):
    """CPU time of a process, user and kernel, all threads, those that ended too; to the nanosecond.

    The clock id is what clock_getcpuclockid(3) gives: the kernel's CPUCLOCK_SCHED of the process.
    """
    return time.clock_gettime((~pid << 3) | 2)


def memory(pid, field):
    """VmRSS or VmHWM of a process, in MB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(field + r":\s+(\d+) kB", status.read()).group(1)) / 1024


def forget_peak(pid):
    """Lets VmHWM start again from what is resident now."""
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def peak_so_far(pid):
    """VmHWM in MB; 0 for a program that has just ended."""
    try:
        return memory(pid, "VmHWM")
    except (OSError, AttributeError):
        return 0.0


class Ended:
    """A program that ran to its end."""

    def __init__(self, arguments, status, usage, peak, seconds, out, err):
        self.arguments, self.status, self.out, self.err = arguments, status, out, err
        self.cpu = usage.ru_utime + usage.ru_stime
        self.peak = peak
        self.seconds = seconds

    def json(self):
        if self.status != 0:
            raise SystemExit(f"{' '.join(self.arguments)}: exit {self.status}\n{self.err}")
        return json.loads(self.out)


class Running:
    """A program that was started; `end` waits for it and measures it."""

    def __init__(self, arguments):
        self.arguments, self.start = arguments, time.monotonic()
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self):
        """Waits. The peak is asked for every few milliseconds: what wait4 says is that of whoever started the program, too."""
        # What these programs print fits the pipes' buffers, so waiting first cannot block them.
        pid, peak = 0, 0.0
        while pid == 0:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid == 0:
                peak = max(peak, peak_so_far(self.process.pid))
                time.sleep(0.004)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - self.start
        out, err = self.process.stdout.read(), self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return Ended(
            self.arguments, self.process.returncode, usage, peak, seconds, out.decode(), err.decode())


def run(*arguments):
    return Running([str(argument) for argument in arguments]).end()


class Satchel:
    """The two programs, as they were built."""

    def __init__(self, bin_folder):
        self.client = os.path.join(bin_folder, "satchel")
        self.hub = os.path.join(bin_folder, "satchel-hub")
        for program in (self.client, self.hub):
            if not os.access(program, os.X_OK):
                raise SystemExit(f"{program} is missing: make release")

    def new_store(self, path):
        made = run(self.client, "init", "--store", path)
        if made.status != 0:
            raise SystemExit(made.err)
        return path

    def record(self, store, csv):
        return run(self.client, "record", "--store", store, "--from", csv, "--json").json()

    def syncing(self, store, url):
        return Running([self.client, "sync", url, "--store", str(store), "--json"])

    def sync(self, store, url):
        return self.syncing(store, url).end()


class Server:
    """A program that serves until it is stopped."""

    def __init__(self, arguments, ready, environment=None):
        self.process = subprocess.Popen(
            arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
        self.pid, self.log = self.process.pid, []
        self.match = None
        for line in self.process.stdout:
            self.log.append(line.decode(errors="replace"))
            self.match = re.search(ready, self.log[-1])
            if self.match:
                break
        if not self.match:
            raise SystemExit(f"{arguments[0]} did not start:\n{''.join(self.log)}")
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self):
        for line in self.process.stdout:
            self.log.append(line.decode(errors="replace"))
            del self.log[:-1000]

    def cpu(self):
        return cpu_seconds(self.pid)

    def stop(self):
        self.process.terminate()
        self.process.wait(30)


def serve_hub(satchel, store):
    """A hub on a free port of loopback; `.match.group(1)` is its URL."""
    if not os.path.exists(store):
        made = run(satchel.hub, "init", "--store", store)
        if made.status != 0:
            raise SystemExit(made.err)
    return Server(
        [satchel.hub, "serve", "--store", str(store), "--listen", "127.0.0.1:0"],
        r"listening on (http://\S+)")


class CountingProxy:
    """Passes TCP through to a port of loopback, and counts bytes and HTTP requests.

    Its own CPU time is this process's, so it adds to neither side of what is measured.
    """

    _request = re.compile(rb"(?:GET|POST|PUT|HEAD) /\S* HTTP/1\.[01]\r\n")

    def __init__(self, port):
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock = threading.Lock()
        self.counted = [0, 0, 0]
        threading.Thread(target=self._accept, daemon=True).start()

    def take(self):
        """(bytes up, bytes down, requests) since the last call."""
        with self.lock:
            counted, self.counted = self.counted, [0, 0, 0]
        return counted

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            hub = socket.create_connection(("127.0.0.1", self.target))
            for side in (client, hub):
                side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._pump, args=(client, hub, 0), daemon=True).start()
            threading.Thread(target=self._pump, args=(hub, client, 1), daemon=True).start()

    def _pump(self, source, sink, way):
        held = b""
        try:
            while data := source.recv(1 << 16):
                requests = 0
                if way == 0:
                    held += data
                    matches = list(self._request.finditer(held))
                    requests = len(matches)
                    # A request line that was cut in two is found with the next piece.
                    held = held[matches[-1].end():][-400:] if matches else held[-400:]
                with self.lock:
                    self.counted[way] += len(data)
                    self.counted[2] += requests
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for side in (source, sink):
                try:
                    side.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
