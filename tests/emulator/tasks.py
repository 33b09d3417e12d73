"""Tasks for the emulator, in the words of ECS's API model: moto keeps none of their ends, forgets
overrides and tokens, and fails no RunTask.

    POST /room/ROOM/tasks   [{"cluster": "main", "service": "main-svc-0000", "id": "1f", "lastStatus": "STOPPED", ...}]

puts these in the place of those before. What is given goes out as it is, beside `taskArn` and `group`,
and `stoppedAt` and the like, which are seconds before now.

    POST /room/ROOM/task    {"do": "end", "exit": 1}   the newest one that RunTask started ends by itself;
                            with more members these are those of the task
                            {"do": "fail", "reason": "RESOURCE:MEMORY"}   RunTask starts nothing
"""

from __future__ import annotations

import time

MOMENTS = ("createdAt", "startedAt", "stoppedAt")


class Tasks:
    def __init__(self, account: str):
        self.account = account
        self.tasks: list[dict] = []
        self.tokens: dict[str, dict] = {}
        self.reason: str | None = None

    def act(self, wish: dict) -> None:
        wish = dict(wish)
        if wish.pop("do") == "fail":
            self.reason = wish["reason"]
            return
        task = [task for task in self.tasks if task.get("clientToken")][-1]
        code = wish.pop("exit", None)
        task["startedAt"] = time.time() - 12
        self.stop(task, "EssentialContainerExited", "Essential container in task exited")
        for container in task["containers"]:
            container["exitCode"] = code
        task.update(wish)
        if not task.get("startedAt"):
            task.pop("startedAt", None)

    @staticmethod
    def stop(task: dict, code: str, reason: str) -> None:
        task.update(lastStatus="STOPPED", desiredStatus="STOPPED", stopCode=code, stoppedReason=reason, stoppedAt=time.time())
        for container in task.get("containers", []):
            container["lastStatus"] = "STOPPED"

    def run(self, asked: dict, region: str) -> dict:
        """A token that came before gives the same task (API reference, RunTask)."""
        if self.reason:
            return {"tasks": [], "failures": [{"arn": "arn:aws:ecs:us-east-1:1:container-instance/1", "reason": self.reason}]}
        token = asked.get("clientToken", "")
        if token not in self.tokens:
            cluster, number = asked["cluster"], len(self.tasks)
            named = asked["overrides"]["containerOverrides"][0]["name"]
            self.tokens[token] = {
                "taskArn": f"arn:aws:ecs:{region}:{self.account}:task/{cluster}/{number:032x}",
                "taskDefinitionArn": f"arn:aws:ecs:{region}:{self.account}:task-definition/{asked['taskDefinition']}",
                "group": f"family:{asked['taskDefinition'].split(':')[0]}", "startedBy": asked.get("startedBy", ""),
                "lastStatus": "PROVISIONING", "desiredStatus": "RUNNING", "createdAt": time.time(),
                "containers": [{"name": named, "lastStatus": "PENDING"}], "clientToken": token,
            }
            self.tasks.append(self.tokens[token])
        return {"tasks": [self.tokens[token]], "failures": []}

    def halt(self, asked: dict) -> dict | None:
        here = [task for task in self.tasks if f":task/{asked['cluster']}/" in task["taskArn"]]
        task = next((task for task in here if task["taskArn"].endswith("/" + asked["task"])), None)
        if task:
            self.stop(task, "UserInitiated", asked.get("reason", ""))
        return task

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
        if family := asked.get("familyName") or asked.get("family"):
            here = [task for task in here if f"/{family}:" in task["taskDefinitionArn"]]
        return {"taskArns": [task["taskArn"] for task in here if service is None or task["group"] == f"service:{service}"]}
