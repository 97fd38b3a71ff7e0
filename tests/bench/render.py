#!/usr/bin/env python3
"""Writes the figures of docs/performance/results.json into docs/performance.md, and its charts beside the file.

    tests/bench/render.py [results.json]

Only what stands between `<!-- figures:NAME -->` and `<!-- end -->` is written. Needs python3 alone.
"""
import json
import re
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "performance.md"
CHARTS = ROOT / "docs" / "performance"

# us-east-1, in dollars: a million of units, requests or custom events, a GB-second of Lambda on arm64.
PRICES = {"write": 0.625, "read": 0.125, "sqs": 0.40, "lambda": 0.20, "http": 1.00, "event": 1.00, "gb_s": 0.0000133334}
# Of template.yaml: the memory of ingest and deliver.
MEMORY_GB = 0.25
CHANNELS = 20
# How many channels an accepted offer goes to where its cost is measured.
AUDIENCES = (1, 20, 1000)
# Sent, received, deleted.
SQS_REQUESTS = 3
MESSAGES = 1_000_000
# Why one chat an offer has so small a share of the raw client, in a sentence for the page; empty as long as nobody has looked.
WHY_ONE_CHAT_IS_SLOW = ""
# Recipients of a page, which is one hint.
RECIPIENTS = 100
# Write units of a job that leaves its run for a chat's next second; a hint brings it back (ADR 8).
LEAVING = 4
# The phases whose figures a section shows.
ORIGINS = {"price": ["drain-1000x20", "drain-5000x1", "accept-20", "limit-bot", "limit-chats", "growth-watchers"],
           **{name: [name] for name in ("start-up", "growth-watchers", "growth-timers", "growth-table", "scenarios")}}


def number(value, digits=3):
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    text = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.{digits}g}"
    return text


class Results:
    def __init__(self, document):
        self.document, self.ours = document, document["results"]
        self.peer = document.get("peer", {}).get("results", {})

    def get(self, phase, key):
        return self.ours.get(phase, {}).get(key)

    def of_peer(self, phase, key):
        return self.peer.get(phase, {}).get(key)

    def origin(self, *phases):
        """Of which day and commit these figures are; the day alone where no commit was saved."""
        runs = [self.ours[phase] for phase in phases if phase in self.ours]
        found = {(run.get("when", self.document["when"])[:10], run.get("commit")) for run in runs}
        return ", ".join(f"{day} `{commit}`" if commit else day for day, commit in sorted(found, key=str))


def ratio(ours, theirs):
    return None if not ours or not theirs else ours / theirs


def verdict(value, limit, at_least=False):
    if value is None:
        return "not measured"
    return "met" if (value >= limit if at_least else value <= limit) else "**missed**"


def budget(r):
    """The budget's rows: what, the budget, measured, the baseline of the same session, verdict, of when."""
    rows = []

    def row(phases, what, limit, value, baseline="", met=None, unit=""):
        rows.append((what, limit, number(value) + (unit if value is not None else ""), baseline, met, r.origin(*phases.split())))

    raw = r.get("raw", "per_s")
    for phase, what in (("drain-1000x20", "1,000 offers × 20 chats"), ("drain-5000x1", "5,000 offers × 1 chat")):
        own, theirs = r.get(phase, "per_s"), r.of_peer(phase, "per_s")
        times, share = ratio(own, theirs), ratio(own, raw)
        row(phase, f"deliveries/s, {what}", "≥ 5 × the peer", own, f"peer {number(theirs)}: {number(times)} ×",
            verdict(times, 5, at_least=True))
        row(f"raw {phase}", "… of the raw HTTP client", "≥ 0.15", share, f"raw client {number(raw)}/s", verdict(share, 0.15, at_least=True))
    for phase in ("drain-1000x20", "drain-5000x1"):
        own = r.get(phase, "cpu_s_per_1000")
        table = r.get(phase, "cpu_table_s_per_1000")
        row(phase, f"CPU-s per 1,000 deliveries, {phase}", "≤ 0.4", own,
            f"embedded table {number(table)} on top; peer {number(r.of_peer(phase, 'cpu_s_per_1000'))} in all", verdict(own, 0.4))
    own = r.get("accept-20", "cpu_s_per_1000")
    row("accept-20", "CPU-s per 1,000 accepted offers (20 channels)", "≤ 0.6", own,
        f"embedded table {number(r.get('accept-20', 'cpu_table_s_per_1000'))} on top; peer {number(r.of_peer('accept-20', 'cpu_s_per_1000'))} in all",
        verdict(own, 0.6))
    for key, limit, name in (("p50_c1_ms", 2, "p50"), ("p99_c1_ms", 5, "p99")):
        own = r.get("accept-20", key)
        row("accept-20", f"POST offer {name}, one connection", f"≤ {limit} ms", own, f"peer {number(r.of_peer('accept-20', key))} ms", verdict(own, limit), " ms")
    for key, theirs, limit, name in (("p50_ms", "e2e_p50_ms", 8, "p50"), ("p99_ms", "e2e_p99_ms", 30, "p99")):
        own = r.get("post-to-message", key)
        row("post-to-message", f"POST to message {name}, 20/s", f"≤ {limit} ms", own, f"peer {number(r.of_peer('e2e-20ps', theirs))} ms", verdict(own, limit), " ms")
    loads = ("drain-1000x20", "drain-5000x1", "post-to-message")
    own = max(r.get(phase, "peak_pss_mb") or 0 for phase in loads) or None
    row(" ".join(loads), "peak memory of `hoopoe dev`", "≤ 60 MB", own, f"peer {number(r.of_peer('drain-1000x20', 'peak_pss_mb'))} MB", verdict(own, 60), " MB")
    own = r.get("limit-bot", "utilisation")
    theirs = " / ".join(number(r.of_peer(phase, "utilisation")) for phase in ("limit-naive", "limit-rate28"))
    row("limit-bot", "share used of 30/s, 300 chats", "≥ 0.97", own, f"peer {theirs}", verdict(own, 0.97, at_least=True))
    own = r.get("limit-chats", "chat_utilisation")
    gap = number(r.get("limit-chats", "chat_gap_p50_ms"))
    row("limit-chats", "share used of 1/s a chat, 10 busy chats", "≥ 0.97", own, f"half the gaps at most {gap} ms", verdict(own, 0.97, at_least=True))
    own = r.get("limit-bot", "refused_per_send")
    theirs = " / ".join(number(r.of_peer(phase, "refused_per_send")) for phase in ("limit-naive", "limit-rate28"))
    row("limit-bot", "429s a send", "0", own, f"peer {theirs}", verdict(own, 0))
    row(" ".join(f"accept-{count}" for count in AUDIENCES), f"write units per accepted offer, {audiences()} channels", "≤ 6, none per channel",
        *accept_units(r))
    if not cases(r):
        row("", "write units per delivered message", "≤ 2.1", None, "", verdict(None, 2.1))
    for place, case in enumerate(cases(r)):
        own = case.message["write_units_per_message"]
        row(case.phases[0], f"{'…' if place else 'write units per delivered message:'} {case.what}", "≤ 2.1", own,
            "" if case.offer_apart else "the offer's own among them", verdict(own, 2.1))
    own = r.get("drain-1000x20", "calls_per_message")
    row("drain-1000x20 drain-5000x1 limit-bot limit-chats", "table calls per delivered message", "≤ 0.5", own, "one chat an offer: " + ", ".join(f"{number(r.get(phase, 'calls_per_message'))} {when}" for phase, when in (
            ("drain-5000x1", "in a backlog"), ("limit-bot", "at the bot's limit"), ("limit-chats", "at the chats'"))), verdict(own, 0.5))
    for phase, what in (("lateness-virtual", "virtual time, 100,000"), ("lateness", "wall clock, 10,000")):
        for key, limit, name in (("late_p50_ms", 500, "p50"), ("late_p99_ms", 1000, "p99")):
            own = r.get(phase, key)
            early = r.get(phase, "late_min_ms")
            row(phase, f"timer lateness {name}, {what}", f"≤ {limit} ms", own, f"earliest {number(early)} ms", verdict(own, limit), " ms")
    own = r.get("start-up", "most_times_hello")
    row("start-up", "exec to first poll, slowest function against hello world", "≤ 4 ×", own, "", verdict(own, 4), " ×")
    own = r.get("start-up", "most_connections_of_first_answer")
    row("start-up", "connections that a first answer opens", "0", own, "", verdict(own, 0))
    own = r.get("start-up", "largest_zip_mb")
    row("start-up", "largest zip", "≤ 4 MB", own, "", verdict(own, 4), " MB")
    known = prices(r)
    of = " ".join({phase: None for case, _ in known for phase in ("accept-20", *case.phases)})
    for key, name in (("total", "list price of a million Telegram messages, 20 chats an offer, events off"),
                      ("with_events", "… all events on, as the template deploys it")):
        every = [it[key] for _, it in known]
        row(of, name, "≤ $2.0", every[0] if every else None,
            f"{min(every):.2f} to {max(every):.2f} $ by what is sent, see below" if every else "", verdict(every[0] if every else None, 2.0), " $")
    lines = ["| what | budget | measured | baseline, same session | | of |", "|---|---|---|---|---|---|"]
    return "\n".join(lines + ["| " + " | ".join(str(cell or "") for cell in it) + " |" for it in rows] + why(r))


def why(r):
    """The words below the table for the row of one chat an offer, where it is missed."""
    share = ratio(r.get("drain-5000x1", "per_s"), r.get("raw", "per_s"))
    if share is None or share >= 0.15:
        return []
    said = WHY_ONE_CHAT_IS_SLOW or "why was not looked into yet; what is said below of deliveries is for 20 chats an offer."
    return ["", f"One chat an offer, {number(share)} of the raw client: {said}"]


def audiences():
    return " / ".join(f"{count:,}" for count in AUDIENCES)


def accept_units(r):
    """The units of an offer by how many channels hear of it, nothing to compare with, and the verdict."""
    units = [r.get(f"accept-{count}", "write_units_per_offer") for count in AUDIENCES]
    known = [it for it in units if it is not None]
    met = verdict(max(known, default=None), 6)
    if len(known) == len(units) and max(known) - min(known) > 0.005:
        met = "**missed**: it differs"
    elif 0 < len(known) < len(units):
        met += " where measured"
    return " / ".join(number(it) for it in units), "", met


class Case(NamedTuple):
    """What may be sent, and what a message takes then."""
    what: str
    phases: tuple
    message: dict
    offers: float
    hints: float
    run_s: float
    # The units of the offer's recording are not among the message's.
    offer_apart: bool = True


def cases(r):
    """The measured ways to send: the one that the price is told for comes first."""
    backlog, limited, alone = (r.ours.get(phase) for phase in ("drain-1000x20", "limit-bot", "drain-5000x1"))
    found = []
    if backlog and limited:
        found.append(Case(f"each offer to {CHANNELS} chats, a backlog, no limit in the way", ("drain-1000x20", "limit-bot"), backlog,
                          1 / CHANNELS, 1 / CHANNELS, limited["run_s_per_message"]))
    wide = [point for point in r.get("growth-watchers", "points") or [] if point["watchers"] >= RECIPIENTS]
    for point in wide[:1] + wide[1:][-1:]:
        # One page after the other: one run at a time.
        found.append(Case(f"one offer to {point['watchers']:,} chats, the bot at its limit", ("growth-watchers",), point,
                          1 / point["watchers"], 1 / RECIPIENTS, 1 / point["per_s"], offer_apart=False))
    for phase, what in (("limit-bot", "each offer to one chat of 300, the bot at its limit"),
                        ("limit-chats", "each offer to one chat of 10, each chat at its limit")):
        it = r.ours.get(phase)
        if it and alone:
            # What it takes more than without limits is jobs that leave their run and come back by a hint.
            more = max(0, it["write_units_per_message"] - alone["write_units_per_message"]) / LEAVING
            found.append(Case(what, (phase, "drain-5000x1"), it, 1, 1 + more, it["run_s_per_message"]))
    return found


def price_of(r, case):
    """Dollars for a million messages that are sent so."""
    offer = r.ours["accept-20"]
    writes = case.message["write_units_per_message"] + offer["write_units_per_offer"] * case.offers * case.offer_apart
    parts = {
        "table, writes": writes * PRICES["write"],
        "table, reads": case.message["read_units_per_message"] * PRICES["read"],
        "queue": SQS_REQUESTS * case.hints * PRICES["sqs"],
        "HTTP API": case.offers * PRICES["http"],
        "Lambda, requests": (case.offers + case.hints) * PRICES["lambda"],
        "Lambda, deliver's time": case.run_s * MEMORY_GB * PRICES["gb_s"] * MESSAGES,
        "Lambda, ingest's time": case.offers * offer["p50_c1_ms"] / 1000 * MEMORY_GB * PRICES["gb_s"] * MESSAGES,
    }
    # Each message sent is an event, and so is each offer recorded; all are far below the 64 KB that one is billed for. They
    # cost no units, hints or runs: the run that ends a page publishes them.
    total, events = sum(parts.values()), (1 + case.offers) * PRICES["event"]
    return {"parts": parts, "total": total, "events": events, "with_events": total + events}


def prices(r):
    return [(case, price_of(r, case)) for case in cases(r)] if "accept-20" in r.ours else []


def price_table(r):
    known = prices(r)
    if not known:
        return "Not measured."
    it = known[0][1]
    lines = [f"| {known[0][0].what} | $ per million messages |", "|---|---|"]
    lines += [f"| {name} | {value:.3f} |" for name, value in it["parts"].items()]
    lines += [f"| **all, events off** | **{it['total']:.2f}** |", f"| event bus | {it['events']:.3f} |",
              f"| **all, events on** | **{it['with_events']:.2f}** |", "",
              "| what is sent | write units a message | $ per million, events off | events on |", "|---|---|---|---|"]
    lines += [f"| {case.what} | {number(case.message['write_units_per_message'])} | {it['total']:.2f} | {it['with_events']:.2f} |"
              for case, it in known]
    return "\n".join(lines)


def machine(r):
    it, others = r.document["machine"], [run.get("others_cpus") or 0 for run in r.ours.values()]
    noise = f"other programs kept {min(others):.2f} to {max(others):.2f} CPUs busy during the runs" if others else "nothing was run"
    kind = " Sizes are those of `--quick`: only proof that it works." if r.document.get("quick") else ""
    peer = "in the same session" if r.peer else "not measured: ratios are left out"
    times = sorted({r.document["when"], *(run["when"] for run in r.ours.values() if "when" in run)})
    when = times[0] if len(times) == 1 else f"from {times[0]} to {times[-1]}, a phase and its baselines in one session,"
    return (f"Measured {when} on {it['cpus']} CPUs ({it['model']}, {it['memory_gb']} GB, Linux {it['kernel']}); "
            f"{noise}. The peer: {peer}.{kind}")


def start_up(r):
    functions = r.get("start-up", "functions")
    if not functions:
        return "Not measured."
    lines = ["| function | exec to first poll | connections opened by then | by the first answer | resident | binary | zip |", "|---|---|---|---|---|---|---|"]
    for name, it in functions.items():
        lines.append(f"| {name} | {it['first_poll_ms']:.1f} ms | {it['connections_at_start']} | {it['connections_of_first_answer']} | {it['rss_mb']:.1f} MB | "
                     f"{it['binary_mb']:.1f} MB | {it['zip_mb']:.2f} MB |")
    return "\n".join(lines)


def growth(r, phase, size, columns):
    points = r.get(phase, "points")
    if not points:
        return "Not measured."
    lines = ["| " + " | ".join([size, *[title for _, title in columns]]) + " |", "|---" * (len(columns) + 1) + "|"]
    for point in points:
        cells = [number(point.get(key)) for key, _ in columns]
        lines.append(f"| {point[size]:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def growth_table(r):
    points = r.get("growth-table", "points")
    if not points:
        return "Not measured."
    lines = ["| items | operation | write units | read units | calls | ms (embedded) |", "|---|---|---|---|---|---|"]
    for point in points:
        for name, it in point["operations"].items():
            cells = [number(it[key]) for key in ("write_units", "read_units", "calls", "ms")]
            lines.append(f"| {point['items']:,} | {name.replace('_', ' ')} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def scenarios(r):
    it = r.ours.get("scenarios")
    if not it:
        return "Not measured."
    rows = [
        ("contacts, days", f"{it['contacts']:,}, {it['days']}"),
        ("messages that Telegram took", it["messages"]), ("steps received, each once", it["steps"]),
        ("scenarios completed", it["completed"]), ("switches to another scenario", it["switched"]),
        ("taken up where they were", it["resumed"]), ("last messages sent again on `/start`", it["resent"]),
        ("messages of a broadcast, stopped and gone on with", it["broadcast"]),
        ("edits of running scenarios", it["edits"]), ("payments, orders paid", f"{it['payments']:,}, {it['paid']:,}"),
        ("blocks, returns", f"{it['blocked']:,}, {it['returned']:,}"), ("crashes", it["crashes"]),
        ("jobs doubled by the queue", it["doubled"]),
        ("messages held, their fate unknown; of these did not come", f"{it['held']:,}; {it['missing']:,}"),
        ("steps again after a block in their midst", it["again"]),
        ("faults found", it["faults_found"]),
        ("wall time, peak memory", f"{it['wall_s'] / 60:,.0f} min, {it['peak_mb']:,.0f} MB"),
    ]
    lines = ["| what | |", "|---|---|"]
    lines += [f"| {what} | {value if isinstance(value, str) else f'{value:,}'} |" for what, value in rows]
    lines += ["", "| lateness of a step's first message | steps | p50 | p99 | max |", "|---|---|---|---|---|"]
    classes = [
        ("calm", "where the rate allows"), ("limited", "more due at once than Telegram takes"),
        ("edited", "made due by an edit"), ("troubled", "while things went wrong, or within 20 min of it"),
    ]
    for key, name in classes:
        late = it.get(f"late_{key}")
        if late:
            cells = [f"{late[part] / 1000:,.2f} s" for part in ("p50_ms", "p99_ms", "max_ms")]
            lines.append(f"| {name} | {late['count']:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


# ---- charts
STYLE = """<style>
    text { font: 13px system-ui, sans-serif; fill: #1d2b26 } .note { fill: #4b5a54 } .axis { stroke: #9aa8a2 }
    .own { fill: #33594c; stroke: #33594c } .other { fill: #b9c7c1; stroke: #b9c7c1 } .line { fill: none; stroke-width: 2 }
    @media (prefers-color-scheme: dark) { text { fill: #e8efec } .note { fill: #b4c2bc }
      .own { fill: #8fc3b0; stroke: #8fc3b0 } .other { fill: #55635d; stroke: #55635d } }
  </style>"""


def svg(width, height, title, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t">\n'
            f'  <title id="t">{title}</title>\n  {STYLE}\n' + "\n".join("  " + line for line in body) + "\n</svg>\n")


def bars(title, unit, items):
    """Horizontal bars: (name, value, ours)."""
    items = [it for it in items if it[1] is not None]
    most = max((value for _, value, _ in items), default=1) or 1
    body = [f'<text x="0" y="16" font-weight="600">{title}</text>']
    for place, (name, value, own) in enumerate(items):
        y = 34 + place * 30
        width = max(1, 380 * value / most)
        body += [f'<text x="210" y="{y + 15}" text-anchor="end">{name}</text>',
                 f'<rect class="{"own" if own else "other"}" x="220" y="{y}" width="{width:.1f}" height="20"/>',
                 f'<text class="note" x="{226 + width:.1f}" y="{y + 15}">{number(value)} {unit}</text>']
    return svg(720, 40 + 30 * len(items), title, body)


def flat_lines(title, sizes, series):
    """How values change over sizes that grow tenfold; each series has its own scale from 0."""
    import math

    body = [f'<text x="0" y="16" font-weight="600">{title}</text>']
    low, high = math.log10(sizes[0]), math.log10(sizes[-1])
    x = [60 + 560 * (math.log10(size) - low) / ((high - low) or 1) for size in sizes]
    for place, (name, values) in enumerate(series):
        top, most = 46 + place * 80, max(values) or 1
        y = [top + 44 - 40 * value / most for value in values]
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y))
        body += [f'<text class="note" x="0" y="{top - 8}">{name}</text>',
                 f'<line class="axis" x1="60" x2="620" y1="{top + 44}" y2="{top + 44}"/>',
                 f'<polyline class="own line" style="fill:none" points="{points}"/>']
        body += [f'<text class="note" x="{a:.1f}" y="{b - 6:.1f}" text-anchor="middle">{number(v)}</text>' for a, b, v in zip(x, y, values)]
    bottom = 46 + len(series) * 80
    body += [f'<text x="{a:.1f}" y="{bottom}" text-anchor="middle">{size:,}</text>' for a, size in zip(x, sizes)]
    return svg(720, bottom + 12, title, body)


def charts(r):
    drains = []
    for phase, what in (("drain-1000x20", "1,000 × 20"), ("drain-5000x1", "5,000 × 1")):
        drains += [(f"Hoopoe, {what}", r.get(phase, "per_s"), True), (f"peer, {what}", r.of_peer(phase, "per_s"), False)]
    out = {"deliveries.svg": bars("Deliveries a second", "/s", [*drains, ("raw HTTP client", r.get("raw", "per_s"), False)])}
    out["latency.svg"] = bars("From POST to the message at Telegram, 20 offers a second", "ms", [
        ("Hoopoe, p50", r.get("post-to-message", "p50_ms"), True), ("Hoopoe, p99", r.get("post-to-message", "p99_ms"), True),
        ("peer, p50", r.of_peer("e2e-20ps", "e2e_p50_ms"), False), ("peer, p99", r.of_peer("e2e-20ps", "e2e_p99_ms"), False)])
    out["limits.svg"] = bars("Share used of 30 messages a second, one a second and chat", "", [
        ("Hoopoe", r.get("limit-bot", "utilisation"), True), ("peer, waits for 429s", r.of_peer("limit-naive", "utilisation"), False),
        ("peer, rate limited", r.of_peer("limit-rate28", "utilisation"), False)])
    for phase, size, name, series in (
        ("growth-watchers", "watchers", "growth-watchers.svg",
         [("write units a message", "write_units_per_message"), ("table calls a message", "calls_per_message"), ("peak memory, MB", "peak_mb")]),
        ("growth-timers", "timers", "growth-timers.svg",
         [("write units a timer", "write_units_per_timer"), ("table calls a timer", "calls_per_timer"), ("lateness p99, ms", "late_p99_ms")]),
    ):
        points = r.get(phase, "points")
        if points:
            lines = [(title, [point[key] for point in points]) for title, key in series]
            out[name] = flat_lines(f"What grows with the number of {size}", [point[size] for point in points], lines)
    return out


def main():
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else CHARTS / "results.json"
    r = Results(json.loads(source.read_text()))
    figures = {
        "machine": machine(r),
        "budget": budget(r),
        "price": price_table(r),
        "start-up": start_up(r),
        "growth-watchers": growth(r, "growth-watchers", "watchers", [
            ("write_units_per_message", "write units a message"), ("read_units_per_message", "read units a message"),
            ("calls_per_message", "calls a message"), ("peak_mb", "peak memory, MB")]),
        "growth-timers": growth(r, "growth-timers", "timers", [
            ("write_units_per_timer", "write units a timer"), ("read_units_per_timer", "read units a timer"),
            ("calls_per_timer", "calls a timer"), ("late_p99_ms", "lateness p99, ms")]),
        "growth-table": growth_table(r),
        "scenarios": scenarios(r),
    }
    CHARTS.mkdir(parents=True, exist_ok=True)
    drawn = charts(r)
    for name, text in drawn.items():
        (CHARTS / name).write_text(text)
    for name in ("deliveries", "latency", "limits", "growth-watchers", "growth-timers"):
        there = f"{name}.svg" in drawn
        figures[f"chart-{name}"] = f"![{name.replace('-', ' ')}](performance/{name}.svg)" if there else "Not measured."
    for name, phases in ORIGINS.items():
        if r.origin(*phases):
            figures[name] += f"\n\nOf {r.origin(*phases)}."
    page = PAGE.read_text()
    for name, text in figures.items():
        pattern = re.compile(rf"(<!-- figures:{re.escape(name)} -->\n).*?(<!-- end -->)", re.S)
        page, times = pattern.subn(lambda found, text=text: f"{found[1]}{text}\n{found[2]}", page)
        if times != 1:
            raise SystemExit(f"{PAGE} must have one place for {name}, has {times}")
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
