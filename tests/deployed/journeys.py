#!/usr/bin/env python3
"""Journeys through the deployed system, in real time: over its HTTP API, its queues and its schedule,
with the function binaries themselves.

    journeys.py [JOURNEY…]      all of them unless some are named
"""

import json
import sys
import time

from place import BOT, TOKEN, Failed, Place
from system import (
    BY_THE_CLOCK,
    COURIER,
    LANES,
    PRODAMUS,
    SOON,
    STACK,
    STRIPE,
    System,
    Watcher,
    ask,
    check,
    signature,
    until,
)


class LostHint:
    """Begun first and looked after last: others have their time while the clock has its."""

    def __init__(self, system):
        self.system, page = system, "https://lost.example/bikes"
        self.watcher, self.offer = Watcher(system, "lena", [page]), system.offer(page)
        until(lambda: system.hints() == 0, "nothing waits")
        system.deliveries(False)
        check(system.post(self.offer), "a new offer")
        for lane in LANES:
            system.sqs.purge_queue(QueueUrl=system.outputs[lane])
        check(system.hints() == 0, "the hint is lost")
        system.deliveries(True)
        check(len(system.timers()) == 1, "its timer is in the table")

    def end(self):
        self.watcher.hears(self.offer, BY_THE_CLOCK)
        check(self.watcher.about(self.offer) == 1, "once")


class LaterTask:
    """A task that comes due minutes after it was made, while the clock looks for the lost hint: its own hint waits
    on the queue until then."""

    PATH, WORDS = "/api/scheduled-tasks/", "The tide turns"

    def __init__(self, system):
        self.watcher = Watcher(system, "jan", ["https://later.example/bikes"])
        # A minute of each day, the first after a minute and a half: the one after it is tomorrow's.
        self.due = (int(time.time()) + 149) // 60 * 60
        at = time.gmtime(self.due)
        task = {
            "name": "Tide",
            "task": "send_telegram_message",
            "kwargs": {"text": self.WORDS, "chat_id": self.watcher.chat},
            "schedule": {"crontab": {"minute": str(at.tm_min), "hour": str(at.tm_hour), "timezone": "UTC"}},
        }
        self.path = f"{self.PATH}{self.watcher.api('POST', self.PATH, task).must_be(201)['slug']}/"
        check(self.times() == 0, "it waits for its time")

    def times(self):
        return sum(self.WORDS in text for text in self.watcher.received())

    def end(self):
        until(self.times, "the task says its words", max(0, self.due - time.time()) + SOON)
        check(time.time() >= self.due, "not before its time")
        runs = lambda: self.watcher.api("GET", f"{self.path}runs/").must_be(200)["items"]
        until(lambda: [run["status"] for run in runs()] == ["sent"], "its run is known to be sent")
        check(self.times() == 1, "once")
        check(self.watcher.api("DELETE", self.path).status == 204, "the task goes, and tomorrow's run with it")


def from_a_sign_up_to_a_message_once(system):
    page, other = "https://shop.example/bikes", "https://shop.example/boats"
    ada, bob = Watcher(system, "ada", [page, other]), Watcher(system, "bob", [other])
    bike, boat = system.offer(page), system.offer(other)
    check(system.post(bike), "a new offer")
    ada.hears(bike)
    check(not system.post(bike), "a known offer")
    check(system.post(boat), "a new offer")
    ada.hears(boat)
    bob.hears(boat)
    until(lambda: system.hints() == 0, "nothing waits")
    heard = [(ada.about(offer), bob.about(offer)) for offer in (bike, boat)]
    check(heard == [(1, 0), (1, 1)], f"each its own, once: {heard}")


def a_batch_and_its_parts(system):
    page = "https://batch.example/bikes"
    cem = Watcher(system, "cem", [page])
    first, second = system.offer(page), system.offer(page)
    faulty = {"page_url": page, "url": "no address", "title": ""}
    batch = {"offers": [first, faulty, second, first]}
    answer = ask("POST", f"{system.url}/api/internal/offers/batch", batch, system.key).must_be(200)
    statuses = [result["status"] for result in answer["results"]]
    check(statuses == [201, 422, 201, 200], f"{statuses}")
    for offer in (first, second):
        cem.hears(offer)
        check(cem.about(offer) == 1, f"once: {offer['title']}")


def a_button_in_the_chat_pauses_the_target(system):
    page = "https://pause.example/bikes"
    dee = Watcher(system, "dee", [page])
    first, second = system.offer(page), system.offer(page)
    system.post(first)
    dee.hears(first)
    messages = ask("GET", f"{system.chats}/{dee.chat}?bot={BOT}").must_be(200)["messages"]
    message = next(it for it in messages if f"{first['title']}\n" in (it.get("text") or ""))
    rows = message["reply_markup"]["inline_keyboard"]
    button = next(button for row in rows for button in row if "callback_data" in button)
    press = {"bot": BOT, "message_id": message["message_id"], "data": button["callback_data"]}
    ask("POST", f"{system.chats}/{dee.chat}/press", press).must_be(200)
    target = f"/api/public/targets/{dee.target}"
    until(lambda: dee.api("GET", target).must_be(200)["status"] != "active", "the target is paused")
    pages = ask("GET", f"{system.url}/api/internal/scraping-jobs?limit=100", None, system.key).must_be(200)
    check(all(job["page_url"] != page for job in pages["items"]), "its page is not scraped")
    dee.api("POST", f"{target}/enable").must_be(200)
    system.post(second)
    dee.hears(second)


def a_stranger_is_refused_and_a_wrong_path_is_told_so(system):
    hook = system.outputs["WebhookUrl"]
    ask("POST", hook, {"update_id": 1}).must_be(403)
    ask("POST", hook, {"update_id": 1}, {"X-Telegram-Bot-Api-Secret-Token": "wrong"}).must_be(403)
    secret = {"X-Telegram-Bot-Api-Secret-Token": system.webhook_secret}
    ask("POST", hook.replace("default", "unknown"), {"update_id": 1}, secret).must_be(404)
    ask("POST", f"{system.url}/api/webhooks/telegram", {"update_id": 987654321}, secret).must_be(200)
    ask("GET", f"{system.url}/api/internal/scraping-jobs").must_be(401)
    ask("GET", f"{system.url}/api/public/targets/").must_be(401)
    for path in ("/nowhere", "/api/internal/nowhere", "/api/webhooks/nowhere"):
        answer = ask("GET", f"{system.url}{path}")
        check(answer.must_be(404)["code"] == "NO_SUCH_ROUTE", f"{path} is answered by a router")


def payments_and_mails_are_told_of_and_strangers_are_not_believed(system):
    now, hooks = int(time.time()), f"{system.url}/api/webhooks"
    event = {"id": "evt_1", "object": "event", "type": "payout.paid", "data": {"object": {}}}
    signed = signature(STRIPE, f"{now}.{json.dumps(event)}")
    ask("POST", f"{hooks}/stripe", event, {"Stripe-Signature": f"t={now},v1={signed}"}).must_be(200)
    ask("POST", f"{hooks}/stripe", event, {"Stripe-Signature": f"t={now - 1},v1={signed}"}).must_be(400)

    # Of a mail that nobody sent it would be looked for a while.
    mail = {"type": "notification:published", "data": {"id": "n-1"}}
    signed = signature(COURIER, f"{now}.{json.dumps(mail)}")
    ask("POST", f"{hooks}/courier", mail, {"Courier-Signature": f"t={now},signature={signed}"}).must_be(200)
    ask("POST", f"{hooks}/courier", mail, {"Courier-Signature": f"t={now - 1},signature={signed}"}).must_be(403)

    kim = Watcher(system, "kim", ["https://paid.example/bikes"])
    token = ask("POST", f"{system.simulator}/bots", {"username": "kims_shop_bot"}).must_be(200)["token"]
    bot = kim.api("POST", "/api/telegram/bots", {"slug": "shop", "token": token}).must_be(201)["id"]
    form = {"form_url": "https://kim.payform.ru", "secret": PRODAMUS}
    kim.api("PATCH", f"/api/telegram/bots/{bot}", {"prodamus": form}).must_be(200)
    # Of an order that nobody has made: it is taken, and kept for the admins.
    paid = {"order_id": "1", "order_num": "elsewhere", "payment_status": "success", "sum": "5.00"}
    signed = {"Sign": signature(PRODAMUS, json.dumps(paid, sort_keys=True, separators=(",", ":")))}
    answer = ask("POST", f"{hooks}/prodamus/{bot}", paid, signed)
    check((answer.status, answer.text) == (200, "success"), f"{answer.status}: {answer.text}")
    ask("POST", f"{hooks}/prodamus/{bot}", paid | {"sum": "6.00"}, signed).must_be(400)
    ask("POST", f"{hooks}/prodamus/nobody", paid, signed).must_be(404)


def a_job_whose_runs_stop_dies_and_comes_back(system):
    page = "https://dead.example/bikes"
    eva, offer = Watcher(system, "eva", [page]), system.offer(page)
    until(lambda: system.hints() == 0, "nothing waits")
    before = system.timers()
    system.deliveries(False)
    check(system.post(offer), "a new offer")
    (timer,) = system.timers() - before
    # As if four runs had stopped without an end; the message comes back for the fifth time.
    system.dynamodb.update_item(
        TableName=system.outputs["Table"],
        Key={"pk": {"S": timer[0]}, "sk": {"S": timer[1]}},
        UpdateExpression="SET receives = :four",
        ExpressionAttributeValues={":four": {"N": "4"}},
    )
    taken = [
        system.sqs.receive_message(QueueUrl=system.outputs[lane], VisibilityTimeout=0).get("Messages", [])
        for lane in LANES
    ]
    check(sum(map(len, taken)) == 1, f"one hint: {taken}")
    system.deliveries(True)
    dead = until(lambda: system.hoopoe("queue", "dead")["items"], "the job is dead")
    check([it["reason"] for it in dead] == ["its runs stopped without an end"], f"{dead}")
    check(eva.about(offer) == 0, "nothing was sent")
    check(system.hoopoe("queue", "redrive")["redriven"] == 1, "one job comes back")
    eva.hears(offer)
    check(system.hoopoe("queue", "dead")["items"] == [], "no dead job is left")


def a_hint_that_no_run_survives_is_set_aside_and_comes_back(system):
    page = "https://poison.example/bikes"
    ida, offer = Watcher(system, "ida", [page]), system.offer(page)
    until(lambda: system.hints() == 0, "nothing waits")
    check(system.set_aside() == 0, "no hint is set aside")
    before = system.timers()
    with system.deliver_dies():
        check(system.post(offer), "a new offer")
        until(system.set_aside, "the hint is on the dead-letter queue")
    check(ida.about(offer) == 0, "nothing was sent")
    check(system.timers() - before, "its timer is in the table all the same")
    # The lost hint's may have come meanwhile, and be among them.
    check(system.redrive_hints() >= 1, "the hint is on its lane again")
    system.deliveries(True)
    ida.hears(offer)
    until(lambda: system.hints() == 0, "nothing waits")
    check(ida.about(offer) == 1, "once")
    check(system.set_aside() == 0, "no hint is set aside any more")


def a_chat_is_connected_by_its_number(system):
    gil = Watcher(system, "gil", ["https://number.example/bikes"])
    chat = ask("POST", system.chats, {"kind": "private", "name": "second phone"}).must_be(200)["id"]
    refused = gil.api("POST", "/api/notifications/channels", {"channel_type": "TELEGRAM", "details": {"chat_id": chat}})
    check("can't initiate" in refused.must_be(422)["errors"][0]["message"], f"Telegram's reason: {refused.text}")
    ask("POST", f"{system.chats}/{chat}/start", {"bot": BOT}).must_be(200)
    made = gil.api("POST", "/api/notifications/channels", {"channel_type": "TELEGRAM", "details": {"chat_id": chat}})
    check(made.must_be(201)["status"] == "ACTIVE", "a test message decides")


def others_hear_of_it_on_the_bus(system):
    events, bus = system.aws("events"), system.outputs["EventBusName"]
    queue = system.sqs.create_queue(QueueName="listener")["QueueUrl"]
    arn = system.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="all", EventBusName=bus, EventPattern='{"source": ["hoopoe"]}')
    events.put_targets(Rule="all", EventBusName=bus, Targets=[{"Id": "listener", "Arn": arn}])
    page = "https://bus.example/bikes"
    hal, offer = Watcher(system, "hal", [page]), system.offer(page)
    system.post(offer)
    hal.hears(offer)
    heard = set()

    def all_heard():
        for message in system.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            heard.add(json.loads(message["Body"])["detail-type"])
        return {"Channel Activated", "Offer Recorded", "Message Sent"} <= heard

    until(all_heard, "the bus tells of channel, offer and message")


def functions_have_no_secret_in_their_environment(system):
    secret = system.webhook_secret
    for name in ("api", "clock", "courier-webhook", "deliver", "ingest", "prodamus-webhook",
                 "stripe-webhook", "telegram-webhook"):
        settings = system.functions.get_function_configuration(FunctionName=f"{STACK}-{name}")
        variables = json.dumps(settings["Environment"])
        check(TOKEN not in variables and secret not in variables, f"{name} has a secret in its environment")


JOURNEYS = [
    from_a_sign_up_to_a_message_once,
    a_batch_and_its_parts,
    a_button_in_the_chat_pauses_the_target,
    a_stranger_is_refused_and_a_wrong_path_is_told_so,
    payments_and_mails_are_told_of_and_strangers_are_not_believed,
    a_job_whose_runs_stop_dies_and_comes_back,
    a_hint_that_no_run_survives_is_set_aside_and_comes_back,
    a_chat_is_connected_by_its_number,
    others_hear_of_it_on_the_bus,
    functions_have_no_secret_in_their_environment,
]


def nothing_is_left_over(system):
    until(lambda: system.hints() == 0, "no hint is left")
    until(lambda: not system.timers(), "no timer is left")
    check(not system.items("DEAD"), "no dead job is left")
    check(not system.items("PARKED#"), "no parked job is left")
    for queue in ("QueuePeopleDead", "QueueBulkDead"):
        found = system.sqs.receive_message(QueueUrl=system.outputs[queue]).get("Messages", [])
        check(not found, f"no dead hint in {queue}: {found}")


def told(name, journey, failures, place):
    began = time.monotonic()
    try:
        result = journey()
    except Exception as error:  # noqa: BLE001: whatever it is, the other journeys go on
        kind = "" if isinstance(error, Failed) else f"{type(error).__name__}: "
        failures.append(name)
        print(f"FAILED  {name}: {kind}{error}", flush=True)
        return None
    print(f"ok      {name} ({time.monotonic() - began:.0f} s)", flush=True)
    return result


def main(wanted):
    unknown = set(wanted) - {journey.__name__ for journey in JOURNEYS} - {"a_lost_hint", "a_later_task"}
    check(not unknown, f"no such journey: {', '.join(sorted(unknown))}")
    failures = []
    with Place() as place:
        system = System(place)
        began = time.monotonic()
        system.deploy()
        print(f"deployed in {time.monotonic() - began:.0f} s", flush=True)
        lost = None
        if not wanted or "a_lost_hint" in wanted:
            lost = told("a hint is lost", lambda: LostHint(system), failures, place)
        for journey in JOURNEYS:
            if not wanted or journey.__name__ in wanted:
                told(journey.__name__.replace("_", " "), lambda: journey(system), failures, place)
        later = None
        if not wanted or "a_later_task" in wanted:
            later = told("a task is made for later", lambda: LaterTask(system), failures, place)
        if lost:
            told("a lost hint is found by the clock", lost.end, failures, place)
        if later:
            told("a later task is run at its time", later.end, failures, place)
        told("nothing is left over", lambda: nothing_is_left_over(system), failures, place)
        if failures:
            print(place.logs(), system.logs(), file=sys.stderr)
    if failures:
        raise Failed(f"{len(failures)} failed: {'; '.join(failures)}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failed as failure:
        sys.exit(str(failure))
