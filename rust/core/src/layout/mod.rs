//! One full answer to "how is it parallelised", its rules (§10) and the space of all of them.

mod document;
mod placement;
mod rules;
mod space;
mod stages;

use serde::{Deserialize, Serialize};

pub use document::{LayoutDocument, Shards};
pub use placement::{AxisOrder, Placement, RankOrder, Strides, MOST_AXES};
pub use rules::{check, explain, Rule, Rules};
pub use space::{Dimensions, SpaceSpec};
pub use stages::StageSplit;

/// What is computed again in the backward instead of kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recompute {
    /// Nothing.
    None,
    /// The attention core (Korthikanti et al. 2022, section 5).
    Selective,
    /// Every layer from its input.
    Full,
}

/// The `ZeRO` stage: which of the model states the data ranks share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Zero {
    /// Nothing is shared.
    Zero,
    /// Optimizer states.
    One,
    /// Optimizer states and gradients.
    Two,
    /// Optimizer states, gradients and parameters.
    Three,
}

impl TryFrom<u8> for Zero {
    type Error = String;

    fn try_from(stage: u8) -> Result<Self, Self::Error> {
        match stage {
            0 => Ok(Self::Zero),
            1 => Ok(Self::One),
            2 => Ok(Self::Two),
            3 => Ok(Self::Three),
            _ => Err(format!("zero is {stage}; it must be 0, 1, 2 or 3")),
        }
    }
}

impl From<Zero> for u8 {
    fn from(zero: Zero) -> Self {
        match zero {
            Zero::Zero => 0,
            Zero::One => 1,
            Zero::Two => 2,
            Zero::Three => 3,
        }
    }
}

/// The order of work of the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleKind {
    /// One stage; micro-batches one after another.
    NoPipeline,
    /// All forwards, then all backwards.
    Gpipe,
    /// One forward, one backward.
    #[serde(rename = "1f1b")]
    OneForwardOneBackward,
    /// One forward, one backward, over several chunks a stage.
    Interleaved,
}

/// One layout of a dense model. A plain value; its order is the last tie-break of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Layout {
    /// Tensor degree.
    pub tp: u64,
    /// Pipeline stages.
    pub pp: u64,
    /// Chunks a stage.
    pub vpp: u64,
    /// Data degree.
    pub dp: u64,
    /// Sequences of a micro-batch.
    pub micro_batch: u64,
    /// Whether the sequence is split over tensor ranks outside the matrix products.
    pub sequence_parallel: bool,
    /// What is recomputed.
    pub recompute: Recompute,
    /// What the data ranks share.
    pub zero: Zero,
    /// Order of work.
    pub schedule: ScheduleKind,
    /// Order of the ranks.
    pub placement: Placement,
}

impl Layout {
    /// Micro-batches a step and data rank; whole for layouts that keep the rules.
    #[must_use]
    pub fn micro_batches(&self, global_batch_sequences: u64) -> u64 {
        global_batch_sequences / (self.dp * self.micro_batch)
    }

    /// Ranks that split the sequence outside the matrix products (`t_s`).
    #[must_use]
    pub fn sequence_ranks(&self) -> u64 {
        if self.sequence_parallel {
            self.tp
        } else {
            1
        }
    }

    /// Over how many ranks parameters, gradients and optimizer states are each partitioned.
    #[must_use]
    pub fn shards(&self) -> Shards {
        let over = |from: Zero| if self.zero >= from { self.dp } else { 1 };
        Shards { parameters: over(Zero::Three), gradients: over(Zero::Two), optimizer: over(Zero::One) }
    }
}
