//! One layout -> what it costs. The only place that composes model, hardware, memory and schedule (§5-§9).

mod block;
mod data;
mod document;
mod groups;
mod overlap;
mod step;
mod tensor;
mod traffic;
mod work;

pub use document::{EstimateDocument, HiddenSeconds, MemoryDocument, StageDocument, TimeParts};
pub use groups::Groups;
pub use step::{Costs, LayoutContext};
pub use traffic::{traffic, TrafficDocument};
pub use work::{ComputeTable, WorkTable};

use crate::error::CoreError;
use crate::hardware::Network;
use crate::layout::{self, Layout, Rule, Rules, StageSplit};
use crate::memory::{Activations, MemoryBytes, StageMemory};
use crate::model::RankParameters;
use crate::problem::Problem;
use crate::schedule;

/// The estimate of one layout.
///
/// A layout that breaks a rule of the space is an error; one that does not fit is not (`fits` is false).
pub fn estimate(problem: &Problem, layout: &Layout) -> Result<EstimateDocument, CoreError> {
    let Prepared { split, micro_batches, compute, groups, .. } = Prepared::new(problem, layout)?;
    let work = compute.with_tensor_group(&groups.tensor, problem.stack.overlap_tensor_backward);
    let context = LayoutContext { problem, layout, split, micro_batches, work: &work, groups: &groups };
    Ok(EstimateDocument::new(&context))
}

/// A layout that keeps the rules, with its tables and groups.
struct Prepared {
    split: StageSplit,
    micro_batches: u64,
    network: Network,
    compute: ComputeTable,
    groups: Groups,
}

impl Prepared {
    fn new(problem: &Problem, layout: &Layout) -> Result<Self, CoreError> {
        let rules = problem.rules();
        let (split, micro_batches) = layout::check(rules, layout).map_err(|rule| CoreError::InvalidLayout {
            rule: rule.name(),
            explanation: layout::explain(rule, rules, layout),
        })?;
        problem.network.check_axes(layout.placement.axes)?;
        let network = problem.network.with_axes(layout.placement.axes);
        if !network.tiles_axes(layout.placement.boundaries(layout.tp, layout.pp, layout.dp)) {
            let rule = Rule::PlacementOffAxes;
            return Err(CoreError::InvalidLayout {
                rule: rule.name(),
                explanation: layout::explain(rule, rules, layout),
            });
        }
        let groups = Groups::new(&problem.model, &network, layout.tp, layout.pp, layout.placement);
        let compute = ComputeTable::new(problem, layout.tp, layout.sequence_parallel, layout.micro_batch);
        Ok(Self { split, micro_batches, network, compute, groups })
    }
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
