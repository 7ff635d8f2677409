"""Fetch MNIST, on which paper 1 trains in its section 4."""

from neuroswitch.mnist.source_files import FILES

DATA = "data/mnist"
SOURCE = f"{DATA}/source.json"
FETCHED = [SOURCE] if settings.mnist.dataset == "mnist" else []
FETCHING = {"folder": settings.mnist.folder, "mirrors": settings.mnist.mirrors}
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
