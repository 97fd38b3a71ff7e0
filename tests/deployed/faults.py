#!/usr/bin/env python3
"""What the deployed system does when its table and its queues fail, and when a function is killed at work.

    faults.py [FAULT…]      all of them unless some are named

A proxy stands between the functions and the emulator. For each fault a scraper posts offers, and tries
again whatever fails, as scrapers do, while so many of the functions' calls meet that fault. At the end
everyone has each offer once; what came twice bears its mark, and only a kill may double anything.
"""

import collections
import os
import pathlib
import signal
import sys
import time

import boto3
from place import REGION, Failed, Place
from system import BY_THE_CLOCK, STACK, System, Watcher, ask, check, until

WATCHERS = 3
# So many of each fault, and so many offers, before the next one has its turn.
AT_LEAST = 10
OFFERS = 5
PATIENCE = 120
MARK = "You may have received this message already."
# The answer of a call that was carried out breaks off before its body.
LOST = {"response": {"abort_bytes": 0}}
TABLE, QUEUE = {"service": "dynamodb"}, {"service": "sqs"}
COMMITS = ("TransactWriteItems", "BatchExecuteStatement", "PutItem", "UpdateItem")

# (what, how many of the calls, rules)
FAULTS = {
    "table throttles": (0.4, [TABLE | {"error": {"code": "ProvisionedThroughputExceededException"}}]),
    "table answers 500": (0.4, [TABLE | {"error": {"code": "InternalServerError", "status": 500}}]),
    "table is slow": (0.5, [TABLE | {"latency": {"min": 500, "max": 2500}}]),
    "table resets connections": (0.4, [TABLE | {"reset": True}]),
    "table's answer is lost after the commit": (0.4, [TABLE | LOST | {"operation": it} for it in COMMITS]),
    "queue throttles": (0.7, [QUEUE | {"error": {"code": "RequestThrottled", "status": 400}}]),
    "queue answers 500": (0.7, [QUEUE | {"error": {"code": "InternalError", "status": 500}}]),
    "queue is slow": (0.7, [QUEUE | {"latency": {"min": 500, "max": 2500}}]),
    "queue resets connections": (0.7, [QUEUE | {"reset": True}]),
    "queue's answer is lost after it took the message": (0.7, [QUEUE | LOST]),
}
KILL = "a function is killed in the middle of a batch"
KILLS = 3


class Proxy:
    """Makes calls fail on demand, and keeps account of it."""

    def __init__(self, url):
        self.url, self.rules, self.told = url, f"{url}/_microburst/rules", f"{url}/_microburst/stats"

    def warm(self, aws):
        """Its first call of each service takes seconds, which is none of the faults."""
        for service, call in {"dynamodb": "list_tables", "sqs": "list_queues", "secretsmanager": "list_secrets", "events": "list_rules"}.items():
            getattr(aws.client(service, endpoint_url=self.url), call)()

    def set(self, rules):
        ask("POST", self.rules, rules).must_be(200)

    def fired(self):
        """How many calls met a fault since the proxy began."""
        return ask("GET", self.told).must_be(200)["requests"]["faulted"]


class Round:
    """Offers of one page, posted while one kind of fault is about."""

    def __init__(self, system, name, number):
        self.system, self.name, self.injected = system, name, 0
        self.page = f"https://round-{number}.example/bikes"
        self.watchers = [Watcher(system, f"r{number}w{it}", [self.page]) for it in range(WATCHERS)]
        self.offers = []

    def post(self):
        """One more offer, until it is taken."""
        offer = self.system.offer(self.page)
        self.offers.append(offer)
        end = time.monotonic() + PATIENCE
        while True:
            answer = ask("POST", f"{self.system.url}/api/internal/offers", offer, self.system.key)
            if answer.status in (200, 201):
                return
            check(answer.status >= 500, f"an offer was refused: {answer.status} {answer.text}")
            check(time.monotonic() < end, f"an offer is not taken: {answer.status} {answer.text}")

    def missing(self):
        """What has not arrived."""
        return [
            (watcher.name, offer["title"])
            for watcher in self.watchers
            for had in [collections.Counter(self.lines(watcher))]
            for offer in self.offers
            if not had[offer["title"]]
        ]

    @staticmethod
    def lines(watcher):
        # A burst of offers comes as one message, with a dot before each.
        return [line.removeprefix("• ") for text in watcher.received() for line in text.split("\n")]

    def account(self):
        """Messages wanted, doubled ones, and those of them without a mark."""
        doubled = unmarked = 0
        for watcher in self.watchers:
            texts = watcher.received()
            for offer in self.offers:
                mine = [text for text in texts if f"{offer['title']}\n" in text]
                extra = len(mine) - 1
                doubled += extra
                unmarked += max(0, extra - sum(MARK in text for text in mine))
        return len(self.offers) * len(self.watchers), doubled, unmarked


def with_faults(proxy, round, share, rules):
    proxy.set([rule | {"probability": share} for rule in rules])
    before, end = proxy.fired(), time.monotonic() + PATIENCE
    while proxy.fired() - before < AT_LEAST or len(round.offers) < OFFERS:
        check(time.monotonic() < end, f"{round.name}: {proxy.fired() - before} of {AT_LEAST} injected in {PATIENCE} s")
        round.post()
        time.sleep(1)
    proxy.set([])
    round.injected = proxy.fired() - before


def workers(function, proxy):
    """The processes that the emulator behind this proxy runs a function in."""
    marks = {f"AWS_LAMBDA_FUNCTION_NAME={STACK}-{function}".encode(), f"AWS_ENDPOINT_URL={proxy.url}".encode()}
    for process in pathlib.Path("/proc").iterdir():
        if process.name.isdecimal():
            try:
                if marks <= set((process / "environ").read_bytes().split(b"\0")) and "bootstrap" in os.readlink(process / "exe"):
                    yield int(process.name)
            except OSError:
                continue


def in_flight(system):
    """Messages between claim and record."""
    found = [item for item in system.items("CHANNEL#") if item["sk"]["S"].startswith("DELIVERY#")]
    return {(it["pk"]["S"], it["sk"]["S"], it["run"]["S"]) for it in found if it["status"]["S"] in ("claimed", "sending")}


def with_kills(system, proxy, round):
    """Kills what delivers while a message is in the chat and Telegram's answer is still out."""
    caught = set()
    for _ in range(KILLS):
        slow = {"fault": {"kind": "slow", "ms": 5000}, "per_mille": 1000}
        ask("POST", f"{system.simulator}/faults", slow).must_be(200)
        before = system.sent()
        round.post()
        until(lambda: system.sent() > before, "a message goes out", PATIENCE)
        killed = 0
        for process in workers("deliver", proxy):
            os.kill(process, signal.SIGKILL)
            killed += 1
        check(killed, "a function was at work")
        caught |= in_flight(system)
        ask("DELETE", f"{system.simulator}/faults").must_be(200)
        round.injected += killed
    check(caught, "a kill met a message between claim and record")
    return len(caught)


def report(rounds):
    print(f"{'fault':<50} {'injected':>8} {'wanted':>7} {'lost':>5} {'doubled':>8} {'unmarked':>9}")
    totals = collections.Counter()
    for round in rounds:
        wanted, doubled, unmarked = round.account()
        lost = len(round.missing())
        print(f"{round.name:<50} {round.injected:>8} {wanted:>7} {lost:>5} {doubled:>8} {unmarked:>9}")
        totals.update(injected=round.injected, wanted=wanted, lost=lost, doubled=doubled, unmarked=unmarked)
    print(f"{'together':<50} " + "{injected:>8} {wanted:>7} {lost:>5} {doubled:>8} {unmarked:>9}".format(**totals), flush=True)
    return totals


def play(place, wanted):
    system, proxy = System(place), Proxy(place.proxy)
    proxy.warm(boto3.Session("test", "test", region_name=REGION))
    system.deploy()
    rounds, caught = [], 0
    # First, for what is left behind comes back with the clock, minutes later.
    if KILL in wanted:
        rounds.append(Round(system, KILL, 0))
        caught = with_kills(system, proxy, rounds[-1])
    for number, (name, (share, rules)) in enumerate(FAULTS.items(), 1):
        if name in wanted:
            rounds.append(Round(system, name, number))
            with_faults(proxy, rounds[-1], share, rules)
    until(lambda: not any(round.missing() for round in rounds), "everyone has everything", 2 * BY_THE_CLOCK)
    until(lambda: system.hints() == 0 and not system.timers(), "nothing is left over", BY_THE_CLOCK)
    totals = report(rounds)
    check(totals["lost"] == 0, "a message is lost")
    check(totals["unmarked"] == 0, "a message came twice without its mark")
    check(totals["doubled"] <= caught, f"{totals['doubled']} doubled, and {caught} in flight at the kills")
    check(not system.items("DEAD"), "no dead job is left")


def main(wanted):
    known = [KILL, *FAULTS]
    unknown = set(wanted) - set(known)
    check(not unknown, f"no such fault: {', '.join(sorted(unknown))}")
    with Place(faults=True) as place:
        try:
            play(place, wanted or known)
        except Exception:
            print(place.logs(), file=sys.stderr)
            raise


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failed as failure:
        sys.exit(str(failure))
