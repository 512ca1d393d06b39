//! Transfers between neighbours of a group, all at once (network.md §3).

use super::super::network::Network;
use super::super::span::spans;

/// A transfer to the next rank of a group.
#[derive(Debug, Clone, Copy)]
pub struct PointToPoint {
    latency_s: f64,
    seconds_per_byte: f64,
    level: usize,
}

impl PointToPoint {
    /// Over the outermost level that the group spans, and no faster than the slowest pair; `None` for one rank.
    #[must_use]
    pub fn new(network: &Network, ranks: u64, stride: u64) -> Option<Self> {
        let spans = spans(network, ranks, stride);
        let outermost = spans.iter().rev().find(|span| span.is_crossed())?;
        let mut seconds_per_byte = 0.0_f64;
        for crossed in spans.iter().filter(|span| span.is_crossed()) {
            let port = &spans[crossed.port];
            seconds_per_byte = seconds_per_byte.max(1.0 / (port.neighbour_rate() * port.silent_neighbours()));
            // Beyond its own port, one in so many ranks has its neighbour outside the block, and all share the uplinks.
            for span in &spans[crossed.port + 1..=crossed.index] {
                seconds_per_byte = seconds_per_byte.max(1.0 / (span.neighbour_rate() * span.inner as f64));
            }
        }
        Some(Self { latency_s: outermost.level.latency_s, seconds_per_byte, level: outermost.index })
    }

    /// Seconds for `bytes`.
    #[must_use]
    pub fn seconds(&self, bytes: f64) -> f64 {
        self.latency_s + bytes * self.seconds_per_byte
    }

    /// Seconds before the first byte.
    #[must_use]
    pub fn latency_s(&self) -> f64 {
        self.latency_s
    }

    /// The level that it crosses.
    #[must_use]
    pub fn level(&self) -> usize {
        self.level
    }
}
