"""The workflow of `workflow/Snakefile`, where Snakemake looks first."""


include: "workflow/Snakefile"


# Snakemake leaves the choice of the default target to the file that includes another.
workflow.default_target = "all"
