"""Paper 1, section 4: fetch MNIST, train the strategies, gather the chunks, analyse."""


# On a cluster the head does these itself: they take seconds.
localrules:
    fetch_mnist,
    gather_mnist,
    rate_mnist,


rule fetch_mnist:
    output:
        images=f"{MNIST_DATA}/train-images-idx3-ubyte",
        labels=f"{MNIST_DATA}/train-labels-idx1-ubyte",
        test_images=f"{MNIST_DATA}/t10k-images-idx3-ubyte",
        test_labels=f"{MNIST_DATA}/t10k-labels-idx1-ubyte",
    log:
        f"{LOGS}/mnist/fetch.log",
    conda:
        ENVIRONMENT
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
            table=MNIST_TRAINED,
        ),
    output:
        **{t: f"{MNIST}/{{experiment}}/{t}.parquet" for t in MNIST_TRAINED},
    log:
        f"{LOGS}/mnist/{{experiment}}/gather.log",
    wildcard_constraints:
        experiment="|".join(settings.mnist.experiments),
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
    conda:
        ENVIRONMENT
    params:
        root_seed=settings.seed,
        version=version_of_mnist_analysis("mnist.accuracy"),
    script:
        "../scripts/rate_mnist.py"
