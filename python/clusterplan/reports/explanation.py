"""The report of `clusterplan explain`: every sentence is made of the numbers that the engine found."""

from __future__ import annotations

from clusterplan.planning.explanation import DEFAULT_ORDER, Alternative, Explanation, LevelFinding
from clusterplan.planning.traffic import KindTraffic
from clusterplan.reports.breakdown import bar
from clusterplan.reports.columns import Column, fitting
from clusterplan.reports.paper import Paper
from clusterplan.reports.terminal import print_origin, print_question
from clusterplan.reports.traffic import gigabytes, print_rank_order, print_tables, share, terabytes
from clusterplan.reports.units import ColumnOfSeconds, percent, seconds, significant
from clusterplan.reports.words import layout_words, part, search_line
from clusterplan.specs.placements import AXIS_LETTERS
from clusterplan.topology.fabric import is_oversubscribed

_GAP = 2
# Below this the model of the hardware does not tell two layouts apart.
CLOSE = 0.01
ORDERS_NOTE = (
    "innermost first, without what has a degree of 1; each order with its own best layout, and with the layout above"
)
OTHER_NOTE = "other: computation slowed by the communication behind it, and what every step costs besides"


def print_explanation(paper: Paper, found: Explanation, *, command: str | None = None) -> None:
    """The report of an explanation; `command` is the line that reproduces it."""
    print_question(paper, found.request)
    title = "Best layout"
    paper.paragraph(f"{title}: {layout_words(found.plan.layout)}", heading=title)
    paper.paragraph(
        f"step time {seconds(found.plan.step_time_s)}, MFU {percent(found.plan.mfu)}, bound by "
        f"{' and '.join(part(bound.part) for bound in found.bounds[:2])}; largest cost beside computation: "
        f"{part(_largest_cost(found))}"
    )
    paper.line()
    _print_bounds(paper, found)
    if found.traffic.kinds:
        print_tables(paper, found.traffic)
    for sentence in sentences(found):
        paper.paragraph(f"- {sentence}")
    paper.line()
    if found.alternatives:
        _print_alternatives(paper, found)
    print_rank_order(paper, found.traffic.ranks)
    paper.paragraph(search_line(found.result))
    print_origin(paper, command)


def sentences(found: Explanation) -> list[str]:
    """What the placement does, one sentence each: kinds, scarce levels, parts of blocks, other orders."""
    kinds = [kind_sentence(kind, found) for kind in found.traffic.kinds]
    levels = [level_sentence(level, found) for level in found.levels]
    return [*kinds, *levels, *_fragments(found), *_order_sentences(found)]


def kind_sentence(kind: KindTraffic, found: Explanation) -> str:
    """Where the groups of a kind lie, what they send furthest out, and whether it is hidden."""
    outermost = kind.crossed[-1] if kind.crossed else None
    split = [
        f"{level.members:,} {_in_words(level.name, found)}" for level in kind.crossed if 1 < level.members < kind.ranks
    ]
    where = f"{kind.ranks:,} ranks {_in_words(kind.inside, found)}" + (f" ({', '.join(split)})" if split else "")
    if outermost is None or kind.seconds == 0:
        return f"{kind.kind} groups: {where}; they send nothing"
    hidden = kind.hidden_s / kind.seconds
    return (
        f"{kind.kind} groups: {where}; {gigabytes(outermost.largest_bytes_per_device)} GB a device over "
        f"{outermost.name}, {seconds(kind.seconds)} a step, of which {share(hidden)} % hidden behind computation"
    )


def level_sentence(level: LevelFinding, found: Explanation) -> str:
    """Who uses a scarce or the outermost level, who stays inside a block of it, and who goes out past it."""
    ratio = f"{significant(level.oversubscription)}:1, " if is_oversubscribed(level.oversubscription) else ""
    name = f"{level.level} ({ratio}{significant(level.bytes_per_s / 1e9)} GB/s a device)"
    order = [other.name for other in found.traffic.levels]
    # A group that no block of the level holds leaves by other ports: of its members, none are in one block.
    past = [(kind, inside) for kind, inside in level.stays if order.index(inside) > order.index(level.level)]
    kept = [one for one in level.stays if one not in past]
    others = _joined(
        [f"{kind} groups stay {_in_words(inside, found)}" for kind, inside in kept]
        + [f"{kind} groups go past it, {_in_words(inside, found)}" for kind, inside in past]
    )
    if not level.carries:
        return f"{name} carries nothing" + (f": {others}" if others else "")
    sent = [
        f"{carried.kind} traffic, {gigabytes(carried.largest_bytes_per_device)} GB a device a step "
        f"({terabytes(carried.total_bytes)} TB in all, {share(carried.capacity_share)} % of what the level can carry "
        "in that time)"
        for carried in level.carries
    ]
    only = "only " if len(sent) == 1 and kept and not past else ""
    return f"{name} carries {only}{_joined(sent)}" + (f"; {others}" if others else "")


def _largest_cost(found: Explanation) -> str:
    return next((bound.part for bound in found.bounds if bound.part not in ("forward", "backward")), "compute")


def _in_words(name: str, found: Explanation) -> str:
    """A block of a level as the place that something is in."""
    network = found.traffic
    level = next(level for level in network.levels if level.name == name)
    if level.kind == "ring":
        axes = [inner.name for inner in network.levels if inner.kind == "ring"]
        inside = axes[: axes.index(name) + 1]
        return f"inside the {'axis' if len(inside) == 1 else 'axes'} {_joined(inside)}"
    if level.group_devices == network.ranks.host_devices:
        return "inside one host"
    if level.group_devices < network.ranks.host_devices:
        return f"inside one {name}"
    if level.group_devices <= found.request.scale_up_devices or found.request.devices <= found.request.scale_up_devices:
        return f"inside one {'scale-up' if level.group_devices == found.request.scale_up_devices else name} domain"
    return f"across {name}" if level is network.levels[-1] else f"inside one {name}"


def _fragments(found: Explanation) -> list[str]:
    """The blocks that the job fills only in part: groups across their borders count as the worst of them."""
    devices = found.request.devices
    lines = []
    for level in found.traffic.levels[:-1]:
        straddling = [
            kind.kind
            for kind in found.traffic.kinds
            for at in kind.levels
            if at.name == level.name and 1 < at.members < kind.ranks
        ]
        if level.kind == "switch" and devices % level.group_devices and devices > level.group_devices and straddling:
            lines.append(
                f"{devices:,} devices are {significant(devices / level.group_devices)} {_blocks(level.name, found)} of "
                f"{level.group_devices:,}: {_joined(straddling)} groups are taken as the one that lies worst"
            )
    return lines


def _blocks(name: str, found: Explanation) -> str:
    """The blocks of a level, several of them."""
    level = next(level for level in found.traffic.levels if level.name == name)
    if level.group_devices == found.traffic.ranks.host_devices:
        return "hosts"
    if level.group_devices == found.request.scale_up_devices:
        return "scale-up domains"
    return f"{name}es" if name.endswith(("s", "x", "ch", "sh")) else f"{name}s"


def _order_sentences(found: Explanation) -> list[str]:
    own, default = found.traffic.ranks, found.default
    others = [other for other in found.alternatives if other.plan is not None and not other.same_ranks]
    if default is None or default.plan is None or default.slowdown is None:
        return []
    if not others and len(found.alternatives) > 1:
        return ["the order of the ranks makes no difference: every order puts the same ranks in the same places"]
    if not others:
        return []
    if default.same_ranks:
        lines = [f"the ranks stand in the launchers' default order, {DEFAULT_ORDER}"]
        if list(own.axis_order) != sorted(own.axis_order):
            axes = " before ".join(AXIS_LETTERS[axis] for axis in own.axis_order)
            lines[0] += f", but on axes filled {axes}, for which the devices must be renumbered"
        near = [other for other in others if other.slowdown is not None and other.slowdown < CLOSE]
        if near:
            lines[0] += f"; {near[0].order} comes within {percent(near[0].slowdown or 0.0)}"
        return lines
    moved = (
        f"the search moved the ranks from the launchers' default {DEFAULT_ORDER} to {own.placement}: the best layout "
        f"in the default order takes {seconds(default.plan.step_time_s)}, {_slower(default)}"
    )
    if default.slowdown < CLOSE:
        moved += ", closer than predictions are: the default is as good a choice"
    return [moved]


def _slower(other: Alternative) -> str:
    slowdown = other.slowdown or 0.0
    return f"{slowdown * 100:+.1f} %"


def _print_bounds(paper: Paper, found: Explanation) -> None:
    plan = found.plan
    times = ColumnOfSeconds(plan.step_time_s)
    names = [bound.part for bound in found.bounds]
    # What is hidden altogether has no exposed time, and is still worth a line.
    names += [name for name, hidden_s in plan.hidden_s.sorted() if hidden_s > 0 and name not in names]
    columns = [
        Column("part", "what bounds the step", [part(name) for name in names], right=False),
        Column("time", times.unit, [times.cell(plan.time_s[name]) for name in names], style="bold"),
        Column("share", "% of step", [f"{plan.time_s[name] / plan.step_time_s * 100:.1f}" for name in names]),
        Column(
            "bar",
            "",
            [bar(plan.time_s[name] / plan.step_time_s, ascii_only=paper.ascii_only) for name in names],
            right=False,
            style="cyan",
        ),
        Column(
            "hidden",
            f"hidden {times.unit}",
            [times.cell(plan.hidden_s[name]) if plan.hidden_s.get(name, 0.0) > 0 else "" for name in names],
        ),
    ]
    kept, _ = fitting(columns, paper.width, gap=_GAP, leave_out=("bar",))
    paper.table(kept, gap=_GAP)
    if "other" in names:
        paper.paragraph(OTHER_NOTE, "dim")
    paper.line()


def _print_alternatives(paper: Paper, found: Explanation) -> None:
    rows = _distinct(found.alternatives)
    if len(rows) < 2:
        return
    slowest = max((other.plan.step_time_s for other in rows if other.plan), default=1.0)
    times = ColumnOfSeconds(slowest)
    columns = [
        Column("order", "ranks in order", [_order(other) for other in rows], right=False),
        Column(
            "step",
            f"best step {times.unit}",
            [times.cell(other.plan.step_time_s) if other.plan else "none fits" for other in rows],
            style="bold",
        ),
        Column("slower", "", ["" if other.slowdown is None else _slower(other) for other in rows]),
        Column("layout", "with", [_degrees(other) for other in rows], right=False),
        Column(
            "same",
            f"layout above\nin this order {times.unit}",
            [times.cell(other.same_degrees.step_time_s) if other.same_degrees else "-" for other in rows],
        ),
    ]
    kept, _ = fitting(columns, paper.width, gap=_GAP, leave_out=("same", "layout"))
    paper.table(kept, gap=_GAP, row_styles=["green"])
    paper.paragraph(ORDERS_NOTE, "dim")
    if any(other.stopped != "complete" for other in rows):
        paper.paragraph("not every search saw all of its space: these are the best found so far", "dim")
    paper.line()


def _distinct(rows: tuple[Alternative, ...]) -> list[Alternative]:
    """The orders whose best layouts differ in more than the name of the order."""
    kept: dict[object, Alternative] = {}
    for other in rows:
        same = (_order(other), _degrees(other)) if other.plan else other.order
        kept.setdefault("winner" if other.same_ranks else same, other)
    return list(kept.values())


def _order(other: Alternative) -> str:
    """The order of the ranks of its best layout, without the dimensions whose degree is 1."""
    if other.plan is None:
        return other.order
    order, mark, axes = other.plan.layout.placement.partition("@")
    kept = [name for name in order.split("-") if getattr(other.plan.layout, name) > 1]
    return "-".join(kept or [order]) + mark + axes


def _degrees(other: Alternative) -> str:
    if other.plan is None:
        return ""
    if other.same_ranks:
        return "the best layout"
    layout = other.plan.layout
    return f"tp {layout.tp:,}, pp {layout.pp:,}, dp {layout.dp:,}"


def _joined(pieces: list[str]) -> str:
    if len(pieces) < 2:
        return "".join(pieces)
    return f"{', '.join(pieces[:-1])} and {pieces[-1]}"
