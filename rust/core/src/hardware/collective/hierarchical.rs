//! All-reduce by levels (network.md §3): reduce-scatter inside, a double binary tree or the switches across, all-gather inside.

use super::super::span::members;
use super::{gather_rate, gathered_by, Algorithm, Candidate, Ranks, Stretch};

pub(super) fn all_reduce(group: &Ranks<'_>) -> Candidate {
    let latency_s = 2.0 * group.doubling_latency_s();
    let mut candidate = Candidate::new(Algorithm::Hierarchical, group.base_s() + latency_s, group.parts());
    let across = group.spans.iter().rev().find(|span| span.is_crossed()).map_or(0, |outermost| outermost.port);
    let in_host = members(group.network.devices, group.network.host_devices, group.ranks, group.stride);
    for stretch in group.stretches() {
        match stretch {
            Stretch::Axes(axes) => candidate.add_axes(axes, 2.0 * gathered_by(axes), gather_rate(axes)),
            Stretch::Switch(span) => {
                let (inner, rate) = (span.inner as f64, span.collective_rate());
                let scattered = 2.0 * (1.0 / inner - 1.0 / span.beyond as f64);
                let in_network = span.level.in_network_gain > 1.0 && span.outer >= span.level.in_network_min_ranks;
                if in_network {
                    // However much the switches add up, every device receives the whole sum.
                    let sent = (scattered / span.level.in_network_gain).max(1.0 / inner);
                    candidate.add(span, sent, rate);
                } else if span.index < across {
                    candidate.add(span, scattered, rate);
                } else {
                    let sent = 2.0 * tree_share(group.ranks as f64 / inner, span.inner > in_host) / inner;
                    candidate.add(span, sent, rate * group.network.library.tree_efficiency);
                }
            }
        }
    }
    candidate
}

/// What a block sends of an array in a double binary tree of `blocks`, over the array: two exchange halves, of three
/// only one in three has two children. The tree numbers hosts without a look at the switches, so that blocks of
/// `several` hosts are crossed more often than they need be.
fn tree_share(blocks: f64, several: bool) -> f64 {
    if several {
        if blocks <= 3.0 {
            1.0
        } else {
            1.5
        }
    } else if blocks <= 2.0 {
        0.5
    } else if blocks <= 3.0 {
        0.75
    } else {
        1.0
    }
}
