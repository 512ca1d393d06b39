//! Broadcast and reduce (network.md §3): the whole array reaches every block, a part through each of its ports.

use super::{joint_rate, Algorithm, Candidate, Ranks, Stretch};

pub(super) fn pipelined(group: &Ranks<'_>) -> Candidate {
    let one_after_another = group.latency_s(|span| group.ring_steps(span));
    let by_doubling = group.doubling_latency_s();
    let mut candidate =
        Candidate::new(Algorithm::Pipelined, group.base_s() + one_after_another.min(by_doubling), group.parts());
    for stretch in group.stretches() {
        match stretch {
            Stretch::Switch(span) => candidate.add(span, 1.0 / span.inner as f64, span.collective_rate()),
            Stretch::Axes(axes) => candidate.add_axes(axes, 1.0 / axes[0].inner as f64, joint_rate(axes)),
        }
    }
    candidate
}
