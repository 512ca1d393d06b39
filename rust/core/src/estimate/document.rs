//! The estimate as it leaves the engine (`docs/reference/engine-documents.md`).

use serde::Serialize;

use super::step::{Costs, LayoutContext};
use crate::layout::{LayoutDocument, Recompute};
use crate::memory::MemoryBytes;
use crate::model::ModelFlop;

/// Share of the step below which no part is called its bottleneck.
const BOTTLENECK_SHARE: f64 = 0.05;

/// Seconds of a step by part; they add up to the step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TimeParts {
    /// Forward computation.
    pub forward: f64,
    /// Backward computation.
    pub backward: f64,
    /// Computation repeated in the backward.
    pub recompute: f64,
    /// Optimizer step.
    pub optimizer: f64,
    /// Exposed tensor traffic.
    pub tensor_comm: f64,
    /// Exposed context traffic.
    pub context_comm: f64,
    /// Exposed expert traffic.
    pub expert_comm: f64,
    /// Exposed boundary exchanges.
    pub pipeline_comm: f64,
    /// Exposed data traffic.
    pub data_comm: f64,
    /// Exposed copies to the host.
    pub offload: f64,
    /// Waiting for other stages.
    pub bubble: f64,
    /// Computation slowed by hidden traffic, and the stack's overhead.
    pub other: f64,
}

/// Seconds of a step that are hidden beneath computation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HiddenSeconds {
    /// Tensor traffic.
    pub tensor_comm: f64,
    /// Context traffic.
    pub context_comm: f64,
    /// Expert traffic.
    pub expert_comm: f64,
    /// Boundary exchanges.
    pub pipeline_comm: f64,
    /// Data traffic.
    pub data_comm: f64,
    /// Copies to the host.
    pub offload: f64,
}

/// One stage's memory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StageDocument {
    /// Its layers.
    pub layers: u64,
    /// Sum of the categories.
    pub total_bytes: f64,
    /// Bytes by category.
    pub by_category: MemoryBytes,
}

/// Memory of all stages.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemoryDocument {
    /// Of the worst stage.
    pub peak_bytes: f64,
    /// Of the device.
    pub capacity_bytes: f64,
    /// 0-based.
    pub worst_stage: u64,
    /// First to last.
    pub stages: Vec<StageDocument>,
}

/// The estimate of one layout.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EstimateDocument {
    /// The layout.
    pub layout: LayoutDocument,
    /// Its layers.
    pub layers_per_stage: Vec<u64>,
    /// Micro-batches a step and data rank.
    pub micro_batches: u64,
    /// Whether the worst stage fits.
    pub fits: bool,
    /// Seconds of a step.
    pub step_time_s: f64,
    /// By part.
    pub time_s: TimeParts,
    /// Hidden.
    pub hidden_s: HiddenSeconds,
    /// FLOP of a step that the mathematics needs.
    pub model_flop: f64,
    /// FLOP of a step that recomputation repeats.
    pub recompute_flop: f64,
    /// Model FLOP over what the devices could do.
    pub mfu: f64,
    /// Model and recomputed FLOP over what the devices could do.
    pub hfu: f64,
    /// Tokens a second and device.
    pub tokens_per_s_per_device: f64,
    /// Model TFLOP/s a device.
    pub tflops_per_device: f64,
    /// The largest part of time beyond forward and backward, or `compute`.
    pub bottleneck: &'static str,
    /// Memory.
    pub memory: MemoryDocument,
}

impl EstimateDocument {
    /// Composes the estimate of a layout.
    #[must_use]
    pub fn new(context: &LayoutContext<'_>) -> Self {
        let LayoutContext { problem, layout, split, micro_batches, .. } = *context;
        let costs = context.costs();
        let time_s = TimeParts::of(&costs);
        let step_time_s = costs.step_time_s();

        let training = &problem.training;
        let tokens = (training.global_batch_sequences * training.sequence_length) as f64;
        let flop = ModelFlop::of(&problem.model, training.sequence_length);
        let model_flop = flop.model(tokens);
        let recompute_flop = match layout.recompute {
            Recompute::None => 0.0,
            Recompute::Selective => flop.attention_forward(tokens),
            Recompute::Full => flop.layers_forward(tokens),
        };
        let devices = problem.network.devices as f64;
        let device_flop = step_time_s * devices * problem.accelerator.peak_flops_per_s;

        let memory = context.memory();
        let (worst_stage, worst) = memory.worst();
        let peak_bytes = worst.total();
        let capacity_bytes = problem.accelerator.memory_bytes;
        let stages = (0..split.stages)
            .map(|stage| {
                let by_category = memory.stage(stage);
                StageDocument { layers: split.layers(stage), total_bytes: by_category.total(), by_category }
            })
            .collect();
        Self {
            layout: LayoutDocument::from(layout),
            layers_per_stage: (0..split.stages).map(|stage| split.layers(stage)).collect(),
            micro_batches,
            fits: peak_bytes <= capacity_bytes,
            step_time_s,
            time_s,
            hidden_s: HiddenSeconds {
                tensor_comm: costs.tensor.hidden,
                context_comm: 0.0,
                expert_comm: 0.0,
                pipeline_comm: costs.pipeline.hidden,
                data_comm: costs.data.hidden,
                offload: 0.0,
            },
            model_flop,
            recompute_flop,
            mfu: model_flop / device_flop,
            hfu: (model_flop + recompute_flop) / device_flop,
            tokens_per_s_per_device: tokens / (step_time_s * devices),
            tflops_per_device: model_flop / (step_time_s * devices) / 1e12,
            bottleneck: time_s.bottleneck(),
            memory: MemoryDocument { peak_bytes, capacity_bytes, worst_stage, stages },
        }
    }
}

impl TimeParts {
    fn of(costs: &Costs) -> Self {
        Self {
            forward: costs.forward_s,
            backward: costs.backward_s,
            recompute: costs.recompute_s,
            optimizer: costs.optimizer_s,
            tensor_comm: costs.tensor.exposed,
            context_comm: 0.0,
            expert_comm: 0.0,
            pipeline_comm: costs.pipeline.exposed,
            data_comm: costs.data.exposed,
            offload: 0.0,
            bubble: costs.bubble_s,
            other: costs.other_s,
        }
    }

    fn bottleneck(&self) -> &'static str {
        let losses = [
            ("recompute", self.recompute),
            ("optimizer", self.optimizer),
            ("tensor_comm", self.tensor_comm),
            ("pipeline_comm", self.pipeline_comm),
            ("data_comm", self.data_comm),
            ("bubble", self.bubble),
            ("other", self.other),
        ];
        let step: f64 = self.forward + self.backward + losses.iter().map(|&(_, seconds)| seconds).sum::<f64>();
        losses
            .into_iter()
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|&(_, seconds)| seconds >= BOTTLENECK_SHARE * step)
            .map_or("compute", |(name, _)| name)
    }
}
