//! Rings: through all ranks on switches, around each axis of a torus (network.md §3).

use super::{gather_rate, gathered_by, Algorithm, Candidate, Ranks, Stretch};

/// All-gather and reduce-scatter.
pub(super) fn gather(group: &Ranks<'_>) -> Candidate {
    rings(group, 1.0)
}

/// Reduce-scatter and all-gather.
pub(super) fn all_reduce(group: &Ranks<'_>) -> Candidate {
    rings(group, 2.0)
}

fn rings(group: &Ranks<'_>, passes: f64) -> Candidate {
    let latency_s = passes * group.latency_s(|span| group.ring_steps(span));
    let mut candidate = Candidate::new(Algorithm::Ring, group.base_s() + latency_s, group.parts());
    for stretch in group.stretches() {
        match stretch {
            Stretch::Switch(span) => {
                candidate.add(span, passes * group.foreign() / span.inner as f64, span.collective_rate());
            }
            Stretch::Axes(axes) => candidate.add_axes(axes, passes * gathered_by(axes), gather_rate(axes)),
        }
    }
    candidate
}
