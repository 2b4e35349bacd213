"""A server in place of the runtime of SageMaker Feature Store, which no emulator has.

Requests and answers are read, written and checked by botocore's own model of the service: routes, types, required and
unknown members, lengths, patterns. The behaviour is that of the API reference: the rule of event times, both ways to
delete, and what is appended to the offline store.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

SERVICE = "sagemaker-featurestore-runtime"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
NUMBERS = {"Integral": int, "Fractional": float, "String": str}
Document = dict[str, Any]


class Refused(Exception):
    """An answer with an error of the service, or one that all services have."""

    def __init__(self, code: str, message: str = "", status: int | None = None) -> None:
        super().__init__(message)
        errors = {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in service().error_shapes}
        self.code, self.status = code, status or errors[code]


@cache
def service() -> Any:
    """botocore's model of the service."""
    import botocore.session

    return botocore.session.get_session().get_service_model(SERVICE)


@dataclass
class Group:
    """A feature group. `online` has the event time and the features of each record; None if it was soft-deleted."""

    definition: Document
    online: dict[str, tuple[str, Document | None]] = field(default_factory=dict)
    offline: list[Document] = field(default_factory=list)

    def put(self, features: list[Document], stores: list[str]) -> None:
        kinds = {one["FeatureName"]: one["FeatureType"] for one in self.definition["FeatureDefinitions"]}
        for one in features:
            name, value = one["FeatureName"], one.get("ValueAsString")
            if name not in kinds or value is None:
                raise Refused("ValidationError", f"no feature {name}, or not of one value")
            try:
                NUMBERS[kinds[name]](value)
            except ValueError:
                raise Refused("ValidationError", f"{name} is no {kinds[name]}") from None
        record = {one["FeatureName"]: one["ValueAsString"] for one in features}
        if len(record) < len(features):
            raise Refused("ValidationError", "a feature is there twice")
        identifier = record.get(self.definition["RecordIdentifierFeatureName"])
        time = record.get(self.definition["EventTimeFeatureName"], "")
        if not identifier or not TIME.fullmatch(time):
            raise Refused("ValidationError", "no identifier, or no event time")
        if "OnlineStore" in stores and time > self.online.get(identifier, ("", None))[0]:
            self.online[identifier] = time, record
        if "OfflineStore" in stores:
            self.offline.append({**record, "is_deleted": False})

    def delete(self, identifier: str, time: str, mode: str, stores: list[str]) -> None:
        if not TIME.fullmatch(time):
            raise Refused("ValidationError", "no event time")
        stored = self.online.get(identifier, ("", None))
        if mode == "HardDelete" and time <= stored[0]:
            raise Refused("ValidationError", "EventTime is not later than that of the record")
        if "OnlineStore" in stores and time > stored[0]:
            if mode == "HardDelete":
                self.online.pop(identifier, None)
            else:
                self.online[identifier] = time, None
        if "OfflineStore" in stores:
            names = (self.definition["RecordIdentifierFeatureName"], self.definition["EventTimeFeatureName"])
            self.offline.append({**dict(zip(names, (identifier, time), strict=True)), "is_deleted": True})


class FeatureStoreStandIn:
    """`requests` has the operation and document of each request that was valid.

    The next `throttled` requests are refused. The next `partly` batches are done up to the middle.
    """

    def __init__(self) -> None:
        self.url = ""
        self._lock = threading.Lock()
        self.reset([])

    def reset(self, definitions: Iterable[Document]) -> None:
        """Start again with empty groups of these definitions, which are those of `CreateFeatureGroup`."""
        self.groups = {one["FeatureGroupName"]: Group(one) for one in definitions}
        self.requests: list[tuple[str, Document]] = []
        self.throttled = self.partly = 0

    def environment(self) -> dict[str, str]:
        """The variables that lead boto3 here."""
        return {
            "AWS_ENDPOINT_URL_SAGEMAKER_FEATURESTORE_RUNTIME": self.url, "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        }  # fmt: skip

    def called(self, operation: str) -> list[Document]:
        """The documents of the valid requests for `operation`."""
        return [document for name, document in self.requests if name == operation]

    def answer(self, operation: str, request: Document) -> Document:
        with self._lock:
            if self.throttled:
                self.throttled -= 1
                raise Refused("ThrottlingException", "Rate exceeded", 400)
            self.requests.append((operation, request))
            answer: Document = getattr(self, f"_{operation}")(request) or {}
            return answer

    def _group(self, name: str) -> Group:
        if name not in self.groups:
            raise Refused("ResourceNotFound", f"no feature group {name}")
        return self.groups[name]

    def _part(self, items: list[Any]) -> tuple[list[Any], list[Any]]:
        """What of a batch is done, and what is left out."""
        middle = len(items)
        if self.partly:
            self.partly -= 1
            middle //= 2
        return items[:middle], items[middle:]

    def _PutRecord(self, request: Document) -> None:  # noqa: N802
        self._group(request["FeatureGroupName"]).put(request["Record"], stores_of(request))

    def _BatchWriteRecord(self, request: Document) -> Document:  # noqa: N802
        done, left = self._part(request["Entries"])
        errors = []
        for entry in done:
            try:
                self._group(entry["FeatureGroupName"]).put(entry["Record"], stores_of(entry))
            except Refused as error:
                errors.append({"Entry": entry, "ErrorCode": error.code, "ErrorMessage": str(error)})
        return {"Errors": errors, "UnprocessedEntries": left}

    def _DeleteRecord(self, request: Document) -> None:  # noqa: N802
        mode = request.get("DeletionMode", "SoftDelete")
        group = self._group(request["FeatureGroupName"])
        group.delete(request["RecordIdentifierValueAsString"], request["EventTime"], mode, stores_of(request))

    def _GetRecord(self, request: Document) -> Document:  # noqa: N802
        _, record = self._group(request["FeatureGroupName"]).online.get(
            request["RecordIdentifierValueAsString"], ("", None)
        )
        return {"Record": values(record)} if record else {}

    def _BatchGetRecord(self, request: Document) -> Document:  # noqa: N802
        records, errors, left_out = [], [], []
        for asked in request["Identifiers"]:
            done, left = self._part(asked["RecordIdentifiersValueAsString"])
            left_out += [{**asked, "RecordIdentifiersValueAsString": left}] if left else []
            for name in done:
                of = {"FeatureGroupName": asked["FeatureGroupName"], "RecordIdentifierValueAsString": name}
                try:
                    _, record = self._group(asked["FeatureGroupName"]).online.get(name, ("", None))
                except Refused as error:
                    errors.append({**of, "ErrorCode": error.code, "ErrorMessage": str(error)})
                    continue
                records += [{**of, "Record": values(record)}] if record else []
        return {"Records": records, "Errors": errors, "UnprocessedIdentifiers": left_out}

    def _ListRecords(self, request: Document) -> Document:  # noqa: N802
        online = self._group(request["FeatureGroupName"]).online
        after = request.get("NextToken", "")
        names = sorted(
            name for name, (_, record) in online.items() if record or request.get("IncludeSoftDeletedRecords")
        )
        page = [name for name in names if name > after][: request.get("MaxResults", 100)]
        more = {"NextToken": page[-1]} if page and page[-1] != names[-1] else {}
        return {"RecordIdentifiers": page, **more}


def stores_of(request: Document) -> list[str]:
    found: list[str] = request.get("TargetStores", ["OnlineStore", "OfflineStore"])
    return found


def values(record: Document) -> list[Document]:
    return [{"FeatureName": name, "ValueAsString": value} for name, value in record.items()]


def check(shape: Any, value: Any) -> None:
    """Refuse a value that is not of a shape of the model. botocore's own check knows no patterns and no maxima."""
    expected = {"structure": dict, "list": list, "string": str, "integer": int, "boolean": bool}[shape.type_name]
    if not isinstance(value, expected):
        raise Refused("ValidationError", f"{value!r} is no {shape.type_name}")
    least, most = (shape.metadata.get(name) for name in ("min", "max"))
    size = value if shape.type_name == "integer" else len(value) if shape.type_name in ("list", "string") else None
    if size is not None and ((least is not None and size < least) or (most is not None and size > most)):
        raise Refused("ValidationError", f"{shape.name} has {size}, not {least} to {most}")
    if shape.type_name == "string":
        pattern, words = shape.metadata.get("pattern"), shape.enum
        if (pattern and not re.fullmatch(pattern, value)) or (words and value not in words):
            raise Refused("ValidationError", f"{value!r} is no {shape.name}")
    elif shape.type_name == "list":
        for one in value:
            check(shape.member, one)
    elif shape.type_name == "structure":
        if wrong := (set(shape.required_members) - set(value)) | (set(value) - set(shape.members)):
            raise Refused("ValidationError", f"{shape.name}: {', '.join(sorted(wrong))}")
        for name, one in value.items():
            check(shape.members[name], one)


def read_request(method: str, address: str, body: bytes) -> tuple[str, Document]:
    """The operation and the document of a request."""
    place = urlsplit(address)
    for name in service().operation_names:
        model = service().operation_model(name)
        route = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(model.http["requestUri"]))
        found = re.fullmatch(route, place.path)
        if not found or model.http["method"] != method:
            continue
        document: Document = json.loads(body) if body else {}
        words = parse_qs(place.query, keep_blank_values=True)
        for member, shape in model.input_shape.members.items():
            where, wire = shape.serialization.get("location"), shape.serialization.get("name", member)
            if where == "uri":
                document[member] = unquote(found[wire])
            elif where == "querystring" and wire in words:
                document[member] = words[wire] if shape.type_name == "list" else words[wire][0]
        check(model.input_shape, document)
        return name, document
    raise Refused("ValidationError", f"unknown operation: {method} {place.path}")


def write_answer(operation: str, document: Document) -> bytes:
    shape = service().operation_model(operation).output_shape
    if shape is not None:
        check(shape, document)
    return json.dumps(document).encode()


@contextmanager
def feature_store_stand_in() -> Iterator[FeatureStoreStandIn]:
    """A running server."""
    stand_in = FeatureStoreStandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_arguments: object) -> None:
            pass

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers: Mapping[str, str] = {}
            try:
                if "/sagemaker/aws4_request" not in self.headers.get("Authorization", ""):
                    raise Refused("AccessForbidden", "the request is not signed for sagemaker")
                operation, document = read_request(self.command, self.path, body)
                status, answer = 200, write_answer(operation, stand_in.answer(operation, document))
            except Refused as error:
                status, answer = error.status, json.dumps({"Message": str(error)}).encode()
                headers = {"x-amzn-ErrorType": error.code}
            self.send_response(status)
            for name, value in {
                **headers, "Content-Type": "application/json", "Content-Length": str(len(answer)),
            }.items():  # fmt: skip
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield stand_in
    server.shutdown()
    server.server_close()
