"""Paper 1, section 4: fetch MNIST, train the strategies, gather the chunks, analyse."""

MNIST = f"{RESULTS}/mnist"
MNIST_DATA = "data/mnist"
MNIST_TRAINED = ["curves", "runs"]
MNIST_TABLES = [
    *expand(
        f"{MNIST}/{{experiment}}/{{table}}.parquet",
        experiment=settings.mnist.experiments,
        table=MNIST_TRAINED,
    ),
    f"{MNIST}/analysis/accuracy.parquet",
]


def version_of_mnist(experiment):
    """What the tables of a MNIST experiment depend on; the code holds the data's checksums."""
    return content_version(
        code_hash("mnist.experiment"),
        settings.seed,
        settings.mnist.choice(experiment, "runs"),
        [condition.model_dump() for condition in settings.mnist.conditions(experiment)],
    )


def version_of_mnist_analysis(*modules):
    """What a file depends on that some modules compute from the tables of all experiments."""
    return content_version(
        code_hash(*modules), [version_of_mnist(name) for name in settings.mnist.experiments]
    )


localrules:
    fetch_mnist,


rule fetch_mnist:
    output:
        images="data/mnist/train-images-idx3-ubyte",
        labels="data/mnist/train-labels-idx1-ubyte",
        test_images="data/mnist/t10k-images-idx3-ubyte",
        test_labels="data/mnist/t10k-labels-idx1-ubyte",
    log:
        "logs/data/fetch_mnist.log",
    params:
        folder=settings.mnist.folder,
        mirrors=settings.mnist.mirrors,
    script:
        "../scripts/fetch_mnist.py"


rule train_mnist:
    input:
        # ancient: data that were fetched again are the same data, and make nothing stale.
        ancient(rules.fetch_mnist.output) if settings.mnist.dataset == "mnist" else [],
    output:
        **{
            t: temp(f"{MNIST}/{{experiment}}/chunks/{{chunk}}/{t}.parquet")
            for t in MNIST_TRAINED
        },
    log:
        f"{LOGS}/mnist/{{experiment}}/{{chunk}}.log",
    benchmark:
        f"{COSTS}/mnist/{{experiment}}/{{chunk}}.tsv"
    wildcard_constraints:
        experiment="|".join(settings.mnist.experiments),
    params:
        folder=MNIST_DATA,
        checkpoint=f"{MNIST}/{{experiment}}/chunks/{{chunk}}/checkpoint.npz",
        version=lambda wildcards: version_of_mnist(wildcards.experiment),
    resources:
        mem_mb=2000,
    script:
        "../scripts/train_mnist.py"


rule gather_mnist:
    input:
        lambda wildcards: expand(
            f"{MNIST}/{wildcards.experiment}/chunks/{{chunk}}/{{table}}.parquet",
            chunk=settings.mnist.chunks(wildcards.experiment),
            table=MNIST_TRAINED,
        ),
    output:
        **{t: f"{MNIST}/{{experiment}}/{t}.parquet" for t in MNIST_TRAINED},
    log:
        f"{LOGS}/mnist/{{experiment}}/gather.log",
    wildcard_constraints:
        experiment="|".join(settings.mnist.experiments),
    params:
        version=lambda wildcards: version_of_mnist(wildcards.experiment),
    script:
        "../scripts/gather_gates.py"


rule rate_mnist:
    input:
        expand(
            f"{MNIST}/{{experiment}}/runs.parquet", experiment=settings.mnist.experiments
        ),
    output:
        accuracy=f"{MNIST}/analysis/accuracy.parquet",
    log:
        f"{LOGS}/mnist/analysis/accuracy.log",
    params:
        root_seed=settings.seed,
        version=version_of_mnist_analysis("mnist.accuracy"),
    script:
        "../scripts/rate_mnist.py"
