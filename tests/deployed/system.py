"""The deployed system as the journeys use it, and a person who watches pages."""

import contextlib
import hashlib
import hmac
import json
import time
import urllib.error
import urllib.parse
import urllib.request

import boto3
from place import BOT, REGION, ROOT, TOKEN, Failed

STACK = "hoopoe-dev"
LANES = ("QueuePeople", "QueueBulk")
# What payments and mails are told of with.
STRIPE, COURIER, PRODAMUS = "whsec_of_the_journeys", "hush-of-the-mails", "hush-of-the-form"
# Cold starts, debug builds and a busy machine included.
SOON = 60
# The clock looks for what was left behind three minutes after its time, once a minute.
BY_THE_CLOCK = 6 * 60


def check(holds, finding):
    if not holds:
        raise Failed(finding)


def until(probe, what, seconds=SOON):
    """What `probe` answers once it answers something."""
    end = time.monotonic() + seconds
    while True:
        found = probe()
        if found:
            return found
        check(time.monotonic() < end, f"{what}: not within {seconds} s")
        time.sleep(0.25)


def signature(secret, text):
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


class Answer:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text

    @property
    def body(self):
        return json.loads(self.text)

    def must_be(self, status):
        check(self.status == status, f"{self.status} instead of {status}: {self.text}")
        return self.body if self.text else None


def ask(method, url, body=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:
            return Answer(answer.status, answer.headers, answer.read().decode())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read().decode())


class Watcher:
    """Someone who watches pages, with a chat of their own."""

    def __init__(self, system, name, pages):
        self.system, self.name = system, name
        account = {"username": name, "email": f"{name}@example.com", "password": "correct horse"}
        answer = ask("POST", f"{system.url}/api/public/auth/signup", account)
        answer.must_be(201)
        self.session = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
        self.target = self.api("POST", "/api/public/targets", {"name": name, "page_urls": pages}).must_be(201)["id"]
        link = self.api("POST", f"/api/public/targets/{self.target}/telegram-link").must_be(201)
        self.channel = link["channel_id"]
        self.chat = ask("POST", f"{system.chats}", {"kind": "private", "name": name}).must_be(200)["id"]
        payload = urllib.parse.parse_qs(urllib.parse.urlparse(link["url"]).query)["start"][0]
        ask("POST", f"{system.chats}/{self.chat}/start", {"bot": BOT, "payload": payload}).must_be(200)
        path = f"/api/notifications/channels/{self.channel}"
        until(lambda: self.api("GET", path).must_be(200)["status"] == "ACTIVE", f"the channel of {name} is active")
        until(lambda: any("You are connected" in text for text in self.received()), f"{name} is greeted")

    def api(self, method, path, body=None):
        return ask(method, f"{self.system.url}{path}", body, self.session)

    def received(self):
        """What the bot wrote into the chat."""
        messages = ask("GET", f"{self.system.chats}/{self.chat}?bot={BOT}").must_be(200)["messages"]
        return [message["text"] for message in messages if message["outgoing"]]

    def about(self, offer):
        """How many of the messages speak of the offer."""
        return sum(f"{offer['title']}\n" in text for text in self.received())

    def hears(self, offer, seconds=SOON):
        until(lambda: self.about(offer), f"{self.name} hears of {offer['title']}", seconds)


class System:
    """The deployed system and its outside."""

    def __init__(self, place):
        self.place, self.url = place, place.site
        self.simulator = f"{place.telegram}/simulator/api"
        self.chats = f"{self.simulator}/chats"
        aws = boto3.Session("test", "test", region_name=REGION)
        self.aws = lambda service: aws.client(service, endpoint_url=place.emulator)
        self.sqs, self.functions, self.dynamodb = map(self.aws, ("sqs", "lambda", "dynamodb"))
        self.offers = 0

    def deploy(self):
        build = str(self.place.path / "build")
        self.place.run("sam", "build", "--build-dir", build)
        self.place.run(
            *("sam", "deploy", "--template-file", f"{build}/template.yaml", "--config-file", str(ROOT / "samconfig.toml")),
            *("--config-env", "dev", "--parameter-overrides", f"TelegramBotToken={TOKEN}", f"TelegramBotUsername={BOT}"),
            *(f"StripeWebhookSecret={STRIPE}", f"CourierWebhookSecret={COURIER}"),
            *self.place.parameters,
        )
        (stack,) = self.aws("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        pairs = self.outputs["OperatorEnvironment"].split()
        self.operator = dict(pair.split("=", 1) for pair in pairs)
        self.place.run("python3", ROOT / "tests/deployed/grants.py")
        ask("GET", f"{self.url}/readyz").must_be(200)
        self.key = {"Authorization": f"Bearer {self.hoopoe('api-key', 'create', '--name', 'scraper', '--scope', 'scraper')['key']}"}
        self.register_webhook()

    def hoopoe(self, *arguments):
        """What a command of the operator's answers."""
        text = self.place.run(self.place.target / "debug" / "hoopoe", *arguments, "--json", env=self.operator)
        return json.loads(text.splitlines()[-1])

    def register_webhook(self):
        self.hoopoe("webhook", "register", "--bot-id", "default", "--base-url", self.outputs["SiteUrl"])
        secret = self.aws("secretsmanager").get_secret_value(SecretId=self.outputs["SecretName"])["SecretString"]
        self.webhook_secret = json.loads(secret)["telegram_webhook_secret"]

    def offer(self, page):
        """One that nobody has seen."""
        self.offers += 1
        url = f"https://shop.example/{self.offers}"
        return {"page_url": page, "url": url, "title": f"Bike {self.offers}", "price": "240", "currency": "EUR"}

    def post(self, offer):
        answer = ask("POST", f"{self.url}/api/internal/offers", offer, self.key)
        check(answer.status in (200, 201), f"an offer was refused: {answer.status} {answer.text}")
        return answer.body["created"]

    def items(self, prefix):
        """The items whose partition begins so."""
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=self.outputs["Table"])
        return [item for page in pages for item in page["Items"] if item["pk"]["S"].startswith(prefix)]

    def deliveries(self, enabled):
        """Stops deliver from getting hints, or lets it."""
        for mapping in self.functions.list_event_source_mappings()["EventSourceMappings"]:
            self.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=enabled)
        if not enabled:
            # A poll that is under way still hands out what it finds.
            time.sleep(3)

    @contextlib.contextmanager
    def deliver_dies(self):
        """Lets every run of deliver end before it has begun, as after a deployment without its table's name,
        and its queues give up soon. Afterwards it is as it was, and gets no hints yet."""
        name = f"{STACK}-deliver"
        environment = self.functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        broken = {key: value for key, value in environment.items() if key != "HOOPOE_TABLE"}
        kept = {}
        for lane in LANES:
            attributes = self.sqs.get_queue_attributes(QueueUrl=self.outputs[lane], AttributeNames=["All"])["Attributes"]
            kept[lane] = {key: attributes[key] for key in ("VisibilityTimeout", "RedrivePolicy")}
            policy = json.dumps(json.loads(attributes["RedrivePolicy"]) | {"maxReceiveCount": 2})
            impatient = {"VisibilityTimeout": "1", "RedrivePolicy": policy}
            self.sqs.set_queue_attributes(QueueUrl=self.outputs[lane], Attributes=impatient)
        try:
            self.functions.update_function_configuration(FunctionName=name, Environment={"Variables": broken})
            yield
        finally:
            # Nothing is handed out between the one and the other.
            self.deliveries(False)
            self.functions.update_function_configuration(FunctionName=name, Environment={"Variables": environment})
            for lane in LANES:
                self.sqs.set_queue_attributes(QueueUrl=self.outputs[lane], Attributes=kept[lane])

    def set_aside(self):
        """How many hints the dead-letter queues hold."""
        name = "ApproximateNumberOfMessages"
        of = lambda lane: self.sqs.get_queue_attributes(QueueUrl=self.outputs[f"{lane}Dead"], AttributeNames=[name])
        return sum(int(of(lane)["Attributes"][name]) for lane in LANES)

    def redrive_hints(self):
        """Moves what the dead-letter queues hold back onto their lanes, as SQS's own redrive does; how many."""
        moved = 0
        for lane in LANES:
            dead = self.outputs[f"{lane}Dead"]
            while found := self.sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages", []):
                for message in found:
                    self.sqs.send_message(QueueUrl=self.outputs[lane], MessageBody=message["Body"])
                    self.sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
                moved += len(found)
        return moved

    def hints(self):
        """How many hints wait or are being worked at, in both lanes."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
        of = lambda lane: self.sqs.get_queue_attributes(QueueUrl=self.outputs[lane], AttributeNames=names)["Attributes"]
        return sum(int(count) for lane in LANES for count in of(lane).values())

    def logs(self):
        """The ends of what the functions wrote."""
        logs, text = self.aws("logs"), ""
        for group in logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{STACK}-")["logGroups"]:
            name = group["logGroupName"]
            events = logs.filter_log_events(logGroupName=name)["events"]
            text += f"\n-- {name}\n" + "".join(f"{event['message'].rstrip()}\n" for event in events[-25:])
        return text

    def sent(self):
        """How many messages have left for all chats."""
        return ask("GET", f"{self.simulator}/stats?chats=false").must_be(200)["sent"]

    def timers(self):
        return {(item["pk"]["S"], item["sk"]["S"]) for item in self.items("TIMER#")}
