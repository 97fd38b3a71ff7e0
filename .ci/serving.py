"""A server that a script starts, waits for, and stops again."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request


class Failed(Exception):
    """What is the matter, for a person."""


def free_port():
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url):
    """Whether anything answers with success at `url`."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status < 400
    except (OSError, urllib.error.URLError):
        return False


class Server:
    """A process of its own group, so that stopping it stops what it started, and no more."""

    def __init__(self, command, log, **options):
        self.log = log
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **options,
            )

    def wait_for(self, url, seconds):
        """Returns when `url` answers."""
        end = time.monotonic() + seconds
        while not answers(url):
            if self.process.poll() is not None:
                raise Failed(f"the server ended with {self.process.returncode}\n{self.tail()}")
            if time.monotonic() > end:
                raise Failed(f"{url} does not answer after {seconds} s\n{self.tail()}")
            time.sleep(0.2)

    def tail(self):
        """The end of what it wrote."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-40:])

    def stop(self):
        """Ctrl-C, and if that does not help within ten seconds, the end."""
        for number, seconds in ((signal.SIGINT, 10), (signal.SIGKILL, 5)):
            if self.process.poll() is not None:
                return
            os.killpg(self.process.pid, number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
