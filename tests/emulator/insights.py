"""Logs Insights for the emulator, over the lines that moto keeps. moto's answers at once and whole,
passes over the commands that it does not know, has no statistics, and cannot stop a query; AWS starts
one, tells what it has found until then, and refuses what it cannot read with the place.

    POST /room/ROOM/insights   {"looks": 3}   how often a query is looked at until it is complete

Of the query language there are `fields`, `display`, `filter @message like /…/`, `sort`, `limit`.
"""

from __future__ import annotations

import re
import threading
from datetime import datetime, timezone
from uuid import uuid4

from moto.backends import get_backend

MAX_GROUPS = 50
# What CloudWatch counts for an event besides its text.
OVERHEAD = 26


class Refused(Exception):
    """An answer that says no."""

    def __init__(self, code: str, message: str, **more):
        super().__init__(message)
        self.told = {"__type": code, "message": message, **more}


def malformed(message: str, start: int, end: int) -> Refused:
    place = {"startCharOffset": start, "endCharOffset": end}
    return Refused("MalformedQueryException", message, queryCompileError={"location": place, "message": message})


class Search:
    """A query under way."""

    def __init__(self, scanned: list, rows: list):
        self.scanned, self.rows = scanned, rows
        self.looks, self.status = 0, "Scheduled"

    def look(self, looks: int) -> dict:
        """Nothing first, then more and more, then all."""
        if self.status in ("Scheduled", "Running"):
            self.status = "Scheduled" if self.looks == 0 else "Running" if self.looks < looks else "Complete"
        part = min(self.looks, looks) / looks
        self.looks += self.status != "Cancelled"
        scanned = self.scanned[: int(len(self.scanned) * part)]
        rows = self.rows[: int(len(self.rows) * part)]
        size = sum(len(event.message.encode()) + OVERHEAD for event in scanned)
        statistics = {"recordsScanned": len(scanned), "recordsMatched": len(rows), "bytesScanned": size}
        statistics = {name: float(figure) for name, figure in statistics.items()}
        told = [[{"field": name, "value": value} for name, value in row.items()] for row in rows]
        return {"results": told, "statistics": statistics, "status": self.status, "queryLanguage": "CWLI"}


class Insights:
    """The queries of a room."""

    def __init__(self, account: str):
        self.account, self.looks = account, 2
        self.lock = threading.Lock()
        self.queries: dict[str, Search] = {}

    def seed(self, wish: dict) -> dict:
        with self.lock:
            self.looks = wish["looks"]
        return {}

    def answer(self, operation: str, region: str, asked: dict) -> tuple[int, dict]:
        with self.lock:
            try:
                if operation == "StartQuery":
                    return 200, self.start(region, asked)
                search = self.queries.get(asked["queryId"])
                if not search:
                    raise Refused("ResourceNotFoundException", "Query does not exist")
                if operation == "GetQueryResults":
                    return 200, search.look(self.looks)
                if search.status not in ("Scheduled", "Running"):
                    raise Refused("InvalidParameterException", "The query has already ended")
                search.status = "Cancelled"
                return 200, {"success": True}
            except Refused as refused:
                return 400, refused.told

    def start(self, region: str, asked: dict) -> dict:
        names = asked.get("logGroupNames", [])
        if not 0 < len(names) <= MAX_GROUPS:
            raise Refused("InvalidParameterException", "A query takes up to 50 log groups")
        start, end = asked["startTime"], asked["endTime"]
        if end > 10**11:
            raise malformed("end date and time is in milliseconds", 0, 0)
        groups = get_backend("logs")[self.account][region].groups
        for name in names:
            if name not in groups:
                raise Refused("ResourceNotFoundException", f"Log group '{name}' does not exist")
        scanned = [
            (event, stream, group)
            for group in (groups[name] for name in names)
            for stream in group.streams.values()
            for event in stream.events
            if start * 1000 <= event.timestamp < (end + 1) * 1000
        ]
        scanned.sort(key=lambda found: found[0].timestamp, reverse=True)
        rows = self.search(asked["queryString"], scanned)[: asked.get("limit", 10_000)]
        query = str(uuid4())
        self.queries[query] = Search([event for event, _, _ in scanned], rows)
        return {"queryId": query}

    def search(self, text: str, found: list) -> list:
        shown, begin = ["@timestamp", "@message"], 0
        for command in text.split("|"):
            word = command.strip().split(" ")[0]
            rest = command.strip()[len(word) :].strip()
            at = begin + len(command) - len(command.lstrip())
            begin += len(command) + 1
            if word in ("fields", "display"):
                shown = [name.strip() for name in rest.split(",")]
            elif word == "filter" and (pattern := re.fullmatch(r"@message like /(.*)/", rest)):
                found = [row for row in found if re.search(pattern[1], row[0].message)]
            elif word == "sort" and re.fullmatch(r"@timestamp( (asc|desc))?", rest):
                found = sorted(found, key=lambda row: row[0].timestamp, reverse=rest.endswith("desc"))
            elif word == "limit" and rest.isdecimal():
                found = found[: int(rest)]
            else:
                raise malformed(f"unexpected symbol found {word} at line 1 and position {at + 1}", at, at + len(word))

        def row(event, stream, group) -> dict:
            at = datetime.fromtimestamp(event.timestamp / 1000, timezone.utc)
            fields = {
                "@timestamp": at.strftime("%Y-%m-%d %H:%M:%S.") + f"{event.timestamp % 1000:03}",
                "@message": event.message,
                "@logStream": stream.log_stream_name,
                "@log": f"{self.account}:{group.name}",
            }
            return {**{name: fields[name] for name in shown if name in fields}, "@ptr": str(event.event_id)}

        return [row(*each) for each in found]
