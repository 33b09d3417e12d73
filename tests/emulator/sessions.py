"""Tasks that take sessions, and the sessions: what moto has not, after the API models of ECS and Systems
Manager in botocore and the errors that the ECS guide tells.

    POST /room/ROOM/sessions  [{"cluster": "main", "service": "main-svc-0000", "id": "1f3a", "enabled": true,
                              "status": "RUNNING", "agent": "RUNNING"}]
"""

from __future__ import annotations

NOT_ENABLED = (
    "The execute command failed because execute command was not enabled when the task was run or the execute "
    "command agent isn't running. Wait and try again or run a new task with execute command enabled and try again."
)

# The operations that are answered here; the first two only where tasks were put in.
OPERATIONS = {"ecs:ListTasks", "ecs:DescribeTasks", "ecs:ExecuteCommand", "ssm:StartSession"}


class Refused(Exception):
    """A code and what AWS says to it."""


class Tasks:
    def __init__(self, account: str):
        self.account = account
        self.tasks: list[dict] = []
        self.sessions = 0

    def answers(self, operation: str) -> bool:
        return operation in OPERATIONS and bool(self.tasks)

    def answer(self, operation: str, region: str, asked: dict) -> dict:
        return {
            "ecs:ListTasks": self.list,
            "ecs:DescribeTasks": self.describe,
            "ecs:ExecuteCommand": self.execute,
            "ssm:StartSession": self.start,
        }[operation](region, asked)

    def arn(self, region: str, task: dict) -> str:
        return f"arn:aws:ecs:{region}:{self.account}:task/{task['cluster']}/{task['id']}"

    def list(self, region: str, asked: dict) -> dict:
        wanted = "STOPPED" if asked.get("desiredStatus") == "STOPPED" else "RUNNING"
        found = [
            self.arn(region, task)
            for task in self.tasks
            if task["cluster"] == asked.get("cluster")
            and asked.get("serviceName", task["service"]) == task["service"]
            and wanted == "RUNNING"
        ]
        return {"taskArns": found}

    def describe(self, region: str, asked: dict) -> dict:
        found = [task for task in self.tasks if self.arn(region, task) in asked["tasks"] or task["id"] in asked["tasks"]]
        return {"tasks": [self.told(region, task) for task in found], "failures": []}

    def told(self, region: str, task: dict) -> dict:
        agent = {"name": "ExecuteCommandAgent", "lastStatus": task.get("agent", "RUNNING")}
        return {
            "taskArn": self.arn(region, task),
            "clusterArn": f"arn:aws:ecs:{region}:{self.account}:cluster/{task['cluster']}",
            "taskDefinitionArn": f"arn:aws:ecs:{region}:{self.account}:task-definition/main-0:1",
            "group": f"service:{task['service']}",
            "lastStatus": task.get("status", "RUNNING"),
            "desiredStatus": "RUNNING",
            "enableExecuteCommand": task.get("enabled", True),
            "createdAt": 1_795_000_000,
            "startedAt": 1_795_000_010,
            "containers": [
                {
                    "name": "app",
                    "image": "registry.test/team/app:40",
                    "lastStatus": task.get("status", "RUNNING"),
                    "runtimeId": f"{task['id']}-0527",
                    "managedAgents": [agent] if task.get("enabled", True) else [],
                }
            ],
        }

    def execute(self, region: str, asked: dict) -> dict:
        found = self.describe(region, {"tasks": [asked["task"]]})["tasks"]
        if not found:
            raise Refused("InvalidParameterException", "The specified task was not found.")
        agents = found[0]["containers"][0]["managedAgents"]
        if not agents or agents[0]["lastStatus"] != "RUNNING":
            raise Refused("InvalidParameterException", NOT_ENABLED)
        return {
            "clusterArn": found[0]["clusterArn"],
            "taskArn": found[0]["taskArn"],
            "containerName": asked["container"],
            "interactive": asked["interactive"],
            "session": {name[0].lower() + name[1:]: value for name, value in self.session(region).items()},
        }

    def start(self, region: str, asked: dict) -> dict:
        known = [f"ecs:{task['cluster']}_{task['id']}_{task['id']}-0527" for task in self.tasks]
        if asked["Target"] not in known:
            raise Refused("TargetNotConnected", f"{asked['Target']} is not connected.")
        return self.session(region)

    def session(self, region: str) -> dict:
        self.sessions += 1
        name = f"ecs-execute-command-{self.sessions:017d}"
        return {
            "SessionId": name,
            "StreamUrl": f"wss://ssmmessages.{region}.amazonaws.com/v1/data-channel/{name}?role=publish_subscribe",
            "TokenValue": "TOKEN-OF-THE-SESSION",
        }
