"""CloudWatch Logs of a room, in AWS's manner where moto's is another: FilterLogEvents with prefixes,
both directions, pages by size and empty ones; DescribeLogGroups by pages; StartLiveTail.

Groups, streams and events are moto's own, so its other operations see them too.

    POST /room/ROOM/lines   {"group": "/ecs/main", "stream": "app/app/1", "region": "us-east-1",
                             "lines": [[5000, "five seconds ago"]]}
    POST /room/ROOM/groups  {"make": ["/ecs/a"], "drop": ["/ecs/b"]}
    POST /room/ROOM/logs    {"page": 100, "empty": 2, "clock": -600000,
                             "live": {"refuse": "LimitExceededException", "silent": true, "mute": true,
                                      "most": 500, "last": 3, "end": "SessionTimeoutException", "every": 1}}

`page`: events of a page at most. `empty`: pages without events, but with a token, before each page.
`clock`: milliseconds by which the service's clock is ahead.
Of Live Tail `refuse`: the request is refused; `silent`: no byte after the headers; `mute`: no update
after the first; `most`: events of an update, above which it is sampled; `last`: the session ends after
so many updates, with the exception of `end`, or the connection is cut; `every`: seconds between updates.
"""

from __future__ import annotations

import base64
import json
import struct
import threading
import time
import zlib

from moto.logs.models import LogEvent, logs_backends

# "By default, this operation returns as many log events as can fit in 1 MB (up to 10,000 log events)"
# (API reference); each event counts 26 bytes besides its message.
PAGE_EVENTS, PAGE_BYTES, EVENT_BYTES = 10_000, 1 << 20, 26
GROUPS_PAGE = 50
# startFromHead=false is refused for a startTime before 2024-01-01 (API model).
BACKWARDS_SINCE = 1_704_067_200_000


class Refused(Exception):
    """An error of the service: code and message."""


class Account:
    """The lines of a room in the order in which they came, and how the service is to behave."""

    def __init__(self, account: str):
        self.account = account
        self.lock = threading.Lock()
        self.came: list[tuple[str, str, str, LogEvent]] = []
        self.manners: dict = {}
        # Sessions of Live Tail that run, that began, and what each was asked for.
        self.running, self.begun, self.asked = 0, 0, []

    def now(self) -> float:
        """Milliseconds, by the clock of the service."""
        return time.time() * 1000 + self.manners.get("clock", 0)

    def backend(self, region: str):
        return logs_backends[self.account][region]

    def make(self, region: str, group: str, stream: str | None = None):
        backend = self.backend(region)
        if group not in backend.groups:
            backend.create_log_group(group, tags={})
        if stream is not None:
            backend.ensure_log_stream(group, stream)
        return backend.groups[group]

    def write(self, wish: dict) -> None:
        """Lines of a stream, each so many milliseconds ago."""
        region, group, stream = wish.get("region", "us-east-1"), wish["group"], wish["stream"]
        with self.lock:
            now = int(self.now())
            into = self.make(region, group, stream).streams[stream]
            for ago, text in wish["lines"]:
                event = LogEvent(now, {"timestamp": now - ago, "message": text})
                # Unique, and within a millisecond in the order of arrival.
                event.event_id = f"{now - ago:020d}{len(self.came):036d}"
                into.events.append(event)
                self.came.append((region, group, stream, event))

    def groups(self, wish: dict) -> None:
        region = wish.get("region", "us-east-1")
        with self.lock:
            for group in wish.get("make", []):
                self.make(region, group)
            for group in wish.get("drop", []):
                self.backend(region).delete_log_group(group)

    # ------------------------------------------------------------------ requests

    def describe_groups(self, region: str, asked: dict) -> dict:
        with self.lock:
            names = sorted(self.backend(region).groups)
            names = [name for name in names if name.startswith(asked.get("logGroupNamePrefix", ""))]
            start, most = int(asked.get("nextToken") or 0), min(asked.get("limit") or GROUPS_PAGE, GROUPS_PAGE)
            told = {"logGroups": [self.backend(region).groups[n].to_describe_dict() for n in names[start : start + most]]}
            if start + most < len(names):
                told["nextToken"] = str(start + most)
            return told

    def filter(self, region: str, asked: dict) -> dict:
        with self.lock:
            group = self.backend(region).groups.get(asked["logGroupName"])
            if group is None:
                raise Refused("ResourceNotFoundException", "The specified log group does not exist.")
            begin, end = asked.get("startTime", 0), asked.get("endTime", 1 << 60)
            at = {"head": asked.get("startFromHead", True), "empty": self.manners.get("empty", 0)}
            if not at["head"] and begin < BACKWARDS_SINCE:
                raise Refused("InvalidParameterException", "startFromHead=false needs a startTime from 2024 on.")
            if asked.get("nextToken"):
                try:
                    at = json.loads(base64.b64decode(asked["nextToken"]))
                except ValueError:
                    raise Refused("InvalidParameterException", "The specified nextToken is invalid.") from None
            if at["empty"] > 0:
                return {"events": [], "nextToken": token({**at, "empty": at["empty"] - 1})}
            prefix = asked.get("logStreamNamePrefix", "")
            found = [
                (event.timestamp, event.event_id, name, event)
                for name, stream in group.streams.items() if name.startswith(prefix)
                for event in stream.events if begin <= event.timestamp <= end
            ]  # fmt: skip
            found.sort(key=lambda one: one[:2], reverse=not at["head"])
            if "after" in at:
                after = tuple(at["after"])
                found = [one for one in found if (one[:2] > after if at["head"] else one[:2] < after)]
            most = min(asked.get("limit") or PAGE_EVENTS, self.manners.get("page", PAGE_EVENTS))
            page, room = [], PAGE_BYTES
            for one in found[:most]:
                room -= len(one[3].message.encode()) + EVENT_BYTES
                if room < 0 and page:
                    break
                page.append(one)
            told = {"events": [{**event.to_filter_dict(), "logStreamName": name} for _, _, name, event in page]}
            if len(page) < len(found):
                told["nextToken"] = token({**at, "after": page[-1][:2], "empty": self.manners.get("empty", 0)})
            return told

    # ------------------------------------------------------------------ Live Tail

    def live(self, region: str, asked: dict):
        """The stream of a session: what `StartLiveTail` answers, one piece at a time."""
        manners, groups = dict(self.manners.get("live", {})), asked["logGroupIdentifiers"]
        if "refuse" in manners:
            raise Refused(manners["refuse"], "The session is refused.")
        if len(groups) > 10 or any(not arn.startswith("arn:") or arn.endswith("*") for arn in groups):
            raise Refused("InvalidParameterException", "One to ten ARNs without an asterisk.")
        prefixes = asked.get("logStreamNamePrefixes", [])
        if prefixes and len(groups) > 1:
            raise Refused("InvalidParameterException", "Stream prefixes need a single group.")
        names = {arn.split(":log-group:")[1] for arn in groups}
        if missing := names - set(self.backend(region).groups):
            raise Refused("ResourceNotFoundException", f"{sorted(missing)[0]} does not exist.")
        with self.lock:
            self.asked.append(asked)
        return self.session(region, names, tuple(prefixes) or ("",), manners)

    def session(self, region: str, names: set, prefixes: tuple, manners: dict):
        with self.lock:
            self.running, self.begun, seen = self.running + 1, self.begun + 1, len(self.came)
        try:
            if manners.get("silent"):
                yield b""
                time.sleep(60)
                return
            yield message("initial-response", {})
            yield message("sessionStart", {"sessionId": str(self.begun), "logGroupIdentifiers": sorted(names)})
            updates = 0
            while True:
                every = manners.get("every", 1)
                time.sleep(every / 2 if updates == 0 else every)
                # Whoever reads no more is noticed here at the latest: by the next write.
                if manners.get("mute") and updates:
                    continue
                if manners.get("last") == updates:
                    if "end" in manners:
                        yield message(manners["end"], {"message": "the session ends"}, "exception")
                        return
                    raise ConnectionError("cut")
                with self.lock:
                    new, seen = self.came[seen:], len(self.came)
                results = [
                    {"logStreamName": stream, "logGroupIdentifier": f"{self.account}:{group}", "message": event.message,
                     "timestamp": event.timestamp, "ingestionTime": event.ingestion_time}
                    for where, group, stream, event in new
                    if where == region and group in names and stream.startswith(prefixes)
                ]  # fmt: skip
                most = manners.get("most", 500)
                update = {"sessionMetadata": {"sampled": len(results) > most}, "sessionResults": results[:most]}
                yield message("sessionUpdate", update)
                updates += 1
        finally:
            with self.lock:
                self.running -= 1

    def stats(self) -> dict:
        with self.lock:
            return {"running": self.running, "begun": self.begun, "asked": self.asked}


def token(at: dict) -> str:
    return base64.b64encode(json.dumps(at).encode()).decode()


def message(name: str, payload: dict, kind: str = "event") -> bytes:
    """One message of application/vnd.amazon.eventstream (Smithy specification, "Event stream")."""
    headers = b""
    named = ":exception-type" if kind == "exception" else ":event-type"
    for key, value in ((":message-type", kind), (named, name), (":content-type", "application/json")):
        headers += struct.pack("!B", len(key)) + key.encode() + struct.pack("!BH", 7, len(value)) + value.encode()
    body = json.dumps(payload).encode()
    prelude = struct.pack("!II", 16 + len(headers) + len(body), len(headers))
    whole = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + body
    return whole + struct.pack("!I", zlib.crc32(whole))
