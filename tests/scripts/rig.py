"""The rig of load.py and crash.py: a Telegram simulator and a `hoopoe dev`, each a process of its own.

Watchers are spread over the pages of an offers file; a scraper posts the offers twice, singly and in batches,
and tries again whatever fails, as scrapers do. What the simulator has written down is then compared with
what the file calls for.
"""

import argparse
import collections
import dataclasses
import html
import json
import os
import pathlib
import random
import re
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

REPEAT_MARK = "You may have received this message already."
BATCH = 50
HREF = re.compile(r'<a href="([^"]+)"')


def arguments(description, **more):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("offers", type=pathlib.Path, help="offers, one JSON object a line")
    parser.add_argument("--watchers", type=int, default=50)
    parser.add_argument("--pages-each", type=int, default=2, help="pages that each watcher has")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bin-dir", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("CARGO_TARGET_DIR", "target")) / "release")
    parser.add_argument("--patience", type=float, default=900, help="seconds until the run has failed")
    parser.add_argument("--json", action="store_true")
    for name, options in more.items():
        parser.add_argument(f"--{name}", **options)
    return parser.parse_args()


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def call(method, url, body=None, headers=None, retry=True):
    """JSON in, (status, JSON, headers) out. A refused or broken connection and a 5xx are tried again."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    while True:
        try:
            request = urllib.request.Request(url, data, headers, method=method)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or b"null"), answer.headers
        except urllib.error.HTTPError as error:
            if error.code < 500 or not retry:
                return error.code, json.loads(error.read() or b"null"), error.headers
        except (OSError, http_error(), json.JSONDecodeError):
            if not retry:
                raise
        time.sleep(0.05)


def http_error():
    import http.client
    return http.client.HTTPException


class Process:
    """A child that can be killed and started again."""

    def __init__(self, command, ready, log, env=None):
        self.command, self.ready, self.log = [str(part) for part in command], ready, log
        # Each offer is a message of its own, so that each can be told apart.
        self.env = {**os.environ, "HOOPOE_BUNDLE_ABOVE": "0", **(env or {})}
        self.child = None

    def start(self):
        began = time.monotonic()
        self.child = subprocess.Popen(self.command, stdout=self.log, stderr=self.log, env=self.env)
        while True:
            if self.child.poll() is not None:
                raise SystemExit(f"{self.command[0]} ended with {self.child.returncode}; see {self.log.name}")
            try:
                call("GET", self.ready, retry=False)
                return time.monotonic() - began
            except (OSError, http_error()):
                time.sleep(0.005)

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self):
        self.child.send_signal(signal.SIGINT)
        self.child.wait(30)
        return self.child.returncode


@dataclasses.dataclass
class Watcher:
    chat: int
    pages: set


class Rig:
    def __init__(self, args):
        self.args = args
        self.random = random.Random(args.seed)
        self.offers = [json.loads(line) for line in args.offers.read_text().splitlines() if line.strip()]
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="hoopoe-rig-"))
        self.log = open(self.directory / "output.log", "w")
        self.telegram_log = self.directory / "telegram.jsonl"
        sim, dev = free_port(), free_port()
        self.sim_url, self.url = f"http://127.0.0.1:{sim}", f"http://127.0.0.1:{dev}"
        self.telegram = Process(
            [args.bin_dir / "telegram-simulator", "--port", sim, "--log", self.telegram_log, "--keep-messages", 100],
            f"{self.sim_url}/simulator/api/stats", self.log)
        self.state = self.directory / "state"
        self.dev = Process(
            [args.bin_dir / "hoopoe", "dev", "--port", dev, "--state", self.state, "--telegram-api-url", self.sim_url],
            f"{self.url}/healthz", self.log, {"HOOPOE_SIGN_UPS_PER_ADDRESS": "100000"})
        self.in_flight = set()
        self.starts = []
        self.units = {"write": 0.0, "read": 0.0}

    def say(self, text):
        if not self.args.json:
            print(text, flush=True)

    # Setting up

    def start(self):
        self.telegram.start()
        self.starts.append(self.dev.start())
        self.key = (self.state / "scraper-key").read_text().strip()
        self.bot = call("GET", f"{self.sim_url}/simulator/api/bots")[1]["bots"][0]["username"]
        pages = sorted({offer["page_url"] for offer in self.offers})
        self.watchers = []
        for number in range(self.args.watchers):
            mine = {pages[(number + place * 7) % len(pages)] for place in range(self.args.pages_each)}
            self.watchers.append(self.watcher(number, mine))
        self.say(f"{len(self.watchers)} watchers on {len(pages)} pages, {len(self.offers)} offers")

    def must(self, status, answer):
        if answer[0] != status:
            raise SystemExit(f"expected {status}: {answer[:2]}")
        return answer[1]

    def watcher(self, number, pages):
        account = {"username": f"watcher-{number}", "email": f"w{number}@example.com", "password": "a long password"}
        answer = call("POST", f"{self.url}/api/public/auth/signup", account)
        self.must(201, answer)
        session = {"Cookie": answer[2]["Set-Cookie"].split(";")[0]}
        target = {"name": f"Watch {number}", "page_urls": sorted(pages)}
        target = self.must(201, call("POST", f"{self.url}/api/public/targets", target, session))
        link = f"{self.url}/api/public/targets/{target['id']}/telegram-link"
        link = self.must(201, call("POST", link, None, session))
        chats = f"{self.sim_url}/simulator/api/chats"
        chat = call("POST", chats, {"kind": "private", "name": f"Watcher {number}"})[1]["id"]
        payload = urllib.parse.parse_qs(urllib.parse.urlparse(link["url"]).query)["start"][0]
        call("POST", f"{chats}/{chat}/start", {"bot": self.bot, "payload": payload})
        channel = f"{self.url}/api/notifications/channels/{link['channel_id']}"
        while call("GET", channel, None, session)[1]["status"] != "ACTIVE":
            time.sleep(0.01)
        return Watcher(chat, pages)

    # Working

    def post_all(self):
        key = {"Authorization": f"Bearer {self.key}"}
        began = time.monotonic()
        for offer in self.offers:
            status, body, _ = call("POST", f"{self.url}/api/internal/offers", offer, key)
            if status not in (200, 201):
                raise SystemExit(f"an offer was refused: {status} {body} {offer}")
        self.posted_in = time.monotonic() - began
        for at in range(0, len(self.offers), BATCH):
            batch = {"offers": self.offers[at:at + BATCH]}
            results = self.must(200, call("POST", f"{self.url}/api/internal/offers/batch", batch, key))["results"]
            assert all(result["status"] in (200, 201) for result in results), results

    def canonical(self):
        """The address that messages have, of each address in the file."""
        key = {"Authorization": f"Bearer {self.key}"}
        urls = {}
        for offer in self.offers:
            query = urllib.parse.urlencode({"url": offer["url"]})
            view = self.must(200, call("GET", f"{self.url}/api/internal/offers?{query}", None, key))
            urls[offer["url"]] = view["items"][0]["url"]
        return urls

    def kill(self):
        """kill -9, what was in flight, and the next start."""
        self.count_units()
        self.dev.kill()
        # What an earlier kill has left claimed is still claimed: leases last a minute.
        in_flight = self.claims() - self.in_flight
        self.in_flight |= in_flight
        self.starts.append(self.dev.start())
        return len(in_flight)

    def claims(self):
        """Messages between claim and record, as the dead process left them."""
        database = sqlite3.connect(self.state / "hoopoe.db")
        try:
            tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            found = set()
            for table in tables:
                columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
                if "item_json" not in columns:
                    continue
                rows = database.execute(f'SELECT pk, sk, item_json FROM "{table}" WHERE sk LIKE ?', ("%DELIVERY#%",))
                for pk, sk, item in rows:
                    item = json.loads(item)
                    if item.get("status", {}).get("S") in ("claimed", "sending"):
                        found.add((pk, sk, item.get("run", {}).get("S")))
            return found
        finally:
            database.close()

    def count_units(self):
        try:
            usage = call("GET", f"{self.url}/dev/usage", retry=False)[1]
        except (OSError, http_error()):
            return
        self.units["write"] += usage["write_units"]
        self.units["read"] += usage["read_units"]

    def sent(self):
        return call("GET", f"{self.sim_url}/simulator/api/stats")[1]["sent"]

    def wait_until_quiet(self):
        """Nothing was sent for a while and no timer waits."""
        give_up = time.monotonic() + self.args.patience
        last, since = self.sent(), time.monotonic()
        while time.monotonic() < give_up:
            time.sleep(0.25)
            now = self.sent()
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > 5:
                if call("POST", f"{self.url}/dev/hand-over")[1].get("timers") == 0:
                    return since
                time.sleep(5)
        raise SystemExit("it is never quiet")

    # Judging

    def judge(self):
        urls = self.canonical()
        wanted = {(watcher.chat, urls[offer["url"]])
                  for watcher in self.watchers for offer in self.offers if offer["page_url"] in watcher.pages}
        seen, marked, refused = collections.Counter(), collections.Counter(), collections.Counter()
        for line in self.telegram_log.read_text().splitlines():
            record = json.loads(line)
            if record["record"] != "call" or record["method"] != "sendMessage":
                continue
            if record["outcome"] != "sent":
                refused[record.get("error_code")] += 1
                continue
            links = HREF.findall(record.get("text") or "")
            if links:
                key = (record["chat_id"], html.unescape(links[-1]))
                seen[key] += 1
                marked[key] += REPEAT_MARK in record["text"]
        doubled = {key: count - 1 for key, count in seen.items() if count > 1}
        unmarked = sum(max(0, extra - marked[key]) for key, extra in doubled.items())
        return {
            "offers": len({urls[offer["url"]] for offer in self.offers}),
            "deliveries_wanted": len(wanted),
            "deliveries_seen": len(seen),
            "lost": len(wanted - set(seen)),
            "unexpected": len(set(seen) - wanted),
            "doubled": sum(doubled.values()),
            "doubled_unmarked": unmarked,
            "marked": sum(marked.values()),
            "in_flight_at_kills": len(self.in_flight),
            "429s": refused.pop(429, 0),
            "other_refusals": dict(refused),
        }


def run(args, kills=0):
    rig = Rig(args)
    rig.start()
    before = rig.sent()
    began = time.monotonic()
    poster = threading.Thread(target=rig.post_all)
    poster.start()
    deliveries = sum(offer["page_url"] in watcher.pages for watcher in rig.watchers for offer in rig.offers)
    busiest = max(sum(offer["page_url"] in watcher.pages for offer in rig.offers) for watcher in rig.watchers)
    estimate = max(deliveries / 29.2, busiest * 1.03)
    rig.say(f"{deliveries} deliveries, about {estimate:.0f} s at Telegram's rates")
    for at in sorted(rig.random.uniform(0.3, estimate) for _ in range(kills)):
        time.sleep(max(0.0, began + at - time.monotonic()))
        claimed = rig.kill()
        rig.say(f"  {time.monotonic() - began:6.1f} s  killed with {claimed} in flight; up again in {rig.starts[-1]:.2f} s; "
                f"{rig.sent() - before} sent")
    poster.join()
    last = rig.wait_until_quiet()
    rig.count_units()
    report = rig.judge()
    report.update(
        kills=kills,
        seconds=round(last - began, 1),
        posted_singly_in=round(rig.posted_in, 2),
        write_units=round(rig.units["write"]),
        read_units=round(rig.units["read"]),
        slowest_start=round(max(rig.starts), 3),
        exit_code=rig.dev.stop(),
    )
    rig.telegram.stop()
    report["ok"] = (report["lost"] == report["unexpected"] == report["doubled_unmarked"] == 0
                    and report["doubled"] <= report["in_flight_at_kills"])
    if args.json:
        print(json.dumps(report))
    else:
        for name, value in report.items():
            print(f"  {name:<20} {value}")
        print(f"  files                {rig.directory}")
    raise SystemExit(0 if report["ok"] else 1)
