//! What a parallel group gets from the network (§6): all-gather, reduce-scatter, all-reduce and point to point.
//!
//! A [`Group`] is worked out once per (ranks, stride); pricing a message afterwards is a few multiplications.

use super::network::{Level, LevelKind, Network, MAXIMUM_LEVELS};

/// The share of a collective that falls to one level.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    seconds_per_byte: f64,
    all_reduce_seconds_per_byte: f64,
    half_saturation_bytes: f64,
}

/// `ranks` ranks, `stride` apart; all groups of the kind communicate at once.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    ranks: u64,
    base_s: f64,
    ring_latency_s: f64,
    all_reduce_latency_s: f64,
    shares: [Share; MAXIMUM_LEVELS],
    used: usize,
}

/// A transfer between neighbours of a group.
#[derive(Debug, Clone, Copy)]
pub struct PointToPoint {
    latency_s: f64,
    seconds_per_byte: f64,
}

impl PointToPoint {
    /// Seconds for `bytes`.
    #[must_use]
    pub fn seconds(&self, bytes: f64) -> f64 {
        self.latency_s + bytes * self.seconds_per_byte
    }
}

/// What a group does at one level.
#[derive(Debug, Clone, Copy)]
struct Span<'a> {
    level: &'a Level,
    /// Members of the worst-aligned group inside one block of the level inside this one.
    inner: u64,
    /// Members inside one block of this level.
    outer: u64,
    /// Devices of a block of the level inside this one.
    below: u64,
}

impl Span<'_> {
    fn degree(&self) -> f64 {
        self.outer as f64 / self.inner as f64
    }

    fn is_crossed(&self) -> bool {
        self.outer > self.inner
    }
}

/// Walks a group outwards through the levels.
fn walk(network: &Network, ranks: u64, stride: u64) -> impl DoubleEndedIterator<Item = Span<'_>> {
    walk_with(network, move |block| members(network.devices, block, ranks, stride))
}

/// Walks outwards a group of which `members_of(block devices)` members are inside a block.
fn walk_with(network: &Network, members_of: impl Fn(u64) -> u64) -> impl DoubleEndedIterator<Item = Span<'_>> {
    let mut spans = Vec::with_capacity(network.levels.len());
    let (mut inner, mut below) = (1, 1);
    for level in &network.levels {
        let outer = members_of(level.group_devices).max(inner);
        spans.push(Span { level, inner, outer, below });
        (inner, below) = (outer, level.group_devices);
    }
    spans.into_iter()
}

fn members(devices: u64, block: u64, ranks: u64, stride: u64) -> u64 {
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

/// The share of a level's bandwidth that its kind leaves to a group of `degree` members at `stride`.
///
/// Where the group only passes through the level's port on its way out (`degree` 1), it has all of it.
fn collective_fraction(level: &Level, degree: f64, below: u64, stride: u64) -> f64 {
    if degree <= 1.0 {
        return 1.0;
    }
    let axis = level.group_devices as f64 / below as f64;
    match level.kind {
        LevelKind::Switch => 1.0,
        LevelKind::Mesh => ((degree - 1.0) / (axis - 1.0).max(1.0)).min(1.0),
        LevelKind::Ring => {
            let closed = if level.wraps && degree >= axis { 1.0 } else { 0.5 };
            closed / interleaved_groups(below, stride)
        }
    }
}

/// Groups whose strides interleave on an axis share its links.
fn interleaved_groups(below: u64, stride: u64) -> f64 {
    (stride as f64 / below as f64).max(1.0)
}

impl Group {
    /// Works out what `ranks` ranks at `stride` get.
    #[must_use]
    pub fn new(network: &Network, ranks: u64, stride: u64) -> Self {
        Self::from_spans(network, ranks, stride, || walk(network, ranks, stride))
    }

    /// The first and the last rank of a group: together in a block wherever the whole group is.
    #[must_use]
    pub fn ends(network: &Network, ranks: u64, stride: u64) -> Self {
        let pair = ranks.min(2);
        let together = move |block| {
            if members(network.devices, block, ranks, stride) == ranks {
                pair
            } else {
                1
            }
        };
        Self::from_spans(network, pair, stride * (ranks - 1).max(1), || walk_with(network, together))
    }

    fn from_spans<'a, Spans: DoubleEndedIterator<Item = Span<'a>>>(
        network: &Network,
        ranks: u64,
        stride: u64,
        spans: impl Fn() -> Spans,
    ) -> Self {
        let mut group = Self {
            ranks,
            base_s: network.collective_base_s,
            ring_latency_s: 0.0,
            all_reduce_latency_s: 0.0,
            shares: [Share::default(); MAXIMUM_LEVELS],
            used: 0,
        };
        let crossed = spans().filter(Span::is_crossed).count();
        let (mut ring_all_reduce_s, mut tree_all_reduce_s) = (0.0, 0.0);
        // Outside in, to know how far the traffic of a port goes beyond its own level.
        let mut beyond: Option<u64> = None;
        for span in spans().rev() {
            let Span { level, inner, outer, below } = span;
            let farthest = beyond.unwrap_or(outer);
            beyond = level.shares_inner_link.then_some(farthest);
            if !span.is_crossed() && farthest == outer {
                continue;
            }
            let degree = span.degree();
            let fraction = match level.kind {
                LevelKind::Switch | LevelKind::Mesh => (1.0 - 1.0 / ranks as f64) / inner as f64,
                LevelKind::Ring => 1.0 / inner as f64 - 1.0 / farthest as f64,
            };
            let rate =
                level.bytes_per_s * level.collective_efficiency * collective_fraction(level, degree, below, stride);
            let in_network = crossed == 1 && span.is_crossed() && ranks >= level.in_network_min_ranks;
            let gain = if in_network { level.in_network_gain } else { 1.0 };
            group.shares[group.used] = Share {
                seconds_per_byte: fraction / rate,
                all_reduce_seconds_per_byte: 2.0 * fraction / (rate * gain),
                half_saturation_bytes: level.half_saturation_bytes,
            };
            group.used += 1;
            group.ring_latency_s += (degree - 1.0) * level.latency_s;
            ring_all_reduce_s += 2.0 * (degree - 1.0) * level.latency_s;
            tree_all_reduce_s += 2.0 * degree.log2().ceil() * level.latency_s;
        }
        group.all_reduce_latency_s = ring_all_reduce_s.min(tree_all_reduce_s);
        group
    }

    fn bandwidth_s(&self, bytes: f64, seconds_per_byte: impl Fn(&Share) -> f64) -> f64 {
        self.shares[..self.used]
            .iter()
            .map(|share| {
                let saturation = 1.0 + share.half_saturation_bytes / (bytes + share.half_saturation_bytes);
                bytes * seconds_per_byte(share) * saturation
            })
            .fold(0.0, f64::max)
    }

    /// Seconds to gather an array of `bytes` on every rank, each holding a part; the same for a reduce-scatter.
    #[must_use]
    pub fn all_gather_s(&self, bytes: f64) -> f64 {
        if self.ranks == 1 || bytes <= 0.0 {
            return 0.0;
        }
        self.base_s + self.ring_latency_s + self.bandwidth_s(bytes, |share| share.seconds_per_byte)
    }

    /// Seconds to reduce an array of `bytes` so that each rank holds a part of the sum.
    #[must_use]
    pub fn reduce_scatter_s(&self, bytes: f64) -> f64 {
        self.all_gather_s(bytes)
    }

    /// Seconds to reduce an array of `bytes` on every rank, by the cheaper of ring and tree.
    #[must_use]
    pub fn all_reduce_s(&self, bytes: f64) -> f64 {
        if self.ranks == 1 || bytes <= 0.0 {
            return 0.0;
        }
        self.base_s + self.all_reduce_latency_s + self.bandwidth_s(bytes, |share| share.all_reduce_seconds_per_byte)
    }

    /// A transfer between neighbours of a group, over the outermost level that it spans; `None` for one rank.
    #[must_use]
    pub fn neighbours(network: &Network, ranks: u64, stride: u64) -> Option<PointToPoint> {
        walk(network, ranks, stride).rev().find(Span::is_crossed).map(|Span { level, below, .. }| {
            let fraction = match level.kind {
                LevelKind::Switch => 1.0,
                LevelKind::Mesh => 1.0 / (level.group_devices as f64 / below as f64 - 1.0).max(1.0),
                LevelKind::Ring => 0.5 / interleaved_groups(below, stride),
            };
            PointToPoint {
                latency_s: level.latency_s,
                seconds_per_byte: 1.0 / (level.bytes_per_s * level.point_to_point_efficiency * fraction),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(name: &str, group_devices: u64, bytes_per_s: f64) -> Level {
        Level {
            name: name.to_owned(),
            kind: LevelKind::Switch,
            group_devices,
            bytes_per_s,
            collective_efficiency: 1.0,
            point_to_point_efficiency: 1.0,
            latency_s: 0.0,
            half_saturation_bytes: 0.0,
            in_network_gain: 1.0,
            in_network_min_ranks: 6,
            wraps: false,
            shares_inner_link: name == "spine",
        }
    }

    fn superpod(devices: u64) -> Network {
        Network {
            devices,
            host_devices: 8,
            collective_base_s: 0.0,
            levels: vec![level("nvswitch", 8, 450e9), level("leaf", 256, 50e9), level("spine", 2048, 50e9)],
        }
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} != {b}");
    }

    #[test]
    fn a_group_inside_a_host_sees_only_the_switch() {
        let group = Group::new(&superpod(256), 8, 1);
        close(group.all_gather_s(1e9), 1e9 * 7.0 / 8.0 / 450e9);
        close(group.all_reduce_s(1e9), 2e9 * 7.0 / 8.0 / 450e9);
    }

    #[test]
    fn a_data_group_across_hosts_owns_one_rail_a_rank() {
        let group = Group::new(&superpod(256), 32, 8);
        close(group.all_gather_s(1e9), 1e9 * 31.0 / 32.0 / 50e9);
    }

    #[test]
    fn a_group_of_whole_hosts_shares_the_work_of_the_rails() {
        // A ring with a channel a rail: each network card carries an eighth of what NVLink carries.
        let group = Group::new(&superpod(256), 256, 1);
        close(group.all_gather_s(8e9), 8e9 * (255.0 / 256.0) / 8.0 / 50e9);
    }

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

    #[test]
    fn one_rank_has_no_traffic() {
        let group = Group::new(&superpod(8), 1, 1);
        assert!(group.all_gather_s(1e9) == 0.0 && group.all_reduce_s(1e9) == 0.0);
        assert!(Group::neighbours(&superpod(8), 1, 8).is_none());
    }

    #[test]
    fn equal_tiers_merge_into_one() {
        let mut merged = superpod(2048);
        merged.levels.remove(1);
        merged.levels[1].shares_inner_link = false;
        for (ranks, stride) in [(16, 8), (256, 8), (2, 1024), (64, 32)] {
            let (two, one) = (Group::new(&superpod(2048), ranks, stride), Group::new(&merged, ranks, stride));
            close(two.all_gather_s(1e9), one.all_gather_s(1e9));
            close(two.all_reduce_s(1e9), one.all_reduce_s(1e9));
        }
    }
}
