#!/usr/bin/env python3
"""Peak memory and speed of `satchel prepare` on tables of several sizes.

Usage: Tests/Benchmarks/prepare.py PATH-OF-satchel [ROWS ...]     (default: 1000000 10000000)
Rows are drawn with a seed: 200 a learner, 20,000 items, 300 skills. Everything is written under TMPDIR and removed.
"""
import os, random, resource, shutil, subprocess, sys, tempfile, time

satchel = sys.argv[1]
sizes = [int(size) for size in sys.argv[2:]] or [1_000_000, 10_000_000]
for rows in sizes:
    folder = tempfile.mkdtemp(prefix="satchel-prepare-")
    try:
        draw = random.Random(1)
        raw, clean = os.path.join(folder, "raw.csv"), os.path.join(folder, "clean.csv")
        with open(raw, "w") as out:
            out.write("learner,item,skill,correct,timestamp_ms,duration_ms\n")
            learners = max(1, rows // 200)
            for row in range(rows):
                bits = draw.getrandbits(60)
                item = bits % 20_000
                out.write(f"l{row % learners},i{item},s{item % 300},{bits >> 20 & 1},"
                          f"{1_700_000_000_000 + row * 100},{1000 + (bits >> 24) % 60_000}\n")
        start = time.time()
        child = subprocess.Popen([satchel, "prepare", raw, "--out", clean, "--json", "--quiet"],
                                 stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            sys.exit(f"prepare ended with {status}")
        print(f"{rows} rows: peak {usage.ru_maxrss / 1024:.0f} MiB, {time.time() - start:.1f} s, "
              f"{(usage.ru_utime + usage.ru_stime):.1f} s CPU, table {os.path.getsize(raw) / 1e6:.0f} MB")
    finally:
        shutil.rmtree(folder)
