#!/usr/bin/env python3
"""Satchel beside Anki's sync server, in one run on one machine; see README.md."""

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import records
from processes import ROOT, CountingProxy, HERE, Satchel, Server, serve_hub

JOURNAL = ("segment", "segment_by_stream", "stream", "stream_by_learner", "stream_by_trunk", "tail", "replica",
           "sqlite_autoindex_stream_1", "sqlite_autoindex_replica_1")
ANKI_REVIEWS = ("revlog", "ix_revlog_cid", "ix_revlog_usn")


def pages(path, tables):
    """(bytes of these tables and indexes, bytes of the whole, its WAL included) of an SQLite file."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        marks = ",".join("?" * len(tables))
        sql = f"SELECT coalesce(sum(pgsize), 0) FROM dbstat WHERE name IN ({marks})"
        whole = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        return database.execute(sql, tables).fetchone()[0], database.execute(whole).fetchone()[0]


class SatchelRun:
    """Two replicas and a hub; a record is an attempt."""

    name = "Satchel"

    def __init__(self, folder, programs):
        self.folder, self.programs = folder, programs
        self.hub = serve_hub(programs, os.path.join(folder, "hub.sqlite"))
        self.proxy = CountingProxy(int(self.hub.match.group(1).rsplit(":", 1)[1]))
        self.url = f"http://127.0.0.1:{self.proxy.port}"
        self.stores = [programs.new_store(os.path.join(folder, f"{name}.sqlite")) for name in ("a", "b")]

    def prepare(self, csv, count):
        added = self.programs.record(self.stores[0], csv)["added"]
        assert added == count, added

    def add(self, which, csv):
        self.programs.record(self.stores[which], csv)

    def sync(self, which):
        """One `satchel sync`: CPU of the whole process, from start to exit, and of the hub meanwhile."""
        self.proxy.take()
        before = self.hub.cpu()
        ended = self.programs.sync(self.stores[which], self.url)
        hub = self.hub.cpu() - before
        report = ended.json()
        assert report["converged"], report
        up, down, requests = self.proxy.take()
        return {"client": ended.cpu, "server": hub, "seconds": ended.seconds, "up": up, "down": down,
                "requests": requests, "records": report["records_sent"] + report["records_received"]}

    def at_rest(self):
        return pages(self.stores[0], JOURNAL), pages(os.path.join(self.folder, "hub.sqlite"), JOURNAL)

    def stop(self):
        self.hub.stop()


class AnkiRun:
    """Two collections and Anki's server; a record is a row of revlog, what its protocol sends of a review.

    Both collections start from one full upload of an empty collection, so that everything measured is its normal sync.
    """

    name = "Anki"

    def __init__(self, folder, python):
        environment = dict(
            os.environ, SYNC_USER1="bench:bench", SYNC_BASE=os.path.join(folder, "server"),
            SYNC_HOST="127.0.0.1", SYNC_PORT="0", RUST_LOG="anki=info", NO_COLOR="1")
        self.folder = folder
        self.server = Server([python, "-m", "anki.syncserver"], r"listening.*?127\.0\.0\.1:(\d+)", environment)
        self.proxy = CountingProxy(int(self.server.match.group(1)))
        self.clients = []
        for name in ("a", "b"):
            process = subprocess.Popen(
                [python, os.path.join(HERE, "anki_client.py"), os.path.join(folder, name + ".anki2"),
                 f"http://127.0.0.1:{self.proxy.port}/"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            if not process.stdout.readline():
                raise SystemExit("Anki's client did not start")
            self.clients.append(process)
        self.tell(0, "full", True)
        self.tell(1, "full", False)

    def tell(self, which, *words):
        client = self.clients[which]
        client.stdin.write(json.dumps(words) + "\n")
        client.stdin.flush()
        answer = client.stdout.readline()
        if not answer:
            raise SystemExit(f"Anki's client ended at {words}")
        return json.loads(answer)

    def prepare(self, csv, count):
        added = self.tell(0, "add", csv, 0, count)
        assert added["held"] == count, added
        self.json_bytes = added["json_bytes"] / count

    def add(self, which, csv):
        self.tell(which, "add", csv, 0, 100)

    def sync(self, which):
        """One sync call: CPU of the client's process in that call alone, and of the server meanwhile."""
        held = self.tell(which, "held_answer")["held"]
        self.proxy.take()
        before = self.server.cpu()
        answer = self.tell(which, "sync")
        up, down, requests = self.proxy.take()
        return {"client": answer["cpu"], "server": self.server.cpu() - before, "seconds": answer["seconds"],
                "up": up, "down": down, "requests": requests, "records": answer["held"] - held,
                "required": answer["required"]}

    def at_rest(self):
        # The server keeps its collection locked while it runs.
        self.stop()
        return (pages(os.path.join(self.folder, "a.anki2"), ANKI_REVIEWS),
                pages(os.path.join(self.folder, "server", "bench", "collection.anki2"), ANKI_REVIEWS))

    def stop(self):
        for client in self.clients:
            client.stdin.close()
            client.wait(10)
        self.clients = []
        self.server.stop()


def measure(peer, csv, hundreds, count):
    """One peer's figures for `count` records."""
    peer.prepare(csv, count)
    push, pull = peer.sync(0), peer.sync(1)
    peer.sync(0)
    idle = [peer.sync(0) for _ in range(20)]
    peer.add(0, hundreds[0])
    peer.add(1, hundreds[1])
    both = [peer.sync(which) for which in (0, 1, 0)]
    client, server = peer.at_rest()
    out = {}
    for name, one in (("push", push), ("pull", pull)):
        cpu = one["client"] + one["server"]
        out[f"{name}, records per CPU second"] = count / cpu
        out[f"{name}, CPU s of client"] = one["client"]
        out[f"{name}, CPU s of server"] = one["server"]
        out[f"{name}, records per second of wall time"] = count / one["seconds"]
        out[f"{name}, wire bytes a record"] = (one["up"] + one["down"]) / count
        out[f"{name}, requests"] = one["requests"]
    middle = sorted(idle, key=lambda one: one["client"] + one["server"])[len(idle) // 2]
    out["nothing new, CPU ms of client"] = middle["client"] * 1000
    out["nothing new, CPU ms of server"] = middle["server"] * 1000
    out["nothing new, bytes"] = middle["up"] + middle["down"]
    out["nothing new, requests"] = middle["requests"]
    out["100 + 100 new, bytes"] = sum(one["up"] + one["down"] for one in both)
    out["100 + 100 new, requests"] = sum(one["requests"] for one in both)
    out["100 + 100 new, CPU ms"] = sum(one["client"] + one["server"] for one in both) * 1000
    out["at rest, records alone, bytes a record, client"] = client[0] / (count + 200)
    out["at rest, records alone, bytes a record, server"] = server[0] / (count + 200)
    out["at rest, whole file, bytes a record, client"] = client[1] / (count + 200)
    out["at rest, whole file, bytes a record, server"] = server[1] / (count + 200)
    return out


def table(count, json_bytes, ours, theirs):
    lines = [f"{count:,} records, {json_bytes:.0f} bytes each as a JSON object"]
    lines.append(f"{'':52}{'Satchel':>12}{'Anki':>12}{'ratio':>9}")
    for name, value in ours.items():
        digits = 3 if "CPU s of" in name else 0 if value >= 1000 or "requests" in name else 2
        line = f"{name:52}{value:12,.{digits}f}"
        if theirs:
            ratio = value / theirs[name] if theirs[name] else float("nan")
            line += f"{theirs[name]:12,.{digits}f}{ratio:9.2f}"
        lines.append(line)
    return "\n".join(lines)


def anki_of(python):
    """The version of Anki that `python` has; None when it is not installed."""
    asked = subprocess.run(
        [python, "-c", "from importlib.metadata import version; import anki.syncserver; print(version('anki'))"],
        capture_output=True, text=True)
    return asked.stdout.strip() if asked.returncode == 0 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bin", default=os.path.join(ROOT, ".build/release"), help="where satchel and satchel-hub lie")
    parser.add_argument("--anki-python", default=sys.executable, help="a Python that has the package anki")
    parser.add_argument("--only-satchel", action="store_true")
    parser.add_argument("--json", action="store_true")
    choices = parser.parse_args()
    programs = Satchel(choices.bin)
    version = None if choices.only_satchel else anki_of(choices.anki_python)
    if not choices.json:
        peer = f"Anki {version}" if version else "Anki: not asked for" if choices.only_satchel else \
            f"Anki: not installed ({choices.anki_python} -m pip install anki)"
        print(f"{peer}; seed {choices.seed}", flush=True)
    everything = []
    for count in choices.records:
        folder = tempfile.mkdtemp(prefix="satchel-bench-")
        try:
            csv = os.path.join(folder, "records.csv")
            json_bytes = records.write(csv, count, choices.seed) / count
            hundreds = [os.path.join(folder, f"hundred-{which}.csv") for which in (0, 1)]
            for which, path in enumerate(hundreds):
                records.write(path, 100, choices.seed + 1 + which, learners=1)
            figures = {"records": count, "seed": choices.seed, "json_bytes": json_bytes}
            kinds = [(SatchelRun, programs)] + ([(AnkiRun, choices.anki_python)] if version else [])
            for kind, argument in kinds:
                place = os.path.join(folder, kind.name)
                os.mkdir(place)
                peer = kind(place, argument)
                try:
                    figures[kind.name] = measure(peer, csv, hundreds, count)
                finally:
                    peer.stop()
            everything.append(figures)
            if not choices.json:
                print(table(count, json_bytes, figures["Satchel"], figures.get("Anki")), flush=True)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    if choices.json:
        print(json.dumps({"anki": version, "runs": everything}, indent=2))


main()
