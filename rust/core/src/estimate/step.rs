//! Composition of one step (§8) from work tables, groups, schedule and memory. This is the inner loop of a search: no allocation.

use super::block::Block;
use super::data::{data_traffic, DataStage};
use super::groups::{share_port, Groups};
use super::overlap::Communication;
use super::work::WorkTable;
use crate::hardware::{Group, Pricing};
use crate::layout::{Layout, StageSplit, Zero};
use crate::memory::StageMemory;
use crate::problem::Problem;
use crate::schedule::{self, StageTimes};

/// Most distinct stages: first, middle, last.
const DISTINCT: usize = 3;

/// All that the cost of a layout is composed from. The layout keeps the rules.
pub struct LayoutContext<'a, P = Group> {
    /// The problem.
    pub problem: &'a Problem,
    /// The layout.
    pub layout: &'a Layout,
    /// Its layers.
    pub split: StageSplit,
    /// Micro-batches a step.
    pub micro_batches: u64,
    /// Work of its tensor rank and micro-batch.
    pub work: &'a WorkTable,
    /// Its groups.
    pub groups: &'a Groups<P>,
}

impl<P> Clone for LayoutContext<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P> Copy for LayoutContext<'_, P> {}

/// Seconds of a step by part, and what is hidden beneath them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Costs {
    pub(super) forward_s: f64,
    pub(super) backward_s: f64,
    pub(super) recompute_s: f64,
    pub(super) optimizer_s: f64,
    pub(super) tensor: Communication,
    pub(super) pipeline: Communication,
    pub(super) data: Communication,
    pub(super) bubble_s: f64,
    pub(super) other_s: f64,
}

impl Costs {
    /// Seconds of the step.
    #[must_use]
    pub fn step_time_s(&self) -> f64 {
        self.forward_s
            + self.backward_s
            + self.recompute_s
            + self.optimizer_s
            + self.tensor.exposed
            + self.pipeline.exposed
            + self.data.exposed
            + self.bubble_s
            + self.other_s
    }
}

/// One micro-batch on one of the distinct stages.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Stage {
    times: StageTimes,
    forward_s: f64,
    backward_s: f64,
    recompute_s: f64,
    /// Computation that has no tensor traffic beside it on the port of the pipeline.
    window_s: f64,
    /// Computation lost to traffic beside it.
    slowdown_s: f64,
    pub(super) tensor: Communication,
    /// Exchanges with the neighbouring stages.
    pub(super) boundary: Communication,
}

/// The pipeline part of a step: everything that does not depend on how the data ranks share the states.
#[derive(Debug, Clone, Copy, Default)]
pub struct PipelineCosts {
    base: Costs,
    stages: [DataStageSlot; DISTINCT],
}

/// A distinct stage's data-parallel view, or nothing.
type DataStageSlot = Option<DataStage>;

impl<P: Pricing> LayoutContext<'_, P> {
    /// Memory of the layout's stages.
    #[must_use]
    pub fn memory(&self) -> StageMemory<'_> {
        StageMemory {
            problem: self.problem,
            layout: self.layout,
            split: self.split,
            schedule: schedule::of(self.layout.schedule),
            micro_batches: self.micro_batches as f64,
            parameters: &self.groups.parameters,
            activations: &self.work.activations,
        }
    }

    /// Seconds of the step.
    #[must_use]
    pub fn costs(&self) -> Costs {
        self.with_data(&self.pipeline())
    }

    /// Adds what depends on the shards (`layout.zero`) to the pipeline part.
    #[must_use]
    pub fn with_data(&self, pipeline: &PipelineCosts) -> Costs {
        let stack = &self.problem.stack;
        let zero = self.layout.zero;
        let micro_batches = self.micro_batches as f64;
        let optimizer_shards = if zero >= Zero::One { self.layout.dp as f64 } else { 1.0 };
        // What a stage's traffic adds to the step, through exposure and through the computation it slows.
        let slowed = |traffic: Communication| traffic.exposed + stack.overlap_slowdown * traffic.hidden;
        let mut costs = pipeline.base;
        let mut data = Communication::default();
        for stage in pipeline.stages.iter().flatten() {
            let traffic = data_traffic(stack, &self.groups.data, zero, stage, micro_batches);
            if slowed(traffic) > slowed(data) {
                data = traffic;
            }
            let moved = stack.optimizer_bytes_per_parameter * stage.parameters / optimizer_shards;
            costs.optimizer_s = costs.optimizer_s.max(self.problem.accelerator.memory_bound_s(moved));
        }
        costs.other_s += stack.overlap_slowdown * data.hidden;
        costs.data = data + costs.data;
        costs
    }

    /// The part of the step that the shards do not change.
    #[must_use]
    pub fn pipeline(&self) -> PipelineCosts {
        let Self { problem, layout, split, groups, .. } = *self;
        let stack = &problem.stack;
        let micro_batches = self.micro_batches as f64;
        let schedule = schedule::of(layout.schedule);

        let exchanges_s = self.exchanges();
        let hides_exchanges = schedule.can_hide_boundaries() && stack.overlap_pipeline;

        let mut stages = [Stage::default(); DISTINCT];
        let mut data_stages = [None; DISTINCT];
        let mut used = 0;
        for (index, count) in split.distinct() {
            let stage = self.stage(index, count as f64, exchanges_s, hides_exchanges);
            data_stages[used] = Some(self.data_stage(index, &stage));
            stages[used] = stage;
            used += 1;
        }
        let times = [stages[0].times, stages[1].times, stages[2].times];
        let pipe_s = schedule.pipe_time_s(&times[..used], micro_batches, layout.vpp as f64);

        // Stages that differ by rounding alone are equal, and the first of equals governs.
        let longest_s = stages[..used].iter().map(|stage| stage.times.total_s()).fold(0.0, f64::max);
        let governs = |stage: &&Stage| stage.times.total_s() >= longest_s * (1.0 - 1e-12);
        let slowest = stages[..used].iter().find(governs).unwrap_or(&stages[0]);
        // What hides in the steady state has nothing to hide behind while the pipeline fills and drains.
        let fill_and_drain_s = (layout.pp - 1) as f64 * slowest.boundary.hidden / layout.vpp as f64;
        let tied_table_s = groups.tied_table(stack);
        let base = Costs {
            forward_s: micro_batches * slowest.forward_s,
            backward_s: micro_batches * slowest.backward_s,
            recompute_s: micro_batches * slowest.recompute_s,
            optimizer_s: 0.0,
            tensor: slowest.tensor * micro_batches,
            pipeline: slowest.boundary * micro_batches + Communication::exposed(fill_and_drain_s),
            data: Communication::exposed(tied_table_s),
            // The difference of two nearly equal sums may fall below zero by rounding where there is no bubble.
            bubble_s: (pipe_s - micro_batches * slowest.times.total_s()).max(0.0),
            other_s: micro_batches * slowest.slowdown_s + stack.step_overhead_s,
        };
        PipelineCosts { base, stages: data_stages }
    }

    /// Boundary exchanges of a micro-batch and stage: one hop each way for every chunk.
    pub(super) fn exchanges(&self) -> f64 {
        let Self { layout, work, groups, .. } = *self;
        if layout.pp == 1 {
            return 0.0;
        }
        let hop = groups.pipeline.point_to_point(work.boundary_bytes) + work.boundary_gather;
        2.0 * layout.vpp as f64 * hop
    }

    /// A stage as its data group sees it. What hides already on the port of the data group leaves no room beside it.
    pub(super) fn data_stage(&self, index: u64, stage: &Stage) -> DataStage {
        let Self { split, groups, .. } = *self;
        let parameters = split.layers(index) as f64 * groups.parameters.layer
            + if index == 0 { groups.parameters.embedding } else { 0.0 }
            + if index + 1 == split.stages { groups.parameters.head } else { 0.0 };
        let free = if !share_port(&groups.pipeline, &groups.data) {
            1.0
        } else if stage.window_s > 0.0 {
            1.0 - stage.boundary.hidden / stage.window_s
        } else {
            0.0
        };
        let beside_tensor = if share_port(&groups.tensor, &groups.data) { stage.tensor.hidden } else { 0.0 };
        DataStage {
            parameters,
            layers: split.layers(index),
            forward_s: stage.forward_s * free,
            backward_s: (stage.backward_s + stage.recompute_s - beside_tensor) * free,
        }
    }

    pub(super) fn stage(&self, index: u64, count: f64, exchanges_s: f64, hides_exchanges: bool) -> Stage {
        let Self { problem, layout, split, work, groups, .. } = *self;
        let nothing = Block::default();
        let embedding = if index == 0 { &work.embedding } else { &nothing };
        let head = if index + 1 == split.stages { &work.head } else { &nothing };
        let layers = split.layers(index) as f64;

        let forward_s = layers * work.layer.forward_s + embedding.forward_s + head.forward_s;
        let backward_s = layers * work.layer.backward_s + embedding.backward_s + head.backward_s;
        let recompute_s = layers * work.recompute_s(layout.recompute);
        let forward_tensor = work.layer.forward_tensor * layers + embedding.forward_tensor + head.forward_tensor;
        let backward_tensor = (work.layer.backward_tensor + work.recompute_tensor(layout.recompute)) * layers
            + embedding.backward_tensor
            + head.backward_tensor;
        let tensor = forward_tensor + backward_tensor;
        // A port carries one kind of hidden traffic at a time.
        let beside_tensor = if share_port(&groups.tensor, &groups.pipeline) { tensor.hidden } else { 0.0 };
        let window_s = forward_s + backward_s + recompute_s - beside_tensor;
        let boundary = Communication::beside(exchanges_s, window_s, hides_exchanges);
        let slowdown_s = problem.stack.overlap_slowdown * (tensor.hidden + boundary.hidden);
        let half_exchange_s = boundary.exposed / 2.0;
        let times = StageTimes {
            forward_s: forward_s + forward_tensor.exposed + half_exchange_s,
            backward_s: backward_s + recompute_s + backward_tensor.exposed + slowdown_s + half_exchange_s,
            count,
        };
        Stage { times, forward_s, backward_s, recompute_s, window_s, slowdown_s, tensor, boundary }
    }
}
