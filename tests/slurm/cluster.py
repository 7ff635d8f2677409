"""A real Slurm on this machine: controller, accounting and nodes, started and stopped by id."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Template

import psutil

HERE = Path(__file__).parent
FOLDER = Path(tempfile.gettempdir()) / "neuroswitch-slurm"
"""Always the same, so that a later start finds what a killed one left."""

SYSTEM = Path("/etc/slurm")
"""Where Slurm looks for its files: Snakemake's jobs are started without SLURM_CONF."""

LINKS = ("slurm.conf", "slurmdbd.conf")
PACKAGES = {
    "slurmctld": "slurmctld",
    "slurmd": "slurmd",
    "squeue": "slurm-client",
    "munged": "munge",
    "slurmdbd": "slurmdbd",
    "mariadbd": "mariadb-server",
}
NODES = ("node1", "node2", "node3")
PARTITION, ACCOUNT = "main", "project"


class ClusterError(Exception):
    """The cluster cannot be set up here; the message says why."""


def why_not() -> str | None:
    """Return why this machine can hold no such cluster, or None."""
    if os.geteuid() != 0:
        return "a Slurm of its own needs root"
    if not Path("/etc/debian_version").exists() or not shutil.which("apt-get"):
        return "it is made from Debian's packages, and this is not Debian"
    configured = SYSTEM / "slurm.conf"
    if configured.exists() and not _is_ours(configured):
        return f"this machine has a Slurm already ({configured})"
    return None


def install() -> None:
    """Install the Debian packages that are missing."""
    missing = [package for command, package in PACKAGES.items() if not shutil.which(command)]
    if not missing:
        return
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing],
    ):
        _run(*command, env=environment)


def start() -> None:
    """Start everything, and wait until every node is idle."""
    stop()
    shutil.rmtree(FOLDER, ignore_errors=True)
    for part in ("log", "state", "database", "socket"):
        (FOLDER / part).mkdir(parents=True)
    # Other users' daemons pass through here.
    FOLDER.chmod(0o755)
    _start_munge()
    _configure()
    _start_accounting()
    start_controller()
    for node in NODES:
        start_node(node)
    until(lambda: _states() == {"idle"}, "every node is idle")


def stop() -> None:
    """Stop every process that `start` started, and remove its links; whatever is left of it."""
    if FOLDER.exists():
        _cancel_all()
        for pid_file in sorted(FOLDER.glob("slurmd-*.pid")):
            _end(pid_file, "slurmd")
        for process in _keepers(None):
            _kill_tree(process)
        for name in ("slurmctld", "slurmdbd", "mariadbd", "munged"):
            _end(FOLDER / f"{name}.pid", name)
    for link in LINKS:
        if _is_ours(SYSTEM / link):
            (SYSTEM / link).unlink()
    shutil.rmtree(FOLDER, ignore_errors=True)


def start_controller() -> None:
    _run("slurmctld")


def kill_controller() -> None:
    _kill(FOLDER / "slurmctld.pid")


def start_node(node: str) -> None:
    _run("slurmd", "-N", node)


def kill_node(node: str) -> None:
    """Kill a node's daemon and all that runs on it, as a power cut does."""
    _kill(FOLDER / f"slurmd-{node}.pid")
    for process in list(_keepers(node)):
        _kill_tree(process)


def jobs(*states: str) -> dict[str, str]:
    """Return the node of every job that is in one of the states, by default RUNNING."""
    wanted = ",".join(states or ("RUNNING",))
    rows = _run("squeue", "--noheader", f"--states={wanted}", "--format=%A %N")
    return {row.split()[0]: row.split()[-1] for row in rows.splitlines()}


def ended() -> list[str]:
    """Return the state of every job that has ended, in the order of submission."""
    rows = _run("squeue", "--noheader", "--states=all", "--sort=i", "--format=%T").split()
    return [state for state in rows if state not in ("RUNNING", "PENDING", "COMPLETING")]


def elapsed() -> dict[str, int]:
    """Return the seconds that every job so far has taken, of the accounting."""
    options = ("--allocations", "--noheader", "--parsable2", "--format=JobID,ElapsedRaw")
    rows = [row.split("|") for row in _run("sacct", *options).splitlines()]
    return {job: int(seconds) for job, seconds in rows}


def cancel(*job_ids: str) -> None:
    _run("scancel", *job_ids)


def until(condition: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Wait for a condition; raise with the ends of the logs where it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise ClusterError(f"not within {seconds:.0f} s: {what}\n{_logs()}")
        time.sleep(0.1)


def _cancel_all() -> None:
    """Cancel every job and wait for its end, where the controller still answers."""
    with contextlib.suppress(ClusterError, subprocess.TimeoutExpired):
        if running := _run("squeue", "--noheader", "--format=%A", timeout=20).split():
            _run("scancel", *running, timeout=20)
            until(lambda: not _run("squeue", "--noheader"), "every job is gone")


def _configure() -> None:
    host = socket.gethostname().partition(".")[0]
    nodes = "\n".join(
        f"NodeName={node} NodeAddr=127.0.0.1 NodeHostname={host} Port={17001 + i} CPUs=1 "
        "Boards=1 SocketsPerBoard=1 CoresPerSocket=1 ThreadsPerCore=1 RealMemory=8000 State=UNKNOWN"
        for i, node in enumerate(NODES)
    )
    SYSTEM.mkdir(exist_ok=True)
    for name in LINKS:
        template = Template((HERE / f"{name}.in").read_text(encoding="utf-8"))
        (FOLDER / name).write_text(
            template.substitute(host=host, folder=FOLDER, nodes=nodes), encoding="utf-8"
        )
        (FOLDER / name).chmod(0o600 if name == "slurmdbd.conf" else 0o644)
        (SYSTEM / name).unlink(missing_ok=True)
        (SYSTEM / name).symlink_to(FOLDER / name)


def _start_munge() -> None:
    """Start munged, unless the machine's own answers."""
    if _munge_works():
        return
    run = Path("/run/munge")
    run.mkdir(exist_ok=True)
    shutil.chown(run, "munge", "munge")
    run.chmod(0o755)
    _run("runuser", "-u", "munge", "--", shutil.which("munged") or "munged")
    until(_munge_works, "munge answers")
    shutil.copy(run / "munged.pid", FOLDER / "munged.pid")


def _munge_works() -> bool:
    return subprocess.run("munge -n | unmunge", shell=True, capture_output=True).returncode == 0


def _start_accounting() -> None:
    """Start a private MariaDB, without network, and slurmdbd on it; name the account."""
    database, endpoint = FOLDER / "database", FOLDER / "socket" / "mariadb"
    for folder in (database, endpoint.parent):
        shutil.chown(folder, "mysql", "mysql")
    _run(
        "mariadb-install-db",
        "--no-defaults",
        "--user=mysql",
        f"--datadir={database}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
    )
    with (FOLDER / "log" / "mariadbd.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [
                "mariadbd",
                "--no-defaults",
                "--user=mysql",
                f"--datadir={database}",
                f"--socket={endpoint}",
                "--skip-networking",
                "--innodb-buffer-pool-size=64M",
                "--innodb-lock-wait-timeout=900",
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    (FOLDER / "mariadbd.pid").write_text(str(process.pid), encoding="utf-8")
    client = ["mariadb", "--no-defaults", f"--socket={endpoint}", "--execute"]
    until(lambda: _works(*client, "select 1"), "MariaDB answers")
    _run(
        *client,
        "create database slurm_accounting; create user slurm@localhost identified by 'slurm';"
        "grant all on slurm_accounting.* to slurm@localhost",
    )
    # The client library finds the private socket by this variable.
    _run("slurmdbd", env=os.environ | {"MYSQL_UNIX_PORT": str(endpoint)})
    until(lambda: _works("sacctmgr", "--noheader", "list", "cluster"), "slurmdbd answers")
    add = ("sacctmgr", "--immediate", "add")
    _run(*add, "cluster", "neuroswitch")
    _run(*add, "account", ACCOUNT, "Description=tests", "Organization=tests")
    _run(*add, "user", "root", f"Account={ACCOUNT}", f"DefaultAccount={ACCOUNT}")


def _states() -> set[str]:
    try:
        return set(_run("sinfo", "--noheader", "--Node", "--format=%T").split())
    except ClusterError:
        return set()


def _keepers(node: str | None) -> Iterator[psutil.Process]:
    """Yield the processes by which a node (None: any) keeps its jobs."""
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "slurmstepd" and node in (None, _node_of(process)):
            yield process


def _kill_tree(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        for member in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()


def _node_of(process: psutil.Process) -> str | None:
    """Return the node that a slurmstepd works for: the one its job's processes name."""
    for child in process.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if name := child.environ().get("SLURMD_NODENAME"):
                return name
    return None


def _end(pid_file: Path, name: str) -> None:
    """End a daemon by the id that it wrote down, by force if it does not listen."""
    process = _process(pid_file)
    if process is None or name not in process.name():
        return
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(15)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(15)


def _kill(pid_file: Path) -> None:
    process = _process(pid_file)
    if process is None:
        raise ClusterError(f"{pid_file} names no running process")
    process.send_signal(signal.SIGKILL)
    process.wait(15)


def _process(pid_file: Path) -> psutil.Process | None:
    try:
        return psutil.Process(int(pid_file.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None


def _is_ours(link: Path) -> bool:
    return link.is_symlink() and FOLDER in link.readlink().parents


def _works(*command: str) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0


def _run(*command: str, **options: object) -> str:
    """Run a command and return what it prints; raise with its complaint if it fails."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        # A file and no pipe: a daemon that detaches itself would keep a pipe open.
        result = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, **options)
        output.seek(0)
        printed = output.read()
    if result.returncode:
        raise ClusterError(f"{' '.join(command)} failed: {printed.strip()}\n{_logs()}")
    return printed


def _logs() -> str:
    files = sorted((FOLDER / "log").glob("*.log"))
    return "\n".join(
        f"{file.name}: {line}"
        for file in files
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
    )
