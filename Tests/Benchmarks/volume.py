#!/usr/bin/env python3
"""Time and memory of sync in bulk: `million`, `school`, `class`; all three when none is named. See README.md."""

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
import time

import records
from processes import ROOT, Satchel, forget_peak, memory, run, serve_hub


class Failed(Exception):
    """A figure beyond its bound, or a side that did not converge."""


def bound(name, value, most):
    if value > most:
        raise Failed(f"{name}: {value:.1f}, and {most} is allowed")


def million(programs, folder, choices):
    """A million records pushed, then pulled into an empty store: at most 150 MB on either side."""
    csv = os.path.join(folder, "records.csv")
    records.write(csv, choices.records, choices.seed)
    writer, reader = (programs.new_store(os.path.join(folder, f"{name}.sqlite")) for name in ("writer", "reader"))
    assert programs.record(writer, csv)["added"] == choices.records
    hub = serve_hub(programs, os.path.join(folder, "hub.sqlite"))
    try:
        out, url = {"records": choices.records, "hub, idle MB": memory(hub.pid, "VmRSS")}, hub.match.group(1)
        for name, store in (("push", writer), ("pull", reader)):
            forget_peak(hub.pid)
            before = hub.cpu()
            ended = programs.sync(store, url)
            report = ended.json()
            if not report["converged"] or report["records_sent"] + report["records_received"] != choices.records:
                raise Failed(f"{name}: {report}")
            out[f"{name}, client peak MB"] = ended.peak
            out[f"{name}, hub peak MB"] = memory(hub.pid, "VmHWM")
            out[f"{name}, records per CPU second"] = choices.records / (ended.cpu + hub.cpu() - before)
            out[f"{name}, seconds"] = ended.seconds
            out[f"{name}, requests"] = report["requests"]
            bound(f"{name}, client peak MB", ended.peak, 150)
            bound(f"{name}, hub peak MB", memory(hub.pid, "VmHWM"), 150)
        return out
    finally:
        hub.stop()


def school(programs, folder, choices):
    """A hub with 10,000 learners and the streams of 1,000 replicas; then a new device, an idle one and a day's work."""
    store = os.path.join(folder, "hub.sqlite")
    made = run(programs.hub, "init", "--store", store)
    assert made.status == 0, made.err
    seeded = run(
        programs.client, "bench", "school", "--store", store, "--learners", choices.learners, "--replicas",
        choices.replicas, "--json").json()
    figures = {one["name"]: one["value"] for one in seeded["results"]}
    hub = serve_hub(programs, store)
    try:
        url = hub.match.group(1)
        out = {"learners": choices.learners, "replicas": choices.replicas, "streams": int(figures["school.streams"]),
               "records": int(figures["school.records"]), "hub, idle MB": memory(hub.pid, "VmRSS")}
        device = programs.new_store(os.path.join(folder, "device.sqlite"))
        day = os.path.join(folder, "day.csv")
        records.write(day, 250, choices.seed, learners=30, prefix="pupil")
        for name in ("a new device", "nothing new", "a day's 250 records"):
            if name.startswith("a day"):
                programs.record(device, day)
            forget_peak(hub.pid)
            before = hub.cpu()
            ended = programs.sync(device, url)
            report = ended.json()
            if not report["converged"]:
                raise Failed(f"{name}: {report}")
            out[f"{name}, seconds"] = ended.seconds
            out[f"{name}, client CPU ms"] = ended.cpu * 1000
            out[f"{name}, hub CPU ms"] = (hub.cpu() - before) * 1000
            out[f"{name}, client peak MB"] = ended.peak
            out[f"{name}, hub peak MB"] = memory(hub.pid, "VmHWM")
            out[f"{name}, bytes"] = report["bytes_sent"] + report["bytes_received"]
            out[f"{name}, requests"] = report["requests"]
            bound(f"{name}, client peak MB", ended.peak, 150)
            bound(f"{name}, hub peak MB", memory(hub.pid, "VmHWM"), 150)
        return out
    finally:
        hub.stop()


def classroom(programs, folder, choices):
    """40 laptops with 250 new records each sync with one hub at once, again and again until all hold the same."""
    stores = []
    for number in range(choices.laptops):
        csv = os.path.join(folder, f"{number}.csv")
        records.write(csv, 250, choices.seed + number, learners=1, prefix=f"pupil-{number:02d}")
        stores.append(programs.new_store(os.path.join(folder, f"{number}.sqlite")))
        assert programs.record(stores[-1], csv)["added"] == 250
    # Two cores for the hub and all laptops, as the classroom's one machine would have for the hub alone.
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:2]))
    hub = serve_hub(programs, os.path.join(folder, "hub.sqlite"))
    try:
        idle, url = memory(hub.pid, "VmRSS"), hub.match.group(1)
        forget_peak(hub.pid)
        before, start, waves, errors, prints = hub.cpu(), time.monotonic(), [], 0, []
        while len(waves) < 5 and (len(set(prints)) != 1 or not waves):
            # Ended in the order of starting: later ones have long ended when they are asked, so their own clock counts.
            wave = [programs.syncing(store, url) for store in stores]
            ended = [one.end() for one in wave]
            errors += sum(one.status not in (0, 1) for one in ended)
            prints = [json.loads(one.out)["fingerprint"] if one.status in (0, 1) else number
                      for number, one in enumerate(ended)]
            waves.append([json.loads(one.out)["seconds"] for one in ended if one.status in (0, 1)])
        seconds = time.monotonic() - start
        locked = [line for line in hub.log if re.search(r"lock|busy", line, re.I)]
        out = {"laptops": choices.laptops, "seconds until all hold the same": seconds, "waves": len(waves),
               "first wave, fastest round s": min(waves[0]), "first wave, slowest round s": max(waves[0]),
               "first wave, slowest / fastest": max(waves[0]) / min(waves[0]), "errors": errors + len(locked),
               "hub, CPU s": hub.cpu() - before, "hub, idle MB": idle,
               "hub, peak MB above idle": memory(hub.pid, "VmHWM") - idle}
        if len(set(prints)) != 1 or errors or locked:
            raise Failed(f"{len(set(prints))} different fingerprints, {errors} errors, locks: {locked[:3]}")
        bound("hub, peak MB above idle", out["hub, peak MB above idle"], 64)
        return out
    finally:
        hub.stop()


def main():
    kinds = {"million": million, "school": school, "class": classroom}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", help=", ".join(kinds))
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--learners", type=int, default=10_000)
    parser.add_argument("--replicas", type=int, default=1_000)
    parser.add_argument("--laptops", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bin", default=os.path.join(ROOT, ".build/release"), help="where satchel and satchel-hub lie")
    parser.add_argument("--json", action="store_true")
    choices = parser.parse_args()
    if unknown := set(choices.what) - set(kinds):
        parser.error(f"unknown: {', '.join(unknown)}")
    programs, failed, everything = Satchel(choices.bin), False, {}
    for name in choices.what or kinds:
        folder = tempfile.mkdtemp(prefix="satchel-volume-")
        try:
            everything[name] = kinds[name](programs, folder, choices)
        except Failed as failure:
            everything[name] = {"failed": str(failure)}
            failed = True
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if not choices.json:
            print(name)
            for label, value in everything[name].items():
                print(f"  {label:38}", f"{value:12,.2f}" if isinstance(value, float) else value, flush=True)
    if choices.json:
        print(json.dumps(everything, indent=2))
    sys.exit(1 if failed else 0)


main()
