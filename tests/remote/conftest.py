"""Object stores for the tests: moto's server on this machine, behind a proxy of ours that counts requests and can fail them."""

from __future__ import annotations

import logging
import threading
import urllib.request
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.remote.proxy import Proxy, QuietServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Bucket(NamedTuple):
    """A bucket of its own for each test."""

    url: str
    options: dict[str, Any]
    proxy: Proxy
    folder: Path | None = None  # in which its objects lie as files, if they do


@pytest.fixture
def quick_bucket(tmp_path: Path) -> Iterator[Bucket]:
    """An empty bucket of a server for which a bucket is a folder: ten times as quick."""
    localbucket = pytest.importorskip("localbucket", reason="`make remote` installs what these tests need")
    pytest.importorskip("obstore", reason="`make remote` installs what these tests need")
    (tmp_path / "buckets" / "quick").mkdir(parents=True)

    class _Quick(localbucket.S3Handler):  # type: ignore[name-defined,misc]
        data_root = tmp_path / "buckets"
        disable_nagle_algorithm = True

    server = QuietServer(("127.0.0.1", 0), _Quick)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    proxy = Proxy(server.server_port)
    yield Bucket("s3://quick/team", options_of(proxy.endpoint), proxy, tmp_path / "buckets" / "quick" / "team")
    proxy.close()
    server.shutdown()
    server.server_close()


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
