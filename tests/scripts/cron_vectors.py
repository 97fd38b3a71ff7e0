#!/usr/bin/env python3
"""Records when cron patterns run, by a second implementation: croniter on the face of the
local clock, the standard library's zones for what a face means.

    pip install croniter==7.0.0 tzdata
    tests/scripts/cron_vectors.py > shared/domain/src/schedule/vectors.tsv

A line: pattern, zone, start, and the five runs after it, in seconds since 1970. The same lines
come out each time. The dates lie in the past, so that a newer time zone database says the same.
"""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata",
    "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "America/St_Johns", "Asia/Tehran",
]
CHANGES = {
    "Europe/Berlin": ["2024-03-31", "2024-10-27"],
    "America/New_York": ["2023-03-12", "2023-11-05"],
    "America/Sao_Paulo": ["2018-02-18", "2018-11-04"],
    "Australia/Lord_Howe": ["2022-10-02", "2023-04-02"],
    "Pacific/Apia": ["2011-12-30"],
    "Africa/Casablanca": ["2023-03-19", "2023-04-23"],
    "America/St_Johns": ["2021-03-14", "2021-11-07"],
    "Asia/Tehran": ["2021-03-22", "2021-09-22"],
}
FIXED = [
    "* * * * *", "*/5 * * * *", "30 2 * * *", "0 0 * * *", "0 0 29 2 *", "0 9 * * mon-fri",
    "0 12 13 * fri", "15,45 1-3 * * *", "0 */2 * * *", "59 23 31 * *", "0 2 * * sun", "30 1 * * 7",
    "0 8 1 jan,jul *", "*/20 0-4/2 * * *",
]


def field(dice, low, high):
    kind = dice.randrange(5)
    if kind == 0:
        return "*"
    if kind == 1:
        return str(dice.randint(low, high))
    if kind == 2:
        return f"*/{dice.randint(2, max(2, (high - low) // 2))}"
    if kind == 3:
        first = dice.randint(low, high - 1)
        return f"{first}-{dice.randint(first + 1, high)}"
    return ",".join(str(n) for n in sorted(dice.sample(range(low, high + 1), 2)))


def pattern(dice):
    if dice.random() < 0.5:
        return dice.choice(FIXED)
    hour = field(dice, 0, 23) if dice.random() < 0.5 else str(dice.randint(0, 4))
    return " ".join([
        field(dice, 0, 59), hour, field(dice, 1, 28), field(dice, 1, 12), field(dice, 0, 6),
    ])


def instant(face, zone):
    """The first time that the face stands for; of one that never comes, the end of the gap."""
    while True:
        at = face.replace(tzinfo=zone, fold=0).astimezone(UTC)
        if at.astimezone(zone).replace(tzinfo=None) == face:
            return at
        face += timedelta(minutes=1)


def runs(text, zone, start):
    times = croniter(text, start.astimezone(zone).replace(tzinfo=None))
    found = []
    while len(found) < 5:
        at = instant(times.get_next(datetime), zone)
        # Several faces of a gap are one instant; those of a repeated hour have run.
        if at > (found[-1] if found else start):
            found.append(at)
    return found


def main():
    dice = random.Random(20)
    for _ in range(600):
        name = dice.choice(ZONES)
        zone = ZoneInfo(name)
        if name in CHANGES and dice.random() < 0.7:
            day = datetime.fromisoformat(dice.choice(CHANGES[name])).replace(tzinfo=UTC)
            start = day + timedelta(seconds=dice.randint(-86_400, 86_400))
        else:
            start = datetime(2012, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.randint(0, 380_000_000))
        text = pattern(dice)
        times = [str(int(at.timestamp())) for at in [start, *runs(text, zone, start)]]
        print("\t".join([text, name, *times]))


main()
