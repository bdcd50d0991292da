"""Object stores for the tests: moto's server on this machine, behind a proxy of ours that counts requests and can fail them."""

from __future__ import annotations

import logging
import urllib.request
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.remote.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator


class Bucket(NamedTuple):
    """A bucket of its own for each test."""

    url: str
    options: dict[str, Any]
    proxy: Proxy


@pytest.fixture(scope="session")
def moto_port() -> Iterator[int]:
    """The port of a server that answers as S3 does."""
    pytest.importorskip("obstore", reason="`make remote` installs what these tests need")
    server = pytest.importorskip("moto.server", reason="`make remote` installs what these tests need")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = server.ThreadedMotoServer(port=0, verbose=False)
    moto.start()
    yield moto.get_host_and_port()[1]
    moto.stop()


_numbers = count()


def options_of(endpoint: str) -> dict[str, Any]:
    """The options of a store on this machine, which is given up on soon."""
    keys = {"access_key_id": "key", "secret_access_key": "secret", "region": "us-east-1"}
    return {"endpoint": endpoint, **keys, "timeout": "2s", "max_retries": 8}


@pytest.fixture
def bucket(moto_port: int) -> Iterator[Bucket]:
    """An empty bucket."""
    name = f"bucket{next(_numbers)}"
    asked = urllib.request.Request(f"http://127.0.0.1:{moto_port}/{name}", method="PUT")
    with urllib.request.urlopen(asked):
        pass
    proxy = Proxy(moto_port)
    yield Bucket(f"s3://{name}/team", options_of(proxy.endpoint), proxy)
    proxy.close()


def put_raw(bucket: Bucket, key: str, data: bytes) -> None:
    """Put an object of any key, as no library of ours would."""
    asked = urllib.request.Request(f"http://127.0.0.1:{bucket.proxy.upstream}/{bucket.url[5:]}/{key}", data=data, method="PUT")
    with urllib.request.urlopen(asked):
        pass
