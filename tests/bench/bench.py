#!/usr/bin/env python3
"""Measures Hoopoe on this machine and writes what it found to docs/performance/results.json.

    make bench                          all but scenarios; PEER=directory measures a peer in the same session
    tests/bench/bench.py --scenarios    and scenarios, which take an hour and a half more
    tests/bench/bench.py --quick        small sizes, one run each: does it all work?

Needs Linux (/proc), python3 and cargo. docs/performance.md says what each figure is.
"""
import argparse
import ast
import json
import os
import platform
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zipfile
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
FUNCTIONS = ["api", "clock", "courier-webhook", "deliver", "ingest", "prodamus-webhook", "stripe-webhook",
             "telegram-webhook"]
HELLO = "hello-function"
# What each function's first answer is asked for with: it reaches the table.
EVENTS = {"api": "api/sign-up.json", "clock": "clock/minute.json", "deliver": "deliver/hint.json",
          "courier-webhook": "courier-webhook/wrong-signature.json", "ingest": "ingest/find-unknown-offer.json",
          "prodamus-webhook": "prodamus-webhook/paid-base64.json",
          "stripe-webhook": "stripe-webhook/unsigned.json", "telegram-webhook": "telegram-webhook/start.json"}
TG, WEB, INGEST, AWS, RUNTIME = 58181, 58182, 58183, 58184, 58185
UNLIMITED = {"TELEGRAM_PER_SECOND": "1000000", "TELEGRAM_CHAT_INTERVAL_MS": "0"}
LIMITS = {"per_bot": 30, "per_chat_ms": 1000, "retry_after": 1}
TICK = os.sysconf("SC_CLK_TCK")
# What everyone posts: the load from here, the seed, and, in its own words, a peer.
OFFER = json.loads((ROOT / "tests" / "bench" / "offer.json").read_text())


def for_peer(offer):
    """The same offer as the peer takes it, but for the chats, which its body names."""
    def cents(price):
        return int(Decimal(price) * 100)

    more = offer["attributes"]
    return {"url": offer["url"], "title": offer["title"], "store": more["store"],
            "price_cents": cents(offer["price"]), "old_price_cents": cents(more["was"])}


def body_of_peer(peer):
    """The offer that a peer's own bench posts, where it says so: its `BODY`."""
    source = Path(peer) / "bench.py"
    for it in ast.parse(source.read_text()).body if source.exists() else []:
        if isinstance(it, ast.Assign) and getattr(it.targets[0], "id", None) == "BODY":
            return ast.literal_eval(it.value)
    return None


# ---- processes
class Process:
    """A child of ours, with what it used."""

    def __init__(self, name, command, env=None, log=None):
        self.name, self.peak_kb = name, 0
        out = open(log, "ab") if log else subprocess.DEVNULL
        self.child = subprocess.Popen(command, env={**os.environ, **(env or {})}, stdout=out, stderr=out)
        self.done = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while not self.done.wait(0.25):
            try:
                for line in open(f"/proc/{self.child.pid}/smaps_rollup"):
                    if line.startswith("Pss:"):
                        self.peak_kb = max(self.peak_kb, int(line.split()[1]))
            except OSError:
                return

    def cpu(self):
        """CPU seconds: the embedded table's thread, and the rest."""
        table = rest = 0
        for task in Path(f"/proc/{self.child.pid}/task").iterdir():
            try:
                name, fields = (task / "comm").read_text().strip(), (task / "stat").read_text()
            except OSError:
                continue
            fields = fields.rsplit(")", 1)[1].split()
            used = (int(fields[11]) + int(fields[12])) / TICK
            if name == "table":
                table += used
            else:
                rest += used
        return table, rest

    def stop(self):
        self.done.set()
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(25)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Others:
    """How many CPUs other programs kept busy meanwhile: the noise."""

    def __enter__(self):
        self.begin = self._now()
        return self

    def __exit__(self, *_):
        end = self._now()
        wall, busy, own = (e - b for e, b in zip(end, self.begin))
        self.cpus = round(max(0.0, (busy - own) / max(wall, 1e-9)), 3)

    def _now(self):
        numbers = [int(n) for n in open("/proc/stat").readline().split()[1:]]
        user, nice, system, _, _, irq, softirq = numbers[:7]
        busy = (user + nice + system + irq + softirq) / TICK
        return time.time(), busy, sum(_cpu_of(pid) for pid in _family(os.getpid()))


def _family(pid):
    pids, front = [pid], [pid]
    while front:
        found = []
        for parent in front:
            try:
                for task in Path(f"/proc/{parent}/task").iterdir():
                    found += [int(child) for child in (task / "children").read_text().split()]
            except OSError:
                pass
        pids += found
        front = found
    return pids


def _cpu_of(pid):
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(n) for n in fields[11:15]) / TICK
    except OSError:
        return 0.0


def wait_idle(seconds):
    """Until others use less than a quarter of a CPU for 2 s, at most so long."""
    end = time.time() + seconds
    while time.time() < end:
        with Others() as others:
            time.sleep(2)
        if others.cpus < 0.25:
            return


def http(method, url, body=None, headers=None):
    data = json.dumps(body).encode() if body is not None else None
    headers = {"content-type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


def until(condition, seconds, what):
    end = time.time() + seconds
    while time.time() < end:
        try:
            if condition():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise SystemExit(f"bench: waited in vain for {what}")


# ---- what is measured
class Bench:
    def __init__(self, arguments):
        self.quick, self.peer = arguments.quick, arguments.peer
        self.work = Path(tempfile.mkdtemp(prefix="hoopoe-bench-"))
        self.logs = self.work / "log"
        self.fake = None

    def size(self, full, quick):
        return quick if self.quick else full

    def binary(self, name):
        return str(TARGET / ("lambda" if name in (*FUNCTIONS, HELLO) else "release") / name)

    def start_fake(self):
        """The Bot API that everyone sends to: the peer's own where there is a peer, for equal terms."""
        own = [self.binary("fake-bot-api"), "--port", str(TG)]
        if self.peer:
            own[0] = str(TARGET / "peer-tools" / "release" / "faketg")
        self.fake = Process("fake", own)
        until(lambda: self.telegram("/count"), 10, "the fake Bot API")

    def telegram(self, path, body=None):
        return http("POST" if body is not None else "GET", f"http://127.0.0.1:{TG}{path}", body)

    def load(self, port, path, body, n, c, *more, key=None):
        command = [self.binary("load"), "--port", str(port), "--path", path, "--body", json.dumps(body),
                   "-n", str(n), "-c", str(c), *[str(it) for it in more]]
        if key:
            command += ["--header", f"authorization: Bearer {key}"]
        out = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
        return json.loads(out)

    def state(self, chats, offers=0, together=False, timers=None):
        state = Path(tempfile.mkdtemp(dir=self.work))
        command = [self.binary("seed"), "--file", str(state / "hoopoe.db"), "--chats", str(chats),
                   "--offers", str(offers)]
        command += ["--together"] if together else []
        command += ["--timers", str(timers[0]), "--from-now", str(timers[1]), "--within", str(timers[2])] if timers else []
        subprocess.run(command, check=True, timeout=600)
        return state

    def dev(self, state, limited=False):
        # Each offer is a message of its own, as the peer sends it.
        env = {"HOOPOE_LOG": "warn", "HOOPOE_BUNDLE_ABOVE": "0", **({} if limited else UNLIMITED)}
        command = [self.binary("hoopoe"), "dev", "--port", str(WEB), "--state", str(state),
                   "--telegram-api-url", f"http://127.0.0.1:{TG}"]
        return Process("hoopoe", command, env, self.logs)

    def usage(self):
        return http("GET", f"http://127.0.0.1:{WEB}/dev/usage")

    # -- phases; each returns one flat dict of numbers
    def raw(self):
        """The HTTP client alone: the same message to the same fake over 16 connections."""
        self.telegram("/reset", {})
        body = {"chat_id": "{chat}", "text": "<b>Headphones</b> {i}", "parse_mode": "HTML"}
        r = self.load(TG, "/bot1:bench/sendMessage", body, self.size(20000, 2000), 16, "--reqwest")
        return {"per_s": r["per_s"], "p50_ms": r["ms"]["p50"], "p99_ms": r["ms"]["p99"]}

    def drain(self, offers, chats, together, limits=None):
        """All is queued before the process starts; from the first send to the last."""
        state = self.state(chats, offers, together)
        self.telegram("/reset", limits or {})
        n, begin = offers * chats if together else offers, time.time()
        with self.dev(state, limited=bool(limits)) as dev:
            until(lambda: self.telegram("/count")["count"] > 0, 30, "the first message")
            first = time.time() - begin
            runs = []
            until(lambda: self._counted(n, runs if limits else None), 300, f"{n} messages")
            until(lambda: self.usage()["busy"] == 0, 30, "the last record")
            (table, rest), usage, peak = dev.cpu(), self.usage(), dev.peak_kb
        shutil.rmtree(state)
        s = self.telegram("/stats")
        out = {
            "per_s": s["per_s"], "span_s": s["span_s"], "first_send_s": first, "duplicates": s["duplicates"],
            "rejected_429": s["rejected_429"], "cpu_s_per_1000": rest * 1000 / n,
            "cpu_table_s_per_1000": table * 1000 / n, "peak_pss_mb": peak / 1024,
            "write_units_per_message": usage["write_units"] / n, "read_units_per_message": usage["read_units"] / n,
            "calls_per_message": sum(usage["calls"].values()) / n,
        }
        if limits:
            out["utilisation"] = n / limits["per_bot"] / s["span_s"]
            out["refused_per_send"] = s["rejected_429"] / n
            # What the deliver function's runs would be billed for: they wait for their slots.
            out["run_s_per_message"] = statistics.mean(runs or [0]) * s["span_s"] / n
            out["chat_gap_p50_ms"], out["chat_gap_p90_ms"] = s["chat_gap_ms"]["p50"], s["chat_gap_ms"]["p90"]
        return out

    def _counted(self, n, runs):
        """Whether that many messages have come; with `runs`, notes how many runs are under way."""
        if runs is not None:
            runs.append(self.usage()["busy"])
        return self.telegram("/count")["count"] >= n

    def busy_chats(self):
        """Ten chats that have more to receive than one message a second: the chats' limit, not the bot's."""
        offers = self.size(300, 50)
        out = self.drain(offers, 10, False, LIMITS)
        out["chat_utilisation"] = (offers / 10 - 1) / out["span_s"]
        return out

    def accept(self, channels):
        """Posts to the ingest function's own routes over an embedded table, with nobody delivering."""
        state = self.state(channels, together=True)
        offer = {**OFFER, "page_url": "https://shop.example/list/0"}
        command = [self.binary("serve-ingest"), "--port", str(INGEST), "--file", str(state / "hoopoe.db")]
        n, post = self.size(1000, 200), "/api/internal/offers"
        with Process("ingest", command, log=self.logs) as ingest:
            until(lambda: self._usage_of_ingest(), 10, "the ingest function")
            self.load(INGEST, post, {**offer, "url": "https://shop.example/w/{i}"}, 50, 8, key="bench")
            before, units = ingest.cpu(), self._usage_of_ingest()
            many = self.load(INGEST, post, offer, n, 8, key="bench")
            after, used = ingest.cpu(), self._usage_of_ingest()
            one = self.load(INGEST, post, offer, n, 1, key="bench")
            known = self.load(INGEST, post, {**offer, "url": "https://shop.example/same"}, n // 4, 8, key="bench")
            peak = ingest.peak_kb
        shutil.rmtree(state)
        assert many["codes"] == {"201": n} == one["codes"], (many, one)
        assert known["codes"] == {"201": 1, "200": n // 4 - 1}, known
        table, rest = (a - b for a, b in zip(after, before))
        return {
            "per_s": many["per_s"], "p50_ms": many["ms"]["p50"], "p99_ms": many["ms"]["p99"],
            "p50_c1_ms": one["ms"]["p50"], "p99_c1_ms": one["ms"]["p99"], "known_per_s": known["per_s"],
            "cpu_s_per_1000": rest * 1000 / n, "cpu_table_s_per_1000": table * 1000 / n, "peak_pss_mb": peak / 1024,
            "write_units_per_offer": (used["write_units"] - units["write_units"]) / n,
            "calls_per_offer": (used["calls"] - units["calls"]) / n,
        }

    def _usage_of_ingest(self):
        return http("GET", f"http://127.0.0.1:{INGEST}/usage")

    def post_to_message(self):
        """20 offers a second, each for one chat, everything running: from the call to the message."""
        state, rate = self.state(1000), 20
        n = rate * self.size(20, 5)
        with self.dev(state) as dev:
            until(lambda: (state / "scraper-key").exists() and self.usage(), 20, "hoopoe dev")
            key = (state / "scraper-key").read_text().strip()
            warm = {**OFFER, "url": "https://shop.example/w/{i}"}
            self.load(WEB, "/api/internal/offers", warm, 40, 4, "--chats", 1000, key=key)
            until(lambda: self.telegram("/count")["count"] >= 40 or self.telegram("/count"), 5, "warm-up")
            time.sleep(1)
            self.telegram("/reset", {})
            before = dev.cpu()
            r = self.load(WEB, "/api/internal/offers", OFFER, n, 16, "--rate", rate, "--chats", 1000, key=key)
            until(lambda: self.telegram("/count")["count"] >= n, 30, f"{n} messages")
            table, rest = (a - b for a, b in zip(dev.cpu(), before))
            peak = dev.peak_kb
        shutil.rmtree(state)
        s = self.telegram("/stats")
        assert r["codes"] == {"201": n} and s["duplicates"] == 0, (r, s)
        return {"post_p50_ms": r["ms"]["p50"], "post_p99_ms": r["ms"]["p99"], "p50_ms": s["e2e_ms"]["p50"],
                "p99_ms": s["e2e_ms"]["p99"], "cpu_s_per_1000": rest * 1000 / n,
                "cpu_table_s_per_1000": table * 1000 / n, "peak_pss_mb": peak / 1024}

    def lateness(self):
        """Timers due at random instants of a minute, in a real process; no limit of Telegram's in the way."""
        n, within = self.size(10000, 500), self.size(60, 10)
        state = self.state(0, timers=(n, self.size(12, 6), within))
        self.telegram("/reset", {})
        with self.dev(state):
            until(lambda: self.telegram("/count")["count"] >= n, within + 60, f"{n} timers")
        shutil.rmtree(state)
        s = self.telegram("/stats")
        assert s["duplicates"] == 0, s
        return {f"late_{k}_ms": s["e2e_ms"][k] for k in ("p50", "p99", "min", "max")} | {"timers": n}

    def virtual_lateness(self):
        """The same in virtual time, where only the engine's own rules make anything late."""
        n = self.size(100000, 2000)
        return self._simulated("timers", "--timers", str(n))

    def _simulated(self, program, *arguments, timeout=900):
        command = [self.binary(program), *arguments, "--json"]
        out = subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout).stdout
        return json.loads(out.strip().splitlines()[-1])

    def scenarios(self):
        """Contacts of one bot go through scenarios for thirty days of virtual time; nothing may be found wrong."""
        size = self.size(["10000", "30", "120", "60"], ["100", "2", "20", "4"])
        names = ["--contacts", "--days", "--edits", "--troubles"]
        arguments = [word for pair in zip(names, size) for word in pair]
        with tempfile.TemporaryDirectory(dir=self.work) as directory:
            file = str(Path(directory) / "table.db")
            return self._simulated("scenarios", *arguments, "--file", file, timeout=4 * 3600)

    def growth_watchers(self):
        counts = self.size([1, 100, 1000, 10000, 100000], [1, 100, 1000])
        points = [self._fan_out(count) for count in counts]
        more = points[-1]["peak_mb"] - next(it["peak_mb"] for it in points if it["watchers"] == 1000)
        assert more <= 10, f"{more:.1f} MB more at {counts[-1]} than at 1000 watchers: memory grows with the audience"
        return {"points": points}

    def _fan_out(self, watchers):
        directory = Path(tempfile.mkdtemp(dir=self.work))
        place = ["--watchers", str(watchers), "--file", str(directory / "table.db")]
        subprocess.run([self.binary("fanout"), *place, "--prepare"], check=True, timeout=600)
        out = self._simulated("fanout", *place)
        shutil.rmtree(directory)
        return out

    def growth_timers(self):
        counts = self.size([100, 1000, 10000, 100000], [100, 1000])
        return {"points": [self._simulated("timers", "--timers", str(count)) for count in counts]}

    def growth_table(self):
        counts = self.size([1000, 10000, 100000, 1000000], [1000, 10000])
        command = [self.binary("grow"), "--file", str(self.work / "grow.db"), *[str(count) for count in counts]]
        out = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900).stdout
        return {"points": [json.loads(line) for line in out.splitlines()]}

    def start_up(self):
        """exec to the first poll of the Runtime API; connections of a first answer; sizes."""
        with FakeAws() as aws:
            out = {"hello": self._start_up_of(HELLO, aws)}
            for name in FUNCTIONS:
                out[name] = self._start_up_of(name, aws)
        hello = out["hello"]["first_poll_ms"]
        return {"functions": out, "most_connections_of_first_answer": max(it["connections_of_first_answer"] for it in out.values()),
                "most_times_hello": max(it["first_poll_ms"] for it in out.values()) / hello,
                "largest_zip_mb": max(it["zip_mb"] for it in out.values())}

    def _start_up_of(self, name, aws):
        binary, runs = self.binary(name), []
        event = (ROOT / "events" / EVENTS[name]).read_bytes() if name in EVENTS else b"{}"
        for _ in range(self.size(15, 3)):
            aws.connections = 0
            runs.append(_first_poll(binary, aws, event))
        archive = self.work / f"{name}.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
            z.write(binary, "bootstrap")
        return {"first_poll_ms": statistics.median(it["ms"] for it in runs), "rss_mb": runs[-1]["rss_mb"],
                "connections_at_start": runs[-1]["connections"],
                "connections_of_first_answer": max(it["later"] for it in runs),
                "binary_mb": os.path.getsize(binary) / 1e6, "zip_mb": archive.stat().st_size / 1e6}

    def peer_results(self, phases, repeat):
        """The peer's own benches, in the same session; its fresh figures are the only ones we divide by."""
        posted = body_of_peer(self.peer)
        assert posted in (None, for_peer(OFFER)), f"the peer posts another offer: {posted}"
        run = self.work / "peer"
        command = [str(Path(self.peer) / "run.sh"), "--phases", ",".join(phases), "--repeat", str(repeat),
                   "--out", str(run / "results"), "--wait-idle", "5"]
        command += ["--quick"] if self.quick else []
        env = {**os.environ, "PEER_RUN": str(run), "CARGO_TARGET_DIR": str(TARGET / "peer-tools")}
        run.mkdir()
        run.chmod(0o755)
        self.work.chmod(0o755)
        subprocess.run(command, check=True, env=env, timeout=1800, stdout=sys.stderr)
        return json.loads((run / "results.json").read_text())


class FakeAws:
    """Answers any AWS call with an empty object, so that warm-up has someone to talk to."""

    def __enter__(self):
        outer = self
        self.connections = 0

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # One segment an answer, at once: else each would wait for an acknowledgement of the one before.
            wbufsize = 65536
            disable_nagle_algorithm = True

            def setup(self):
                outer.connections += 1
                super().setup()

            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                secret = "secretsmanager" in self.headers.get("x-amz-target", "")
                held = {"telegram_bot_token": "1:bench", "telegram_bot_username": "bench_bot",
                        "telegram_webhook_secret": "webhook-secret"}
                body = json.dumps({"SecretString": json.dumps(held)} if secret else {}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/x-amz-json-1.0")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_HEAD = do_POST

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", AWS), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def _first_poll(binary, aws, event):
    """Plays Lambda's Runtime API for one start: from exec to GET …/invocation/next, and one event."""
    env = {
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{RUNTIME}", "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_LOG_GROUP_NAME": "bench", "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
        "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{AWS}", "HOOPOE_TABLE": "bench", "HOOPOE_SECRET": "bench",
        "HOOPOE_QUEUE_PEOPLE": f"http://127.0.0.1:{AWS}/1/people", "HOOPOE_QUEUE_BULK": f"http://127.0.0.1:{AWS}/1/bulk",
        "HOOPOE_EVENT_BUS": "bench", "SITE_URL": "https://hoopoe.example", "HOOPOE_LOG": "error",
        "TELEGRAM_API_URL": f"http://127.0.0.1:{AWS}", "TELEGRAM_BOT_TOKEN": "1:bench",
        "TELEGRAM_BOT_USERNAME": "bench_bot", "TELEGRAM_WEBHOOK_SECRET": "bench",
    }
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", RUNTIME))
        listener.listen()
        listener.settimeout(10)
        begin = time.perf_counter()
        child = subprocess.Popen([binary], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            connection, _ = listener.accept()
            line = connection.recv(4096)
            ms = (time.perf_counter() - begin) * 1000
            if b"/invocation/next" not in line:
                raise SystemExit(f"bench: {binary} began with {line[:80]!r}")
            status = Path(f"/proc/{child.pid}/status").read_text()
            rss = int(next(it for it in status.splitlines() if it.startswith("VmRSS")).split()[1])
            at_start = aws.connections
            _first_answer(listener, connection, event)
            return {"ms": ms, "rss_mb": rss / 1024, "connections": at_start, "later": aws.connections - at_start}
        finally:
            child.kill()
            child.wait()


def _first_answer(listener, connection, event):
    """Hands the function its first event and waits for what it answers, on whichever connection."""
    head = ("HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: 1\r\n"
            f"lambda-runtime-deadline-ms: {int(time.time() * 1000) + 28000}\r\n"
            "lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:1:function:bench\r\n"
            f"content-type: application/json\r\ncontent-length: {len(event)}\r\n\r\n")
    connection.sendall(head.encode() + event)
    open_ones, end = [connection], time.time() + 10
    while time.time() < end:
        ready, _, _ = select.select([listener, *open_ones], [], [], 1)
        for it in ready:
            if it is listener:
                open_ones.append(listener.accept()[0])
                continue
            data = it.recv(65536)
            if not data:
                open_ones.remove(it)
            elif data.startswith(b"POST") and b"/response" in data.split(b"\r\n", 1)[0]:
                return
            elif data.startswith(b"POST"):
                raise SystemExit(f"bench: the first answer was {data[:300]!r}")
    raise SystemExit("bench: no first answer within 10 s")


# ---- the whole
def phases(bench):
    size = bench.size
    return {
        "raw": bench.raw,
        "drain-1000x20": lambda: bench.drain(size(1000, 50), 20, True),
        "drain-5000x1": lambda: bench.drain(size(5000, 500), size(1000, 100), False),
        "accept-1": lambda: bench.accept(1),
        "accept-20": lambda: bench.accept(20),
        "accept-1000": lambda: bench.accept(1000),
        "post-to-message": bench.post_to_message,
        "limit-bot": lambda: bench.drain(size(900, 150), size(300, 100), False, LIMITS),
        "limit-chats": bench.busy_chats,
        "lateness": bench.lateness,
        "lateness-virtual": bench.virtual_lateness,
        "growth-watchers": bench.growth_watchers,
        "growth-timers": bench.growth_timers,
        "growth-table": bench.growth_table,
        "scenarios": bench.scenarios,
        "start-up": bench.start_up,
    }


# What of a peer is measured beside a phase.
OF_PEER = {
    "raw": ["raw-reqwest"], "accept-1": ["accept-1"], "accept-20": ["accept-20"],
    "post-to-message": ["e2e-20ps"], "drain-1000x20": ["drain-1000x20"], "drain-5000x1": ["drain-5000x1"], "limit-bot": ["limit-naive", "limit-rate28"],
}
# Too long for every time: measured where it is asked for, or at small sizes. Else its result stays as it was.
ON_REQUEST = {"scenarios"}
# Long or steady: one run each.
ONCE = {"limit-chats", "lateness", "lateness-virtual", "growth-watchers", "growth-timers", "growth-table", "scenarios", "start-up"}


STAMP = TARGET / "bench-commit"


def commit():
    """The commit that stands here, with a plus where files were changed since."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()

    try:
        # What earlier phases have written there is not measured.
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!docs")
        return git("rev-parse", "--short=7", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def built_commit():
    """The commit of the binaries that are there, unless someone else has built one since."""
    built = [TARGET / "release" / name for name in ("hoopoe", "serve-ingest", "fanout", "timers", "scenarios")]
    built += [TARGET / "lambda" / name for name in FUNCTIONS]
    try:
        if all(it.stat().st_mtime <= STAMP.stat().st_mtime for it in built):
            return STAMP.read_text() or None
    except OSError:
        pass
    return None


def build(peer):
    """The simulation's switches for broken rules must not be in what is measured. Functions are built as for Lambda."""
    base, before = ["cargo", "build", "--release", "--locked", "--quiet"], commit()
    of_lambda = ["cargo", "build", "--profile", "lambda", "--locked", "--quiet", "--bins"]
    functions = [part for name in FUNCTIONS for part in ("-p", name)]
    subprocess.run([*base, "-p", "hoopoe", "-p", "bench"], cwd=ROOT, check=True)
    subprocess.run([*of_lambda, *functions], cwd=ROOT, check=True)
    subprocess.run([*of_lambda[:-1], "-p", "bench", "--bin", HELLO], cwd=ROOT, check=True)
    subprocess.run([*base, "-p", "simulation"], cwd=ROOT, check=True)
    if peer:
        tools = Path(peer) / "tools" / "Cargo.toml"
        env = {**os.environ, "CARGO_TARGET_DIR": str(TARGET / "peer-tools")}
        subprocess.run([*base, "--manifest-path", str(tools)], env=env, check=True)
    # What changed while it was built may be in some of it.
    STAMP.write_text(before or "" if commit() == before else "")


def median(runs):
    def of(key):
        values = [run[key] for run in runs if run.get(key) is not None]
        if not values or not isinstance(values[0], (int, float)):
            return values[0] if values else None
        return statistics.median(values)

    return {key: of(key) for key in runs[0]}


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    return {"cpus": os.cpu_count(), "model": model, "kernel": platform.release(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)}


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(it) for key, it in value.items()}
    return [rounded(it) for it in value] if isinstance(value, list) else value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run each")
    parser.add_argument("--repeat", type=int, default=3, help="runs of which the median counts")
    parser.add_argument("--scenarios", action="store_true", help="scenarios too: an hour and a half more")
    parser.add_argument("--only", help="phases, comma-separated; the others' results stay as they are")
    parser.add_argument("--peer", default=os.environ.get("PEER") or None, help="directory of a peer with a run.sh")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "performance" / "results.json")
    parser.add_argument("--no-build", action="store_true", help="the release binaries are there")
    parser.add_argument("--wait-idle", type=float, default=10, help="seconds to wait for a quiet machine before a run")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not arguments.no_build:
        build(arguments.peer)
    bench = Bench(arguments)
    when, of = time.strftime("%FT%TZ", time.gmtime()), built_commit()
    document = {"when": when, "quick": arguments.quick, "machine": machine(), "results": {}}
    before = json.loads(arguments.out.read_text()) if arguments.out.exists() else document
    # What is not measured now stands as it was, and says from when it is.
    for result in before["results"].values():
        result.setdefault("when", before["when"])
    if arguments.only:
        document = {**before, "when": when}
    elif not (arguments.quick or before["quick"]):
        document["results"] = {name: it for name, it in before["results"].items() if name in ON_REQUEST}
    try:
        chosen = phases(bench)
        if arguments.only:
            chosen = {name: chosen[name] for name in arguments.only.split(",")}
        elif not (arguments.quick or arguments.scenarios):
            chosen = {name: it for name, it in chosen.items() if name not in ON_REQUEST}
        theirs = [it for name in chosen for it in OF_PEER.get(name, [])]
        known = document.get("peer", {}).get("results", {})
        for name in theirs:
            known.pop(name, None)
        if arguments.peer and theirs:
            fresh = bench.peer_results(theirs, 1 if arguments.quick else arguments.repeat)
            document["peer"] = {**fresh, "results": {**known, **fresh["results"]}}
        bench.start_fake()
        for name, phase in chosen.items():
            runs = []
            for _ in range(1 if arguments.quick or name in ONCE else arguments.repeat):
                wait_idle(arguments.wait_idle)
                with Others() as others:
                    runs.append(phase())
                runs[-1]["others_cpus"] = others.cpus
            result = {"runs": len(runs), **median(runs)}
            if len(runs) > 1 and "per_s" in runs[0]:
                result["per_s_all"] = [run["per_s"] for run in runs]
            document["results"][name] = rounded(result) | {"when": when, "commit": of}
            print(name, json.dumps(document["results"][name]), flush=True)
    except BaseException:
        if bench.logs.exists():
            print(bench.logs.read_text()[-4000:], file=sys.stderr)
        raise
    finally:
        if bench.fake:
            bench.fake.stop()
        shutil.rmtree(bench.work, ignore_errors=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(document, indent=1) + "\n")
    print("written:", arguments.out)


if __name__ == "__main__":
    main()
