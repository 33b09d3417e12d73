"""Service deployments and service revisions as ECS keeps them, and as ECS takes them back: moto has
none of it, starts no task and gives a service one deployment for ever. The shapes are those of the
API model.

    POST /room/ROOM/deployments   {"service": "main/main-svc-0000", "do": "adopt"}

What may be done: "adopt" (from now on the service is kept here; what it runs has been deployed with
success), "deploy" with "definition" (as UpdateService, by somebody else), "settle" (all tasks of the
newest deployment run, and no others), "break" (the circuit breaker takes it back), "pause" with
"hook" (it waits there for a person), "forget" (ECS remembers no deployment of it).
"""

from __future__ import annotations

import re
import time
from itertools import count

LIVE = ("PENDING", "IN_PROGRESS")
REASONS = {
    "user": "Service deployment rolled back because of a user request.",
    "breaker": "Service deployment rolled back because the circuit breaker threshold was exceeded.",
}


class Refused(Exception):
    """AWS's code and words."""


class Service:
    """One service with all that was deployed to it, newest first."""

    def __init__(self, account: Account, key: tuple[str, str], definition: str, desired: int):
        self.account, self.key, self.desired = account, key, desired
        self.releases: list[dict] = []
        self.revisions: dict[str, dict] = {}
        self.sets: list[dict] = []
        self.deploy(definition)
        self.settle()

    def arn(self, what: str, number: int) -> str:
        cluster, name = self.key
        return f"arn:aws:ecs:us-east-1:{self.account.id}:{what}/{cluster}/{name}/{number:019d}"

    def start(self, definition: str) -> None:
        """Tasks of a task definition begin to replace the others."""
        number = next(self.account.numbers)
        for old in self.sets:
            old["status"] = "ACTIVE"
        now = time.time()
        self.sets.insert(0, {
            "id": f"ecs-svc/{number:019d}", "status": "PRIMARY", "taskDefinition": definition, "desiredCount": self.desired,
            "runningCount": 0, "pendingCount": self.desired, "failedTasks": 0, "createdAt": now, "updatedAt": now,
            "rolloutState": "IN_PROGRESS", "rolloutStateReason": f"ECS deployment ecs-svc/{number:019d} in progress.",
        })

    def deploy(self, definition: str) -> None:
        definition = self.account.describe(definition)
        number, now = next(self.account.numbers), time.time()
        # A tag is resolved to a digest once a deployment.
        revision = self.arn("service-revision", number)
        self.revisions[revision] = {
            "serviceRevisionArn": revision, "taskDefinition": definition["taskDefinitionArn"], "createdAt": now,
            "containerImages": [
                {"containerName": container["name"], "image": container["image"], **self.account.digest(container["image"])}
                for container in definition["containerDefinitions"]
            ],
        }
        sources = [release["target"] for release in self.releases if release["status"] == "SUCCESSFUL"][:1]
        if self.releases and self.releases[0]["status"] in LIVE:
            self.releases[0].update(status="STOPPED", finishedAt=now, statusReason="A newer deployment was started.")
            sources.insert(0, self.releases[0]["target"])
        self.releases.insert(0, {
            "arn": self.arn("service-deployment", number), "status": "IN_PROGRESS", "target": revision,
            "sources": sources, "createdAt": now, "startedAt": now,
        })
        self.start(definition["taskDefinitionArn"])

    def back(self, why: str) -> None:
        """To the last that was completed."""
        head = self.releases[0]
        good = [release["target"] for release in self.releases[1:] if release["status"] == "SUCCESSFUL"]
        head["status"] = "ROLLBACK_IN_PROGRESS"
        head["statusReason"] = REASONS[why]
        head["rollback"] = {"reason": REASONS[why], "startedAt": time.time(), "serviceRevisionArn": good[0]}
        head.pop("hook", None)
        old = self.sets[0]
        old["rolloutState"] = "FAILED"
        self.start(self.revisions[good[0]]["taskDefinition"])
        if why == "breaker":
            old["rolloutStateReason"] = "ECS deployment circuit breaker: tasks failed to start."
            self.sets[0]["rolloutStateReason"] = f"ECS deployment circuit breaker: rolling back to deploymentId {old['id']}."

    def settle(self) -> None:
        head, now = self.releases[0], time.time()
        head["status"] = "ROLLBACK_SUCCESSFUL" if "rollback" in head else "SUCCESSFUL"
        head["finishedAt"] = now
        del self.sets[1:]
        newest = self.sets[0]
        newest.update(runningCount=self.desired, pendingCount=0, rolloutState="COMPLETED", updatedAt=now,
                      rolloutStateReason=f"ECS deployment {newest['id']} completed.")

    def overlay(self, told: dict) -> None:
        """What DescribeServices and UpdateService tell of it."""
        self.desired = told["desiredCount"]
        told["deployments"], told["taskDefinition"] = self.sets, self.sets[0]["taskDefinition"]
        told["runningCount"] = sum(each["runningCount"] for each in self.sets)
        told["pendingCount"] = self.sets[0]["pendingCount"]

    def shown(self, release: dict) -> dict:
        told = {key: release[key] for key in ("status", "statusReason", "createdAt", "startedAt", "finishedAt", "rollback")
                if key in release}
        told["serviceDeploymentArn"] = release["arn"]
        told["targetServiceRevision"] = {"arn": release["target"]}
        told["sourceServiceRevisions"] = [{"arn": arn} for arn in release["sources"]]
        if "hook" in release:
            told["lifecycleStage"] = "POST_SCALE_UP"
            told["lifecycleHookDetails"] = [{"hookId": release["hook"], "targetType": "PAUSE", "status": "AWAITING_ACTION",
                                             "expiresAt": release["createdAt"] + 3600, "timeoutAction": "CONTINUE"}]
        return told


class Account:
    """All services that are kept. `client` gives a boto3 client that is not counted."""

    def __init__(self, account: str):
        self.id = account
        self.services: dict[tuple[str, str], Service] = {}
        self.numbers = count(1)
        self.client = None

    def describe(self, definition: str) -> dict:
        return self.client("ecs").describe_task_definition(taskDefinition=definition)["taskDefinition"]

    def digest(self, image: str) -> dict:
        repository, _, tag = image.split("/", 1)[1].partition(":")
        try:
            found = self.client("ecr").describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
        except Exception:  # No repository, or no image: then no task starts, and nothing is resolved.
            return {}
        return {"imageDigest": found["imageDetails"][0]["imageDigest"]}

    def do(self, wish: dict) -> dict:
        cluster, name = key = tuple(wish["service"].split("/"))
        if wish["do"] == "adopt":
            told = self.client("ecs").describe_services(cluster=cluster, services=[name])["services"][0]
            self.services[key] = Service(self, key, told["taskDefinition"], told["desiredCount"])
            return {}
        service = self.services[key]
        match wish["do"]:
            case "deploy":
                service.deploy(wish["definition"])
            case "settle":
                service.settle()
            case "break":
                service.back("breaker")
            case "pause":
                service.releases[0]["hook"] = wish["hook"]
            case "forget":
                service.releases = []
            case other:
                raise ValueError(other)
        return {}

    def find(self, asked: dict) -> Service | None:
        return self.services.get((asked.get("cluster", "default").split("/")[-1], asked.get("service", "").split("/")[-1]))

    def release(self, arn: str) -> tuple[Service, dict]:
        for service in self.services.values():
            for release in service.releases:
                if release["arn"] == arn:
                    return service, release
        raise Refused("ServiceDeploymentNotFoundException", "Service deployment not found.")

    def after(self, operation: str, asked: dict, told: dict) -> None:
        """What moto told of services becomes what they are here."""
        if operation == "UpdateService" and (service := self.find(asked)):
            if "taskDefinition" in asked or asked.get("forceNewDeployment"):
                service.deploy(asked.get("taskDefinition", service.sets[0]["taskDefinition"]))
        for each in told.get("services", []) + [told[member] for member in ("service",) if member in told]:
            cluster, name = each["clusterArn"].split("/")[-1], each["serviceName"]
            if service := self.services.get((cluster, name)):
                service.overlay(each)

    def list_service_deployments(self, asked: dict) -> dict:
        service = self.find(asked)
        releases = service.releases if service else []
        start, most = int(asked.get("nextToken") or 0), min(asked.get("maxResults") or 20, 100)
        told = {"serviceDeployments": [
            {"serviceDeploymentArn": release["arn"], "status": release["status"], "createdAt": release["createdAt"],
             "targetServiceRevisionArn": release["target"]} for release in releases[start:start + most]
        ]}
        if start + most < len(releases):
            told["nextToken"] = str(start + most)
        return told

    def describe_service_deployments(self, asked: dict) -> dict:
        arns = asked["serviceDeploymentArns"]
        if len(arns) > 20:
            raise Refused("InvalidParameterException", "Service deployment ARNs cannot have more than 20 elements")
        found = [service.shown(release) for service, release in map(self.release, arns)]
        return {"serviceDeployments": found, "failures": []}

    def describe_service_revisions(self, asked: dict) -> dict:
        arns = asked["serviceRevisionArns"]
        if len(arns) > 20:
            raise Refused("InvalidParameterException", "Service revision ARNs cannot have more than 20 elements")
        known = {arn: revision for service in self.services.values() for arn, revision in service.revisions.items()}
        return {"serviceRevisions": [known[arn] for arn in arns if arn in known], "failures": []}

    def stop_service_deployment(self, asked: dict) -> dict:
        service, release = self.release(asked["serviceDeploymentArn"])
        if asked.get("stopType") != "ROLLBACK":
            raise Refused("InvalidParameterException", "The valid values are ROLLBACK.")
        if release["status"] not in LIVE:
            raise Refused("ConflictException", "The service deployment cannot be stopped in its current state.")
        service.back("user")
        return {"serviceDeploymentArn": release["arn"]}

    def continue_service_deployment(self, asked: dict) -> dict:
        service, release = self.release(asked["serviceDeploymentArn"])
        if release.get("hook") != asked.get("hookId"):
            raise Refused("InvalidParameterException", "The hook is not paused.")
        if asked.get("action", "CONTINUE") == "ROLLBACK":
            service.back("user")
        else:
            del release["hook"]
        return {"serviceDeploymentArn": release["arn"]}


def refuses(ecs, asked: dict) -> tuple[str, str] | None:
    """What UpdateService says where another controller deploys; moto takes it."""
    if "taskDefinition" not in asked and not asked.get("forceNewDeployment"):
        return None
    told = ecs.describe_services(cluster=asked.get("cluster", "default"), services=[asked["service"]])["services"]
    kind = told[0]["deploymentController"]["type"] if told else "ECS"
    said = f"Unable to update task definition on services with a {kind} deployment controller."
    return None if kind == "ECS" else ("InvalidParameterException", said)


def answers(operation: str) -> str | None:
    """The method of an account that answers an operation in the place of moto."""
    name = operation.removeprefix("ecs:")
    wanted = ("ListServiceDeployments", "DescribeServiceDeployments", "DescribeServiceRevisions",
              "StopServiceDeployment", "ContinueServiceDeployment")
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() if operation.startswith("ecs:") and name in wanted else None
