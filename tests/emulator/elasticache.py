"""ElastiCache for the emulator. moto's has no serverless caches, no events, no members of a group as
clusters, no states of a snapshot, and endpoints that nobody answers at; so this one answers by itself,
in the XML that botocore's copy of AWS's API model (2015-02-02) describes.

    POST /room/ROOM/caches   {"groups": [{"name": "shop", "shards": [[["127.0.0.1", 7001]]], "tls": true}],
                              "clusters": [...], "serverless": [...], "many": 101, "users": 101, "snapshots": [...],
                              "events": [...], "tags": {"shop": {...}}, "change": {"shop": {"Status": ...}}}

What is given is added to what is there. Endpoints are the test's own: a real server listens there.
"""

from __future__ import annotations

import re
import threading
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl

from moto.core.loaders import create_loader
from moto.core.model import ServiceModel
from moto.core.serialize import QuerySerializer, SerializationContext

MODEL = ServiceModel(create_loader().load_service_model("elasticache", "service-2"), "elasticache")
ERRORS = [MODEL.shape_for(name).metadata.get("error", {}) for name in MODEL.shape_names]
STATUSES = {error["code"]: error["httpStatusCode"] for error in ERRORS if "code" in error}
CREATED = datetime(2025, 3, 1, 8, 0, tzinfo=timezone.utc)
REQUEST_ID = "77777777-8888-9999-aaaa-bbbbbbbbbbbb"
# So often a new snapshot is told as being made before it is available.
MAKING = 2


class Refused(Exception):
    """An answer that says no, by the error's code in the API model."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.status, self.code, self.message = STATUSES.get(code, 400), code, message


class Account:
    """The caches of a room: structures of the API model, with its names of members."""

    def __init__(self, account: str, region: str = "us-east-1"):
        self.lock = threading.Lock()
        self.prefix = f"arn:aws:elasticache:{region}:{account}"
        self.groups: dict[str, dict] = {}
        self.clusters: dict[str, dict] = {}
        self.serverless: dict[str, dict] = {}
        self.snapshots: list[dict] = []
        self.serverless_snapshots: list[dict] = []
        self.events: list[dict] = []
        self.tags: dict[str, dict] = {}
        self.making: dict[str, int] = {}
        self.many_users = 0

    # ------------------------------------------------------------------ what a test puts in

    def seed(self, wish: dict) -> dict:
        with self.lock:
            for group in wish.get("groups", []):
                self.add_group(**group)
            for cluster in wish.get("clusters", []):
                self.add_cluster(**cluster)
            for number in range(wish.get("many", 0)):
                self.add_cluster(f"many-{number:03d}", "redis", [["127.0.0.1", 6379]])
            self.many_users = wish.get("users", self.many_users)
            for cache in wish.get("serverless", []):
                self.add_serverless(**cache)
            self.snapshots += [moments(s) for s in wish.get("snapshots", [])]
            self.serverless_snapshots += [moments(s) for s in wish.get("serverless_snapshots", [])]
            now = datetime.now(timezone.utc)
            for event in wish.get("events", []):
                date = now - timedelta(minutes=event.pop("minutes"))
                self.events.append({**event, "Date": date})
            self.tags.update(wish.get("tags", {}))
            for name, members in wish.get("change", {}).items():
                self.find(name).update(members)
            for name in wish.get("delete", []):
                for kind in (self.groups, self.clusters, self.serverless):
                    kind.pop(name, None)
        return {"prefix": self.prefix}

    def find(self, name: str) -> dict:
        return self.groups.get(name) or self.clusters.get(name) or self.serverless[name]

    def add_group(self, name: str, shards: list, *, sharded: bool = False, tls: bool = False, auth: str = "none",
                  engine: str = "redis", endpoint: list | None = None, **more):
        """A group and its members. `shards` has the nodes of each, the primary first, as [host, port]."""
        node_groups, members = [], []
        for number, nodes in enumerate(shards, 1):
            shard = {"NodeGroupId": f"{number:04d}", "Status": "available", "NodeGroupMembers": []}
            for place, node in enumerate(nodes, 1):
                # The names of members have the shard's number only where there can be several.
                id = f"{name}-{number:04d}-{place:03d}" if sharded else f"{name}-{place:03d}"
                members.append(id)
                zone = f"us-east-1{'abc'[place % 3]}"
                member = {"CacheClusterId": id, "CacheNodeId": "0001", "PreferredAvailabilityZone": zone}
                if not sharded:
                    # Both are told of cluster mode disabled alone (API model, NodeGroupMember).
                    member |= {"ReadEndpoint": point(node), "CurrentRole": "primary" if place == 1 else "replica"}
                shard["NodeGroupMembers"].append(member)
                self.add_cluster(id, engine, [node], tls=tls, ReplicationGroupId=name)
            if not sharded:
                # A sharded group has a configuration endpoint instead (API model, NodeGroup).
                shard |= {"PrimaryEndpoint": point(endpoint or nodes[0]), "ReaderEndpoint": point(nodes[-1])}
            node_groups.append(shard)
        group = {
            "ReplicationGroupId": name, "Description": f"the group {name}", "Status": "available",
            "MemberClusters": members, "NodeGroups": node_groups, "ClusterEnabled": sharded,
            "AutomaticFailover": "enabled" if sharded else "disabled", "MultiAZ": "disabled",
            "SnapshotRetentionLimit": 3, "SnapshotWindow": "03:00-04:00", "CacheNodeType": "cache.t4g.small",
            "AuthTokenEnabled": auth == "token", "UserGroupIds": ["people"] if auth == "users" else [],
            "TransitEncryptionEnabled": tls, "AtRestEncryptionEnabled": True, "Engine": engine,
            "ARN": f"{self.prefix}:replicationgroup:{name}", "ReplicationGroupCreateTime": CREATED,
        }
        if tls:
            group["TransitEncryptionMode"] = "required"
        if sharded:
            group["ConfigurationEndpoint"] = point(endpoint or shards[0][0])
        self.groups[name] = group | more

    def add_cluster(self, name: str, engine: str, nodes: list, tls: bool = False, **more):
        cluster = {
            "CacheClusterId": name, "Engine": engine, "EngineVersion": "1.6.22" if engine == "memcached" else "7.1.0",
            "CacheClusterStatus": "available", "CacheNodeType": "cache.t4g.small", "NumCacheNodes": len(nodes),
            "CacheClusterCreateTime": CREATED, "PreferredMaintenanceWindow": "sun:05:00-sun:06:00",
            "CacheParameterGroup": {"CacheParameterGroupName": f"default.{engine}", "ParameterApplyStatus": "in-sync"},
            "CacheNodes": [
                {"CacheNodeId": f"{number:04d}", "CacheNodeStatus": "available", "Endpoint": point(node),
                 "CustomerAvailabilityZone": "us-east-1a", "ParameterGroupStatus": "in-sync"}
                for number, node in enumerate(nodes, 1)
            ],
            "TransitEncryptionEnabled": tls, "AuthTokenEnabled": False, "ARN": f"{self.prefix}:cluster:{name}",
        }
        if engine == "memcached":
            # It tells the clients of all nodes; it is no node itself.
            cluster["ConfigurationEndpoint"] = point(["config.invalid", nodes[0][1]])
        self.clusters[name] = cluster | more

    def add_serverless(self, name: str, endpoint: list, engine: str = "redis", users: bool = False, **more):
        self.serverless[name] = {
            "ServerlessCacheName": name, "Description": "", "CreateTime": CREATED, "Status": "available",
            "Engine": engine, "MajorEngineVersion": "7", "FullEngineVersion": "7.1", "Endpoint": point(endpoint),
            "ReaderEndpoint": point(endpoint), "ARN": f"{self.prefix}:serverlesscache:{name}",
            "UserGroupId": "people" if users else None, "SnapshotRetentionLimit": 1, "DailySnapshotTime": "03:00",
        } | more

    # ------------------------------------------------------------------ operations

    def describe_replication_groups(self, asked: dict) -> dict:
        found = one_of(self.groups, asked.get("ReplicationGroupId"), "ReplicationGroupNotFoundFault", "ReplicationGroup")
        return page(found, "ReplicationGroups", asked, 100)

    def describe_cache_clusters(self, asked: dict) -> dict:
        found = one_of(self.clusters, asked.get("CacheClusterId"), "CacheClusterNotFound", "CacheCluster")
        if asked.get("ShowCacheNodeInfo") != "true":
            found = [{k: v for k, v in cluster.items() if k != "CacheNodes"} for cluster in found]
        return page(found, "CacheClusters", asked, 100)

    def describe_serverless_caches(self, asked: dict) -> dict:
        found = one_of(self.serverless, asked.get("ServerlessCacheName"), "ServerlessCacheNotFoundFault", "ServerlessCache")
        return page(found, "ServerlessCaches", asked, 50, "MaxResults", "NextToken")

    def describe_user_groups(self, asked: dict) -> dict:
        """One group, `people`, of all caches that have users."""
        people = {
            "UserGroupId": "people", "Status": "active", "Engine": "redis", "UserIds": ["default", "app-1"],
            "ReplicationGroups": [name for name, group in self.groups.items() if group["UserGroupIds"]],
            "ServerlessCaches": [name for name, cache in self.serverless.items() if cache["UserGroupId"]],
        }
        return page([people], "UserGroups", asked, 100)

    def describe_users(self, asked: dict) -> dict:
        users = [("default", "default", "no-password"), ("app-1", "app", "iam"), ("other", "other", "password")]
        users += [(f"many-{number:03d}", "many", "password") for number in range(self.many_users)]
        found = [
            {"UserId": id, "UserName": name, "Status": "active", "Engine": "redis", "AccessString": "on ~* +@all",
             "Authentication": {"Type": auth, "PasswordCount": int(auth == "password")}}
            for id, name, auth in reversed(users)
        ]
        return page(found, "Users", asked, 100)

    def describe_snapshots(self, asked: dict) -> dict:
        group, cluster = asked.get("ReplicationGroupId"), asked.get("CacheClusterId")
        found = [s for s in self.snapshots if group in (None, s.get("ReplicationGroupId"))]
        found = [s for s in found if cluster in (None, s.get("CacheClusterId"))]
        told = page([dict(s) for s in found], "Snapshots", asked, 50)
        for snapshot in found:
            self.made(snapshot, "SnapshotName", "SnapshotStatus")
        return told

    def describe_serverless_cache_snapshots(self, asked: dict) -> dict:
        cache = asked.get("ServerlessCacheName")
        found = [s for s in self.serverless_snapshots if cache in (None, s["ServerlessCacheConfiguration"]["ServerlessCacheName"])]
        told = page([dict(s) for s in found], "ServerlessCacheSnapshots", asked, 50, "MaxResults", "NextToken")
        for snapshot in found:
            self.made(snapshot, "ServerlessCacheSnapshotName", "Status")
        return told

    def made(self, snapshot: dict, name: str, status: str) -> None:
        """A snapshot is available after it was asked about so often; no clock, so no test waits for one."""
        left = self.making.get(snapshot[name])
        if left is None or snapshot[status] != "creating":
            return
        self.making[snapshot[name]] = left - 1
        if left > 1:
            return
        now = datetime.now(timezone.utc)
        snapshot[status] = "available"
        if "NodeSnapshots" in snapshot:
            snapshot["NodeSnapshots"] = [n | {"CacheSize": "12 MB", "SnapshotCreateTime": now} for n in snapshot["NodeSnapshots"]]
        else:
            snapshot |= {"CreateTime": now, "BytesUsedForCache": "1048576"}
        for source in [*self.groups.values(), *self.clusters.values()]:
            for member in ("Status", "CacheClusterStatus"):
                if source.get(member) == "snapshotting":
                    source[member] = "available"

    def create_snapshot(self, asked: dict) -> dict:
        # It is stored in lower case (API model, CreateSnapshotMessage$SnapshotName).
        name, group, cluster = asked["SnapshotName"].lower(), asked.get("ReplicationGroupId"), asked.get("CacheClusterId")
        if any(s["SnapshotName"] == name for s in self.snapshots):
            raise Refused("SnapshotAlreadyExistsFault", f"Snapshot with specified name already exists: {name}")
        if group:
            source = one_of(self.groups, group, "ReplicationGroupNotFoundFault", "ReplicationGroup")[0]
            if not source["ClusterEnabled"] and not cluster:
                # AWS's own words; moto takes it.
                told = "Cannot snapshot a replication group with cluster-mode disabled. Please specify a cache cluster instead."
                raise Refused("InvalidParameterCombination", told)
            status, state = "Status", "InvalidReplicationGroupState"
        else:
            source = one_of(self.clusters, cluster, "CacheClusterNotFound", "CacheCluster")[0]
            if source["Engine"] == "memcached":
                raise Refused("SnapshotFeatureNotSupportedFault", "Snapshots are not supported for Memcached")
            status, state = "CacheClusterStatus", "InvalidCacheClusterState"
        if source[status] != "available":
            raise Refused(state, f"{group or cluster} is not in a valid state")
        source[status] = "snapshotting"
        nodes = [{"CacheNodeId": "0001", "CacheSize": ""}]
        if group and not cluster:
            nodes = [{"NodeGroupId": shard["NodeGroupId"], "CacheSize": ""} for shard in source["NodeGroups"]]
        snapshot = {"SnapshotName": name, "SnapshotStatus": "creating", "SnapshotSource": "manual", "NodeSnapshots": nodes,
                    "Engine": "redis", "ARN": f"{self.prefix}:snapshot:{name}"}
        # Of the two it tells the one that was given: a snapshot of a member does not name its group.
        snapshot |= {"CacheClusterId": cluster} if cluster else {"ReplicationGroupId": group}
        self.snapshots.append(snapshot)
        self.making[name] = MAKING
        return {"Snapshot": dict(snapshot)}

    def create_serverless_cache_snapshot(self, asked: dict) -> dict:
        name, cache = asked["ServerlessCacheSnapshotName"].lower(), asked["ServerlessCacheName"]
        one_of(self.serverless, cache, "ServerlessCacheNotFoundFault", "ServerlessCache")
        if any(s["ServerlessCacheSnapshotName"] == name for s in self.serverless_snapshots):
            raise Refused("ServerlessCacheSnapshotAlreadyExistsFault", f"a snapshot {name} exists")
        snapshot = {"ServerlessCacheSnapshotName": name, "SnapshotType": "manual", "Status": "creating",
                    "ARN": f"{self.prefix}:serverlesscachesnapshot:{name}",
                    "ServerlessCacheConfiguration": {"ServerlessCacheName": cache}}
        self.serverless_snapshots.append(snapshot)
        self.making[name] = MAKING
        return {"ServerlessCacheSnapshot": dict(snapshot)}

    def describe_events(self, asked: dict) -> dict:
        # Without a duration it is the last hour, and AWS keeps 14 days (API reference, DescribeEvents).
        minutes = min(int(asked.get("Duration") or 60), 14 * 24 * 60)
        since = datetime.now(timezone.utc) - timedelta(minutes=minutes)
        begin, end = (asked.get(member) and datetime.fromisoformat(asked[member]) for member in ("StartTime", "EndTime"))
        since = begin or since
        kind, source = asked.get("SourceType"), asked.get("SourceIdentifier")
        if source and not kind:
            raise Refused("InvalidParameterCombination", "SourceType is required with SourceIdentifier")
        found = [e for e in self.events if e["Date"] >= since and kind in (None, e["SourceType"])]
        found = [e for e in found if source in (None, e["SourceIdentifier"]) and (not end or e["Date"] < end)]
        return page(sorted(found, key=lambda e: e["Date"]), "Events", asked, 100)

    def list_tags_for_resource(self, asked: dict) -> dict:
        arn = asked["ResourceName"]
        form, name = arn.split(":")[5:7]
        kinds = {
            "replicationgroup": (self.groups, "ReplicationGroupNotFoundFault", "Status", "InvalidReplicationGroupState"),
            "cluster": (self.clusters, "CacheClusterNotFound", "CacheClusterStatus", "CacheClusterNotFound"),
            "serverlesscache": (self.serverless, "ServerlessCacheNotFoundFault", "Status", "InvalidServerlessCacheStateFault"),
        }
        kind, missing, status, state = kinds[form]
        if one_of(kind, name, missing, form)[0][status].lower() != "available":
            # "If the cluster is not in the available state, ListTagsForResource returns an error" (API model).
            raise Refused(state, f"{name} is not in an available state")
        return {"TagList": [{"Key": key, "Value": value} for key, value in self.tags.get(name, {}).items()]}


def point(node: list) -> dict:
    return {"Address": node[0], "Port": node[1]}


def moments(snapshot: dict) -> dict:
    """JSON has no dates: those of a snapshot are minutes ago."""
    now = datetime.now(timezone.utc)
    ago = lambda value: now - timedelta(minutes=value)  # noqa: E731
    for holder in [snapshot, *snapshot.get("NodeSnapshots", [])]:
        for member in ("SnapshotCreateTime", "CreateTime"):
            if member in holder:
                holder[member] = ago(holder[member])
    return snapshot


def one_of(all_: dict, name: str | None, code: str, what: str) -> list[dict]:
    if name is None:
        return [all_[key] for key in sorted(all_)]
    if name not in all_:
        raise Refused(code, f"{what} {name} not found.")
    return [all_[name]]


def page(found: list, member: str, asked: dict, most: int, size: str = "MaxRecords", next_: str = "Marker") -> dict:
    """Pages as AWS does; a size out of bounds is refused (API model). moto gives all at once."""
    records = int(asked.get(size) or most)
    if not (20 if size == "MaxRecords" else 1) <= records <= most:
        raise Refused("InvalidParameterValue", f"{size} {records} is out of bounds")
    start = int(asked.get(next_) or 0)
    told = {member: found[start : start + records]}
    if start + records < len(found):
        told[next_] = str(start + records)
    return told


def known(value, shape) -> None:
    """What the API model does not know would be left out in silence."""
    if shape.type_name == "list":
        for item in value:
            known(item, shape.member)
    elif shape.type_name == "structure":
        for name, item in value.items():
            assert name in shape.members, f"{shape.name} has no {name}"
            if item is not None:
                known(item, shape.members[name])


def answer(account: Account, action: str, body: str) -> tuple[int, list, bytes]:
    """The answer to a request: status, headers, body."""
    headers = [("Content-Type", "text/xml"), ("x-amzn-RequestId", REQUEST_ID)]
    asked = dict(parse_qsl(body))
    unknown = set(asked) - {"Action", "Version"} - set(MODEL.operation_model(action).input_shape.members)
    method = getattr(account, re.sub(r"(?<!^)([A-Z])", r"_\1", action).lower(), None)
    try:
        if unknown or method is None or asked.get("Version") != "2015-02-02":
            raise Refused("InvalidAction", f"{action} with {unknown} is not understood here")
        with account.lock:
            told = method(asked)
        operation = MODEL.operation_model(action)
        known(told, operation.output_shape)
        text = QuerySerializer(operation, SerializationContext(REQUEST_ID)).serialize(told)["body"]
        return 200, headers, text.encode() if isinstance(text, str) else text
    except Refused as no:
        text = (f'<ErrorResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><Error><Type>Sender</Type>'
                f"<Code>{no.code}</Code><Message>{no.message}</Message></Error><RequestId>{REQUEST_ID}</RequestId></ErrorResponse>")
        return no.status, headers, text.encode()
