"""Points of metrics as CloudWatch tells them: by exact dimensions, in pages, each with its status.

    POST /room/ROOM/points   {"points": [{"namespace": "AWS/ECS", "name": "CPUUtilization", "region": "us-east-1",
                              "dimensions": {"ClusterName": "main", "ServiceName": "api"}, "every": 60,
                              "value": 41.5, "gap": [1700000000, 1700000300]}],
                              "page": 100, "status": {"CPUUtilization": "InternalError"}, "messages": []}
    POST /room/ROOM/balancers   {"groups": ["api", "web"]}   a load balancer with target groups; tells their ARNs

A series has a point at each multiple of `every` but in its gap. `page` is how many points a page has.
"""

from __future__ import annotations


class Account:
    def __init__(self):
        self.manners: dict = {"points": []}

    def seed(self, wish: dict):
        self.manners = wish
        return {}

    def find(self, region: str, metric: dict):
        wanted = {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}
        for series in self.manners["points"]:
            named = (series["namespace"], series["name"], series.get("region", "us-east-1"), series["dimensions"])
            if named == (metric["Namespace"], metric["MetricName"], region, wanted):
                return series
        return None

    def points(self, region: str, query: dict, start: int, end: int):
        stat = query["MetricStat"]
        series = self.find(region, stat["Metric"])
        # A unit that is not the metric's own finds nothing.
        if series is None or stat.get("Unit", series.get("unit")) != series.get("unit"):
            return []
        period, (low, high) = stat["Period"], series.get("gap", [0, 0])
        times = range(start + -start % period, end, period)
        return [(at, series["value"]) for at in times if not low <= at < high]

    def answer(self, region: str, asked: dict):
        queries = asked["MetricDataQueries"]
        if len(queries) > 500 or any(not query["Id"][:1].islower() for query in queries):
            return 400, {"__type": "ValidationError", "message": "too many queries, or an Id that is none"}
        start, end = int(asked["StartTime"]), int(asked["EndTime"])
        first, size = int(asked.get("NextToken") or 0), self.manners.get("page", 100_800)
        everything = [(query, point) for query in queries for point in self.points(region, query, start, end)]
        page = everything[first : first + size]
        more = first + size < len(everything)
        results = []
        for query in queries:
            told = [point for of, point in page if of is query]
            left = any(of is query for of, _ in everything[first + size :])
            name = query["MetricStat"]["Metric"]["MetricName"]
            status = self.manners.get("status", {}).get(name, "PartialData" if left else "Complete")
            results.append({"Id": query["Id"], "Label": name, "StatusCode": status,
                            "Timestamps": [at for at, _ in told], "Values": [value for _, value in told]})
        told = {"MetricDataResults": results, "Messages": self.manners.get("messages", [])}
        if more:
            told["NextToken"] = str(first + size)
        return 200, told


def balancers(client, wish: dict) -> dict:
    """A balancer with a target group for each name, made through `client` of a service by its name."""
    ec2, elb = client("ec2"), client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
        for n, zone in enumerate("ab")
    ]
    balancer = elb.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    groups = {}
    for number, name in enumerate(wish["groups"]):
        made = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc)
        groups[name] = made["TargetGroups"][0]["TargetGroupArn"]
        action = {"Type": "forward", "TargetGroupArn": groups[name]}
        elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80 + number, DefaultActions=[action])
    return {"balancer": balancer, "groups": groups}
