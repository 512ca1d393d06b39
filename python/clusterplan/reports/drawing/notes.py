"""What the drawings of all kinds of host say beside the figure, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clusterplan.topology.bisection import domain_tiers

from .looks import CARD_LINK, MUTED, SCALE_UP_LINK, bits, microseconds, rate

if TYPE_CHECKING:
    from clusterplan.specs.cluster import ClusterSpec

Lines = list[tuple[str, str]]  # text and colour


def card_notes(cluster: ClusterSpec) -> Lines:
    """What there is to say about the network cards."""
    cards, accelerators = cluster.host.nics, cluster.host.accelerators
    if cards is None:
        return [("no network cards are listed", MUTED)]
    if cards.count < accelerators:
        shared = f"one for {accelerators // cards.count} accelerators"
    elif cards.count > accelerators:
        shared = f"{cards.count // accelerators} an accelerator"
    else:
        shared = "one an accelerator"
    each = cards.count * cards.bandwidth_bytes_per_s / accelerators
    rails = ""
    if cluster.fabric is not None and cluster.fabric.rails:
        rails = ", card i on rail i" if cards.count <= accelerators else ", those of device i on rail i"
    return [
        (
            f"{cards.count} x {bits(cards.bandwidth_bytes_per_s)} ({rate(cards.bandwidth_bytes_per_s)}), "
            f"{shared}{rails}",
            MUTED,
        ),
        (f"{rate(each)} an accelerator, one way", CARD_LINK),
    ]


def scale_up_notes(cluster: ClusterSpec) -> Lines:
    """What there is to say about the scale-up network, inner groups first."""
    scale_up = cluster.host.scale_up
    assert scale_up is not None
    lines: Lines = []
    for tier, group in zip(domain_tiers(cluster), scale_up.inside, strict=False):
        lines.append(
            (
                f"{tier.name} of {group.devices} ({tier.kind}): {rate(group.bandwidth_bytes_per_s)} an accelerator, "
                f"{microseconds(group.latency_s)}",
                SCALE_UP_LINK,
            )
        )
    noun = f"between {scale_up.inside[-1].name}s" if scale_up.inside else scale_up.kind
    lines.append((f"{noun}: {rate(scale_up.bandwidth_bytes_per_s)} an accelerator, one way", SCALE_UP_LINK))
    lines.append((f"latency {microseconds(scale_up.latency_s)} on the wire", MUTED))
    if scale_up.through_inside:
        lines.append((f"the way out of a {scale_up.inside[-1].name} leads through its own switch", MUTED))
    if scale_up.in_network_gain > 1:
        lines.append((f"all-reduce in the switches: x {scale_up.in_network_gain:g}", MUTED))
    return lines
