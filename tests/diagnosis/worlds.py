#!/usr/bin/env python3
"""Scores the diagnosis over a folder of emulated AWS systems, which is not part of this repository.

    tests/diagnosis/worlds.py FOLDER --program PROGRAM [--python PYTHON] [--out DIR] [--only PATTERN] [--calm MINUTES]
    tests/diagnosis/worlds.py --score DIR            # the table of an earlier run again

FOLDER holds the package `worlds`: `python -m worlds.serve --world NAME` prints `ready URL home=DIR`, `GET /_worlds`
tells which incidents fit which environment with the true culprit, `POST /_incident` starts one. PROGRAM is the test
program of main.rs (`cargo build --test diagnosis` prints its path). Each pair of environment and incident has a
server of its own, two run at a time. Prints a table; the exit code is 0 if the bars hold.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import fnmatch
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import datetime
from pathlib import Path

# Seconds: before the incident, of the incident, in which the culprit has to be named, after its end.
WARM, LASTS, NAMED_WITHIN, AFTER = 30, 165, 150, 50
# The length that an incident is told to have: its curves are at their peak after 40 % of it.
TOLD = 120
EVERY = 5
TOP_1 = 0.95

# The kinds of midwatch for those of the truth. What is missing here cannot be named yet.
KINDS = {
    "ecs-service": "services",
    "database": "databases",
    "cache": "caches",
    "distribution": "distributions",
    "aws-api": "midwatch",
    "availability-zone": "",
}

# The rules that are true in an incident, as far as its script says. An alarm over a number that the script moves is
# true in all of them, and so is a resource whose health AWS itself calls wrong.
ALWAYS = {"alarm", "unwell", "alarm-no-data"}
TRUE = {
    "bad-deploy": {"bad-deploy", "target-5xx", "balancer-5xx", "latency", "scaling-stuck"},
    "crash-loop": {"bad-deploy", "crash-loop", "tasks-missing"},
    "cache-stampede": {"stampede", "hit-rate", "evictions", "cache-memory", "connections", "db-cpu"},
    "db-storage-full": {"storage-full", "storage-low", "db-unavailable"},
    "throttle-storm": {"api-throttled"},
    "dlq-growth": {"dlq-not-empty"},
    "lambda-throttle": set(),
    "lambda-errors": set(),
    "secret-rotation": {"target-5xx", "latency"},
    "sg-revoked": {"target-5xx", "latency", "unhealthy-targets", "health-flapping", "tasks-missing"},
    "cert-expiry": set(),
    "az-loss": {
        "zone-lost", "unhealthy-targets", "health-flapping", "tasks-missing", "balancer-5xx", "latency", "db-failover", "cache-failover",
    },
    "db-failover": {"db-failover", "target-5xx", "latency"},
    "slow-sql": {"db-cpu", "latency", "connections"},
    "autoscaling-max": {"autoscaling-at-max", "scaling-stuck", "latency"},
    "cdn-5xx": {"cdn-5xx", "origin-slow", "origin-errors"},
    "bad-deploy-quiet": {"bad-deploy", "target-5xx"},
    "noisy-neighbour": {"connections", "target-5xx", "latency"},
}  # fmt: skip

# Incidents that begin with a change: it may be named as the last one before a finding.
CHANGED = {"bad-deploy", "crash-loop", "bad-deploy-quiet", "cdn-5xx", "lambda-errors", "autoscaling-max", "sg-revoked", "secret-rotation"}


class Server:
    """One `worlds.serve`, ended with the block."""

    def __init__(self, folder: Path, python: str, worlds: list[str]):
        self.home = tempfile.TemporaryDirectory(prefix="midwatch-worlds-")
        names = [part for name in worlds for part in ("--world", name)]
        command = [python, "-m", "worlds.serve", "--home", self.home.name, *names]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def __enter__(self) -> Server:
        for line in self.process.stdout:
            if line.startswith("ready "):
                self.url = line.split()[1]
                # What it says later must not fill the pipe.
                threading.Thread(target=self.process.stdout.read, daemon=True).start()
                return self
        raise RuntimeError("worlds.serve ended before it was ready")

    def __exit__(self, *_) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.home.cleanup()

    def control(self, path: str, body: dict | None = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data=data), timeout=60) as answer:
            return json.load(answer)


class Watcher:
    """The console without a screen; its lines so far."""

    def __init__(self, program: str, server: Server, profile: str, seconds: int):
        home = Path(server.home.name)
        env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        env |= {
            "AWS_CONFIG_FILE": str(home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(home),
        }
        command = [program, profile, str(seconds), str(EVERY)]
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.samples: list[dict] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.samples.append(json.loads(line))

    def end(self) -> list[dict]:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.reader.join(5)
        return self.samples


def wait(until: float) -> None:
    time.sleep(max(0.0, until - time.time()))


def play(options, pair: dict) -> dict:
    """One incident on a fresh server, and everything that was said."""
    with Server(options.folder, options.python, [pair["world"]]) as server:
        watcher = Watcher(options.program, server, pair["profile"], WARM + LASTS + AFTER + 60)
        time.sleep(WARM)
        asked = {"name": pair["incident"], "profile": pair["profile"], "seconds": TOLD}
        began = time.time()
        told = server.control("/_incident", asked)
        wait(began + LASTS)
        ended = time.time()
        server.control("/_incident", {"name": "stop"})
        wait(ended + AFTER)
        return {**pair, "told": told, "began": began, "ended": ended, "samples": watcher.end()}


def play_calm(options, pair: dict) -> dict:
    """All calm activities of an environment, one after the other and each for ten minutes where there is the time."""
    with Server(options.folder, options.python, [pair["world"]]) as server:
        seconds = options.calm * 60
        watcher = Watcher(options.program, server, pair["profile"], WARM + seconds + 60)
        time.sleep(WARM)
        began, told = time.time(), []
        names = sorted(pair["calm"])
        lasts = min(600, seconds)
        step = (seconds - lasts) / max(1, len(names) - 1)
        for place, name in enumerate(names):
            wait(began + place * step)
            asked = {"name": name, "profile": pair["profile"], "seconds": lasts}
            told.append({**asked, "at": time.time(), "told": server.control("/_incident", asked)})
        wait(began + seconds)
        return {**pair, "told": told, "began": began, "ended": time.time(), "samples": watcher.end()}


# ---------------------------------------------------------------------- the score


def at(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def is_at(finding: dict, truth: dict) -> bool:
    """Whether a finding is at the resource of the truth, or at a part of it."""
    kind = KINDS.get(truth["kind"])
    if kind is None:
        return False
    if truth["kind"] == "availability-zone":
        # A failover out of the zone has its letters too, and is an effect.
        return finding["rule"] == "zone-lost" and truth["name"] in finding["what"]
    named = finding["resource"]
    is_part = named.startswith(truth["name"] + "-") and truth["kind"] in ("cache", "database")
    return finding["kind"] == kind and (truth["name"] == "*" or named == truth["name"] or is_part)


def active(sample: dict) -> list[dict]:
    return [finding for finding in sample["findings"] if finding["state"] == "active"]


def short(finding: dict) -> str:
    return f"{finding['rule']} {finding['resource']}"


def score(run: dict) -> dict:
    """What of the truth was said, and what was said that is not true."""
    incident, culprit = run["incident"], run["culprit"]
    samples = [(at(sample["at"]) - run["began"], sample) for sample in run["samples"]]
    before = [sample for second, sample in samples if second < 0]
    known = {finding["id"] for sample in before[-3:] for finding in active(sample)}
    during = [(second, sample) for second, sample in samples if 0 <= second <= run["ended"] - run["began"] + EVERY]
    possible = culprit["kind"] in KINDS
    true_rules = ALWAYS | TRUE[incident]
    named, onset, said, first_symptom = None, None, [], None
    wrong_causes, untrue, changes = {}, {}, {}
    for second, sample in during:
        fresh = [finding for finding in active(sample) if finding["id"] not in known]
        head = next((finding for finding in sample["findings"] if finding["id"] == sample["headline"]), None)
        if head is not None:
            if not said or said[-1][1] != short(head):
                said.append((round(second), short(head), head["what"]))
            if head["id"] not in known and is_at(head, culprit) and head["rule"] in true_rules and named is None:
                named, onset = second, head["since"] and round(at(head["since"]) - run["began"])
            if first_symptom is None and head["id"] not in known and head["rule"] in true_rules:
                first_symptom = second
        for finding in fresh:
            is_true = finding["rule"] in true_rules or finding["severity"] == "notice"
            if not is_true:
                untrue.setdefault(finding["id"], (round(second), short(finding), finding["what"]))
            is_culprit = is_at(finding, culprit) and finding["rule"] in true_rules
            if finding["cause_of"] and not is_culprit:
                of = [one for one in active(sample) if one["id"] in finding["cause_of"]]
                # An alarm behind what it watches is no cause of anything else.
                if [one for one in of if one["kind"] != "alarms"] or not is_true:
                    wrong_causes.setdefault(finding["id"], (round(second), short(finding), [short(one) for one in of]))
            change = finding["change_before"]
            # Who leads now is what a failover found, and no change that it comes from.
            if change and finding["rule"] != "bad-deploy" and "took over from" not in change["what"]:
                is_of_it = incident in CHANGED and at(change["at"]) >= run["began"] - EVERY
                if not is_of_it:
                    changes.setdefault((change["of"], change["what"]), (round(second), short(finding), change["what"], change["of"]))
    after = [(at(sample["at"]) - run["ended"], sample) for _, sample in samples if at(sample["at"]) > run["ended"]]
    fresh_at = lambda sample: [one for one in active(sample) if one["id"] not in known and one["severity"] != "notice"]
    clear = next((second for second, sample in after if not fresh_at(sample)), None)
    last = during[-1][1] if during else {"findings": [], "not_checked": []}
    return {
        "incident": incident,
        "profile": run["profile"],
        "culprit": culprit,
        "possible": possible,
        "named": named,
        "top1": named is not None and named <= NAMED_WITHIN,
        "onset": onset,
        "symptom": first_symptom,
        "said": said,
        "wrong": list(wrong_causes.values()),
        "changes": list(changes.values()),
        "untrue": list(untrue.values()),
        "clear": clear,
        "before": sorted(known),
        "last": [(short(one), one["severity"], one["what"], one["since"], one["cause_of"]) for one in active(last)],
    }


def score_calm(run: dict) -> dict:
    """Headlines while nothing is wrong, with what was going on."""
    samples = [(at(sample["at"]) - run["began"], sample) for sample in run["samples"]]
    standing = {sample["headline"] for second, sample in samples if second < 0 and second > -3 * EVERY and sample["headline"]}
    heads: dict[str, list] = {}
    for second, sample in samples:
        if second < 0:
            continue
        head = next((finding for finding in sample["findings"] if finding["id"] == sample["headline"]), None)
        if head is not None:
            row = heads.setdefault(head["id"], [round(second), 0, short(head), head["what"], head["severity"], head["id"] in standing])
            row[1] += EVERY
    activities = [(round(one["at"] - run["began"]), one["name"]) for one in run["told"]]
    return {"profile": run["profile"], "minutes": (run["ended"] - run["began"]) / 60, "heads": list(heads.values()), "activities": activities}


def table(runs: list[dict]) -> bool:
    """Prints the scores; whether the bars hold."""
    scores = [score(run) for run in runs if "incident" in run]
    calms = [score_calm(run) for run in runs if "incident" not in run]
    scores.sort(key=lambda one: (one["profile"], not one["possible"], one["incident"]))
    row = "{:<22} {:<17} {:<6} {:>6} {:>6} {:>6} {:>6}  {}"
    print(row.format("environment", "incident", "top-1", "after", "onset", "wrong", "ended", "headline"))
    seconds = lambda value: "-" if value is None else f"{value:.0f}s"
    for one in scores:
        verdict = "yes" if one["top1"] else "no" if one["possible"] else "n/a"
        wrong = len(one["wrong"]) + len(one["changes"]) + len(one["untrue"])
        head = one["said"][-1][1] if one["said"] else "nothing"
        when = one["named"] if one["possible"] else one["symptom"]
        onset = "-" if one["onset"] is None else f"{one['onset']:+d}s"
        print(row.format(one["profile"], one["incident"], verdict, seconds(when), onset, wrong, seconds(one["clear"]), head))
        for place, what, of in one["wrong"]:
            print(f"    wrong cause at {place}s: {what} said to explain {', '.join(of)}")
        for place, what, change, of in one["changes"]:
            print(f"    wrong change at {place}s: {what} said to follow {change} ({of})")
        for place, what, text in one["untrue"]:
            print(f"    not true at {place}s: {what}: {text}")
    possible = [one for one in scores if one["possible"]]
    hits = sum(one["top1"] for one in possible)
    wrong = sum(bool(one["wrong"] or one["changes"]) for one in scores)
    untrue = sum(bool(one["untrue"]) for one in scores)
    if possible:
        print(f"\ntop-1 within {NAMED_WITHIN}s: {hits} of {len(possible)}; not yet possible: {len(scores) - len(possible)}; "
              f"with a wrong cause: {wrong}; with something that was not true: {untrue}")
    false_heads = 0
    for calm in calms:
        print(f"\ncalm {calm['profile']}, {calm['minutes']:.0f} minutes: " + ", ".join(f"{name} at {at}s" for at, name in calm["activities"]))
        for place, lasted, what, text, severity, stood in calm["heads"]:
            false_heads += 1
            print(f"    headline at {place}s for {lasted}s{' (stood before)' if stood else ''}: {severity} {what}: {text}")
    return hits >= TOP_1 * len(possible) and not wrong and not untrue and not false_heads


def pairs(options) -> list[dict]:
    """What is to be played: every incident of every environment, and its calm."""
    with Server(options.folder, options.python, options.worlds.split(",")) as server:
        environments = server.control("/_worlds")["environments"]
    found = []
    for env in environments:
        base = {"world": env["world"], "profile": env["profile"]}
        for name, culprit in sorted(env["incidents"].items()):
            if culprit is not None:
                found.append({**base, "incident": name, "culprit": culprit})
        if options.calm and env["calm"]:
            found.append({**base, "calm": env["calm"]})
    name = lambda pair: f"{pair.get('incident', 'calm')}@{pair['profile']}"
    patterns = options.only.split(",")
    return [pair for pair in found if any(fnmatch.fnmatch(name(pair), pattern) for pattern in patterns)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--program", help="the test program of main.rs")
    parser.add_argument("--python", default=sys.executable, help="a Python that has what the worlds need")
    parser.add_argument("--worlds", default="depot,marine,hub,chronotrail", help="names, by commas")
    parser.add_argument("--only", default="*", help="incident@profile, calm@profile; patterns by commas")
    parser.add_argument("--calm", type=int, default=60, help="minutes of calm for each environment; 0: none")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, help="keeps everything that was said there")
    parser.add_argument("--score", type=Path, help="scores what was kept, and plays nothing")
    options = parser.parse_args()
    if options.score:
        runs = [json.loads(file.read_text()) for file in sorted(options.score.glob("*.json"))]
        return 0 if table(runs) else 1
    if not options.folder or not options.program:
        parser.error("FOLDER and --program are needed")

    def run(pair: dict) -> dict | None:
        name = f"{pair.get('incident', 'calm')}@{pair['profile']}"
        try:
            told = play(options, pair) if "incident" in pair else play_calm(options, pair)
        except Exception as why:  # One server that fails is told, and is no end of the others.
            print(f"{name}: {why!r}", file=sys.stderr)
            return None
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / f"{name}.json").write_text(json.dumps(told))
        print(f"played {name}", file=sys.stderr, flush=True)
        return told

    wanted = pairs(options)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        runs = list(pool.map(run, wanted))
    is_met = table([run for run in runs if run])
    return 0 if is_met and all(runs) else 1


if __name__ == "__main__":
    sys.exit(main())
