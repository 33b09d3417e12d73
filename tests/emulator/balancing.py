"""Target health and scaling activities as AWS tells them: moto's targets are always well, and it knows no activity.

    POST /room/ROOM/targets     {"groups": {"ARN": [{"id": "10.0.0.1", "port": 8080, "zone": "us-east-1a", "state": "unhealthy",
                                 "reason": "Target.Timeout", "description": "Request timed out"}]}}
    POST /room/ROOM/activities  {"activities": [members of ScalingActivity]}
"""

from __future__ import annotations

import json
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

NAMESPACE = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
OPERATIONS = ("elasticloadbalancing:DescribeTargetHealth", "application-autoscaling:DescribeScalingActivities")


class Account:
    def __init__(self):
        self.groups: dict[str, list] = {}
        self.activities: list[dict] = []

    def answer(self, operation: str, body: str, asked: dict) -> tuple[int, str, str]:
        if operation == OPERATIONS[0]:
            return self.health(parse_qs(body)["TargetGroupArn"][0])
        return self.scaled(asked)

    def health(self, arn: str) -> tuple[int, str, str]:
        if arn not in self.groups:
            told = f"<ErrorResponse xmlns='{NAMESPACE}'><Error><Type>Sender</Type><Code>TargetGroupNotFound</Code><Message>One or more target groups not found</Message></Error></ErrorResponse>"
            return 400, "text/xml", told
        members = "".join(member(target) for target in self.groups[arn])
        result = f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
        return 200, "text/xml", f"<DescribeTargetHealthResponse xmlns='{NAMESPACE}'><DescribeTargetHealthResult>{result}</DescribeTargetHealthResult></DescribeTargetHealthResponse>"

    def scaled(self, asked: dict) -> tuple[int, str, str]:
        """Refuses what the API refuses: a dimension without a resource, more than 50 of a page."""
        if asked.get("ScalableDimension") and not asked.get("ResourceId") or asked.get("MaxResults", 50) > 50:
            return 400, "application/x-amz-json-1.1", json.dumps({"__type": "ValidationException", "message": "odd"})
        wanted = asked.get("ResourceId")
        # What was not scaled is told only to those who ask for it.
        all_of_them = asked.get("IncludeNotScaledActivities", False)
        told = [a for a in self.activities if wanted in (None, a["ResourceId"]) and (all_of_them or not a.get("NotScaledReasons"))]
        told.sort(key=lambda activity: -activity["StartTime"])
        return 200, "application/x-amz-json-1.1", json.dumps({"ScalingActivities": told[: asked.get("MaxResults", 50)]})


def member(target: dict) -> str:
    def tag(name: str, value) -> str:
        return f"<{name}>{escape(str(value))}</{name}>" if value is not None else ""

    of = tag("Id", target["id"]) + tag("Port", target.get("port")) + tag("AvailabilityZone", target.get("zone"))
    health = tag("State", target["state"]) + tag("Reason", target.get("reason")) + tag("Description", target.get("description"))
    return f"<member><Target>{of}</Target><TargetHealth>{health}</TargetHealth></member>"
