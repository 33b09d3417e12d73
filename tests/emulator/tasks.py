"""Tasks for the emulator, in the words of ECS's API model: moto keeps none of their ends.

    POST /room/ROOM/tasks   [{"cluster": "main", "service": "main-svc-0000", "id": "1f", "lastStatus": "STOPPED", ...}]

puts these in the place of those before. What is given goes out as it is, beside `taskArn` and `group`,
and `stoppedAt` and the like, which are seconds before now.
"""

from __future__ import annotations

import time

MOMENTS = ("createdAt", "startedAt", "stoppedAt")


class Tasks:
    def __init__(self, account: str):
        self.account = account
        self.tasks: list[dict] = []

    def put(self, wish: list[dict], region: str = "us-east-1") -> None:
        self.tasks = []
        for task in wish:
            task = dict(task)
            cluster, service = task.pop("cluster"), task.pop("service", None)
            task["taskArn"] = f"arn:aws:ecs:{region}:{self.account}:task/{cluster}/{task.pop('id')}"
            task["group"] = f"service:{service}" if service else "family:once"
            for moment in MOMENTS:
                if moment in task:
                    task[moment] = time.time() - task[moment]
            self.tasks.append(task)

    def answer(self, operation: str, asked: dict) -> dict:
        here = [task for task in self.tasks if f":task/{asked['cluster']}/" in task["taskArn"]]
        if operation == "ecs:DescribeTasks":
            return {"tasks": [task for task in here if task["taskArn"] in asked["tasks"]], "failures": []}
        status, service = asked.get("desiredStatus", "RUNNING"), asked.get("serviceName")
        here = [task for task in here if task.get("desiredStatus", task["lastStatus"]) == status]
        return {"taskArns": [task["taskArn"] for task in here if service is None or task["group"] == f"service:{service}"]}
