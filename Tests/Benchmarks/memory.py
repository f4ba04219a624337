"""The memory model beside fsrs-rs: the same log for both, in one run.

    python3 Tests/Benchmarks/memory.py [--bin FOLDER] [--cards 6000] [--learners N]

Speed on a simulated log (seeded); with --learners, accuracy on so many simulated learners, whose weights stray from the
defaults as real ones do, with the weights that they really have beside (some ten seconds a learner); and, where SATCHEL_SHARED (../shared) has data/fsrs/revlog_a.csv, accuracy by the protocol
"revlog-ts5" with every prediction worked out here, in Python, from the weights that each program gives for the past alone.
fsrs-rs is measured when `pip install fsrs-rs-python` was run: its call alone, with its items made before.
"""

import argparse
import csv
import datetime
import json
import math
import os
import random
import subprocess
import tempfile
import time

try:
    import fsrs_rs_python as rust
except ImportError:
    rust = None

DAY = 86_400
DEFAULTS6 = [
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796, 1.4835, 0.0614, 0.2629,
    1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
]
DEFAULTS7 = [
    0.1104, 2.2395, 3.9221, 11.7841, 6.1686, 0.6457, 3.6807, 1.9795, 0.0, 1.3826, 0.7024, 0.5999, 0.8146, 0.6398, 1.0,
    1.3207, 0.6707, 3.8668, 0.4416, 0.0934, 1.8631, 0.6162, 1.0869, 0.1567, 0.0801, 0.2421, 0.9464, 0.1433, 0.7145,
    0.0, 0.5667, 0.3734, 0.5333, 0.3048,
]
# Who forgets faster than the defaults say.
FORGETFUL = [0.1, 0.8, 1.5, 6, 6.8, 0.9, 2.5, 0.01, 1.5, 0.12, 0.7, 1.3, 0.06, 0.27, 1.5, 0.55, 2, 0.5, 0.1, 0.07, 0.3]


# How far real learners' weights stray, and what they may be: fsrs-rs, training_v6 and parameter_clipper_v6.
DEVIATIONS = [0.57, 0.28, 0.6, 0.12, 0.39, 0.18, 0.33, 0.3, 0.09, 0.16, 0.57, 0.25, 1.03, 0.31, 0.32, 0.14, 0.27]
LOWEST = [1, 0.001, 0.001, 0.001, 0, 0, 0.001, 0.001, 0.001, 0.001, 0, 0, 1, 0, 0, 0, 0.1]
HIGHEST = [10, 4, 4, 0.75, 4.5, 0.8, 3.5, 5, 0.25, 0.9, 4, 1, 6, 2, 2, 0.8, 0.8]


def clamp(value, low, high):
    return min(max(value, low), high)


class Fsrs6:
    """FSRS-6 as its guide says it; whole days."""

    def __init__(self, w):
        self.w = w
        self.factor = 0.9 ** (-1 / w[20]) - 1
        self.start = [w[4] - math.exp(w[5] * grade) + 1 for grade in range(4)]

    def first(self, rating):
        return self.w[rating - 1], clamp(self.start[rating - 1], 1, 10)

    def recall(self, state, days):
        return (1 + self.factor * math.floor(days) / state[0]) ** -self.w[20]

    def next(self, state, rating, days):
        (s, d), w, recall = state, self.w, self.recall(state, days)
        if days < 1:
            gain = math.exp(w[17] * (rating - 3 + w[18])) * s ** -w[19]
            new = s * (max(1, gain) if rating > 1 else gain)
        elif rating == 1:
            kept = w[11] * d ** -w[12] * ((s + 1) ** w[13] - 1) * math.exp(w[14] * (1 - recall))
            new = min(kept, s / math.exp(w[17] * w[18]))
        else:
            bonus = {2: w[15], 4: w[16]}.get(rating, 1)
            gain = math.exp(w[8]) * (11 - d) * s ** -w[9] * (math.exp(w[10] * (1 - recall)) - 1) * bonus
            new = s * (1 + gain)
        moved = d - w[6] * (rating - 3) * (10 - d) / 9
        return clamp(new, 0.001, 36500), clamp(w[7] * self.start[3] + (1 - w[7]) * moved, 1, 10)


class Fsrs7:
    """FSRS-7 as its guide says it; fractional days."""

    def __init__(self, w):
        self.w = w
        self.start = [w[4] - math.exp(w[5] * grade) + 1 for grade in range(4)]

    def first(self, rating):
        s = self.w[rating - 1]
        return s, max(0.8 * s, 1e-4), clamp(self.start[rating - 1], 1, 10)

    def curve(self, state, days):
        (s, fast, d), w = state, self.w
        decay = -clamp(w[23] * fast ** (w[33] - 0.3), 0.01, 0.95)
        by_fast = (1 + (math.exp(min(math.log(w[25]) / decay, 60)) - 1) * days / fast) ** decay
        factor = (w[26] ** (-1 / w[24]) - 1) * math.exp((d - 5) * (w[32] - 0.3))
        by_slow = (1 + factor * days / s) ** -w[24]
        a, b = w[27] * fast ** -w[29], w[28] * s ** w[30] * math.exp((d - 5) * (w[31] - 0.5))
        return by_fast, (a * by_fast + b * by_slow) / (a + b) * (1 - 2e-5) + 1e-5

    def recall(self, state, days):
        return self.curve(state, days)[1]

    def moved(self, k, days, recall, rating, d):
        w = self.w
        if rating == 1:
            kept = w[k + 3] * ((days + 1) ** w[k + 4] - 1) * math.exp((1 - recall) * w[k + 5])
            return min(days, kept)
        bonus = {2: w[k + 6], 4: w[k + 7]}.get(rating, 1)
        gain = math.exp(w[k] - 1.5) * (11 - d) * days ** -w[k + 1] * (math.exp((1 - recall) * w[k + 2]) - 1)
        return days * (1 + gain * bonus)

    def next(self, state, rating, days):
        s, fast, d = state
        by_fast, recall = self.curve(state, days)
        new, new_fast = self.moved(7, s, recall, rating, d), self.moved(15, fast, by_fast, rating, d)
        if rating == 1:
            new_fast = min(new_fast, 0.8 * new)
        step = -self.w[6] * (rating - 3) * (recall + 0.1 if rating == 1 else 1)
        difficulty = 0.01 * self.start[3] + 0.99 * (d + (10 - d) / 9 * step)
        return clamp(new, 1e-4, 36500), clamp(new_fast, 1e-4, 36500), clamp(difficulty, 1, 10)


def stray(seed):
    """The weights of a learner that never was."""
    dice = random.Random(seed)
    shared = dice.gauss(0, 1)
    start = sorted(clamp(w * math.exp(shared + dice.gauss(0, 0.6)), 0.01, 100) for w in DEFAULTS6[:4])
    others = zip(DEFAULTS6[4:], DEVIATIONS, LOWEST, HIGHEST)
    return start + [clamp(w + dice.gauss(0, deviation), low, high) for w, deviation, low, high in others]


def simulate(cards, seed=1, weights=FORGETFUL):
    """(time in s, card, rating) of a learner that never was, in order of time."""
    dice, learner, planner, rows = random.Random(seed), Fsrs6(weights), Fsrs6(DEFAULTS6), []
    for card in range(cards):
        day = dice.random() * 365
        rating = dice.choices((1, 2, 3, 4), (30, 15, 45, 10))[0]
        state, plan = learner.first(rating), planner.first(rating)
        while day < 365:
            rows.append((1_735_689_600 + round(day * DAY), card, rating))
            gap = 600 / DAY if rating == 1 else max(1, plan[0]) * (0.5 + dice.random()) + dice.random()
            day += gap
            passed = dice.random() < learner.recall(state, gap)
            rating = dice.choices((2, 3, 4), (12, 80, 8))[0] if passed else 1
            state, plan = learner.next(state, rating, gap), planner.next(plan, rating, gap)
    return sorted(rows)


def real(path):
    with open(path, encoding="utf-8") as file:
        rows = [
            (datetime.datetime.fromisoformat(row["review_time"]).timestamp(), row["card_id"], int(row["review_rating"]))
            for row in csv.DictReader(file)
        ]
    return sorted(rows, key=lambda row: row[0])


def write(rows, path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("card_id,rating,time\n")
        file.writelines(f"{card},{rating},{round(when * 1e6)}\n" for when, card, rating in rows)


def histories(rows):
    """For each scored row, in order of time: its place, and the card's (rating, days) up to it."""
    seen, last, scored = {}, {}, []
    for place, (when, card, rating) in enumerate(rows):
        days = (when - last[card]) / DAY if card in last else 0.0
        last[card] = when
        seen[card] = seen.get(card, ()) + ((rating, days),)
        if days >= 1:
            scored.append((place, seen[card]))
    return scored


def items(scored):
    return [
        rust.FSRSItem([rust.FSRSReview(rating, math.floor(days)) for rating, days in history]) for _, history in scored
    ]


def foretell(model, history):
    state = model.first(history[0][0])
    for rating, days in history[1:-1]:
        state = model.next(state, rating, days)
    return model.recall(state, history[-1][1])


def figures(predictions):
    """Log loss and RMSE(bins) of (probability, history)."""
    loss, bins = 0.0, {}
    for probability, history in predictions:
        recalled = history[-1][0] > 1
        p = clamp(probability, 1e-6, 1 - 1e-6)
        loss -= math.log(p if recalled else 1 - p)
        reviews = sum(days >= 1 for _, days in history) + 1
        lapses = sum(days >= 1 and rating == 1 for rating, days in history[:-1])
        key = (
            math.floor(math.log(math.floor(history[-1][1]), 3.62)),
            math.floor(math.log(reviews, 1.89)),
            math.floor(math.log(lapses, 1.73)) if lapses else -1,
        )
        total = bins.setdefault(key, [0.0, 0, 0])
        total[0] += p
        total[1] += recalled
        total[2] += 1
    squares = sum((a - b) ** 2 / n for a, b, n in bins.values())
    return loss / len(predictions), math.sqrt(squares / len(predictions))


def fit(program, path, *flags):
    """The answer of `satchel memory fit`, with the CPU seconds of the whole program."""
    before = os.times()
    out = subprocess.run([program, "memory", "fit", path, "--json", *flags], check=True, capture_output=True).stdout
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return json.loads(out) | {"cpu": cpu}


def accuracy(program, rows, folder, truth=None):
    """Log loss and RMSE(bins) of each way to get weights, over blocks two to six."""
    scored = histories(rows)
    bounds = [round(len(scored) * k / 6) for k in range(7)]
    path = os.path.join(folder, "past.csv")

    def past(k):
        # To the last row before the block: also what is not scored.
        write(rows[: scored[bounds[k]][0]], path)

    def ours(flags, model):
        def weights(k):
            past(k)
            return model(fit(program, path, *flags)["w"])

        return weights

    ways = {
        "FSRS-6 defaults": lambda k: Fsrs6(DEFAULTS6),
        "FSRS-6 satchel": ours(["--model", "fsrs6"], Fsrs6),
        "FSRS-7 defaults": lambda k: Fsrs7(DEFAULTS7),
        "FSRS-7 satchel": ours(["--model", "fsrs7"], Fsrs7),
    }
    if rust:
        ways["FSRS-6 fsrs-rs"] = lambda k: Fsrs6(
            list(rust.FSRS(DEFAULTS6).compute_parameters(items(scored[: bounds[k]]), enable_short_term=True))
        )
    if truth:
        ways["FSRS-6, the truth"] = lambda k: Fsrs6(truth)
    found = {}
    for name, weights in ways.items():
        predictions = []
        for k in range(1, 6):
            model = weights(k)
            predictions += [(foretell(model, history), history) for _, history in scored[bounds[k] : bounds[k + 1]]]
        found[name] = figures(predictions)
    return found


def show(found):
    for name, (loss, error) in found.items():
        print("  %-17s log loss %.4f  RMSE(bins) %.4f" % (name, loss, error))


def learners(program, count, folder):
    all_found = []
    for seed in range(count):
        weights = stray(seed)
        rows = simulate((150, 400, 1000)[seed % 3], seed, weights)
        all_found.append(accuracy(program, rows, folder, weights))
    show({name: [sum(one[name][i] for one in all_found) / count for i in (0, 1)] for name in all_found[0]})
    if rust:
        better = sum(one["FSRS-6 satchel"][0] < one["FSRS-6 fsrs-rs"][0] for one in all_found)
        print(f"  log loss of satchel's FSRS-6 is lower than fsrs-rs' for {better} of {count}")


def best(body, times=5):
    """The best CPU seconds of some runs, and the best seconds by the wall clock."""

    def once():
        cpu, wall = time.process_time(), time.perf_counter()
        body()
        return time.process_time() - cpu, time.perf_counter() - wall

    runs = [once() for _ in range(times)]
    return min(cpu for cpu, _ in runs), min(wall for _, wall in runs)


def speed(program, rows, folder):
    path = os.path.join(folder, "log.csv")
    write(rows, path)
    for name, flags in {
        "fit FSRS-6": ["--protocol", "none"],
        "fit FSRS-6, judged": [],
        "fit FSRS-7": ["--protocol", "none", "--model", "fsrs7"],
        "fit FSRS-7, judged": ["--model", "fsrs7"],
    }.items():
        runs = [fit(program, path, *flags) for _ in range(5)]
        print(
            "  satchel %-20s %4.0f ms the last fit, %4.0f ms CPU the whole program"
            % (name, 1000 * min(r["fit_seconds"] for r in runs), 1000 * min(r["cpu"] for r in runs))
        )
    if rust:
        made = items(histories(rows))
        cpu, wall = best(lambda: rust.FSRS(DEFAULTS6).compute_parameters(made, enable_short_term=True))
        print(
            "  fsrs-rs %-20s %4.0f ms the call, %4.0f ms CPU the call alone; %d items"
            % ("fit FSRS-6", 1000 * wall, 1000 * cpu, len(made))
        )
    states(program, rows)


def states(program, rows):
    by_card, last = {}, {}
    for when, card, rating in rows:
        days = (when - last.get(card, when)) / DAY
        last[card] = when
        by_card.setdefault(card, []).append((rating, days))
    lines = "".join(
        json.dumps({"reviews": [{"rating": rating, "elapsed_days": days} for rating, days in reviews]}) + "\n"
        for reviews in by_card.values()
    ).encode()
    start = os.times()
    subprocess.run([program, "memory", "replay"], input=lines * 5, check=True, stdout=subprocess.DEVNULL)
    end = os.times()
    took = end.children_user + end.children_system - start.children_user - start.children_system
    print("  satchel replay, JSON in and out: %.2f M reviews/s" % (5 * len(rows) / took / 1e6))
    bench = subprocess.run([program, "bench", "memory", "--json"], check=True, capture_output=True).stdout
    for result in json.loads(bench)["results"]:
        if "states" in result["name"]:
            print("  satchel %s: %.2f M reviews/s" % (result["name"], result["value"] / 1e6))
    if rust:
        made = [
            rust.FSRSItem([rust.FSRSReview(rating, math.floor(days)) for rating, days in reviews])
            for reviews in by_card.values()
        ]
        model = rust.FSRS(DEFAULTS6)
        cpu, _ = best(lambda: model.memory_state_batch(made))
        print("  fsrs-rs memory_state_batch, each card's last state: %.2f M reviews/s" % (len(rows) / cpu / 1e6))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", default=".build/release")
    parser.add_argument("--cards", type=int, default=6000)
    parser.add_argument("--learners", type=int, default=0)
    chosen = parser.parse_args()
    program = os.path.join(chosen.bin, "satchel")
    if not rust:
        print("fsrs-rs is not here: pip install fsrs-rs-python")
    with tempfile.TemporaryDirectory() as folder:
        rows = simulate(chosen.cards)
        print(f"speed, {len(rows)} simulated reviews of {chosen.cards} cards, the best of five runs:")
        speed(program, rows, folder)
        if chosen.learners:
            print(f"accuracy, {chosen.learners} simulated learners, revlog-ts5, worked out in Python:")
            learners(program, chosen.learners, folder)
        shared = os.environ.get("SATCHEL_SHARED", os.path.join(os.path.dirname(__file__), "../../../shared"))
        log = os.path.join(shared, "data/fsrs/revlog_a.csv")
        if not os.path.exists(log):
            print(f"accuracy skipped: no {log} (set SATCHEL_SHARED)")
            return
        print("accuracy, revlog_a.csv, revlog-ts5, worked out in Python:")
        show(accuracy(program, real(log), folder))


if __name__ == "__main__":
    main()
