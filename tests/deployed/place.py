"""A place to deploy to on this machine: an emulator of AWS, Telegram's simulator, and an address
in front of the API. Each is a process of its own; the functions are real ones, started by the emulator.

    python place.py COMMAND…     runs a command there, with the environment that `Place` gives it

The emulator checks what each function's role allows (`AUTH`), so that a missing grant fails here.
With `faults`, a proxy that can make calls fail stands between the functions and the emulator instead.
"""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / ".ci"))
from serving import Failed, Server, free_port  # noqa: E402

REGION = "us-east-1"
SERVICES = "apigateway,cloudformation,cloudwatch,dynamodb,events,iam,kms,lambda,logs,s3,scheduler,secretsmanager,sns,sqs,sts"
BOT = "hoopoe_bot"
TOKEN = "123456:simulated-and-known-to-nobody-else"


class Place:
    """Started by `with`, and gone after it."""

    def __init__(self, telegram_limits=True, faults=False):
        self.target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
        self.telegram_limits = telegram_limits
        self.faults = faults
        self.emulator = self.telegram = self.site = self.proxy = None
        self.servers = []

    def __enter__(self):
        # Whoever is asked to end leaves no servers behind.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.directory = tempfile.TemporaryDirectory(prefix="hoopoe-deployed-")
        self.path = pathlib.Path(self.directory.name)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for server in reversed(self.servers):
            server.stop()
        self.directory.cleanup()

    def start(self):
        # With the features of what is deployed, or else most of it would be built once more.
        simulator = ["cargo", "build", "--locked", "--quiet", "-p", "hoopoe", "-p", "simulators", "--bins"]
        subprocess.run(simulator, cwd=ROOT, env={**os.environ, "CARGO_TARGET_DIR": str(self.target)}, check=True)
        port = free_port()
        self.emulator = f"http://127.0.0.1:{port}"
        if self.faults:
            self.proxy = f"http://127.0.0.1:{free_port()}"
        # The emulator hands its own environment down to the functions: what of ours is in it would
        # stand in for what the template forgets.
        keep = ("PATH", "HOME", "LANG", "TMPDIR")
        environment = {name: os.environ[name] for name in keep if name in os.environ}
        environment |= {
            # What comes through the proxy is signed for another address.
            "AUTH": "false" if self.proxy else "true",
            "AWS_ENDPOINT_URL": self.proxy or self.emulator,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            # No more than the template needs, and no listener besides.
            "SERVICES": SERVICES,
            "IOT_MTLS_ENABLED": "0",
        }
        self.serve("emulator", ["ministack"], f"{self.emulator}/_ministack/health", env=environment, cwd=self.path)
        if self.proxy:
            proxy = ["microburst", "--port", self.proxy.rpartition(":")[2], "--upstream", self.emulator, "--no-resign"]
            self.serve("proxy", proxy, f"{self.proxy}/_microburst/health")
        port = free_port()
        self.telegram = f"http://127.0.0.1:{port}"
        simulator = [self.target / "debug" / "telegram-simulator", "--port", port, "--bot", f"{TOKEN}:{BOT}"]
        simulator += ["--log", self.path / "telegram.jsonl"]
        if not self.telegram_limits:
            simulator.append("--no-limits")
        self.serve("telegram", simulator, f"{self.telegram}/simulator/api/stats")
        port = free_port()
        self.site = f"http://127.0.0.1:{port}"
        front = [sys.executable, ROOT / "tests/deployed/front.py", port, self.emulator]
        # Until something is deployed it answers 502: it listens.
        self.serve("front", front)

    def serve(self, name, command, url=None, **options):
        command = [str(part) for part in command]
        server = Server(command, str(self.path / f"{name}.log"), **options)
        self.servers.append(server)
        if url:
            server.wait_for(url, 60)

    @property
    def environment(self):
        """What `sam`, `aws` and `hoopoe` need to work here."""
        return {
            **os.environ,
            "AWS_ENDPOINT_URL": self.emulator,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "SAM_CLI_TELEMETRY": "0",
            "CARGO_TARGET_DIR": str(self.target),
            "LAMBDA_BUILD": "native",
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_BOT_USERNAME": BOT,
        }

    @property
    def parameters(self):
        """What differs here from a deployment to AWS."""
        return [
            f"SiteUrl={self.site}",
            f"TelegramApiUrl={self.telegram}",
            f"TelegramLinkUrl={self.telegram}/simulator/t.me",
        ]

    def run(self, *command, env=None, **options):
        """Runs a command here; its output, or `Failed` with it."""
        done = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            env={**self.environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **options,
        )
        if done.returncode != 0:
            raise Failed(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{self.logs()}")
        return done.stdout

    def logs(self):
        """The ends of what the servers wrote."""
        return "".join(f"\n-- {pathlib.Path(server.log).stem}\n{server.tail()}" for server in self.servers)

    def shim(self):
        """A folder whose `sam` adds this place's parameters to a deployment's, and the emulator's grants."""
        folder = self.path / "bin"
        folder.mkdir(exist_ok=True)
        real = subprocess.run(["which", "sam"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        sam = folder / "sam"
        more = " ".join(self.parameters)
        grants = ROOT / "tests/deployed/grants.py"
        sam.write_text(
            "#!/bin/sh\nset -e\n"
            f'if [ "$1" != deploy ]; then exec "{real}" "$@"; fi\n'
            f'"{real}" "$@" {more}\nexec python3 "{grants}"\n'
        )
        sam.chmod(0o755)
        return folder


def main(command):
    with Place() as place:
        environment = place.environment
        environment["PATH"] = f"{place.shim()}{os.pathsep}{environment['PATH']}"
        status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        if status != 0:
            print(place.logs(), file=sys.stderr)
        return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failed as failure:
        sys.exit(str(failure))
