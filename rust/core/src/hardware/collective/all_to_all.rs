//! All-to-all (network.md §3): pairwise, as NCCL does it, and Bruck's, for libraries that have it.

use super::super::span::Span;
use super::{Algorithm, Candidate, Ranks, Stretch};

/// Every rank to every other. `bytes` are what one rank sends.
pub(super) fn pairwise(group: &Ranks<'_>) -> Candidate {
    let at_once = group.network.library.all_to_all_concurrency as f64;
    let latency_s = group.latency_s(|span| ((span.outer - span.inner) as f64 / at_once).ceil());
    let mut candidate = Candidate::new(Algorithm::Pairwise, group.base_s() + latency_s, at_once);
    let ranks = group.ranks as f64;
    for stretch in group.stretches() {
        match stretch {
            Stretch::Switch(span) => {
                candidate.add(span, (span.beyond - span.inner) as f64 / ranks, span.all_to_all_rate());
            }
            Stretch::Axes(axes) => {
                let inside = axes[axes.len() - 1].outer as f64 / ranks;
                for axis in axes {
                    candidate.add(axis, inside * carried_by(axis), axis.all_to_all_rate());
                }
            }
        }
    }
    candidate
}

/// Bytes on the links of a device of an axis, over what a device sends: the mean distance where the axis closes; else
/// the link in the middle, which everything between the halves must pass.
fn carried_by(axis: &Span<'_>) -> f64 {
    let degree = axis.degree();
    let mean_distance = (degree * degree / 4.0).floor() / degree;
    axis.interleaved() * mean_distance * if axis.is_closed() { 1.0 } else { 2.0 }
}

/// Half of the buffer at every doubling of the distance.
pub(super) fn bruck(group: &Ranks<'_>) -> Option<Candidate> {
    let crosses_axis = group.spans.iter().any(|span| span.is_ring() && span.is_crossed());
    if !group.network.library.bruck || crosses_axis {
        return None;
    }
    let at_once = group.network.library.all_to_all_concurrency as f64;
    let mut candidate = Candidate::new(Algorithm::Bruck, group.base_s() + group.doubling_latency_s(), at_once);
    for span in group.spans.iter().filter(|span| span.is_used()) {
        let through_port = group.spans[span.index..].iter().filter(|next| next.port == span.port && next.is_crossed());
        let doublings: f64 = through_port.map(Span::doublings).sum();
        candidate.add(span, doublings / 2.0, span.all_to_all_rate());
    }
    Some(candidate)
}
