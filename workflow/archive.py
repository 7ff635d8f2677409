"""Pack code, results and figures into one file: `make archive`.

The file holds what is under version control, the results and figures of one scale, their
description as an RO-Crate, and the checksum of every file. `make verify` works in what it unpacks
to, without git. The same commit and results give the same bytes.
"""

import argparse
import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from neuroswitch import manifest, provenance, recipes, store
from neuroswitch.errors import NeuroswitchError
from neuroswitch.reporting import crate
from workflow import command, configuration

CRATE = "ro-crate-metadata.json"
CHECKSUMS = "SHA256SUMS"
WORKFLOW = Path("workflow/Snakefile")
ABOUT = ("README.md", "REPRODUCTION.md", "LICENSE", "CITATION.cff")
"""Files of the project's folder that the description names beside results and figures."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, help="default: that of stored results")
    arguments = parser.parse_args()
    scale = configuration.typed(arguments.config or configuration.default(from_stored=True)).scale
    name = f"neuroswitch-{provenance.VERSION}-{scale}"
    target = Path(f"{name}.tar.gz")
    files = sorted({*committed(), *made_at(scale)})
    description = described(scale, files)
    pack(target, name, files, {CRATE: description.encode()}, provenance.date_of_commit())
    print(f"{target}: {len(files)} files, {target.stat().st_size / 1e6:.0f} MB")
    return 0


def committed() -> list[Path]:
    """Return the files of the project, all of which are as they were committed.

    Raises
    ------
    NeuroswitchError : there is no repository, or a file differs from its commit
    """
    changed = provenance.changed()
    if changed is None:
        raise NeuroswitchError(
            "an archive is packed from a clone of the project, and this folder is not a git "
            "repository; clone the project and run `make archive` there"
        )
    if changed:
        raise NeuroswitchError(
            "an archive holds what is committed, and these files differ from the commit: "
            f"{', '.join(changed[:5])}; commit them, or undo the changes"
        )
    return [Path(name) for name in provenance.under_version_control()]


def made_at(scale: str) -> list[Path]:
    """Return the files of results and figures of a scale, checkpoints and chunks aside.

    Raises
    ------
    NeuroswitchError : the scale has no finished report
    """
    results = Path("results", scale)
    listing = results / "recipes.json"
    made, _ = recipes.read(listing)
    listed = manifest.read(results / "manifest.tsv")
    written = [path for recipe in made for path in recipe.outputs]
    report = recipes.of_report(scale).values()
    found = [listing, *map(Path, (*listed, *written, *report))]
    if missing := [path for path in found if not path.exists()]:
        raise NeuroswitchError(
            f"{missing[0]} is missing; `make reproduce` makes it, and the archive holds all results"
        )
    return found


def described(scale: str, files: Iterable[Path]) -> str:
    """Return the description of the archive as an RO-Crate; see neuroswitch.reporting.crate."""
    results, figures = Path("results", scale), Path("paper_figures", scale)
    tables = manifest.read(results / "manifest.tsv")
    made, _ = recipes.read(results / "recipes.json")
    others = [
        path
        for path in files
        if str(path) not in tables
        and (results in path.parents or figures in path.parents or str(path) in ABOUT)
        and path.name != CRATE
    ]
    return crate.describe(
        Path(),
        scale,
        made,
        list(tables.values()),
        others,
        provenance.version_of_software(),
        WORKFLOW,
    )


def pack(
    target: Path, name: str, files: Iterable[Path], texts: dict[str, bytes], date: str
) -> None:
    """Write an archive with a folder `name` that holds files, texts and the checksums of all.

    A link stays a link and has no checksum. `sha256sum -c SHA256SUMS` checks what was unpacked.
    `date`, year-month-day, is that of every file in it. Raises as `store.write_atomically` does.
    """
    time = int(datetime.fromisoformat(f"{date}T00:00+00:00").timestamp())

    def fill(part: Path) -> None:
        with (
            part.open("wb") as file,
            gzip.GzipFile("", "wb", mtime=0, fileobj=file) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            sums = []
            for entry, content in entries(files, texts):
                if entry.isfile():
                    sums.append(f"{hashlib.sha256(content).hexdigest()}  {entry.name}\n")
                _add(archive, name, time, entry, content)
            _add(archive, name, time, tarfile.TarInfo(CHECKSUMS), "".join(sums).encode())

    store.write_atomically(target, fill)


def _add(
    archive: tarfile.TarFile, name: str, time: int, entry: tarfile.TarInfo, content: bytes
) -> None:
    entry.name, entry.size, entry.mtime = f"{name}/{entry.name}", len(content), time
    archive.addfile(entry, io.BytesIO(content))


def entries(
    files: Iterable[Path], texts: dict[str, bytes]
) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Yield each file and text with its content; owners and times say nothing of this machine."""
    for path in files:
        entry = tarfile.TarInfo(path.as_posix())
        entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
        if path.is_symlink():
            entry.type, entry.linkname = tarfile.SYMTYPE, str(path.readlink())
            yield entry, b""
            continue
        yield entry, path.read_bytes()
    for inside, content in texts.items():
        yield tarfile.TarInfo(inside), content


if __name__ == "__main__":
    command.run(main)
