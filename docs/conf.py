"""How Sphinx builds the documentation: `make docs`, from the project's folder.

Parts of pages that hold numbers are made from the stored tables (workflow/documentation.py), and
public names are described by their docstrings.
"""

import os
import re
from pathlib import Path

from neuroswitch.provenance import VERSION
from workflow import documentation

project = "neuroswitch"
author = "neuroswitch developers"
copyright = author
release = VERSION

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx_copybutton"]
exclude_patterns = ["_build"]
nitpicky = True
# Types in signatures are names of other packages, whose documentation is not read here.
nitpick_ignore_regex = [("py:.*", ".*")]

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3

# Notebooks are run anew in every build, without a limit of time: a machine may be busy.
nb_execution_mode = "force"
nb_execution_timeout = -1
nb_execution_raise_on_error = True
# A shell, or a module read here, may ask for files in place of the pictures of a notebook.
os.environ.pop("MPLBACKEND", None)
# Nothing is loaded from the network when a page is opened.
nb_ipywidgets_js = {}

autodoc_typehints = "none"
default_role = "code"

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "furo"
html_title = "neuroswitch"
html_show_sphinx = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["pages.css"]

LINK = re.compile(r"\[([^\]]+)\]\((\.\./[^)#]+)\)")
"""A link to something outside docs/."""

FIELDS = {"Parameters": "param {}", "Raises": "raises {}", "Returns": "returns"}
"""Section of a docstring -> the field that Sphinx shows it as, with the name that begins it."""


def as_fields(lines: list[str]) -> list[str]:
    """Return a docstring with its sections as fields of reStructuredText.

    >>> as_fields(["Parameters", "----------", "runs : networks", "    of each condition"])
    ['', ':param runs: networks', '    of each condition']
    """
    shown: list[str] = []
    section = ""
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if following and set(following) == {"-"}:
            section = line
            shown += [""] if section in FIELDS else ["", f".. rubric:: {section}", ""]
            shown += [":returns:"] if section == "Returns" else []
        elif line and set(line) == {"-"}:
            continue
        elif section in ("Parameters", "Raises") and (found := re.match(r"(\w+) : (.*)", line)):
            shown.append(f":{FIELDS[section].format(found[1])}: {found[2]}")
        elif section == "Returns" and line:
            shown.append(f"    {line}")
        elif line.startswith("Source:"):
            section = ""
            shown += ["", line]
        else:
            shown.append(line)
    return shown


def without_folders(text: str) -> str:
    """Return a page whose links to folders are their text alone: a page can give a file to read."""
    return LINK.sub(lambda link: link[1] if Path("docs", link[2]).is_dir() else link[0], text)


def setup(app):
    """Hang into Sphinx what fills pages and docstrings."""

    def fill(app, name, source):
        source[0] = without_folders(documentation.filled(source[0]))

    def show(app, what, name, found, options, lines):
        lines[:] = as_fields(lines)

    app.connect("source-read", fill)
    app.connect("autodoc-process-docstring", show)
