//! Bytes of a stage at its worst moment, by category (§9).

mod activations;

use serde::Serialize;

pub use activations::Activations;

use crate::layout::{Layout, Recompute, StageSplit, Zero};
use crate::model::{RankParameters, COMPUTE_BYTES};
use crate::problem::Problem;
use crate::schedule::PipelineSchedule;

/// Bytes by category.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct MemoryBytes {
    /// Weights in the compute dtype.
    pub parameters: f64,
    /// Accumulated gradients.
    pub gradients: f64,
    /// Master weights and moments.
    pub optimizer: f64,
    /// What the backward needs of the micro-batches in flight.
    pub activations: f64,
    /// The layer that is being recomputed.
    pub recompute_buffer: f64,
    /// Logits and their gradients.
    pub logits: f64,
    /// Parameters gathered for use (`ZeRO` 3).
    pub gathered_parameters: f64,
    /// Communicators and message buffers.
    pub communication: f64,
    /// Context, libraries, workspaces.
    pub framework: f64,
    /// What the allocator loses.
    pub fragmentation: f64,
}

impl MemoryBytes {
    /// Sum of all categories.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.by_category().iter().map(|&(_, bytes)| bytes).sum()
    }

    /// Name and bytes of each category.
    #[must_use]
    pub fn by_category(&self) -> [(&'static str, f64); 10] {
        [
            ("parameters", self.parameters),
            ("gradients", self.gradients),
            ("optimizer", self.optimizer),
            ("activations", self.activations),
            ("recompute_buffer", self.recompute_buffer),
            ("logits", self.logits),
            ("gathered_parameters", self.gathered_parameters),
            ("communication", self.communication),
            ("framework", self.framework),
            ("fragmentation", self.fragmentation),
        ]
    }

    /// The category that takes most.
    #[must_use]
    pub fn largest(&self) -> &'static str {
        self.by_category().iter().max_by(|a, b| a.1.total_cmp(&b.1)).map_or("parameters", |&(name, _)| name)
    }
}

/// All that the memory of a layout's stages depends on.
#[derive(Clone, Copy)]
pub struct StageMemory<'a> {
    /// The problem.
    pub problem: &'a Problem,
    /// The layout; it keeps the rules.
    pub layout: &'a Layout,
    /// Its layers.
    pub split: StageSplit,
    /// Its schedule.
    pub schedule: &'static dyn PipelineSchedule,
    /// Micro-batches a step.
    pub micro_batches: f64,
    /// Parameters of a rank.
    pub parameters: &'a RankParameters,
    /// Activations of a layer.
    pub activations: &'a Activations,
}

impl StageMemory<'_> {
    /// Bytes of one stage, 0-based.
    #[must_use]
    pub fn stage(&self, stage: u64) -> MemoryBytes {
        let Self { layout, split, parameters, activations, .. } = *self;
        let (model, stack) = (&self.problem.model, &self.problem.stack);
        let (is_first, is_last) = (stage == 0, stage + 1 == split.stages);
        let when = |condition: bool, value: f64| if condition { value } else { 0.0 };

        let held = split.layers(stage) as f64 * parameters.layer
            + when(is_first, parameters.embedding)
            + when(is_last, parameters.head);
        let shards = layout.shards();

        let (pp, vpp) = (layout.pp as f64, layout.vpp as f64);
        let in_flight = self.schedule.in_flight(stage as f64, pp, vpp, self.micro_batches);
        let heads_waiting = self.schedule.heads_waiting(self.micro_batches);
        let kept = in_flight * split.layers(stage) as f64 * activations.kept(layout.recompute)
            + when(is_first, in_flight * activations.embedding)
            + when(is_last, heads_waiting * activations.head);
        let recompute_buffer = match layout.recompute {
            Recompute::None => 0.0,
            Recompute::Selective => activations.core,
            Recompute::Full => activations.layer,
        };
        let logit_bytes = stack.logits_bytes + (heads_waiting - 1.0) * stack.logits_saved_bytes;
        let logits = when(is_last, logit_bytes * activations.tokens * model.rank_vocab(layout.tp));
        let largest_unit =
            (2.0 * parameters.layer).max(when(is_first, parameters.embedding)).max(when(is_last, parameters.head));
        let gathered_parameters = when(layout.zero == Zero::Three, COMPUTE_BYTES * largest_unit);
        let sequence_tensor = COMPUTE_BYTES * activations.tokens * model.hidden as f64;
        MemoryBytes {
            parameters: COMPUTE_BYTES * held / shards.parameters as f64,
            gradients: stack.gradient_bytes * held / shards.gradients as f64,
            optimizer: stack.optimizer_state_bytes * held / shards.optimizer as f64,
            activations: kept,
            recompute_buffer,
            logits,
            gathered_parameters,
            communication: stack.communication_buffer_bytes
                + when(layout.zero >= Zero::Two, stack.gradient_bytes * parameters.layer)
                + when(layout.sequence_parallel, sequence_tensor)
                + when(layout.pp > 1, 2.0 * sequence_tensor / layout.tp as f64),
            framework: stack.framework_bytes,
            fragmentation: stack.fragmentation * (kept + recompute_buffer + logits + gathered_parameters),
        }
    }

    /// The stage that needs most, and its bytes. The middle stages hold equal states and ever fewer
    /// activations, so only the first, the second and the last can be it.
    #[must_use]
    pub fn worst(&self) -> (u64, MemoryBytes) {
        let mut worst = (0, self.stage(0));
        let mut peak = worst.1.total();
        for (stage, _) in self.split.distinct().skip(1) {
            let bytes = self.stage(stage);
            let total = bytes.total();
            if total > peak {
                (worst, peak) = ((stage, bytes), total);
            }
        }
        worst
    }
}
