//! How many layouts each rule ruled out.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::layout::Rule;

/// Layouts by the first rule that they broke.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u64; Rule::ALL.len()]);

impl Counts {
    /// Counts `layouts` more.
    pub fn add(&mut self, rule: Rule, layouts: u64) {
        self.0[rule as usize] += layouts;
    }

    /// Counts of both.
    #[must_use]
    pub fn merge(mut self, other: &Self) -> Self {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
        self
    }

    /// How many a rule ruled out.
    #[must_use]
    pub fn of(&self, rule: Rule) -> u64 {
        self.0[rule as usize]
    }

    /// All together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for rule in Rule::ALL.into_iter().filter(|&rule| self.of(rule) > 0) {
            map.serialize_entry(rule.name(), &self.of(rule))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_index_their_own_counts() {
        for (index, rule) in Rule::ALL.into_iter().enumerate() {
            assert_eq!(rule as usize, index);
        }
    }
}
