"""Clients of Amazon S3 and compatible servers, `s3://BUCKET/PREFIX`, and of other services of AWS.

boto3 finds the credentials: in its environment variables, ~/.aws or the machine's role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shortlist.core.errors import ServiceError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

SCHEME = "s3://"
MISSING = ("404", "NoSuchKey", "NotFound")


def split_address(address: str) -> tuple[str, str]:
    """Return the bucket and the rest of `s3://BUCKET/REST`."""
    bucket, _, rest = address.removeprefix(SCHEME).partition("/")
    return bucket, rest


def split_folder(address: str) -> tuple[str, str]:
    """Return the bucket of `address` and the prefix of the keys in that folder: empty, or with a slash at its end."""
    bucket, prefix = split_address(address)
    return bucket, f"{prefix.rstrip('/')}/" if prefix else ""


def aws_client(service: str, attempts: int, timeout_s: float, endpoint: str | None = None) -> Any:
    """Return a client of a service of AWS, or of the server at `endpoint`, that tries each request so often.

    Thread-safe. Raises `ServiceError` if boto3 is not installed, or if the service needs a region and there is none.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import NoRegionError
    except ImportError as error:
        raise ServiceError(
            "boto3 is not installed",
            expected="the package boto3, which talks to object storage and other services of AWS",
            found="none",
            remedy="run `pip install 'shortlist[s3]'`",
        ) from error
    retries = {"max_attempts": attempts, "mode": "standard"}
    config = Config(retries=retries, connect_timeout=timeout_s, read_timeout=timeout_s)
    try:
        return boto3.client(service, config=config, endpoint_url=endpoint)
    except NoRegionError as error:
        raise ServiceError(
            f"cannot reach {service}", expected="a region of AWS", found="none", remedy="set AWS_DEFAULT_REGION"
        ) from error


def error_code(error: ClientError) -> str:
    """Return the code of an error of boto3, such as NoSuchKey."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_missing(error: ClientError) -> bool:
    """Return whether `error` says that there is no such object."""
    return error_code(error) in MISSING
