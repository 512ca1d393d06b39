//! One layout -> what it costs. The only place that composes model, hardware, memory and schedule (§5-§9).

mod data;
mod document;
mod overlap;
mod step;
mod work;

pub use document::{EstimateDocument, HiddenSeconds, MemoryDocument, StageDocument, TimeParts};
pub use step::{Costs, Groups, LayoutContext};
pub use work::WorkTable;

use crate::error::CoreError;
use crate::layout::{self, Layout, Rules};
use crate::memory::{Activations, MemoryBytes, StageMemory};
use crate::model::RankParameters;
use crate::problem::Problem;
use crate::schedule;

/// The estimate of one layout.
///
/// A layout that breaks a rule of the space is an error; one that does not fit is not (`fits` is false).
pub fn estimate(problem: &Problem, layout: &Layout) -> Result<EstimateDocument, CoreError> {
    let rules = problem.rules();
    let (split, micro_batches) = layout::check(rules, layout).map_err(|rule| CoreError::InvalidLayout {
        rule: rule.name(),
        explanation: layout::explain(rule, rules, layout),
    })?;
    let work = WorkTable::new(problem, layout.tp, layout.sequence_parallel, layout.micro_batch);
    let groups = Groups::new(problem, layout.tp, layout.pp, layout.placement);
    let context = LayoutContext { problem, layout, split, micro_batches, work: &work, groups: &groups };
    Ok(EstimateDocument::new(&context))
}

/// The stage of a layout that needs most memory, and its bytes, for a job of `devices` devices; `None` where the
/// layout breaks a rule. Memory does not depend on the network, so the job may be of another size than the problem's.
#[must_use]
pub fn worst_stage(problem: &Problem, devices: u64, layout: &Layout) -> Option<(u64, MemoryBytes)> {
    let rules = Rules { devices, ..problem.rules() };
    let (split, micro_batches) = layout::check(rules, layout).ok()?;
    let memory = StageMemory {
        problem,
        layout,
        split,
        schedule: schedule::of(layout.schedule),
        micro_batches: micro_batches as f64,
        parameters: &RankParameters::of(&problem.model, layout.tp, layout.pp),
        activations: &Activations::of(problem, layout.tp, layout.sequence_parallel, layout.micro_batch),
    };
    Some(memory.worst())
}
