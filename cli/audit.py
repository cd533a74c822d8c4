"""`firefly audit`: what a sceptic would try on an export."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from shared.model.errors import BadInput

_FOLDER = click.Path(path_type=Path)
_SHOWN = 10
_RIGHT = 0.995
"""Share of true answers that must be rewarded, however they are written."""


@click.group()
def audit() -> None:
    """Look for what is wrong with an export: flipped bytes, answers, shortcuts, and pages for people to judge."""


@audit.command()
@click.argument("folder", type=_FOLDER)
@click.option("-n", "--recordings", type=click.IntRange(1), default=200, show_default=True, help="How many to change.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed changes other bytes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def flips(ctx: click.Context, folder: Path, recordings: int, seed: int, as_json: bool) -> None:
    """Flip a byte in random cited recordings of the export in FOLDER, and see the checker name every task on it.

    Twice in each: inside a cited value, and anywhere in its line. Nothing is written. Exit code 1 when one goes unseen.

    \b
    Example: firefly audit flips out/mine -n 200
    """  # noqa: D301
    from cli.auditing.flips import flip_bytes

    found = flip_bytes(folder, recordings, seed)
    unseen = [flip for flip in found if flip.named < flip.tasks]
    if as_json:
        click.echo(json.dumps({"flips": [asdict(flip) for flip in found], "unseen": len(unseen)}))
    else:
        for region in ("cited", "anywhere"):
            here = [flip for flip in found if flip.region == region]
            mended = sum(flip.underived >= flip.tasks for flip in here)
            click.echo(
                f"byte {'in a cited value' if region == 'cited' else 'anywhere in the line'}: "
                f"{_share(sum(flip.named >= flip.tasks for flip in here), here)} caught with every task named, "
                f"{_share(mended, here)} without the digests of lines"
            )
    if unseen:
        ctx.exit(1)


def _share(part: int, whole: Sequence[object]) -> str:
    return f"{part} of {len(whole)}"


@audit.command()
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def renderings(ctx: click.Context, folder: Path, as_json: bool) -> None:
    """Write every ground truth of the export in FOLDER in twelve ways or more, and in as many almost right ones.

    Exit code 1 when under 99.5 % of the renderings, or any near miss, is rewarded.

    \b
    Example: firefly audit renderings out/mine
    """  # noqa: D301
    from cli.auditing.answers import judge

    judged = judge(folder)
    right = judged.renderings - len(judged.refused_renderings)
    if as_json:
        click.echo(json.dumps(asdict(judged), sort_keys=True))
    else:
        for one in (*judged.refused_renderings[:_SHOWN], *judged.rewarded_near_misses[:_SHOWN]):
            click.echo(f"{one.task_id}: reward {one.reward:g} for {one.answer}", err=True)
        click.echo(
            f"{judged.tasks} tasks: {right} of {judged.renderings} renderings rewarded "
            f"({right / max(judged.renderings, 1):.2%}), {len(judged.rewarded_near_misses)} of {judged.near_misses} "
            f"near misses rewarded; at least {judged.fewest[0]} and {judged.fewest[1]} of each task, "
            f"{judged.neighbours} values of neighbouring rows"
        )
    if right < _RIGHT * judged.renderings or judged.rewarded_near_misses:
        ctx.exit(1)


@audit.command()
@click.argument("folder", type=_FOLDER)
@click.option("-n", "--tasks", type=click.IntRange(1), default=50, show_default=True, help="How many to draw.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws others.")
@click.option("--out", type=_FOLDER, default="audit.html", show_default=True, help="The page to write.")
def sample(folder: Path, tasks: int, seed: int, out: Path) -> None:
    """Draw tasks of the export in FOLDER at random, and write one page on which a person judges them.

    The page needs no network. It keeps verdicts in the browser; its button saves them to a file for `audit score`.

    \b
    Example: firefly audit sample out/mine -n 50 --out audit.html
    """  # noqa: D301
    from cli.auditing.page import write_page

    page = write_page(folder, tasks, seed)
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error}): give another file with --out") from error
    click.echo(f"{out}: open it in a browser, judge, save, then `firefly audit score` the saved file")


@audit.command()
@click.argument("verdicts", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def score(verdicts: Path, as_json: bool) -> None:
    """Count the VERDICTS that the page of `audit sample` saved: the error rate, and its 95 % interval.

    \b
    Example: firefly audit score verdicts-0123456789abcdef.json
    """  # noqa: D301
    from cli.auditing.scoring import score_file

    scored = score_file(verdicts)
    if as_json:
        click.echo(json.dumps(asdict(scored), sort_keys=True))
        return
    for task_id, verdict, note in scored.notes:
        click.echo(f"{task_id}: {verdict}: {note or 'no note'}")
    low, high = scored.interval
    click.echo(
        f"{scored.judged} judged, {scored.unjudged} not: "
        + ", ".join(f"{name} {many}" for name, many in scored.verdicts.items())
        + f"; wrong or ambiguous {scored.error_rate:.1%} (95 % interval {low:.1%} to {high:.1%})"
    )


@audit.command()
@click.argument("folder", type=_FOLDER)
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed makes other random calls.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def shortcuts(folder: Path, seed: int, as_json: bool) -> None:
    """See what agents get on the export in FOLDER that do not do what is asked.

    Memory and the list of tools are tried on each world after learning from the others: they need two worlds or more.

    \b
    Example: firefly audit shortcuts out/mine
    """  # noqa: D301
    from cli.auditing.shortcuts import measure
    from cli.auditing.tool_lists import tell
    from cli.dataset.reading import read_tasks

    found, told = measure(folder, seed), tell(read_tasks(folder))
    if as_json:
        agents = [{**asdict(one), "share": one.share} for one in found]
        click.echo(json.dumps({"agents": agents, "tool_list": asdict(told) if told else None}))
        return
    for one in found:
        result = f"{one.share:7.2%}  {one.solved:g} of {one.tasks}" if one.tasks else "      -  needs two worlds"
        own = f"; {one.with_own:g} with each lone answer's own truth" if one.with_own is not None else ""
        click.echo(f"{one.agent:60} {result}{own}")
    click.echo(
        f"{'needed servers told from the list of tools, AUC':60} "
        + (f"{told.auc:.3f}, without names {told.auc_by_place:.3f}, {told.pairs} pairs" if told else "needs two worlds")
    )


@audit.command()
@click.argument("folder", type=_FOLDER)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def spread(folder: Path, as_json: bool) -> None:
    """Measure how deep, how joined and how varied the tasks of the export in FOLDER are; shares are of all tasks.

    \b
    known calls: `min_known_calls`, the fewest calls that are known to do, computing left out (docs/logical-form.md)
    across servers: two servers or more, servers that only compute left out
    fan-in: values of two earlier calls, none a computation, meet in one call or in one answer field
    all evidence in one file: one file, or one repository's history, holds all that the question stands on
    fields from replaceable calls: all that the answer field cites was computed by a tool without files
    shape: the DAG of servers and tools; skeleton: the wording with entities, numbers and dates masked

    \b
    Example: firefly audit spread out/mine
    """  # noqa: D301
    from cli.auditing.spread import spread as measure

    found = measure(folder)
    if as_json:
        click.echo(json.dumps(asdict(found), sort_keys=True))
        return
    click.echo(f"{found.tasks} tasks; known calls: " + ", ".join(f"{n}: {k}" for n, k in found.known_calls.items()))
    for figure in found.figures:
        click.echo(figure.line())
