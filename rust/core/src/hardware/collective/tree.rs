//! Parallel aggregated trees (network.md §3): few steps where a ring of one rank a host would have many.

use super::super::span::members;
use super::{Algorithm, Candidate, Ranks, Stretch};

/// All-gather and reduce-scatter, where the library has it and the group has one rank a host.
pub(super) fn pat(group: &Ranks<'_>) -> Option<Candidate> {
    let library = &group.network.library;
    let alone = members(group.network.devices, group.network.host_devices, group.ranks, group.stride) == 1;
    let crosses_axis = group.spans.iter().any(|span| span.is_ring() && span.is_crossed());
    if !library.pat || !alone || crosses_axis {
        return None;
    }
    let ranks = group.ranks as f64;
    let latency_s = ranks.log2().ceil() * library.pat_step_s + ranks * library.pat_rank_s;
    let mut candidate = Candidate::new(Algorithm::Pat, group.base_s() + latency_s, group.parts());
    for stretch in group.stretches() {
        if let Stretch::Switch(span) = stretch {
            let rate = span.collective_rate() * library.pat_efficiency;
            candidate.add(span, group.foreign() / span.inner as f64, rate);
        }
    }
    Some(candidate)
}
