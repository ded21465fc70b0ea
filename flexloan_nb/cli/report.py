"""``flexloan report``: the loans as one HTML file."""

import argparse
import json
from pathlib import Path
from typing import Any

from flexloan_nb.cli.arguments import EXIT_CODES, Commands, add_source, base_url, expanded
from flexloan_nb.errors import FlexLoanError

__all__ = ["add_to"]


def add_to(commands: Commands) -> None:
    """Add the command to the others."""
    report = commands.add_parser(
        "report",
        help="write all that there is to say of a loan into one HTML file",
        description="Write the state of your loans, their history, cost and risk into one HTML "
        "file that needs no internet, no key and no Jupyter to be read. Nothing is moved. With "
        "the live exchange it takes some twenty seconds, as requests keep its pace. Where a part "
        "could not be made, the file says so in its place, and the exit code is 1.",
        epilog=EXIT_CODES,
    )
    report.add_argument(
        "--out",
        type=Path,
        default=Path("loan.html"),
        help="the file, readable by you only (default: %(default)s)",
    )
    add_source(report, "live")
    report.add_argument("--ord-id", help="only this loan order (default: all)")
    report.add_argument(
        "--target",
        type=_ltv,
        help="LTV that remedies aim at, e.g. 0.5 (default: the one from which all collateral may "
        "fall by 30%% before a margin call)",
    )
    report.add_argument(
        "--lang", choices=["en", "zh"], help="language (default: as FLEXLOAN_LANG says, else en)"
    )
    report.add_argument("--force", action="store_true", help="replace files that exist")
    report.add_argument(
        "--images",
        type=Path,
        metavar="FOLDER",
        help="also put the figures there, a file each; needs Chromium and "
        "pip install 'flexloan_nb[images]'",
    )
    report.add_argument(
        "--image-format", choices=["png", "svg"], default="png", help="default: %(default)s"
    )
    report.add_argument(
        "--json",
        action="store_true",
        help="print one line of JSON: path, failed (titles of parts that could not be made), "
        "images",
    )
    report.set_defaults(run=_run)


def _ltv(text: str) -> float:
    """Read a loan to value, for argparse."""
    ltv = float(text)
    if not 0 < ltv < 1:
        raise argparse.ArgumentTypeError(f"{text} is not an LTV: choose one between 0 and 1")
    return ltv


def _run(arguments: argparse.Namespace) -> None:
    from flexloan_nb.connection import connect
    from flexloan_nb.report import write_report
    from flexloan_nb.report.images import check_images, write_images

    if arguments.images is not None:
        check_images(arguments.image_format)
    path = expanded(arguments.out, "--out")
    with connect(arguments.source, **base_url(arguments)) as client:
        report = write_report(
            client,
            path,
            ord_id=arguments.ord_id,
            target=arguments.target,
            lang=arguments.lang,
            overwrite=arguments.force,
        )
    images: list[Path] = []
    if arguments.images is not None:
        folder = expanded(arguments.images, "--images")
        images = write_images(report, folder, arguments.image_format, overwrite=arguments.force)
    written = {"path": str(path), "failed": report.failed, "images": [str(of) for of in images]}
    print(json.dumps(written) if arguments.json else _as_text(written))
    if report.failed:
        raise FlexLoanError(f"written without: {', '.join(report.failed)}.")


def _as_text(written: dict[str, Any]) -> str:
    return "\n".join([written["path"], *written["images"]])
