//! The rules that launchers enforce (§10), in the order in which a layout is counted under the first it breaks.

use super::{Layout, ScheduleKind, StageSplit, Zero};
use crate::model::ModelSpec;
use crate::training::Training;

/// Why a layout is not in the space, or does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// tp·pp must divide the devices.
    DevicesNotDivisible,
    /// tp must divide the query heads.
    HeadsNotDivisible,
    /// tp must divide the key/value heads, or they must divide tp.
    KvHeadsNotDivisible,
    /// tp must divide the feed-forward width.
    FfnNotDivisible,
    /// There must be a split of the layers.
    LayersNotDivisible,
    /// Schedule and degrees must belong together.
    ScheduleMismatch,
    /// dp·micro-batch must divide the global batch.
    BatchNotDivisible,
    /// The interleaved schedule needs micro-batches in multiples of pp.
    InterleavedMicroBatches,
    /// Sequence parallelism needs tensor parallelism.
    SequenceParallelWithoutTensor,
    /// Sequence parallelism: tp must divide the sequence.
    SequenceNotDivisible,
    /// `ZeRO` needs data parallelism.
    ZeroWithoutData,
    /// The software shares no more than that with a pipeline.
    ZeroWithPipeline,
    /// A group covers part of one axis of the torus and part of another.
    PlacementOffAxes,
    /// The same ranks as an earlier placement.
    PlacementDuplicate,
    /// Valid, but it does not fit.
    Memory,
}

impl Rule {
    /// All rules, in counting order.
    pub const ALL: [Self; 15] = [
        Self::DevicesNotDivisible,
        Self::HeadsNotDivisible,
        Self::KvHeadsNotDivisible,
        Self::FfnNotDivisible,
        Self::LayersNotDivisible,
        Self::ScheduleMismatch,
        Self::BatchNotDivisible,
        Self::InterleavedMicroBatches,
        Self::SequenceParallelWithoutTensor,
        Self::SequenceNotDivisible,
        Self::ZeroWithoutData,
        Self::ZeroWithPipeline,
        Self::PlacementOffAxes,
        Self::PlacementDuplicate,
        Self::Memory,
    ];

    /// The rule's name, as documents have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DevicesNotDivisible => "devices_not_divisible",
            Self::HeadsNotDivisible => "heads_not_divisible",
            Self::KvHeadsNotDivisible => "kv_heads_not_divisible",
            Self::FfnNotDivisible => "ffn_not_divisible",
            Self::LayersNotDivisible => "layers_not_divisible",
            Self::ScheduleMismatch => "schedule_mismatch",
            Self::BatchNotDivisible => "batch_not_divisible",
            Self::InterleavedMicroBatches => "interleaved_micro_batches",
            Self::SequenceParallelWithoutTensor => "sequence_parallel_without_tensor",
            Self::SequenceNotDivisible => "sequence_not_divisible",
            Self::ZeroWithoutData => "zero_without_data",
            Self::ZeroWithPipeline => "zero_with_pipeline",
            Self::PlacementOffAxes => "placement_off_axes",
            Self::PlacementDuplicate => "placement_duplicate",
            Self::Memory => "memory",
        }
    }
}

/// The rules for one model, training and number of devices.
///
/// Each method asks for just the degrees that its rules need, so that a walk of the space can drop
/// whole subtrees; [`check`] asks them all in order for one layout.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The model.
    pub model: &'a ModelSpec,
    /// The training.
    pub training: &'a Training,
    /// Devices of the job.
    pub devices: u64,
    /// The highest `ZeRO` stage that the software combines with a pipeline.
    pub largest_zero_with_pipeline: Zero,
}

impl Rules<'_> {
    /// Tensor and pipeline degrees against devices, heads and widths.
    pub fn tensor_and_pipeline(&self, tp: u64, pp: u64) -> Result<(), Rule> {
        let model = self.model;
        if self.devices % (tp * pp) != 0 {
            Err(Rule::DevicesNotDivisible)
        } else if model.heads % tp != 0 {
            Err(Rule::HeadsNotDivisible)
        } else if model.kv_heads % tp != 0 && tp % model.kv_heads != 0 {
            Err(Rule::KvHeadsNotDivisible)
        } else if model.ffn % tp != 0 {
            Err(Rule::FfnNotDivisible)
        } else {
            Ok(())
        }
    }

    /// Layers against chunks.
    pub fn layers(&self, pp: u64, vpp: u64) -> Result<StageSplit, Rule> {
        StageSplit::of(self.model.layers, pp, vpp).ok_or(Rule::LayersNotDivisible)
    }

    /// Whether schedule, stages and chunks belong together.
    pub fn schedule(&self, schedule: ScheduleKind, pp: u64, vpp: u64) -> Result<(), Rule> {
        let without_pipeline = schedule == ScheduleKind::NoPipeline;
        let interleaved = schedule == ScheduleKind::Interleaved;
        if (pp == 1) == without_pipeline && (vpp > 1) == interleaved {
            Ok(())
        } else {
            Err(Rule::ScheduleMismatch)
        }
    }

    /// Whether the batch can be dealt; gives the micro-batches.
    pub fn batch(&self, schedule: ScheduleKind, pp: u64, dp: u64, micro_batch: u64) -> Result<u64, Rule> {
        let per_round = dp * micro_batch;
        if self.training.global_batch_sequences % per_round != 0 {
            return Err(Rule::BatchNotDivisible);
        }
        let micro_batches = self.training.global_batch_sequences / per_round;
        if schedule == ScheduleKind::Interleaved && micro_batches % pp != 0 {
            return Err(Rule::InterleavedMicroBatches);
        }
        Ok(micro_batches)
    }

    /// Whether the sequence can be split.
    pub fn sequence_parallel(&self, sequence_parallel: bool, tp: u64) -> Result<(), Rule> {
        if sequence_parallel && tp == 1 {
            Err(Rule::SequenceParallelWithoutTensor)
        } else if sequence_parallel && self.training.sequence_length % tp != 0 {
            Err(Rule::SequenceNotDivisible)
        } else {
            Ok(())
        }
    }

    /// Whether there is anything to share, and the software can.
    pub fn zero(&self, zero: Zero, pp: u64, dp: u64) -> Result<(), Rule> {
        if zero != Zero::Zero && dp == 1 {
            Err(Rule::ZeroWithoutData)
        } else if pp > 1 && zero > self.largest_zero_with_pipeline {
            Err(Rule::ZeroWithPipeline)
        } else {
            Ok(())
        }
    }
}

/// The first rule that `layout` breaks, or its split and its micro-batches.
///
/// Duplicated placements are a matter of the space, not of a layout, and are not asked about here.
pub fn check(rules: Rules<'_>, layout: &Layout) -> Result<(StageSplit, u64), Rule> {
    rules.tensor_and_pipeline(layout.tp, layout.pp)?;
    let split = rules.layers(layout.pp, layout.vpp)?;
    rules.schedule(layout.schedule, layout.pp, layout.vpp)?;
    let micro_batches = rules.batch(layout.schedule, layout.pp, layout.dp, layout.micro_batch)?;
    rules.sequence_parallel(layout.sequence_parallel, layout.tp)?;
    rules.zero(layout.zero, layout.pp, layout.dp)?;
    Ok((split, micro_batches))
}

/// The rule in words, with the numbers of a layout.
#[must_use]
pub fn explain(rule: Rule, rules: Rules<'_>, layout: &Layout) -> String {
    let Layout { tp, pp, vpp, dp, micro_batch, .. } = *layout;
    let model = rules.model;
    let batch = rules.training.global_batch_sequences;
    match rule {
        Rule::DevicesNotDivisible => format!("tp {tp} x pp {pp} must divide {} devices", rules.devices),
        Rule::HeadsNotDivisible => format!("tp {tp} must divide {} heads", model.heads),
        Rule::KvHeadsNotDivisible => {
            format!("tp {tp} must divide {} key/value heads, or be a multiple of them", model.kv_heads)
        }
        Rule::FfnNotDivisible => format!("tp {tp} must divide the feed-forward size {}", model.ffn),
        Rule::LayersNotDivisible => format!(
            "pp {pp} x vpp {vpp} must divide {layers} layers, or {} counting embedding and head as layers",
            model.layers + 2,
            layers = model.layers
        ),
        Rule::ScheduleMismatch => format!(
            "pp {pp} and vpp {vpp} do not go with schedule {}: no-pipeline means pp 1, interleaved means vpp above 1, gpipe and 1f1b mean pp above 1 and vpp 1",
            schedule_name(layout.schedule)
        ),
        Rule::BatchNotDivisible => {
            format!("dp {dp} x micro-batch {micro_batch} must divide the global batch of {batch} sequences")
        }
        Rule::InterleavedMicroBatches => format!(
            "the interleaved schedule needs micro-batches in multiples of pp {pp}; there are {}",
            layout.micro_batches(batch)
        ),
        Rule::SequenceParallelWithoutTensor => "sequence parallelism needs tp above 1".to_owned(),
        Rule::SequenceNotDivisible => {
            format!("tp {tp} must divide the sequence of {} tokens", rules.training.sequence_length)
        }
        Rule::ZeroWithoutData => "sharded model states need dp above 1".to_owned(),
        Rule::ZeroWithPipeline => format!(
            "the software shares at most ZeRO stage {} with a pipeline; pp is {pp}",
            u8::from(rules.largest_zero_with_pipeline)
        ),
        Rule::PlacementOffAxes => format!(
            "placement {}: groups of tp {tp}, dp {dp} and pp {pp} cover part of one axis of the torus and part of another",
            layout.placement
        ),
        Rule::PlacementDuplicate => "the placement is the same as another".to_owned(),
        Rule::Memory => "it does not fit in memory".to_owned(),
    }
}

fn schedule_name(kind: ScheduleKind) -> &'static str {
    match kind {
        ScheduleKind::NoPipeline => "no-pipeline",
        ScheduleKind::Gpipe => "gpipe",
        ScheduleKind::OneForwardOneBackward => "1f1b",
        ScheduleKind::Interleaved => "interleaved",
    }
}
