"""Paper 1, section 4: fetch MNIST, train the strategies, and gather the chunks of runs."""

from neuroswitch.mnist.source_files import FILES

MNIST, UNIVERSES = TRAININGS["mnist"], TRAININGS["mnist_multiverse"]
SEQUENCES = TRAININGS["sequences"]
DATA = "data/mnist"
SOURCE = f"{DATA}/source.json"
FETCHED = [SOURCE] if settings.mnist.dataset == "mnist" else []
FETCHING = {"folder": settings.mnist.folder, "mirrors": settings.mnist.mirrors}
CHECKPOINT = f"{RESULTS}/mnist/{{experiment}}/chunks/{{chunk}}/checkpoint.npz"
# Not of the code: what was fetched is checked by its checksums, and need not be fetched again.
VERSION_OF_MNIST = content_version(FETCHING)


rule fetch_mnist:
    input:
        lambda wildcards: asked(
            "fetch_mnist",
            (SOURCE,),
            [],
            VERSION_OF_MNIST,
            beside=[f"{DATA}/{file.name}" for file in FILES],
        ),
    output:
        # Where the files came from. They lie beside it and are no output: Snakemake deletes
        # those of a job that fails, or when it is asked to.
        SOURCE,
    log:
        f"{LOGS}/mnist/fetch.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        **FETCHING,
        version=VERSION_OF_MNIST,
    script:
        "../scripts/fetch_mnist.py"


rule train_mnist:
    input:
        training(MNIST, FETCHED),
    output:
        **{name: temp(path) for name, path in tables_of(MNIST, chunk=True).items()},
    log:
        f"{LOGS}/mnist/{{experiment}}/{{chunk}}.log",
    benchmark:
        f"{COSTS}/mnist/{{experiment}}/{{chunk}}.tsv"
    wildcard_constraints:
        experiment=any_of(MNIST),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("mnist"),
        runtime=run_time("mnist"),
    params:
        training=MNIST.name,
        checkpoint=CHECKPOINT,
        version=version_of(MNIST),
    script:
        "../scripts/train_mnist.py"


rule gather_mnist:
    input:
        chunks_of(MNIST),
    output:
        **tables_of(MNIST),
    log:
        f"{LOGS}/mnist/{{experiment}}/gather.log",
    wildcard_constraints:
        experiment=any_of(MNIST),
    localrule: True
    conda:
        ENVIRONMENT
    script:
        "../scripts/gather.py"


# Its jobs train the universes that its tables do not have yet, as those of the gates' multiverse.
use rule train_mnist as train_mnist_multiverse with:
    input:
        training(UNIVERSES, FETCHED),
    output:
        **{name: temp(path) for name, path in tables_of(UNIVERSES, chunk=True).items()},
    wildcard_constraints:
        experiment=any_of(UNIVERSES),
    params:
        training=UNIVERSES.name,
        checkpoint=CHECKPOINT,
        version=version_of(UNIVERSES),
        tables=wholes_of(UNIVERSES),


use rule gather_mnist as gather_mnist_multiverse with:
    input:
        chunks_of(UNIVERSES),
    output:
        **tables_of(UNIVERSES),
    wildcard_constraints:
        experiment=any_of(UNIVERSES),
    localrule: True


# Recurrent networks that see the images row by row.
use rule train_mnist as train_sequences with:
    input:
        training(SEQUENCES, FETCHED),
    output:
        **{name: temp(path) for name, path in tables_of(SEQUENCES, chunk=True).items()},
    wildcard_constraints:
        experiment=any_of(SEQUENCES),
    params:
        training=SEQUENCES.name,
        checkpoint=CHECKPOINT,
        version=version_of(SEQUENCES),


use rule gather_mnist as gather_sequences with:
    input:
        chunks_of(SEQUENCES),
    output:
        **tables_of(SEQUENCES),
    wildcard_constraints:
        experiment=any_of(SEQUENCES),
    localrule: True
