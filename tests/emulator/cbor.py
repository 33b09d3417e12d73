"""Smithy RPC v2 CBOR, which the SDK speaks with CloudWatch and moto's server does not route.

A request is answered by what answers AWS JSON, as the same operation, and its answer is put into CBOR
along botocore's model of the service: times, doubles and integers are what the model says.
"""

from __future__ import annotations

import datetime
import gzip
import io
import json
import re

from botocore.parsers import RpcV2CBORParser
from botocore.serialize import RpcV2CBORSerializer
from botocore.session import Session

# The prefix of the target, and the service by botocore's name.
SERVICES = {"GraniteServiceVersion20100801": "cloudwatch"}
MODELS = {prefix: Session().get_service_model(name) for prefix, name in SERVICES.items()}

READER, WRITER = RpcV2CBORParser(), RpcV2CBORSerializer()


def plain(value):
    """Times as seconds since the epoch, which AWS JSON has for them."""
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def shaped(value, shape):
    """What JSON says as what the model wants; members that it does not know are left out."""
    kind = shape.type_name
    if kind == "structure":
        known = {name: inner for name, inner in value.items() if inner is not None and name in shape.members}
        return {name: shaped(inner, shape.members[name]) for name, inner in known.items()}
    if kind == "list":
        return [shaped(inner, shape.member) for inner in value]
    if kind == "map":
        return {name: shaped(inner, shape.value) for name, inner in value.items()}
    if kind == "timestamp" and isinstance(value, str):
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
    if kind == "timestamp":
        return datetime.datetime.fromtimestamp(float(value), datetime.timezone.utc)
    if kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    convert = {"double": float, "float": float, "integer": int, "long": int, "string": str}
    return convert[kind](value) if kind in convert else value


def text(value: str) -> bytes:
    packed = bytearray()
    WRITER._serialize_type_string(packed, value, None, None)
    return bytes(packed)


def packed(told: dict, shape) -> bytes:
    data = bytearray()
    WRITER._serialize_data_item(data, shaped(told, shape), shape)
    return bytes(data)


def refusal(told: dict, service: str) -> bytes:
    """A map of two texts."""
    code = str(told.get("__type", "InternalFailure")).split("#")[-1]
    said = told.get("message") or told.get("Message") or ""
    return b"\xa2" + b"".join(map(text, ("__type", f"com.amazonaws.{service}#{code}", "message", said)))


def through(environ, start_response, body: bytes, serve):
    """Has a request of this protocol answered by `serve`, to which it is one of AWS JSON; others pass."""
    asked = re.match(r"/service/([^/]+)/operation/(\w+)$", environ["PATH_INFO"])
    if not asked or asked[1] not in SERVICES:
        return serve(environ, start_response, body)
    prefix, operation = asked.groups()
    if environ.pop("HTTP_CONTENT_ENCODING", "") == "gzip":
        body = gzip.decompress(body)
    members = READER.parse_data_item(READER.get_peekable_stream_from_bytes(body)) if body else {}
    body = json.dumps(plain(members)).encode()
    for name in ("HTTP_SMITHY_PROTOCOL", "HTTP_ACCEPT"):
        environ.pop(name, None)
    environ.update({"PATH_INFO": "/", "RAW_URI": "/", "REQUEST_URI": "/", "CONTENT_TYPE": "application/x-amz-json-1.0",
                    "HTTP_X_AMZ_TARGET": f"{prefix}.{operation}", "CONTENT_LENGTH": str(len(body)),
                    "wsgi.input": io.BytesIO(body)})
    said: dict = {}

    def note(status, headers, _exc_info=None):
        said.update(status=status, headers=headers)
        return lambda _data: None

    data = b"".join(serve(environ, note, body))
    try:
        told = json.loads(data or b"{}")
    except ValueError:  # A proxy's page, an answer that was cut.
        start_response(said["status"], said["headers"])
        return [data]
    if said["status"].startswith("200"):
        shape = MODELS[prefix].operation_model(operation).output_shape
        data = packed(told, shape) if shape else b"\xa0"
    else:
        data = refusal(told, SERVICES[prefix])
    kept = [(name, value) for name, value in said["headers"] if name.lower() in ("x-amzn-requestid", "date")]
    start_response(said["status"], kept + [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor"),
                                           ("Content-Length", str(len(data)))])
    return [data]
