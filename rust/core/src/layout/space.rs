//! The space of layouts: a list of values for each dimension.

use serde::Deserialize;

use super::{Placement, Recompute, ScheduleKind, Zero};
use crate::error::{check, CoreError};
use crate::model::ModelSpec;
use crate::training::Training;

/// The allowed values a person gave; `None` means the engine's default list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceSpec {
    /// Tensor degrees.
    pub tp: Option<Vec<u64>>,
    /// Pipeline degrees.
    pub pp: Option<Vec<u64>>,
    /// Chunks a stage.
    pub vpp: Option<Vec<u64>>,
    /// Micro-batch sizes.
    pub micro_batch: Option<Vec<u64>>,
    /// Sequence parallelism.
    pub sequence_parallel: Option<Vec<bool>>,
    /// Recomputation.
    pub recompute: Option<Vec<Recompute>>,
    /// `ZeRO` stages.
    pub zero: Option<Vec<Zero>>,
    /// Schedules.
    pub schedule: Option<Vec<ScheduleKind>>,
    /// Placements.
    pub placement: Option<Vec<Placement>>,
}

/// The lists that a search walks, each sorted and without repeats.
#[derive(Debug, Clone)]
pub struct Dimensions {
    /// Tensor degrees.
    pub tp: Vec<u64>,
    /// Pipeline degrees.
    pub pp: Vec<u64>,
    /// Chunks a stage.
    pub vpp: Vec<u64>,
    /// Micro-batch sizes.
    pub micro_batch: Vec<u64>,
    /// Sequence parallelism.
    pub sequence_parallel: Vec<bool>,
    /// Recomputation.
    pub recompute: Vec<Recompute>,
    /// `ZeRO` stages.
    pub zero: Vec<Zero>,
    /// Schedules.
    pub schedule: Vec<ScheduleKind>,
    /// Placements.
    pub placement: Vec<Placement>,
}

impl SpaceSpec {
    /// Fills in the defaults of §10 and checks what was given. `placements` are those that differ on the network.
    pub fn dimensions(
        &self,
        model: &ModelSpec,
        training: &Training,
        devices: u64,
        placements: &[Placement],
    ) -> Result<Dimensions, CoreError> {
        let chunks = || {
            let mut all = divisors(model.layers);
            all.extend(divisors(model.layers + 2));
            all
        };
        let dimensions = Dimensions {
            tp: degrees("space.tp", self.tp.as_ref(), || divisors(devices))?,
            pp: degrees("space.pp", self.pp.as_ref(), || divisors(devices))?,
            vpp: degrees("space.vpp", self.vpp.as_ref(), chunks)?,
            micro_batch: degrees("space.micro_batch", self.micro_batch.as_ref(), || {
                divisors(training.global_batch_sequences)
            })?,
            sequence_parallel: values("space.sequence_parallel", self.sequence_parallel.as_ref(), &[false, true])?,
            recompute: values(
                "space.recompute",
                self.recompute.as_ref(),
                &[Recompute::None, Recompute::Selective, Recompute::Full],
            )?,
            zero: values("space.zero", self.zero.as_ref(), &[Zero::Zero, Zero::One, Zero::Two, Zero::Three])?,
            schedule: values(
                "space.schedule",
                self.schedule.as_ref(),
                &[
                    ScheduleKind::NoPipeline,
                    ScheduleKind::Gpipe,
                    ScheduleKind::OneForwardOneBackward,
                    ScheduleKind::Interleaved,
                ],
            )?,
            placement: values("space.placement", self.placement.as_ref(), placements)?,
        };
        dimensions.validate()
    }
}

impl Dimensions {
    /// Size of the raw space: the cross product of the lists. [`SpaceSpec::dimensions`] has seen to it that it can be counted.
    #[must_use]
    pub fn raw(&self) -> u64 {
        self.lengths().iter().product()
    }

    fn lengths(&self) -> [u64; 9] {
        [
            self.tp.len(),
            self.pp.len(),
            self.vpp.len(),
            self.micro_batch.len(),
            self.sequence_parallel.len(),
            self.recompute.len(),
            self.zero.len(),
            self.schedule.len(),
            self.placement.len(),
        ]
        .map(|count| count as u64)
    }

    fn validate(self) -> Result<Self, CoreError> {
        let layouts: u128 = self.lengths().iter().map(|&count| u128::from(count)).product();
        check::that(
            layouts <= u128::from(u64::MAX),
            "space",
            layouts,
            "a space of fewer than 2^64 layouts: give bounds",
        )?;
        Ok(self)
    }
}

/// Most values that a person may list for one dimension.
const MOST_VALUES: u64 = 1 << 14;

fn degrees(field: &str, given: Option<&Vec<u64>>, default: impl FnOnce() -> Vec<u64>) -> Result<Vec<u64>, CoreError> {
    if let Some(list) = given {
        check::at_most(&format!("{field} (values)"), list.len() as u64, MOST_VALUES)?;
        for &value in list {
            check::at_least_one(field, value)?;
            check::at_most(field, value, 1 << 20)?;
        }
    }
    sorted(field, given.cloned().unwrap_or_else(default))
}

fn values<T: Copy + Ord>(field: &str, given: Option<&Vec<T>>, default: &[T]) -> Result<Vec<T>, CoreError> {
    sorted(field, given.cloned().unwrap_or_else(|| default.to_vec()))
}

fn sorted<T: Ord>(field: &str, mut list: Vec<T>) -> Result<Vec<T>, CoreError> {
    check::that(!list.is_empty(), field, "an empty list", "a list of at least one value, or null for all")?;
    list.sort_unstable();
    list.dedup();
    Ok(list)
}

/// All divisors of `number`, ascending.
fn divisors(number: u64) -> Vec<u64> {
    let mut low = Vec::new();
    let mut high = Vec::new();
    let mut candidate = 1;
    while candidate * candidate <= number {
        if number % candidate == 0 {
            low.push(candidate);
            if candidate * candidate != number {
                high.push(number / candidate);
            }
        }
        candidate += 1;
    }
    low.extend(high.into_iter().rev());
    low
}

#[cfg(test)]
mod tests {
    use super::divisors;

    #[test]
    fn divisors_are_complete_and_ascending() {
        for number in 1..500 {
            let expected: Vec<u64> = (1..=number).filter(|d| number % d == 0).collect();
            assert_eq!(divisors(number), expected);
        }
    }
}
