"""Paper 1, section 4: fetch MNIST, train the strategies, gather the chunks, analyse."""

MNIST_FILES = [
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
]


rule fetch_mnist:
    output:
        # Where the files came from. They lie beside it and are no output: Snakemake deletes
        # those of a job that fails, or when it is asked to.
        f"{MNIST_DATA}/source.json",
    log:
        f"{LOGS}/mnist/fetch.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        folder=settings.mnist.folder,
        mirrors=settings.mnist.mirrors,
        beside=[f"{MNIST_DATA}/{name}" for name in MNIST_FILES],
    script:
        "../scripts/fetch_mnist.py"


rule train_mnist:
    input:
        rules.fetch_mnist.output if settings.mnist.dataset == "mnist" else [],
    output:
        **{
            t: temp(f"{MNIST}/{{experiment}}/chunks/{{chunk}}/{t}.parquet")
            for t in versions.MNIST_TABLES
        },
    log:
        f"{LOGS}/mnist/{{experiment}}/{{chunk}}.log",
    benchmark:
        f"{COSTS}/mnist/{{experiment}}/{{chunk}}.tsv"
    wildcard_constraints:
        experiment="|".join(settings.mnist.experiments),
    conda:
        ENVIRONMENT
    resources:
        mem_mb=memory("mnist"),
        runtime=run_time("mnist"),
    params:
        checkpoint=f"{MNIST}/{{experiment}}/chunks/{{chunk}}/checkpoint.npz",
        version=lambda wildcards: version_of_mnist(wildcards.experiment),
    script:
        "../scripts/train_mnist.py"


rule gather_mnist:
    input:
        lambda wildcards: expand(
            f"{MNIST}/{wildcards.experiment}/chunks/{{chunk}}/{{table}}.parquet",
            chunk=settings.mnist.chunks(wildcards.experiment),
            table=versions.MNIST_TABLES,
        ),
    output:
        **{t: f"{MNIST}/{{experiment}}/{t}.parquet" for t in versions.MNIST_TABLES},
    log:
        f"{LOGS}/mnist/{{experiment}}/gather.log",
    wildcard_constraints:
        experiment="|".join(settings.mnist.experiments),
    localrule: True
    conda:
        ENVIRONMENT
    params:
        version=lambda wildcards: version_of_mnist(wildcards.experiment),
    script:
        "../scripts/gather.py"


rule rate_mnist:
    input:
        expand(
            f"{MNIST}/{{experiment}}/runs.parquet",
            experiment=settings.mnist.experiments,
        ),
    output:
        accuracy=f"{MNIST}/analysis/accuracy.parquet",
    log:
        f"{LOGS}/mnist/analysis/accuracy.log",
    localrule: True
    conda:
        ENVIRONMENT
    params:
        root_seed=settings.seed,
    script:
        "../scripts/rate_mnist.py"
