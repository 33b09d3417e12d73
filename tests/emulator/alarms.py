"""Alarms as CloudWatch has them: moto knows no composite or log alarm, no history, no types and no pages.

    POST /room/ROOM/alarms  {"region": "us-east-1",
                             "metric": [members of PutMetricAlarm], "composite": [...], "log": [...],
                             "many": ["cpu-{:03}", 250],
                             "tags": {"NAME": {"key": "value"}},
                             "states": {"NAME": ["ALARM", "why"]},
                             "history": [["NAME", "Alarm updated from OK to ALARM", 90]],   (minutes ago)
                             "delete": ["NAME"]}
"""

from __future__ import annotations

import threading
import time

TYPES = {"metric": "MetricAlarm", "composite": "CompositeAlarm", "log": "LogAlarm"}
OPERATIONS = ("DescribeAlarms", "DescribeAlarmHistory", "ListTagsForResource")
PAGE = 50


class Account:
    def __init__(self, account: str):
        self.account = account
        self.lock = threading.Lock()
        # By region and name: the type, and the alarm as it is told.
        self.alarms: dict[tuple[str, str], tuple[str, dict]] = {}
        self.tags: dict[str, dict] = {}
        self.history: list[dict] = []

    # ------------------------------------------------------------------ control

    def seed(self, wish: dict) -> dict:
        region = wish.get("region", "us-east-1")
        with self.lock:
            for kind, of_type in TYPES.items():
                for members in wish.get(kind, []):
                    self.put(region, of_type, members)
            if "many" in wish:
                pattern, count = wish["many"]
                for number in range(count):
                    self.put(region, "MetricAlarm", {"AlarmName": pattern.format(number)})
            for name, tags in wish.get("tags", {}).items():
                self.tags[self.arn(region, name)] = tags
            for name, (state, reason) in wish.get("states", {}).items():
                self.set_state(region, name, state, reason)
            for name, summary, minutes in wish.get("history", []):
                self.note(self.alarms[region, name][0], name, "StateUpdate", summary, minutes)
            for name in wish.get("delete", []):
                del self.alarms[region, name]
        return {}

    def arn(self, region: str, name: str) -> str:
        return f"arn:aws:cloudwatch:{region}:{self.account}:alarm:{name}"

    def put(self, region: str, of_type: str, members: dict) -> None:
        name = members["AlarmName"]
        alarm = {"ActionsEnabled": True, "AlarmActions": [], "OKActions": [], "InsufficientDataActions": [],
                 "StateValue": "OK", "StateReason": "Unchecked: Initial alarm creation", "AlarmArn": self.arn(region, name),
                 "StateUpdatedTimestamp": time.time(), "StateTransitionedTimestamp": time.time() - 3600}
        if of_type == "MetricAlarm" and "Metrics" not in members:
            alarm |= {"Namespace": "Shop", "MetricName": "Cost", "Statistic": "Average", "Period": 60, "EvaluationPeriods": 3,
                      "Threshold": 80.0, "ComparisonOperator": "GreaterThanThreshold"}
        self.alarms[region, name] = (of_type, alarm | members)
        self.note(of_type, name, "ConfigurationUpdate", f'Alarm "{name}" created')

    def set_state(self, region: str, name: str, state: str, reason: str) -> None:
        of_type, alarm = self.alarms[region, name]
        before = alarm["StateValue"]
        # Only a change of the state is a transition; it is updated whatever comes.
        alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=time.time())
        if before != state:
            alarm["StateTransitionedTimestamp"] = time.time()
            self.note(of_type, name, "StateUpdate", f"Alarm updated from {before} to {state}")

    def note(self, of_type: str, name: str, kind: str, summary: str, minutes: float = 0) -> None:
        at = time.time() - 60 * minutes
        self.history.append({"AlarmName": name, "AlarmType": of_type, "Timestamp": at, "HistoryItemType": kind,
                             "HistorySummary": summary})
        self.history.sort(key=lambda entry: entry["Timestamp"])

    # ------------------------------------------------------------------ requests

    def answer(self, operation: str, region: str, asked: dict) -> tuple[int, dict]:
        with self.lock:
            if operation == "ListTagsForResource":
                tags = self.tags.get(asked["ResourceARN"], {})
                return 200, {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
            most = asked.get("MaxRecords", PAGE)
            if most > 100 or len(asked.get("AlarmNames", [])) > 100:
                return 400, {"__type": "ValidationError", "message": "at most 100"}
            # Without the types only metric alarms are told (API reference, DescribeAlarms).
            types, start = asked.get("AlarmTypes") or ["MetricAlarm"], int(asked.get("NextToken") or 0)
            found = self.described(region, types, asked) if operation == "DescribeAlarms" else self.remembered(types, asked)
            told = {"NextToken": str(start + most)} if len(found) > start + most else {}
            page = found[start : start + most]
            if operation == "DescribeAlarmHistory":
                return 200, told | {"AlarmHistoryItems": page}
            for of_type in types:
                told[f"{of_type}s"] = [alarm for own, alarm in page if own == of_type]
            return 200, told

    def described(self, region: str, types: list, asked: dict) -> list:
        names, state = asked.get("AlarmNames"), asked.get("StateValue")

        def wanted(of_type: str, alarm: dict) -> bool:
            named = not names or alarm["AlarmName"] in names
            return of_type in types and named and state in (None, alarm["StateValue"])

        return [self.alarms[key] for key in sorted(self.alarms) if key[0] == region and wanted(*self.alarms[key])]

    def remembered(self, types: list, asked: dict) -> list:
        name = asked.get("AlarmName")
        entries = [entry for entry in self.history if entry["AlarmType"] in types and name in (None, entry["AlarmName"])]
        start, end = asked.get("StartDate") or 0, asked.get("EndDate") or time.time() + 1
        entries = [entry for entry in entries if start <= entry["Timestamp"] < end]
        return entries if asked.get("ScanBy") == "TimestampAscending" else entries[::-1]
