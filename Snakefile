"""The workflow of `workflow/Snakefile`, where Snakemake looks first."""


include: "workflow/Snakefile"
