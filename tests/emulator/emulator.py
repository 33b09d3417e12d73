"""An AWS emulator for the tests: moto, with counters, faults and the manners of ECS that moto lacks.

    python emulator.py          prints "ready http://127.0.0.1:PORT"; ends when its stdin is closed

Requests to http://127.0.0.1:PORT/in/ROOM reach an account of that room alone, so that tests share
one server and see nothing of each other. Each room has its own counters and faults:

    POST /room/ROOM/seed     {"region": "us-east-1", "clusters": {"main": 11}, "scaling": [1, 4]}
                             "revisions": {"main-0": [{"containerDefinitions": []}]}, further ones of a family
                             databases and distributions: see data.py
    POST /room/ROOM/caches   see elasticache.py
    POST /room/ROOM/deployments   see deployments.py
    POST /room/ROOM/expire   {"repository": "team/app", "tag": "40"}   the image is gone
    POST /room/ROOM/image    {"repository": "team/app", "tag": "40", "age": 600, "told": {"imageScanStatus": {"status": "FAILED"}}}
                             when it was pushed (seconds ago), and what DescribeImages tells of it besides
    POST /room/ROOM/definition   "main-0:2": that revision as DescribeTaskDefinition tells it
    POST /room/ROOM/insights see insights.py
    POST /room/ROOM/tasks, task   see tasks.py
    POST /room/ROOM/alarms   see alarms.py
    POST /room/ROOM/points, balancers   see metrics.py
    POST /room/ROOM/trail    see cloudtrail.py
    POST /room/ROOM/secrets  {"name": "text"}
    POST /room/ROOM/sessions see sessions.py
    POST /room/ROOM/lines, groups, logs   see logs.py
    POST /room/ROOM/faults   [{"operation": "ecs:ListServices", "kind": "throttle", "match": "main", "times": 2}]
    GET  /room/ROOM/stats    {"calls": {"ecs:ListServices": 3}, "keys": {...}, "bodies": {...},
                              "forms": {...}, "scopes": {"cloudfront:GetDistribution": {"us-east-1/cloudfront": 1}}}

Kinds of fault: throttle, full, deny, expired, error500, html, hang, drop, truncate, failure, delay,
more (of DescribeTaskDefinition: {"more": {"cpu": "1"}} stands in the definition as well); and none, which lets a request pass. Of several the first that is left counts.
"""

from __future__ import annotations

import io
import json
import os
import re
import socket
import sys
import threading
import time
import traceback
import zlib
from collections import Counter, defaultdict
from email.utils import formatdate
from urllib.parse import parse_qs, parse_qsl

os.environ.setdefault("MOTO_CALL_RESET_API", "false")

import alarms  # noqa: E402
import balancing  # noqa: E402
import boto3  # noqa: E402
import cbor  # noqa: E402
import cloudtrail  # noqa: E402
import deployments  # noqa: E402
import elasticache  # noqa: E402
import insights  # noqa: E402
import logs  # noqa: E402
import metrics  # noqa: E402
import sessions  # noqa: E402
from botocore.config import Config  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app  # noqa: E402
from werkzeug.serving import WSGIRequestHandler, make_server  # noqa: E402

import data  # noqa: E402
import tasks  # noqa: E402

SEED_KEY = "AKIASEED"
KNOWN_KEYS = ("AKIAGOOD", "ASIA", "LSIA", SEED_KEY)
HANG_SECONDS = 120
TARGETS = {
    "AmazonEC2ContainerServiceV20141113": "ecs",
    "AnyScaleFrontendService": "application-autoscaling",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "Logs_20140328": "logs",
    "AmazonSSM": "ssm",
    "GraniteServiceVersion20100801": "cloudwatch",
    "CloudTrail_20131101": "cloudtrail",
    "AmazonSQS": "sqs",
}

# The lists that are paged, and their members.
LISTS = {"ecs:ListServices": "serviceArns", "ecs:ListClusters": "clusterArns", "ecs:ListTasks": "taskArns"}

# The operations that logs.py answers in the place of moto.
LOGS = {"logs:FilterLogEvents": "filter", "logs:DescribeLogGroups": "describe_groups", "logs:StartLiveTail": "live"}


class Room:
    def __init__(self, name: str):
        self.name = name
        self.account = f"{zlib.crc32(name.encode()):012d}"
        self.faults: list[dict] = []
        self.calls: Counter = Counter()
        self.keys: dict[str, Counter] = defaultdict(Counter)
        self.bodies: dict[str, list] = defaultdict(list)
        self.scopes: dict[str, Counter] = defaultdict(Counter)
        self.lock = threading.Lock()
        self.deployments = deployments.Account(self.account)
        self.caches = elasticache.Account(self.account)
        self.logs = logs.Account(self.account)
        self.insights = insights.Insights(self.account)
        self.tasks = tasks.Tasks(self.account)
        self.sessions = sessions.Tasks(self.account)
        self.images: dict[tuple[str, str], dict] = {}
        self.alarms = alarms.Account(self.account)
        self.metrics = metrics.Account()
        self.trail = cloudtrail.Account()
        self.balancing = balancing.Account()

    def hit(self, operation: str, body: str, region: str) -> dict | None:
        with self.lock:
            for fault in self.faults:
                if fault["operation"] not in (operation, "*") or fault.get("match", "") not in body:
                    continue
                if fault.get("region", region) != region or fault.get("times", 1) <= 0:
                    continue
                if "times" in fault:
                    fault["times"] -= 1
                return fault
        return None


ROOMS: dict[str, Room] = {}
# Whether tags are in the answer moto keeps for all requests at once: of two at a time one loses its tags.
INCLUDED = ("ecs:DescribeServices", "ecs:DescribeClusters")
INCLUDED_LOCK = threading.Lock()
ROOMS_LOCK = threading.Lock()


def room(name: str) -> Room:
    with ROOMS_LOCK:
        return ROOMS.setdefault(name, Room(name))


class Dropped(ConnectionError):
    """Ends a connection without an answer."""


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_args) -> None:
        pass

    def send_response(self, code, message=None) -> None:
        # Without the server's own Date: a room may have another clock.
        self.send_response_only(code, message)


def answer(start_response, status: int, headers: list, body: bytes):
    start_response(f"{status} X", headers + [("Content-Length", str(len(body)))])
    return [body]


def error(start_response, sts: bool, code: str, message: str, status: int = 400):
    headers = [("x-amzn-RequestId", "11111111-2222-3333-4444-555555555555")]
    if sts:
        text = f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        return answer(start_response, max(status, 403), headers + [("Content-Type", "text/xml")], text.encode())
    text = json.dumps({"__type": code, "message": message})
    return answer(start_response, status, headers + [("Content-Type", "application/x-amz-json-1.1")], text.encode())


class Emulator:
    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.url = ""

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "/")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = io.BytesIO(body)
        control = re.match(r"/room/([^/]+)/(\w+)$", path)
        if control:
            try:
                done = getattr(self, "do_" + control[2])(room(control[1]), json.loads(body or b"null"))
            except Exception:  # A seed that cannot be sown: the test tells why.
                return answer(start_response, 500, [("Content-Type", "text/plain")], traceback.format_exc().encode())
            return answer(start_response, 200, [("Content-Type", "application/json")], json.dumps(done).encode())
        entered = re.match(r"/in/([^/]+)(/.*)?$", path)
        if not entered:
            return answer(start_response, 404, [("Content-Type", "text/html")], b"<html>no such room</html>")
        environ["PATH_INFO"] = entered[2] or "/"
        environ["RAW_URI"] = environ["REQUEST_URI"] = environ["PATH_INFO"]

        def serve(environ, start_response, body: bytes):
            return self.serve(room(entered[1]), environ, start_response, body.decode("utf-8", "replace"))

        return cbor.through(environ, start_response, body, serve)

    # ------------------------------------------------------------------ control

    def do_stats(self, where: Room, _):
        with where.lock:
            stats = {"account": where.account, "calls": where.calls, "keys": where.keys, "bodies": where.bodies}
            forms = {op: [dict(parse_qsl(body)) for body in bodies] for op, bodies in where.bodies.items()}
            return {**stats, "forms": forms, "scopes": where.scopes}

    def do_faults(self, where: Room, faults):
        with where.lock:
            where.faults = faults
        return {}

    def do_seed(self, where: Room, wish: dict):
        region = wish.get("region", "us-east-1")

        def client(service: str):
            return self.client(where, service, region)

        ecs, registry = client("ecs"), f"{where.account}.dkr.ecr.{region}.amazonaws.com"
        for image in wish.get("repositories", []):
            client("ecr").create_repository(repositoryName=image["name"], imageTagMutability=image["mutability"])
            for tag in image.get("tags", []):
                self.do_push(where, {"repository": image["name"], "tag": tag, "region": region})
        data.seed(where.account, region, wish)
        for cluster, services in wish.get("clusters", {}).items():
            ecs.create_cluster(clusterName=cluster)
            for number in range(services):
                family = f"{cluster}-{number % 3}"
                if number < 3:
                    ecs.register_task_definition(
                        family=family,
                        containerDefinitions=[
                            {
                                "name": "app",
                                "image": f"{registry}/{wish.get('image', 'app')}:{number + 40}",
                                "memory": 128,
                                "environment": [{"name": "PASSWORD", "value": "hunter2"}],
                                "logConfiguration": {
                                    "logDriver": "awslogs",
                                    "options": {"awslogs-group": f"/ecs/{cluster}", "awslogs-region": region,
                                                "awslogs-stream-prefix": "app"},
                                },
                            }
                        ],
                    )
                    for revision in wish.get("revisions", {}).get(family, []):
                        ecs.register_task_definition(family=family, **revision)
                ecs.create_service(
                    cluster=cluster,
                    serviceName=f"{cluster}-svc-{number:04d}",
                    taskDefinition=family,
                    desiredCount=2,
                    deploymentController={"type": wish.get("controller", "ECS")},
                    tags=[{"key": "parity", "value": "odd" if number % 2 else "even"}],
                )
            if wish.get("scaling"):
                low, high = wish["scaling"]
                target = {"ServiceNamespace": "ecs", "ResourceId": f"service/{cluster}/{cluster}-svc-0000",
                          "ScalableDimension": "ecs:service:DesiredCount"}
                scaling = client("application-autoscaling")
                scaling.register_scalable_target(**target, MinCapacity=low, MaxCapacity=high)
                scaling.put_scaling_policy(
                    **target,
                    PolicyName="cpu",
                    PolicyType="TargetTrackingScaling",
                    TargetTrackingScalingPolicyConfiguration={
                        "TargetValue": 70.0,
                        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
                    },
                )
        return {"account": where.account}

    def do_push(self, where: Room, wish: dict):
        """Puts an image into a repository; what is in it gives its digest."""
        layers = [{"digest": wish["content"]}] if "content" in wish else []
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                    "config": {"digest": "sha256:" + "a" * 64, "size": 1}, "layers": layers}
        ecr = self.client(where, "ecr", wish.get("region", "us-east-1"))
        ecr.put_image(repositoryName=wish["repository"], imageManifest=json.dumps(manifest), imageTag=wish["tag"])
        return {}

    def do_expire(self, where: Room, wish: dict):
        ecr = self.client(where, "ecr")
        ecr.batch_delete_image(repositoryName=wish["repository"], imageIds=[{"imageTag": wish["tag"]}])
        return {}

    def do_image(self, where: Room, wish: dict):
        told = dict(wish.get("told", {}))
        if "age" in wish:
            told["imagePushedAt"] = time.time() - wish["age"]
        where.images[wish["repository"], wish["tag"]] = told
        return {}

    def do_definition(self, where: Room, name: str):
        told = self.client(where, "ecs").describe_task_definition(taskDefinition=name, include=["TAGS"])
        return json.loads(json.dumps({"taskDefinition": told["taskDefinition"], "tags": told["tags"]}, default=str))

    def do_register(self, where: Room, wish: dict):
        """Registers a revision of a family; `image` is named without its registry. `whole` has all members."""
        ecs, registry = self.client(where, "ecs"), f"{where.account}.dkr.ecr.us-east-1.amazonaws.com"
        if "whole" in wish:
            ecs.register_task_definition(family=wish["family"], **wish["whole"])
            return {}
        container = {"name": "app", "image": f"{registry}/{wish['image']}", "memory": 128}
        told = ecs.register_task_definition(family=wish["family"], containerDefinitions=[container])
        return {"revision": told["taskDefinition"]["revision"]}

    def do_deployments(self, where: Room, wish: dict):
        where.deployments.client = lambda service: self.client(where, service)
        with where.lock:
            return where.deployments.do(wish)

    def client(self, where: Room, service: str, region: str = "us-east-1"):
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=f"{self.url}/in/{where.name}",
            aws_access_key_id=SEED_KEY,
            aws_secret_access_key="x",
            config=Config(retries={"max_attempts": 1}),
        )

    def do_lines(self, where: Room, wish: dict):
        where.logs.write(wish)
        return {}

    def do_groups(self, where: Room, wish: dict):
        where.logs.groups(wish)
        return {}

    def do_logs(self, where: Room, manners: dict):
        where.logs.manners = manners
        return {}

    def do_live(self, where: Room, _):
        return where.logs.stats()

    def do_caches(self, where: Room, wish: dict):
        return where.caches.seed(wish)

    def do_tasks(self, where: Room, wish: list):
        where.tasks.put(wish)
        return {}

    def do_task(self, where: Room, wish: dict):
        where.tasks.act(wish)
        return {}

    def do_insights(self, where: Room, wish: dict):
        return where.insights.seed(wish)

    def do_sessions(self, where: Room, tasks: list):
        where.sessions.tasks = tasks
        return {}

    def do_alarms(self, where: Room, wish: dict):
        return where.alarms.seed(wish)

    def do_trail(self, where: Room, wish: list):
        return where.trail.seed(wish)

    def do_points(self, where: Room, wish: dict):
        return where.metrics.seed(wish)

    def do_balancers(self, where: Room, wish: dict):
        return metrics.balancers(lambda service: self.client(where, service), wish)

    def do_targets(self, where: Room, wish: dict):
        where.balancing.groups = wish["groups"]
        return {}

    def do_activities(self, where: Room, wish: dict):
        where.balancing.activities = wish["activities"]
        return {}

    def do_secrets(self, where: Room, secrets: dict):
        client = self.client(where, "secretsmanager")
        for name, text in secrets.items():
            client.create_secret(Name=name, SecretString=text)
        return {}

    def do_queues(self, where: Room, queues: list):
        """Queues by name, with their attributes, tags, and how many messages lie in each."""
        client = self.client(where, "sqs")
        for queue in queues:
            url = client.create_queue(
                QueueName=queue["name"], Attributes=queue.get("attributes", {}), tags=queue.get("tags", {})
            )["QueueUrl"]
            for number in range(queue.get("messages", 0)):
                client.send_message(QueueUrl=url, MessageBody=f"message {number}")
        return {}

    # ------------------------------------------------------------------ requests

    def serve(self, where: Room, environ, start_response, body: str):
        signed = re.search(r"Credential=([^/,\s]+)/\d+/([^/]+)/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
        key, region, service = signed.groups() if signed else ("", "", "")
        target, _, name = environ.get("HTTP_X_AMZ_TARGET", "").partition(".")
        if target:
            operation = f"{TARGETS.get(target, target)}:{name}"
        elif service == "cloudfront":
            operation = f"cloudfront:{data.cloudfront_operation(environ['REQUEST_METHOD'], environ['PATH_INFO'])}"
        else:
            operation = f"{service}:{parse_qs(body).get('Action', ['?'])[0]}"
        sts = not target
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = where.account
        environ["midwatch.room"] = where
        if key == SEED_KEY:
            return self.moto(environ, start_response)
        with where.lock:
            where.calls[operation] += 1
            where.keys[operation][key] += 1
            where.bodies[operation].append(body)
            where.scopes[operation][f"{region}/{service}"] += 1

        # What the rest protocols ask for stands in the path.
        fault = where.hit(operation, f"{environ['PATH_INFO']} {body}", region)
        kind = fault["kind"] if fault else ""
        if kind == "throttle":
            return error(start_response, sts, "Throttling" if sts else "ThrottlingException", "Rate exceeded")
        if kind == "full":
            return error(start_response, sts, "LimitExceededException", "Too many of them at once")
        if kind == "deny":
            who = f"arn:aws:sts::{where.account}:assumed-role/ops/dana"
            told = f"User: {who} is not authorized to perform: {operation} on resource: * because no identity-based policy allows the {operation} action"
            return error(start_response, sts, "AccessDenied" if sts else "AccessDeniedException", told)
        if kind == "expired":
            told = "The security token included in the request is expired"
            return error(start_response, sts, "ExpiredToken" if sts else "ExpiredTokenException", told)
        if kind == "error500":
            return error(start_response, sts, "InternalFailure" if sts else "ServerException", "an internal error", 500)
        if kind == "html":
            return answer(start_response, 403, [("Content-Type", "text/html")], b"<html>a proxy says no</html>")
        if kind == "hang":
            time.sleep(HANG_SECONDS)
        if kind == "delay":
            time.sleep(fault["seconds"])
        if kind == "drop":
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise Dropped
        if not key.startswith(KNOWN_KEYS):
            told = "The security token included in the request is invalid."
            return error(start_response, sts, "InvalidClientTokenId" if sts else "UnrecognizedClientException", told)
        return self.ask_moto(operation, fault or {"kind": ""}, region, environ, start_response, body)

    def ask_moto(self, operation: str, fault: dict, region: str, environ, start_response, body: str):
        kind = fault["kind"]
        if operation.startswith("elasticache:"):
            where = environ["midwatch.room"]
            return answer(start_response, *elasticache.answer(where.caches, operation.split(":")[1], body))
        asked = json.loads(body) if body.startswith("{") else {}
        tasks = environ["midwatch.room"].sessions
        if tasks.answers(operation):
            try:
                told = tasks.answer(operation, region, asked)
            except sessions.Refused as refusal:
                return error(start_response, False, *refusal.args)
            headers = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", "5e55-0527")]
            return answer(start_response, 200, headers, json.dumps(told).encode())
        if operation.startswith("cloudwatch:") and operation.split(":")[1] in alarms.OPERATIONS:
            status, told = environ["midwatch.room"].alarms.answer(operation.split(":")[1], region, asked)
            return answer(start_response, status, [("Content-Type", "application/x-amz-json-1.0")], json.dumps(told).encode())
        if operation == "cloudtrail:LookupEvents":
            status, told = environ["midwatch.room"].trail.answer(asked)
            return answer(start_response, status, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(told).encode())
        if operation in balancing.OPERATIONS:
            status, kind, told = environ["midwatch.room"].balancing.answer(operation, body, asked)
            return answer(start_response, status, [("Content-Type", kind)], told.encode())
        if operation in LOGS:
            return self.ask_logs(operation, environ, start_response, asked)
        if operation == "ecs:DescribeServices" and len(asked.get("services", [])) > 10:
            return error(start_response, False, "InvalidParameterException", "Services cannot have more than 10 elements")
        if operation == "ecs:UpdateService" and (refusal := deployments.refuses(self.client(environ["midwatch.room"], "ecs"), asked)):
            return error(start_response, False, *refusal)
        if method := deployments.answers(operation):
            return self.ask_deployments(method, environ, start_response, asked)
        seen: dict = {}

        def note(status, headers, _exc_info=None):
            seen.update(status=int(status.split()[0]), headers=headers)
            return lambda _data: None

        if operation in ("logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery"):
            searches = environ["midwatch.room"].insights
            status, told = searches.answer(operation.split(":")[1], region, asked)
            note(f"{status} X", [("Content-Type", "application/x-amz-json-1.1")])
            data = json.dumps(told).encode()
        elif operation == "ecs:RunTask":
            note("200 X", [("Content-Type", "application/x-amz-json-1.1")])
            data = json.dumps(environ["midwatch.room"].tasks.run(asked, region)).encode()
        elif operation == "ecs:StopTask":
            task = environ["midwatch.room"].tasks.halt(asked)
            if task is None:
                return error(start_response, False, "InvalidParameterException", "The referenced task was not found.")
            note("200 X", [("Content-Type", "application/x-amz-json-1.1")])
            data = json.dumps({"task": task}).encode()
        elif operation in ("ecs:ListTasks", "ecs:DescribeTasks"):
            note("200 X", [("Content-Type", "application/x-amz-json-1.1")])
            data = json.dumps(environ["midwatch.room"].tasks.answer(operation, asked)).encode()
        elif operation == "cloudwatch:GetMetricData":
            status, told = environ["midwatch.room"].metrics.answer(region, asked)
            note(f"{status} X", [("Content-Type", "application/x-amz-json-1.0")])
            data = json.dumps(told).encode()
        elif operation in INCLUDED:
            with INCLUDED_LOCK:
                data = b"".join(self.moto(environ, note))
        else:
            data = b"".join(self.moto(environ, note))
        if seen["status"] == 200:
            told = json.loads(data) if data.startswith(b"{") else {}
            if operation in LISTS:
                data = json.dumps(page(told, LISTS[operation], asked)).encode()
            if operation == "ecs:ListTaskDefinitions":
                data = json.dumps(newest_first(told, asked)).encode()
            if operation in ("ecs:DescribeServices", "ecs:UpdateService"):
                where = environ["midwatch.room"]
                with where.lock:
                    where.deployments.after(operation.removeprefix("ecs:"), asked, told)
                    data = json.dumps(told).encode()
            if operation == "ecr:DescribeImages":
                for image in told["imageDetails"]:
                    for tag in image.get("imageTags", []):
                        image.update(environ["midwatch.room"].images.get((asked["repositoryName"], tag), {}))
                data = json.dumps(told).encode()
            if kind == "more":
                told["taskDefinition"].update(fault["more"])
                data = json.dumps(told).encode()
            if kind == "failure":
                told["failures"] = [{"arn": s["serviceArn"], "reason": "BUSY"} for s in told["services"]]
                told["services"] = []
                data = json.dumps(told).encode()
        headers = [(k, v) for k, v in seen["headers"] if k.lower() != "content-length"]
        if kind == "truncate":
            start_response("200 X", headers + [("Content-Length", str(len(data)))])
            environ["werkzeug.socket"].settimeout(1)
            return [data[: len(data) // 2]]
        return answer(start_response, seen["status"], headers, data)

    def ask_deployments(self, method: str, environ, start_response, asked: dict):
        where = environ["midwatch.room"]
        try:
            with where.lock:
                told = json.dumps(getattr(where.deployments, method)(asked)).encode()
        except deployments.Refused as refusal:
            return error(start_response, False, *refusal.args)
        headers = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", "11111111-2222-3333-4444-555555555555")]
        return answer(start_response, 200, headers, told)

    def ask_logs(self, operation: str, environ, start_response, asked: dict):
        region = re.search(r"Credential=[^/]+/\d+/([^/]+)/", environ["HTTP_AUTHORIZATION"])[1]
        account = environ["midwatch.room"].logs
        try:
            told = getattr(account, LOGS[operation])(region, asked)
        except logs.Refused as refusal:
            return error(start_response, False, *refusal.args)
        if operation == "logs:StartLiveTail":
            start_response("200 X", [("Content-Type", "application/vnd.amazon.eventstream")])
            return told
        headers = [("Content-Type", "application/x-amz-json-1.1"), ("Date", formatdate(account.now() / 1000, usegmt=True))]
        return answer(start_response, 200, headers, json.dumps(told).encode())


def page(told: dict, member: str, asked: dict) -> dict:
    """Pages as AWS does: 10 by default, 100 at most. moto gives all at once."""
    everything, start = sorted(told.get(member, [])), int(asked.get("nextToken") or 0)
    end = start + min(int(asked.get("maxResults") or 10), 100)
    told = {member: everything[start:end]}
    if end < len(everything):
        told["nextToken"] = str(end)
    return told


def newest_first(told: dict, asked: dict) -> dict:
    """Task definitions in the order and number asked for; moto gives all as they were registered."""
    arns = sorted(told["taskDefinitionArns"], key=lambda arn: int(arn.rsplit(":", 1)[1]), reverse=asked.get("sort") == "DESC")
    return {"taskDefinitionArns": arns[: asked.get("maxResults", 100)]}


def main() -> None:
    emulator = Emulator()
    server = make_server("127.0.0.1", 0, emulator, threaded=True, request_handler=Handler)
    emulator.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    print(f"ready {emulator.url}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
