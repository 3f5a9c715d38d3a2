"""The ``ibnb`` command: lessons, a demonstration, the gateway, and a doctor.

Rule: each command parses its words and calls one function; what it does lives elsewhere.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ibnb import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (0 well, 1 failed, 2 wrong words)."""
    parser = _parser()
    args, rest = parser.parse_known_args(argv)
    if rest and args.run is not _lab:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    args.rest = rest
    try:
        status: int = args.run(args)
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        print(f"ibnb: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ibnb", description="Interactive Brokers' TWS API: learn, teach, research.")
    parser.add_argument("--version", action="version", version=f"ibnb {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    lab = commands.add_parser(
        "lab",
        help="open the lessons in JupyterLab, with a simulated TWS inside",
        epilog="Every other option goes to jupyter lab, for instance --no-browser or --port 9000.",
    )
    lab.add_argument("--dir", type=Path, default=Path("ibnb-lessons"), help="where your copy is kept (%(default)s)")
    lab.set_defaults(run=_lab)

    demo = commands.add_parser("demo", help="ten seconds: account, history, a chart, a bracket filled")
    demo.add_argument("--chart", type=Path, default=Path("ibnb-demo.png"), help="the chart's file (%(default)s)")
    demo.set_defaults(run=_demo)

    gateway = commands.add_parser("gateway", help="a simulated TWS on a port, for any TWS API client")
    gateway.add_argument("--port", type=int, default=7497, help="port; 0 picks a free one (%(default)s)")
    gateway.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    worlds = ("live", "always-open", "lesson", "beginner", "day")
    gateway.add_argument("--scenario", choices=worlds, default="live", help="world (%(default)s)")
    gateway.add_argument("--always-open", action="store_true", default=None, help="markets never close")
    gateway.add_argument("--start", metavar="TIME", help="begin then, in New York: '2025-03-03 09:30'")
    gateway.add_argument("--seed", type=int, metavar="N", help="another number is another world of prices")
    gateway.add_argument("--latency", type=float, metavar="SECONDS", help="an order's way to the exchange")
    gateway.add_argument("--regime", choices=("calm", "crash", "trend", "chop"), help="what the market is like")
    gateway.add_argument("--script", type=Path, metavar="FILE", help="moves, faults and bulletins as TOML")
    gateway.add_argument("--rate", type=float, default=1.0, help="virtual seconds per second (%(default)s)")
    still = "time stands still until a client of ibnb waits, or sleeps"
    gateway.add_argument("--manual", action="store_true", help=still)
    peer = "let in this peer, too"
    gateway.add_argument("--trust", dest="trusted", action="append", default=[], metavar="IP", help=peer)
    gateway.add_argument(
        "--data", type=Path, metavar="FOLDER", help="serve the bars or ticks of these CSV or Parquet files"
    )
    gateway.add_argument("--version", type=int, metavar="N", help="the newest server version to serve, 100 to 226")
    gateway.add_argument("--accounts", type=int, metavar="N", help="a class: an account for each client, up to so many")
    gateway.add_argument("--board", type=int, metavar="PORT", help="the instructor's page there; 0 picks a free port")
    gateway.add_argument(
        "--replay",
        type=Path,
        metavar="FILE",
        help="play a recording (app.record), to clients that go by their own clocks",
    )
    how = "which recorded answers a question gets: those of its place in the sequence, or of the same request"
    gateway.add_argument("--match-on", choices=("sequence", "request"), default="sequence", help=f"{how} (%(default)s)")
    gateway.set_defaults(run=_gateway)

    course = commands.add_parser("course", help="build, prove, run or copy the lessons")
    course.set_defaults(run=_course)
    actions = course.add_subparsers(dest="action", required=True, metavar="ACTION")
    new = actions.add_parser("new", help="begin a lesson of your own: its source and its checks")
    new.add_argument("name", help="NN_topic, such as 17_pairs")
    build = actions.add_parser("build", help="make the notebooks from their sources, executed")
    build.add_argument("lessons", nargs="*", help="lesson numbers; all if none")
    build.add_argument("--check", action="store_true", help="write nothing; fail if a notebook would change")
    check = actions.add_parser("check", help="run all notebooks and compare every output, strictly")
    check.add_argument("lessons", nargs="*")
    slides = actions.add_parser("slides", help="write the lessons as slides")
    slides.add_argument("lessons", nargs="*")
    slides.add_argument("--dest", type=Path, default=Path("slides"), help="folder for NN_topic.slides.html")
    run = actions.add_parser("run", help="run the solved lessons here, or on a paper TWS")
    run.add_argument("lessons", nargs="*")
    run.add_argument("--profile", help="for example tws-paper")
    copy = actions.add_parser("copy", help="copy the lessons; your own work there is left alone")
    copy.add_argument("dest", type=Path)
    copy.add_argument("--overwrite", action="store_true", help="replace files that are there already")
    grade = actions.add_parser("nbgrader", help="write the lessons as assignments of an nbgrader course")
    grade.add_argument("dest", type=Path)
    grade.add_argument("lessons", nargs="*")
    index = actions.add_parser("index", help="print the lesson index as Markdown")
    for action in (new, build, check, slides, run, copy, grade, index):
        where = "a folder of lessons that aren't the course's: source/, checks/, and the notebooks"
        action.add_argument("--dir", type=Path, required=action is new, metavar="PATH", help=where)

    doctor = commands.add_parser("doctor", help="which ibapi, which ports, what to do")
    doctor.set_defaults(run=_doctor)
    return parser


def _lab(args: argparse.Namespace) -> int:
    from ibnb.lab import serve

    return serve(args.dir, [word for word in args.rest if word != "--"])


def _demo(args: argparse.Namespace) -> int:
    from ibnb.demo import show

    show(args.chart)
    return 0


def _gateway(args: argparse.Namespace) -> int:
    if args.replay is not None:
        return _replay(args)
    from ibnb.gateway import Gateway
    from ibnb.gateway.board import Board

    # The options are called as the Gateway's own words are.
    others = ("run", "rest", "replay", "match_on", "board")
    gateway = Gateway(**{name: value for name, value in vars(args).items() if name not in others}).start()
    print(f"listening on {gateway.host}:{gateway.port}", flush=True)
    if args.board is None and args.accounts is None:
        gateway.serve_forever()
        return 0
    with Board(gateway, args.board or 0) as board:
        print(f"the instructor's board: {board.url}", flush=True)
        gateway.serve_forever()
    return 0


def _replay(args: argparse.Namespace) -> int:
    from ibnb.worlds.player import Player

    player = Player(args.replay, args.port, args.host, foreign=True, matchOn=args.match_on).start()
    print(f"listening on {player.host}:{player.port}", flush=True)
    player.serve_forever(args.rate)
    return 0


def _course(args: argparse.Namespace) -> int:
    from ibnb import course
    from ibnb.course.slides import slides

    files: list[Path] = []
    match args.action:
        case "check":
            return course.check_all(args.lessons, folder=args.dir)
        case "run":
            runs = course.run(args.lessons, profile=args.profile, folder=args.dir)
            for result in runs:
                print(f"{result.lesson:24} {result.seconds:6.1f} s  {result.error or 'ok'}")
            return 0 if all(result.ok for result in runs) else 1
        case "copy":
            written = course.copy(args.dest, overwrite=args.overwrite, folder=args.dir)
            print(f"{len(written)} files written to {args.dest}")
        case "index":
            print(course.index(folder=args.dir))
        case "new":
            files = course.new(args.name, args.dir)
        case "build":
            files = course.build(args.lessons, check=args.check, folder=args.dir)
        case "slides":
            files = slides(args.dest, args.lessons, folder=args.dir)
        case "nbgrader":
            files = course.assignments(args.dest, args.lessons, folder=args.dir)
    for path in files:
        print(path)
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from ibnb.doctor import report

    text, healthy = report()
    print(text)
    return 0 if healthy else 1
