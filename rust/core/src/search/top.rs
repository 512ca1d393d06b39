//! The best layouts seen, in a total order, so that the answer does not depend on who saw what first.

use std::cmp::Ordering;

use crate::layout::Layout;

/// A layout that fits.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Seconds of a step.
    pub step_time_s: f64,
    /// Memory of the worst stage.
    pub peak_bytes: f64,
    /// The layout.
    pub layout: Layout,
}

impl Candidate {
    /// Faster first, then smaller, then the layout's own order.
    fn order(&self, other: &Self) -> Ordering {
        self.step_time_s
            .total_cmp(&other.step_time_s)
            .then(self.peak_bytes.total_cmp(&other.peak_bytes))
            .then(self.layout.cmp(&other.layout))
    }
}

/// The best `limit` candidates, sorted.
#[derive(Debug, Clone)]
pub struct Top {
    limit: usize,
    kept: Vec<Candidate>,
    seen: u64,
}

impl Top {
    /// An empty list. Its room is taken here, so that offering never allocates.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, kept: Vec::with_capacity(limit + 1), seen: 0 }
    }

    /// Keeps the candidate if it is among the best.
    pub fn offer(&mut self, candidate: Candidate) {
        self.seen += 1;
        self.insert(candidate);
    }

    fn insert(&mut self, candidate: Candidate) {
        if self.kept.len() == self.limit
            && self.kept.last().is_none_or(|last| last.order(&candidate) != Ordering::Greater)
        {
            return;
        }
        let place = self.kept.partition_point(|kept| kept.order(&candidate) == Ordering::Less);
        self.kept.insert(place, candidate);
        self.kept.truncate(self.limit);
    }

    /// The best of both.
    #[must_use]
    pub fn merge(mut self, other: &Self) -> Self {
        self.seen += other.seen;
        for &candidate in &other.kept {
            self.insert(candidate);
        }
        self
    }

    /// How many were offered.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// The best, first to last.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.kept
    }
}
