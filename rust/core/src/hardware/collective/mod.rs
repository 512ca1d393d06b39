//! What one collective of a group costs (network.md §3): a few candidates, of which the library takes the fastest.
//!
//! One file an algorithm family. A [`Collective`] is worked out once per group; pricing a message is a few multiplications.

mod all_to_all;
mod broadcast;
mod hierarchical;
mod point_to_point;
mod ring;
mod tree;

use serde::Deserialize;

use super::network::{Network, MAXIMUM_LEVELS};
use super::span::{spans, Span};

pub use point_to_point::PointToPoint;

/// 2 + √3: with it the bandwidth term doubles where a part has the half-saturation size.
const SATURATION: f64 = 3.732_050_807_568_877;

/// What a group does together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Every rank gets the sum.
    AllReduce,
    /// Every rank gets all parts.
    AllGather,
    /// Every rank gets a part of the sum.
    ReduceScatter,
    /// Every rank sends a part to every other.
    AllToAll,
    /// One rank's array reaches all.
    Broadcast,
}

/// How it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// A ring through all ranks; on a torus one around each axis.
    Ring,
    /// Parallel aggregated trees, for groups of one rank a host.
    Pat,
    /// Reduce-scatter inside, trees or switches across, all-gather inside.
    Hierarchical,
    /// Every rank to every other.
    Pairwise,
    /// Half of the buffer at every doubling of the distance.
    Bruck,
    /// One after another or by doubling, pipelined.
    Pipelined,
}

impl Algorithm {
    /// Its name in documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ring => "ring",
            Self::Pat => "pat",
            Self::Hierarchical => "hierarchical",
            Self::Pairwise => "pairwise",
            Self::Bruck => "bruck",
            Self::Pipelined => "pipelined",
        }
    }
}

/// What goes through one port.
#[derive(Debug, Clone, Copy, Default)]
struct Term {
    /// Position of the (innermost) level.
    level: usize,
    /// Levels that share the work: the axes of a torus; else 1.
    levels: usize,
    /// Bytes out of a device, over the bytes of the array.
    fraction: f64,
    seconds_per_byte: f64,
    /// Of the whole array.
    half_saturation_bytes: f64,
}

/// One way to do a collective.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Which.
    pub algorithm: Algorithm,
    latency_s: f64,
    /// Into how many parts, sent one after another, an array is cut.
    parts: f64,
    terms: [Term; MAXIMUM_LEVELS],
    used: usize,
}

impl Candidate {
    fn new(algorithm: Algorithm, latency_s: f64, parts: f64) -> Self {
        Self { algorithm, latency_s, parts, terms: [Term::default(); MAXIMUM_LEVELS], used: 0 }
    }

    /// A level that carries `fraction` of the array at `rate`.
    fn add(&mut self, span: &Span<'_>, fraction: f64, rate: f64) {
        self.push(Term {
            level: span.index,
            levels: 1,
            fraction,
            seconds_per_byte: fraction / rate,
            half_saturation_bytes: self.parts * span.level.half_saturation_bytes,
        });
    }

    /// Axes of a torus that share `fraction` of the array at `rate`.
    fn add_axes(&mut self, axes: &[Span<'_>], fraction: f64, rate: f64) {
        self.push(Term {
            level: axes[0].index,
            levels: axes.len(),
            fraction,
            seconds_per_byte: fraction / rate,
            half_saturation_bytes: self.parts
                * axes.iter().map(|axis| axis.level.half_saturation_bytes).fold(0.0, f64::max),
        });
    }

    fn push(&mut self, term: Term) {
        self.terms[self.used] = term;
        self.used += 1;
    }

    fn terms(&self) -> &[Term] {
        &self.terms[..self.used]
    }

    /// Seconds before and beside the bandwidth.
    #[must_use]
    pub fn latency_s(&self) -> f64 {
        self.latency_s
    }

    /// Seconds for an array of `bytes`.
    #[must_use]
    pub fn seconds(&self, bytes: f64) -> f64 {
        let carried = self.terms().iter().map(|term| term.seconds(bytes)).fold(0.0, f64::max);
        self.latency_s + carried
    }

    /// The level that takes longest.
    #[must_use]
    pub fn slowest_level(&self, bytes: f64) -> Option<usize> {
        let slowest = self.terms().iter().max_by(|a, b| a.seconds(bytes).total_cmp(&b.seconds(bytes)));
        slowest.map(|term| term.level)
    }

    /// Bytes that leave a device at level `index`.
    #[must_use]
    pub fn bytes_at(&self, index: usize, bytes: f64) -> f64 {
        self.terms()
            .iter()
            .filter(|term| (term.level..term.level + term.levels).contains(&index))
            .map(|term| term.fraction * bytes / term.levels as f64)
            .fold(0.0, |sum, bytes| sum + bytes)
    }
}

impl Term {
    fn seconds(&self, bytes: f64) -> f64 {
        let lost = SATURATION * self.half_saturation_bytes;
        bytes * self.seconds_per_byte * (1.0 + lost / (bytes + (2.0 * lost * bytes).sqrt()))
    }
}

/// Most candidates of one operation.
const MOST_CANDIDATES: usize = 2;

/// A collective of a group.
#[derive(Debug, Clone, Copy)]
pub struct Collective {
    ranks: u64,
    candidates: [Candidate; MOST_CANDIDATES],
    used: usize,
}

impl Collective {
    /// Works out what `ranks` ranks at `stride` need for an operation.
    #[must_use]
    pub fn new(network: &Network, operation: Operation, ranks: u64, stride: u64) -> Self {
        Self::from_spans(network, operation, ranks, stride, &spans(network, ranks, stride))
    }

    pub(super) fn from_spans(
        network: &Network,
        operation: Operation,
        ranks: u64,
        stride: u64,
        spans: &[Span<'_>],
    ) -> Self {
        let group = Ranks { network, ranks, stride, spans };
        match operation {
            Operation::AllGather | Operation::ReduceScatter => {
                Self::of(ranks, &ring::gather(&group), tree::pat(&group).as_ref())
            }
            Operation::AllReduce => Self::of(ranks, &ring::all_reduce(&group), Some(&hierarchical::all_reduce(&group))),
            Operation::AllToAll => Self::of(ranks, &all_to_all::pairwise(&group), all_to_all::bruck(&group).as_ref()),
            Operation::Broadcast => Self::of(ranks, &broadcast::pipelined(&group), None),
        }
    }

    fn of(ranks: u64, first: &Candidate, second: Option<&Candidate>) -> Self {
        Self { ranks, candidates: [*first, *second.unwrap_or(first)], used: 1 + usize::from(second.is_some()) }
    }

    /// All ways that the library has.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates[..self.used]
    }

    /// The fastest way for an array of `bytes`; the first of equals.
    #[must_use]
    pub fn fastest(&self, bytes: f64) -> &Candidate {
        let mut fastest = &self.candidates[0];
        for candidate in &self.candidates()[1..] {
            if candidate.seconds(bytes) < fastest.seconds(bytes) {
                fastest = candidate;
            }
        }
        fastest
    }

    /// Whether anything has to be sent at all.
    #[must_use]
    pub fn moves(&self, bytes: f64) -> bool {
        self.ranks > 1 && bytes > 0.0
    }

    /// Seconds for an array of `bytes`.
    #[must_use]
    pub fn seconds(&self, bytes: f64) -> f64 {
        if !self.moves(bytes) {
            return 0.0;
        }
        self.candidates().iter().map(|candidate| candidate.seconds(bytes)).fold(f64::INFINITY, f64::min)
    }
}

/// A group on a network, as the algorithms see it.
struct Ranks<'a> {
    network: &'a Network,
    ranks: u64,
    stride: u64,
    spans: &'a [Span<'a>],
}

/// A level that is a switch, or the axes of a torus that work together.
enum Stretch<'a> {
    Switch(&'a Span<'a>),
    Axes(&'a [Span<'a>]),
}

impl Ranks<'_> {
    fn base_s(&self) -> f64 {
        self.network.collective_base_s
    }

    /// Parts that an array is cut into: one a rank.
    fn parts(&self) -> f64 {
        self.ranks as f64
    }

    /// The part of an array that does not come from the rank itself.
    fn foreign(&self) -> f64 {
        1.0 - 1.0 / self.ranks as f64
    }

    /// The levels through which something passes, inner to outer; axes of one torus together.
    fn stretches(&self) -> Vec<Stretch<'_>> {
        let mut stretches = Vec::with_capacity(self.spans.len());
        let mut index = 0;
        while index < self.spans.len() {
            let span = &self.spans[index];
            if !span.is_ring() {
                if span.is_used() {
                    stretches.push(Stretch::Switch(span));
                }
                index += 1;
                continue;
            }
            let crossed = self.spans[index..].iter().take_while(|next| next.is_ring() && next.is_crossed()).count();
            if crossed > 0 {
                stretches.push(Stretch::Axes(&self.spans[index..index + crossed]));
            }
            index += crossed.max(1);
        }
        stretches
    }

    /// Sum of the latencies of all levels; `steps` counts those of a crossed switch.
    fn latency_s(&self, steps: impl Fn(&Span<'_>) -> f64) -> f64 {
        self.spans.iter().filter(|span| span.is_crossed()).map(|span| span.latency_s(steps(span))).sum()
    }

    /// Latencies of one way by doubling.
    fn doubling_latency_s(&self) -> f64 {
        self.spans.iter().filter(|span| span.is_crossed()).map(|span| span.latency_s(span.doublings())).sum()
    }

    /// Steps of a ring through all ranks that cross this level at most.
    fn ring_steps(&self, span: &Span<'_>) -> f64 {
        let ranks = self.ranks as f64;
        ranks / span.inner as f64 - ranks / span.outer as f64
    }
}

/// Bytes a second that axes of a torus take in together.
fn joint_rate<'a>(axes: impl IntoIterator<Item = &'a Span<'a>>) -> f64 {
    axes.into_iter().map(Span::collective_rate).sum()
}

/// Bytes a second at which the axes of a torus gather: in whatever order the parts of an array take them, some axes
/// together must move what they would gather if they came first in every order.
fn gather_rate(axes: &[Span<'_>]) -> f64 {
    let gathered = |part: &mut dyn Iterator<Item = &Span<'_>>| part.map(Span::degree).product::<f64>() - 1.0;
    let everything = gathered(&mut axes.iter());
    (1..1_usize << axes.len())
        .map(|subset| {
            let part =
                || axes.iter().enumerate().filter(move |(axis, _)| subset >> axis & 1 == 1).map(|(_, axis)| axis);
            joint_rate(part()) * everything / gathered(&mut part())
        })
        .fold(f64::INFINITY, f64::min)
}

/// The part of an array that the axes of a torus bring to a device.
fn gathered_by(axes: &[Span<'_>]) -> f64 {
    1.0 / axes[0].inner as f64 - 1.0 / axes[axes.len() - 1].outer as f64
}
