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
use crate::layout::{self, Layout};
use crate::problem::Problem;

/// The estimate of one layout.
///
/// A layout that breaks a rule of the space is an error; one that does not fit is not (`fits` is false).
pub fn estimate(problem: &Problem, layout: &Layout) -> Result<EstimateDocument, CoreError> {
    let rules = problem.rules();
    let (split, micro_batches) = layout::check(rules, layout).map_err(|rule| CoreError::InvalidLayout {
        rule,
        explanation: layout::explain(rule, rules, layout),
    })?;
    let work = WorkTable::new(problem, layout.tp, layout.sequence_parallel, layout.micro_batch);
    let groups = Groups::new(problem, layout.tp, layout.pp, layout.placement);
    let context = LayoutContext {
        problem,
        layout,
        split,
        micro_batches,
        work: &work,
        groups: &groups,
    };
    Ok(EstimateDocument::new(&context))
}
