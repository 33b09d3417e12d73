"""CloudTrail's LookupEvents; moto does not have it.

    POST /room/ROOM/trail    [{"eventName": "UpdateService", "seconds": 60, "readOnly": false, ...}]

Members are those of a record; `seconds` is how long ago it was.
"""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone

PAGE = 50


class Account:
    def __init__(self):
        self.records: list[dict] = []

    def seed(self, wish: list[dict]):
        for number, record in enumerate(wish, len(self.records)):
            at = time.time() - record.pop("seconds", 0)
            told = {"eventTime": datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "eventID": f"event-{number}", "readOnly": False}
            self.records.append({"at": at, "record": told | record})
        return {}

    def answer(self, asked: dict) -> tuple[int, dict]:
        attributes = asked.get("LookupAttributes", [])
        # One attribute and fifty events a page (API reference, LookupEvents).
        if len(attributes) > 1 or asked.get("MaxResults", PAGE) > PAGE:
            return 400, {"__type": "InvalidLookupAttributesException", "message": "one attribute, 50 events"}
        wanted = {a["AttributeKey"]: a["AttributeValue"] for a in attributes}.get("ReadOnly")
        start, end = asked.get("StartTime", 0), asked.get("EndTime", time.time())
        found = [told for told in self.records if start <= told["at"] <= end]
        found = [told for told in found if wanted in (None, str(told["record"]["readOnly"]).lower())]
        found.sort(key=lambda told: -told["at"])
        first = int(asked.get("NextToken") or 0)
        page = found[first : first + PAGE]
        told = {"Events": [self.event(**told) for told in page]}
        if first + PAGE < len(found):
            told["NextToken"] = str(first + PAGE)
        return 200, told

    def event(self, at: float, record: dict) -> dict:
        return {"EventId": record["eventID"], "EventName": record.get("eventName"), "EventTime": at,
                "ReadOnly": str(record["readOnly"]).lower(), "CloudTrailEvent": json.dumps(record)}
