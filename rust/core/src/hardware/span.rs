//! A group of ranks on the levels of a network (network.md §2): how many of its members are where.

use super::network::{Level, LevelKind, Network};

/// What a group does at one level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span<'a> {
    pub(super) level: &'a Level,
    /// Position of the level.
    pub(super) index: usize,
    /// Members of the worst-aligned group inside one block of the level inside this one.
    pub(super) inner: u64,
    /// Members inside one block of this level.
    pub(super) outer: u64,
    /// Members inside one block of the outermost level of this port run.
    pub(super) beyond: u64,
    /// The first level of this port run.
    pub(super) port: usize,
    /// Devices of a block of the level inside this one.
    below: u64,
    stride: u64,
    /// The rate that a device finds beyond its port, over its fair share: above 1 where others are silent.
    pub(super) uplink_share: f64,
}

impl Span<'_> {
    pub(super) fn degree(&self) -> f64 {
        self.outer as f64 / self.inner as f64
    }

    pub(super) fn is_crossed(&self) -> bool {
        self.outer > self.inner
    }

    /// Whether anything of the group leaves a device through this level's port.
    pub(super) fn is_used(&self) -> bool {
        self.beyond > self.inner
    }

    pub(super) fn is_ring(&self) -> bool {
        self.level.kind == LevelKind::Ring
    }

    /// Groups that are interleaved on an axis and share its links; also the hops from one member to the next.
    pub(super) fn interleaved(&self) -> f64 {
        (self.stride as f64 / self.below as f64).max(1.0)
    }

    /// Whether the group goes all around an axis that closes.
    pub(super) fn is_closed(&self) -> bool {
        let axis = self.level.group_devices as f64 / self.below as f64;
        self.level.wraps && self.degree() * self.interleaved() >= axis
    }

    /// Hops that the farthest part of an array makes on an axis.
    fn hops(&self) -> f64 {
        if self.is_closed() {
            self.degree() * self.interleaved() / 2.0
        } else {
            (self.degree() - 1.0) * self.interleaved()
        }
    }

    /// The share of the level's bandwidth that the group can use.
    fn share(&self) -> f64 {
        let degree = self.degree();
        if degree <= 1.0 {
            1.0
        } else if self.is_ring() {
            (if self.is_closed() { 1.0 } else { 0.5 }) / self.interleaved()
        } else {
            self.level.degree_share(degree)
        }
    }

    /// Bytes a second of a device in gathers and reductions.
    pub(super) fn collective_rate(&self) -> f64 {
        self.level.bytes_per_s * self.uplink_share * self.level.collective_efficiency * self.share()
    }

    /// Bytes a second of a device in an all-to-all; on an axis the distances count elsewhere.
    pub(super) fn all_to_all_rate(&self) -> f64 {
        let share = if self.is_ring() { 1.0 } else { self.share() };
        self.level.bytes_per_s * self.level.all_to_all_efficiency * share
    }

    /// Bytes a second from a rank to its neighbour.
    pub(super) fn neighbour_rate(&self) -> f64 {
        let share = if self.is_ring() { 0.5 / self.interleaved() } else { self.level.pair_share };
        self.level.bytes_per_s * self.level.point_to_point_efficiency * share
    }

    /// How many devices at one port leave it to the one whose neighbour is beyond it, that one included.
    pub(super) fn silent_neighbours(&self) -> f64 {
        let at_the_port = (self.level.port_devices / self.stride).max(1);
        self.inner.min(at_the_port) as f64
    }

    /// Latency of a level whose steps number `steps` where it is a switch; an axis counts its hops.
    pub(super) fn latency_s(&self, steps: f64) -> f64 {
        let steps = if !self.is_ring() {
            steps
        } else if self.is_crossed() {
            self.hops()
        } else {
            0.0
        };
        steps * self.level.latency_s
    }

    /// ⌈log2⌉ of the members that this level joins.
    pub(super) fn doublings(&self) -> f64 {
        self.degree().log2().ceil()
    }
}

/// All spans of a group, inner to outer.
pub(super) fn spans(network: &Network, ranks: u64, stride: u64) -> Vec<Span<'_>> {
    spans_with(network, stride, |block| members(network.devices, block, ranks, stride))
}

/// The spans of the first and the last rank of a group: together in a block wherever the whole group is, and with the
/// distances of the group on the axes. The ranks between them are silent, so uplinks beyond a port are shared with fewer.
pub(super) fn spans_of_ends(network: &Network, ranks: u64, stride: u64) -> Vec<Span<'_>> {
    let pair = ranks.min(2);
    let together = |block| if members(network.devices, block, ranks, stride) == ranks { pair } else { 1 };
    let mut spans = spans_with(network, stride, together);
    let silent = ranks as f64 / pair as f64;
    for span in spans.iter_mut().filter(|span| !span.is_ring() && span.index > span.port) {
        let at_the_port = network.levels[span.port].bytes_per_s / span.level.bytes_per_s;
        span.uplink_share = silent.min(at_the_port).max(1.0);
    }
    spans
}

/// The spans of a group of which `members_of(block devices)` members are inside a block.
fn spans_with(network: &Network, stride: u64, members_of: impl Fn(u64) -> u64) -> Vec<Span<'_>> {
    let mut spans: Vec<Span<'_>> = Vec::with_capacity(network.levels.len());
    let (mut inner, mut below) = (1, 1);
    for (index, level) in network.levels.iter().enumerate() {
        let outer = members_of(level.group_devices).max(inner);
        let port = network.port_of(index);
        spans.push(Span { level, index, inner, outer, beyond: outer, port, below, stride, uplink_share: 1.0 });
        (inner, below) = (outer, level.group_devices);
    }
    for index in (1..spans.len()).rev() {
        if spans[index].port == spans[index - 1].port {
            spans[index - 1].beyond = spans[index].beyond;
        }
    }
    spans
}

/// Members of a group inside a block of `block` devices, of the group that is aligned worst.
pub(super) fn members(devices: u64, block: u64, ranks: u64, stride: u64) -> u64 {
    let span = ranks * stride;
    if devices <= block || block % span == 0 {
        ranks
    } else if span % block == 0 {
        (block / stride).clamp(1, ranks)
    } else {
        // Neither tiles the other, so some group leaves a fragment behind an edge; the common divisor is the smallest.
        (greatest_common_divisor(span, block) / stride).max(1)
    }
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::members;

    #[test]
    fn groups_of_sixteen_straddle_racks_of_seventy_two() {
        assert_eq!(members(576, 72, 16, 1), 8);
        assert_eq!(members(576, 72, 8, 1), 8);
        assert_eq!(members(72, 72, 64, 1), 64);
        assert_eq!(members(576, 72, 72, 8), 9);
        assert_eq!(members(576, 72, 24, 8), 3);
        assert_eq!(members(24, 8, 3, 4), 1);
    }

    /// The smallest part of any group inside any block, by looking at every rank of the job.
    fn smallest_part(devices: u64, block: u64, ranks: u64, stride: u64) -> u64 {
        let mut parts = std::collections::BTreeMap::new();
        for device in 0..devices {
            let group = (device / (ranks * stride), device % stride);
            *parts.entry((group, device / block)).or_insert(0_u64) += 1;
        }
        parts.into_values().min().unwrap_or(0)
    }

    #[test]
    fn members_are_the_smallest_part_that_some_group_leaves_in_a_block() {
        let mut seen = 0;
        for block in [4, 6, 8, 12, 18, 72] {
            for blocks in 2..=12 {
                let devices = block * blocks;
                for span in (1..=devices).filter(|span| devices % span == 0) {
                    for stride in (1..=span).filter(|stride| span % stride == 0) {
                        let ranks = span / stride;
                        let found = members(devices, block, ranks, stride);
                        let smallest = smallest_part(devices, block, ranks, stride);
                        // Where a group's stride does not divide the block, the divisor may be rounded down further.
                        assert!(found <= smallest, "{devices} {block} {ranks} {stride}: {found} > {smallest}");
                        let regular = block % stride == 0 || stride % block == 0;
                        assert!(
                            !regular || found == smallest,
                            "{devices} {block} {ranks} {stride}: {found} < {smallest}"
                        );
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 1000);
    }
}
