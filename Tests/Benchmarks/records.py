"""Attempts as a class makes them: sittings of some minutes, a skill or two at a time, reviews in between.

Seeded: the same arguments give the same file, byte for byte.
"""

import random

LEARNERS = 100
ITEMS = 2000
SKILLS = 60
START = 1_756_684_800_000  # 2025-09-01 00:00 UTC, in ms
DAY = 86_400_000


def sitting(dice, begin, skill):
    """One learner's sitting from `begin` (ms): (time, item, skill, correct, duration in ms) each."""
    now = begin
    for _ in range(dice.randint(12, 40)):
        # Four answers in five are to the skill of the day, the rest reviews something older.
        own = skill if dice.random() < 0.8 else dice.randrange(max(1, skill + 1))
        item = own + SKILLS * dice.randrange(ITEMS // SKILLS)
        duration = int(dice.lognormvariate(9.2, 0.6))  # median 9.9 s
        now += duration + int(dice.lognormvariate(7.8, 0.8))  # and 2.4 s to the next one
        yield now, item, own, dice.random() < 0.55 + 0.4 * ((item * 2654435761 >> 7) % 100) / 100, duration


def learner_rows(dice, count):
    """`count` attempts of one learner, in order of time."""
    skill, day, made = dice.randrange(SKILLS), dice.randrange(3), 0
    while made < count:
        begin = START + day * DAY + 8 * 3_600_000 + dice.randrange(6 * 3_600_000)
        for row in sitting(dice, begin, skill):
            if made == count:
                break
            made += 1
            yield row
        day += dice.randint(1, 3)
        if dice.random() < 0.3:
            skill = (skill + 1) % SKILLS


def write(path, count, seed=7, learners=LEARNERS, prefix="learner"):
    """Writes `count` attempts as CSV in order of time; returns the bytes that they take as JSON objects."""
    rows = []
    for number in range(learners):
        dice = random.Random(f"{seed} {prefix} {number}")
        share = count // learners + (number < count % learners)
        rows += [(row[0], number, row[1:]) for row in learner_rows(dice, share)]
    rows.sort(key=lambda row: row[:2])
    json_bytes = 0
    with open(path, "w", encoding="utf-8") as out:
        out.write("learner,item,skill,correct,timestamp_ms,duration_ms\n")
        for time, number, (item, skill, correct, duration) in rows:
            names = f"{prefix}-{number:03d}", f"item-{item:04d}", f"skill-{skill:02d}"
            out.write(f"{names[0]},{names[1]},{names[2]},{int(correct)},{time},{duration}\n")
            json_bytes += len(names[0]) + len(names[1]) + len(names[2]) + len(str(duration)) + 113
    return json_bytes
