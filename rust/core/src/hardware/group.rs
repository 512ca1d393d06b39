//! A parallel group: what its collectives and its neighbours' transfers cost, and whose ports it uses (network.md §2-3).

use super::collective::{Collective, Operation, PointToPoint};
use super::network::Network;
use super::span::{members, spans, spans_of_ends, Span};

/// What the composition of a step asks of a group. Seconds, or whatever else an implementation counts.
pub trait Pricing {
    /// An array of `bytes` gathered on every rank.
    fn all_gather(&self, bytes: f64) -> f64;
    /// An array of `bytes` reduced so that each rank holds a part of the sum.
    fn reduce_scatter(&self, bytes: f64) -> f64;
    /// An array of `bytes` reduced on every rank.
    fn all_reduce(&self, bytes: f64) -> f64;
    /// `bytes` to the next rank.
    fn point_to_point(&self, bytes: f64) -> f64;
    /// The ports that the group uses, a bit for the first level of each.
    fn ports(&self) -> u8;
}

/// `ranks` ranks, `stride` apart; all groups of the kind communicate at once.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Ranks.
    pub ranks: u64,
    /// Their distance.
    pub stride: u64,
    gather: Collective,
    all_reduce: Collective,
    neighbours: Option<PointToPoint>,
    ports: u8,
}

impl Group {
    /// Works out what `ranks` ranks at `stride` get.
    #[must_use]
    pub fn new(network: &Network, ranks: u64, stride: u64) -> Self {
        let neighbours = PointToPoint::new(network, ranks, stride);
        Self::from_spans(network, ranks, stride, neighbours, &spans(network, ranks, stride))
    }

    /// The first and the last rank of a group: together in a block wherever the whole group is.
    #[must_use]
    pub fn ends(network: &Network, ranks: u64, stride: u64) -> Self {
        let distance = stride * (ranks - 1).max(1);
        Self::from_spans(network, ranks.min(2), distance, None, &spans_of_ends(network, ranks, stride))
    }

    fn from_spans(
        network: &Network,
        ranks: u64,
        stride: u64,
        neighbours: Option<PointToPoint>,
        spans: &[Span<'_>],
    ) -> Self {
        let used = spans.iter().filter(|span| span.is_used());
        Self {
            ranks,
            stride,
            gather: Collective::from_spans(network, Operation::AllGather, ranks, stride, spans),
            all_reduce: Collective::from_spans(network, Operation::AllReduce, ranks, stride, spans),
            neighbours,
            ports: used.fold(0, |mask, span| mask | 1 << span.port),
        }
    }

    /// The gathers of this group.
    #[must_use]
    pub fn gather(&self) -> &Collective {
        &self.gather
    }

    /// The all-reduces of this group.
    #[must_use]
    pub fn reduction(&self) -> &Collective {
        &self.all_reduce
    }
}

/// Members of one group inside one block of each level, inner to outer.
#[must_use]
pub fn members_by_level(network: &Network, ranks: u64, stride: u64) -> Vec<u64> {
    spans(network, ranks, stride).iter().map(|span| span.outer).collect()
}

/// All that a group's costs depend on besides the network: two groups of one signature differ by which of several like
/// devices they have, no more.
#[must_use]
pub fn signature(network: &Network, ranks: u64, stride: u64) -> Vec<u64> {
    let mut signature = vec![ranks];
    if ranks == 1 {
        return signature;
    }
    signature.push(members(network.devices, network.host_devices, ranks, stride));
    for span in spans(network, ranks, stride) {
        let distance = if span.is_ring() && span.is_crossed() { span.interleaved() } else { 0.0 };
        let alone = if span.is_used() { span.silent_neighbours() } else { 0.0 };
        signature.extend([span.outer, distance.to_bits(), alone.to_bits()]);
    }
    signature
}

/// The same for the first and the last rank of a group.
#[must_use]
pub fn ends_by_level(network: &Network, ranks: u64, stride: u64) -> Vec<u64> {
    spans_of_ends(network, ranks, stride).iter().map(|span| span.outer).collect()
}

impl Pricing for Group {
    fn all_gather(&self, bytes: f64) -> f64 {
        self.gather.seconds(bytes)
    }

    fn reduce_scatter(&self, bytes: f64) -> f64 {
        self.gather.seconds(bytes)
    }

    fn all_reduce(&self, bytes: f64) -> f64 {
        self.all_reduce.seconds(bytes)
    }

    fn point_to_point(&self, bytes: f64) -> f64 {
        self.neighbours.map_or(0.0, |neighbours| neighbours.seconds(bytes))
    }

    fn ports(&self) -> u8 {
        self.ports
    }
}
