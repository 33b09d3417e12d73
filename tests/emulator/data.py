"""Databases and distributions of a room: their seeds, and the manners of RDS and CloudFront that
moto lacks. Where the two differ, AWS's API models and guides are followed.

Part of a seed (see emulator.py):

    {"databases": {
        "clusters":  [{"name": "shop", "members": ["shop-1", "shop-2"], "writer": "shop-2", "tags": {}}],
        "instances": [{"name": "orders", "count": 101, "tags": {}, "set": {"multi_az": true}}],
        "set":       {"orders": {"status": "modifying"}},      attributes of what is there
        "snapshots": {"orders": 120}, "events": {"orders": 250, "noisy": [1300, 10]},
        "waiting":   {"orders": [{"Action": "system-update"}]},
        "gone":      ["orders"]},
     "distributions": [{"alias": "www.example.com", "count": 101, "tags": {}, "enabled": true, "invalidations": 25}]}
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from moto.cloudfront.exceptions import CloudFrontException, NoSuchDistribution
from moto.cloudfront.models import CloudFrontBackend, Distribution, Invalidation, cloudfront_backends
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBCluster, DBClusterSnapshot, DBInstance, DBSnapshot, RDSBackend, rds_backends
from moto.rds.responses import RDSResponse

# ---------------------------------------------------------------------- operations of CloudFront

CLOUDFRONT = [
    ("GET", r"/2020-05-31/distribution", "ListDistributions"),
    ("GET", r"/2020-05-31/distribution/[^/]+", "GetDistribution"),
    ("GET", r"/2020-05-31/distribution/[^/]+/invalidation", "ListInvalidations"),
    ("POST", r"/2020-05-31/distribution/[^/]+/invalidation", "CreateInvalidation"),
    ("GET", r"/2020-05-31/distribution/[^/]+/invalidation/[^/]+", "GetInvalidation"),
    ("GET", r"/2020-05-31/tagging", "ListTagsForResource"),
]


def cloudfront_operation(method: str, path: str) -> str:
    """CloudFront's protocol has no name of the operation in it: method and path tell it."""
    for verb, pattern, name in CLOUDFRONT:
        if verb == method and re.fullmatch(pattern, path.rstrip("/")):
            return name
    return "?"


# ---------------------------------------------------------------------- RDS

# Descriptions of a snapshot under way until it is available; the last one tells 100 %.
STEPS = (0, 60)
READY = ("available", "storage-optimization")


def paged(name: str, member: str) -> None:
    """Pages of RDS: 100 at most and by default. moto tells all at once."""
    whole = getattr(RDSResponse, name)

    def page(self: RDSResponse) -> ActionResult:
        everything = list(whole(self)._result[member])
        start = int(self.params.get("Marker") or 0)
        most = int(self.params.get("MaxRecords") or 100)
        if not 20 <= most <= 100:
            raise RDSClientError("InvalidParameterValue", f"Invalid value {most} for MaxRecords. Must be between 20 and 100")
        result = {member: everything[start : start + most]}
        if start + most < len(everything):
            result["Marker"] = str(start + most)
        return ActionResult(result)

    setattr(RDSResponse, name, page)


for operation, listed in (
    ("describe_db_instances", "DBInstances"),
    ("describe_db_clusters", "DBClusters"),
    ("describe_db_snapshots", "DBSnapshots"),
    ("describe_db_cluster_snapshots", "DBClusterSnapshots"),
):
    paged(operation, listed)


def moment(told):
    """A time of a request, as moto keeps times: in UTC, without saying so."""
    return datetime.fromisoformat(str(told).replace("Z", "+00:00")).replace(tzinfo=None) if told else None


def describe_events(self: RDSResponse) -> ActionResult:
    """The events of the last `Duration` minutes (60 by default) or between two times, oldest first. moto tells all."""
    since = utcnow() - timedelta(minutes=int(self.params.get("Duration") or 60))
    begin, end = (moment(self.params.get(member)) for member in ("StartTime", "EndTime"))
    since = begin or since
    source, kind = self.params.get("SourceIdentifier"), self.params.get("SourceType")
    told = getattr(self.backend, "told", [])
    return ActionResult({"Events": [
        event for event in told
        if event["Date"] >= since
        and (end is None or event["Date"] < end)
        and source in (None, event["SourceIdentifier"])
        and kind in (None, event["SourceType"])
    ]})  # fmt: skip


def describe_pending_maintenance_actions(self: RDSResponse) -> ActionResult:
    """moto does not know the operation: it answers 500 with HTML."""
    waiting, asked = getattr(self.backend, "waiting", {}), self.params.get("ResourceIdentifier")
    return ActionResult({"PendingMaintenanceActions": [
        {"ResourceIdentifier": arn, "PendingMaintenanceActionDetails": details}
        for arn, details in waiting.items() if asked in (None, arn)
    ]})  # fmt: skip


RDSResponse.describe_events = describe_events
RDSResponse.describe_pending_maintenance_actions = describe_pending_maintenance_actions
paged("describe_events", "Events")


def created(self):
    """A snapshot under way has no date yet."""
    return None if self.status == "creating" else self.created


DBSnapshot.snapshot_create_time = property(created)
DBClusterSnapshot.snapshot_create_time = property(created)
# moto's instances do not know these members at all.
DBInstance.pending_modified_values = None
DBInstance.certificate_details = None


def under_way(snapshot):
    snapshot.status, snapshot.percent_progress, snapshot.step = "creating", STEPS[0], 0
    return snapshot


def advance(snapshots):
    """One step further with each description, as AWS does with time. moto's are done at once."""
    for snapshot in snapshots:
        if getattr(snapshot, "step", None) is None:
            continue
        snapshot.step += 1
        if snapshot.step < len(STEPS):
            snapshot.percent_progress = STEPS[snapshot.step]
        else:
            snapshot.status, snapshot.percent_progress, snapshot.step = "available", 100, None
    return snapshots


def must_be_ready(name: str, what: DBInstance | DBCluster | None, code: str, words: str) -> None:
    if what is not None and what.status not in READY:
        raise RDSClientError(code, words.format(name))


def manners_of_rds() -> None:
    snapshot, cluster_snapshot = RDSBackend.create_db_snapshot, RDSBackend.create_db_cluster_snapshot
    snapshots, cluster_snapshots = RDSBackend.describe_db_snapshots, RDSBackend.describe_db_cluster_snapshots
    reboot = RDSBackend.reboot_db_instance

    def create_db_snapshot(self, db_instance_identifier, db_snapshot_identifier, snapshot_type="manual", **rest):
        words = "Cannot create a snapshot because the database instance {} is not currently in the available state."
        must_be_ready(db_instance_identifier, self.databases.get(db_instance_identifier), "InvalidDBInstanceState", words)
        made = snapshot(self, db_instance_identifier, db_snapshot_identifier, snapshot_type, **rest)
        return under_way(made) if snapshot_type == "manual" else made

    def create_db_cluster_snapshot(self, db_cluster_identifier, db_cluster_snapshot_identifier, snapshot_type="manual", **rest):
        words = "The cluster {} is not currently in the available state."
        must_be_ready(db_cluster_identifier, self.clusters.get(db_cluster_identifier), "InvalidDBClusterStateFault", words)
        made = cluster_snapshot(self, db_cluster_identifier, db_cluster_snapshot_identifier, snapshot_type, **rest)
        return under_way(made) if snapshot_type == "manual" else made

    def reboot_db_instance(self, db_instance_identifier):
        words = "Instance {} is not in available state."
        must_be_ready(db_instance_identifier, self.databases.get(db_instance_identifier), "InvalidDBInstanceState", words)
        return reboot(self, db_instance_identifier)

    # A quota that AWS raised; 100 by default.
    RDSBackend.SNAPSHOT_QUOTA = 1000
    RDSBackend.create_db_snapshot = create_db_snapshot
    RDSBackend.create_db_cluster_snapshot = create_db_cluster_snapshot
    RDSBackend.reboot_db_instance = reboot_db_instance
    RDSBackend.describe_db_snapshots = lambda self, *a, **k: advance(snapshots(self, *a, **k))
    RDSBackend.describe_db_cluster_snapshots = lambda self, *a, **k: advance(cluster_snapshots(self, *a, **k))
    # An automated backup of each new database would be in the way of every count.
    DBInstance.save_automated_backup = DBCluster.save_automated_backup = lambda self: None


manners_of_rds()


def tags_of(wish: dict) -> list[dict]:
    return [{"Key": key, "Value": value} for key, value in wish.get("tags", {}).items()]


def names_of(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}-{number:03d}" for number in range(count)]


def seed_databases(account: str, region: str, wish: dict) -> None:
    backend: RDSBackend = rds_backends[account][region]
    backend.told, backend.waiting = getattr(backend, "told", []), getattr(backend, "waiting", {})
    for cluster in wish.get("clusters", []):
        engine = cluster.get("engine", "aurora-postgresql")
        made = backend.create_db_cluster({
            "db_cluster_identifier": cluster["name"], "engine": engine, "tags": tags_of(cluster),
            "master_username": "root", "master_user_password": "hunter22",
        })  # fmt: skip
        # moto's are "creating" until they are described.
        made.status = "available"
        for tier, member in enumerate(cluster.get("members", [])):
            backend.create_db_instance({
                "db_instance_identifier": member, "db_instance_class": "db.r6g.large", "engine": engine,
                "db_cluster_identifier": cluster["name"], "promotion_tier": tier, "tags": tags_of(cluster),
            })  # fmt: skip
        if cluster.get("writer"):
            made.failover(backend.databases[cluster["writer"]])
    for instance in wish.get("instances", []):
        for name in names_of(instance["name"], instance.get("count", 1)):
            made = backend.create_db_instance({
                "db_instance_identifier": name, "db_instance_class": "db.t4g.medium",
                "engine": instance.get("engine", "postgres"), "tags": tags_of(instance), "allocated_storage": 100,
                "source_db_instance_identifier": instance.get("replica_of"),
                "master_username": "root", "master_user_password": "hunter22",
            })  # fmt: skip
            vars_of(made, instance.get("set", {}))
    for name, values in wish.get("set", {}).items():
        vars_of(backend.databases.get(name) or backend.clusters[name], values)
    for name, count in wish.get("snapshots", {}).items():
        for number in range(count):
            if name in backend.clusters:
                made = backend.create_db_cluster_snapshot(name, f"{name}-old-{number:04d}")
            else:
                made = backend.create_db_snapshot(name, f"{name}-old-{number:04d}")
            made.status, made.percent_progress, made.step = "available", 100, None
            made.created = utcnow() - timedelta(days=count - number)
    for name, many in wish.get("events", {}).items():
        count, minutes = many if isinstance(many, list) else (many, 60)
        kind = "db-cluster" if name in backend.clusters else "db-instance"
        for number in range(count):
            backend.told.append({
                "SourceIdentifier": name, "SourceType": kind, "Message": f"event {number:04d} of {name}",
                "EventCategories": ["notification"],
                # The newest is of this minute, the others reach back an hour each, or so many minutes.
                "Date": utcnow() - timedelta(minutes=minutes * (count - 1 - number)),
            })  # fmt: skip
    for name, details in wish.get("waiting", {}).items():
        what = backend.databases.get(name) or backend.clusters[name]
        backend.waiting[what.arn] = details
    for name in wish.get("gone", []):
        backend.databases.pop(name, None)
        backend.clusters.pop(name, None)


def vars_of(what, values: dict) -> None:
    for name, value in values.items():
        setattr(what, name, value)


# ---------------------------------------------------------------------- CloudFront

# An invalidation is in progress until it has been listed so often.
LISTINGS = 2


def manners_of_cloudfront() -> None:
    made = Invalidation.__init__

    def begin(self, distribution, paths, caller_ref):
        """In progress for a while, and spelled as AWS does. moto's are COMPLETED at once."""
        made(self, distribution, paths, caller_ref)
        self.status, self.listings = "InProgress", 0

    def create_invalidation(self, dist_id, paths, caller_ref):
        """The same reference with the same paths is the same invalidation; with other paths it is
        an error (API reference, InvalidationBatch). moto makes another one."""
        distribution, _ = self.get_distribution(dist_id)
        known = self.invalidations.setdefault(dist_id, [])
        for other in known:
            if other.caller_ref == caller_ref:
                if other.paths != paths:
                    raise CloudFrontException("InvalidArgument", "Your caller reference was used with other paths.")
                return other
        known.append(Invalidation(distribution, paths, caller_ref))
        return known[-1]

    def list_invalidations(self, dist_id, marker=None, max_items=None):
        """Newest first (API reference). moto tells the oldest first, and none of what does not exist."""
        if dist_id not in self.distributions:
            raise NoSuchDistribution
        known = self.invalidations.get(dist_id, [])
        for invalidation in known:
            invalidation.listings += 1
            if invalidation.listings > LISTINGS:
                invalidation.status = "Completed"
        start, most = int(marker or 0), int(max_items or 100)
        rest = known[::-1][start:]
        return rest[:most], str(start + most) if len(rest) > most else None

    Invalidation.__init__ = begin
    CloudFrontBackend.create_invalidation = create_invalidation
    CloudFrontBackend.list_invalidations = list_invalidations


manners_of_cloudfront()


def seed_distributions(account: str, wish: list[dict]) -> None:
    backend: CloudFrontBackend = cloudfront_backends[account]["aws"]
    for one in wish:
        for name in names_of(one["alias"], one.get("count", 1)):
            made, _, _ = backend.create_distribution_with_tags({
                "CallerReference": name, "Comment": one.get("comment", ""), "Enabled": one.get("enabled", True),
                "Aliases": {"Items": [name]},
                "Origins": {"Items": [{"Id": "app", "DomainName": "app.example.com", "CustomOriginConfig": {
                    "HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}}]},
                "DefaultCacheBehavior": {"TargetOriginId": "app", "ViewerProtocolPolicy": "redirect-to-https"},
            }, tags_of(one))  # fmt: skip
            for number in range(one.get("invalidations", 0)):
                old = backend.create_invalidation(made.id, [f"/old/{number}"], f"old-{number}")
                old.status, old.listings = "Completed", LISTINGS
                old.create_time = utcnow() - timedelta(hours=one["invalidations"] - number)
            for key, value in one.get("set", {}).items():
                setattr(made, key, value)


def in_progress(self: Distribution) -> int:
    backend = cloudfront_backends[self.arn.split(":")[4]]["aws"]
    return sum(one.status == "InProgress" for one in backend.invalidations.get(self.id, []))


# moto says 0 whatever is in progress; its constructor writes that, and it is taken and forgotten.
Distribution.in_progress_invalidation_batches = property(in_progress, lambda self, _: None)


def seed(account: str, region: str, wish: dict) -> None:
    seed_databases(account, region, wish.get("databases", {}))
    seed_distributions(account, wish.get("distributions", []))
