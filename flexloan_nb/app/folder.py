"""The folder that Voilà serves: a notebook with one cell, and the page around it."""

import json
from pathlib import Path
from typing import Final

__all__ = ["TEMPLATE", "fill_folder"]

_NOTEBOOK: Final = "flexible-loan.ipynb"
TEMPLATE: Final = "flexloan"

# Voilà's own page, but for two style sheets of icons that it would fetch from the internet.
_PAGE = """\
{%- extends "voila/templates/lab/index.html.j2" -%}
{% import "spinner.macro.html.j2" as spinner %}
{%- block notebook_css -%}
{% if frontend == "voila" %}{{ resources.include_js("static/voila-style.js") }}{% endif %}
{{ spinner.css() }}
<style>
  .jp-mod-noOutputs.jp-mod-noInput, .flexloan-picture { display: none; }
</style>
{{ super.super() }}
{%- endblock notebook_css -%}
"""


def fill_folder(folder: Path, code: str) -> Path:
    """Write the page's template and a notebook of one cell.

    Parameters
    ----------
    folder : Path
        Empty, and its owner's alone.
    code : str
        Of the cell, whose output is the page.

    Returns
    -------
    Path
        The notebook.
    """
    template = folder / "voila" / "templates" / TEMPLATE
    template.mkdir(parents=True)
    (template / "conf.json").write_text(json.dumps({"base_template": "lab"}))
    (template / "index.html.j2").write_text(_PAGE)
    notebook = folder / _NOTEBOOK
    notebook.write_text(json.dumps(_notebook(code)))
    return notebook


def _notebook(code: str) -> dict[str, object]:
    cell: dict[str, object] = {
        "cell_type": "code",
        "execution_count": None,
        "id": "panel",
        "metadata": {},
        "outputs": [],
        "source": code,
    }
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": [cell],
        "metadata": {"kernelspec": kernel, "title": "Flexible Loan"},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
