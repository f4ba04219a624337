"""Anki's own client, told what to do by one JSON array a line; a program of its own, so that its CPU time is alone.

An answer is one JSON object a line: cpu (seconds of this process, all threads) and seconds of the sync call alone, without
the start of Python, and what it gave.
"""

import itertools
import json
import os
import sqlite3
import sys
import time

from anki.collection import Collection


class Client:
    def __init__(self, path, url):
        self.path, self.collection = path, Collection(path)
        self.auth = self.collection.sync_login("bench", "bench", url)

    def full(self, upload):
        """The first meeting, where one side's collection takes the other's place."""
        output = self.collection.sync_collection(self.auth, False)
        self.collection.close_for_full_sync()
        self.collection.full_upload_or_download(
            auth=self.auth, server_usn=output.server_media_usn, upload=upload)
        self.collection.reopen(after_full_sync=True)
        return {}

    def add(self, path, first, count):
        """Reviews `first` to `first + count` of the CSV as rows of revlog that wait to be sent."""
        rows, last = [], 0
        with open(path, encoding="utf-8") as file:
            for line in itertools.islice(file, first + 1, first + 1 + count):
                learner, item, _, correct, at, duration = line.rstrip().split(",")
                # The id of a review is its time in ms, and unique: equal times are moved apart.
                last = max(last + 1, int(at))
                card = 1_600_000_000_000 + int(learner[-3:]) * 10_000 + int(item[5:])
                ease = 3 if correct == "1" else 1
                rows.append((last, card, -1, ease, 3, 1, 2500, min(int(duration), 60_000), 1))
        # Straight into the file: Anki's own calls take a minute for a million rows, and are not what is measured.
        self.collection.close()
        with sqlite3.connect(self.path) as database:
            database.executemany("insert into revlog values (?,?,?,?,?,?,?,?,?)", rows)
            database.execute("update col set mod = ?", (int(time.time() * 1000),))
        database.close()
        self.collection = Collection(self.path)
        json_bytes = sum(len(json.dumps(row, separators=(",", ":"))) for row in rows)
        return {"json_bytes": json_bytes, "held": self.held()}

    def held(self):
        return self.collection.db.scalar("select count() from revlog")

    def held_answer(self):
        return {"held": self.held()}

    def sync(self):
        start, wall = time.process_time(), time.monotonic()
        output = self.collection.sync_collection(self.auth, False)
        cpu, seconds = time.process_time() - start, time.monotonic() - wall
        return {"cpu": cpu, "seconds": seconds, "required": output.required, "held": self.held()}


def main():
    client = Client(sys.argv[1], sys.argv[2])
    print(json.dumps({"pid": os.getpid()}), flush=True)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        print(json.dumps(getattr(client, name)(*arguments)), flush=True)
    client.collection.close()


main()
