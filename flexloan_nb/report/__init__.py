"""One offline HTML file of a loan: to read, to print and to hand to someone without a key.

Reading, composing and rendering are apart: `collect` reads and does nothing else, `compose` makes
sections of what was read, `render` makes a page of the sections.
"""

from pathlib import Path

from flexloan_nb.analytics.arguments import share
from flexloan_nb.api.client import FlexibleLoanClient
from flexloan_nb.report.compose import compose
from flexloan_nb.report.images import write_images
from flexloan_nb.report.parts import Report
from flexloan_nb.report.reading import collect
from flexloan_nb.report.rendering import render
from flexloan_nb.report.texts import texts
from flexloan_nb.report.writing import check_target, write_private

__all__ = ["collect", "compose", "render", "write_images", "write_report"]


def write_report(
    client: FlexibleLoanClient,
    path: str | Path,
    *,
    ord_id: str | None = None,
    target: float | None = None,
    lang: str | None = None,
    overwrite: bool = False,
    progress: bool | None = None,
) -> Report:
    """Write what there is to say of the loans now into one HTML file.

    The file needs no internet, no key and no Jupyter: its figures are alive in any browser. Only
    its owner may read it.

    Parameters
    ----------
    client : FlexibleLoanClient
        Of the account; Read permission is enough.
    path : str or Path
        The file; its folder must exist.
    ord_id : str, optional
        Only this loan order; by default all.
    target : float, optional
        LTV that the remedies aim at, a decimal. By default the one from which all collateral may
        fall by 30 % before a margin call.
    lang : {"en", "zh"}, optional
        Language; by default as ``FLEXLOAN_LANG`` says, else English.
    overwrite : bool
        Whether a file that exists may be replaced.
    progress : bool, optional
        Whether to show a progress bar; by default in a notebook or a terminal.

    Returns
    -------
    Report
        What was written; ``failed`` names the sections that could not be made.

    Raises
    ------
    InvalidArgumentError
        The file exists or its folder does not, or an argument is wrong; nothing was read.
    FlexLoanError
        The loans could not be read; nothing was written.

    Examples
    --------
    Hand me a report of my loans:

    >>> import tempfile
    >>> from flexloan_nb import connect
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report = write_report(connect("simulator"), f"{folder}/loan.html", lang="en")
    >>> report.sections[0].title
    'How close the loan is'
    """
    file = Path(path).expanduser()
    check_target(file, overwrite=overwrite)
    if target is not None:
        share(target, "target")
    texts(lang)
    facts = collect(client, ord_id=ord_id, target=target, progress=progress)
    report = compose(facts, lang=lang)
    write_private(file, render(report).encode(), overwrite=overwrite)
    return report
