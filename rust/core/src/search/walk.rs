//! The walk: subtrees that break a rule are counted whole, the rest is costed leaf by leaf.

use rayon::prelude::*;

use super::arrangement::{Arranged, Arrangements};
use super::counts::Counts;
use super::top::{Candidate, Top};
use super::Monitor;
use crate::estimate::{ComputeTable, Groups, LayoutContext, WorkTable};
use crate::layout::{Dimensions, Layout, Rule, Rules, ScheduleKind, StageSplit, Zero};
use crate::problem::Problem;

/// What a walk, or a part of one, found.
pub(super) struct Found {
    pub(super) top: Top,
    pub(super) counts: Counts,
    /// The layout that missed its memory by least, where nothing fitted.
    pub(super) nearest: Option<Layout>,
    nearest_bytes: f64,
    pub(super) complete: bool,
}

impl Found {
    fn new(top: usize) -> Self {
        Self {
            top: Top::new(top),
            counts: Counts::default(),
            nearest: None,
            nearest_bytes: f64::INFINITY,
            complete: true,
        }
    }

    fn merge(self, other: &Self) -> Self {
        let mut merged = Self {
            top: self.top.merge(&other.top),
            counts: self.counts.merge(&other.counts),
            complete: self.complete && other.complete,
            ..self
        };
        if let Some(layout) = other.nearest {
            merged.offer_miss(layout, other.nearest_bytes);
        }
        merged
    }

    fn offer_miss(&mut self, layout: Layout, bytes: f64) {
        let closer = bytes.total_cmp(&self.nearest_bytes).then_with(|| Some(layout).cmp(&self.nearest));
        if closer.is_lt() {
            (self.nearest, self.nearest_bytes) = (Some(layout), bytes);
        }
    }
}

/// One unit of parallel work: everything under a tensor and a pipeline degree and a chunk count.
struct Branch {
    tp: u64,
    pp: u64,
    vpp: u64,
}

/// The tables of one tensor degree.
struct TensorTables {
    tp: u64,
    /// By position of the micro-batch, then of sequence parallelism in their lists.
    work: Vec<Option<ComputeTable>>,
}

pub(super) struct Walker<'a> {
    problem: &'a Problem,
    dimensions: &'a Dimensions,
    rules: Rules<'a>,
    arrangements: Arrangements,
    top: usize,
}

impl<'a> Walker<'a> {
    pub(super) fn new(problem: &'a Problem, dimensions: &'a Dimensions, top: usize) -> Self {
        let arrangements = Arrangements::new(&problem.network, &dimensions.placement);
        Self { problem, dimensions, rules: problem.rules(), arrangements, top }
    }

    /// Walks the space until it is done or `should_stop`.
    pub(super) fn run(&self, should_stop: &(dyn Fn() -> bool + Sync), monitor: &Monitor) -> Found {
        let (branches, dropped) = self.branches(should_stop);
        monitor.record(dropped.counts.total(), None);
        // Branches come by tensor degree.
        let mut degrees: Vec<u64> = branches.iter().map(|branch| branch.tp).collect();
        degrees.dedup();
        let tables: Vec<TensorTables> = degrees.par_iter().map(|&tp| self.tables(tp, should_stop)).collect();
        branches
            .par_iter()
            .map(|branch| {
                let mut found = Found::new(self.top);
                if let Ok(position) = tables.binary_search_by_key(&branch.tp, |tables| tables.tp) {
                    self.branch(branch, &tables[position], should_stop, monitor, &mut found);
                }
                found
            })
            .reduce(|| Found::new(self.top), |a, b| a.merge(&b))
            .merge(&dropped)
    }

    /// The branches worth entering, and the count of the rest.
    fn branches(&self, should_stop: &(dyn Fn() -> bool + Sync)) -> (Vec<Branch>, Found) {
        let Dimensions { tp, pp, vpp, .. } = self.dimensions;
        let below_layers = self.leaves(self.dimensions.schedule.len() * self.dimensions.micro_batch.len());
        let mut found = Found::new(0);
        let mut branches = Vec::new();
        for &tp in tp {
            if should_stop() {
                found.complete = false;
                break;
            }
            for &pp in pp {
                if let Err(rule) = self.rules.tensor_and_pipeline(tp, pp) {
                    found.counts.add(rule, below_layers * vpp.len() as u64);
                    continue;
                }
                for &vpp in vpp {
                    match self.rules.layers(pp, vpp) {
                        Ok(_) => branches.push(Branch { tp, pp, vpp }),
                        Err(rule) => found.counts.add(rule, below_layers),
                    }
                }
            }
        }
        (branches, found)
    }

    /// Layouts under `outer` choices of the dimensions outside sequence parallelism.
    fn leaves(&self, outer: usize) -> u64 {
        let d = self.dimensions;
        (outer * d.sequence_parallel.len() * d.recompute.len() * d.zero.len() * d.placement.len()) as u64
    }

    /// Work tables of a tensor degree, for the micro-batches that some data degree can deal.
    fn tables(&self, tp: u64, should_stop: &(dyn Fn() -> bool + Sync)) -> TensorTables {
        let d = self.dimensions;
        let batch = self.problem.training.global_batch_sequences;
        let work = d
            .micro_batch
            .iter()
            .flat_map(|&micro_batch| d.sequence_parallel.iter().map(move |&sp| (micro_batch, sp)))
            .map(|(micro_batch, sequence_parallel)| {
                let needed = batch % micro_batch == 0
                    && self.rules.sequence_parallel(sequence_parallel, tp).is_ok()
                    && !should_stop();
                needed.then(|| ComputeTable::new(self.problem, tp, sequence_parallel, micro_batch))
            })
            .collect();
        TensorTables { tp, work }
    }

    fn branch(
        &self,
        branch: &Branch,
        tables: &TensorTables,
        should_stop: &(dyn Fn() -> bool + Sync),
        monitor: &Monitor,
        found: &mut Found,
    ) {
        let Branch { tp, pp, vpp } = *branch;
        let d = self.dimensions;
        let Ok(split) = self.rules.layers(pp, vpp) else {
            return;
        };
        let arranged = self.arrangements.of(&self.problem.model, tp, pp);
        for &schedule in &d.schedule {
            if let Err(rule) = self.rules.schedule(schedule, pp, vpp) {
                found.counts.add(rule, self.leaves(d.micro_batch.len()));
                monitor.record(self.leaves(d.micro_batch.len()), None);
                continue;
            }
            for (index, &micro_batch) in d.micro_batch.iter().enumerate() {
                if should_stop() {
                    found.complete = false;
                    return;
                }
                let under = Dealing { branch, split, schedule, micro_batch, index };
                self.batch(&under, tables, &arranged, found);
                monitor.record(self.leaves(1), found.top.candidates().first().map(|best| best.step_time_s));
            }
        }
    }

    /// Everything under a schedule and a micro-batch.
    fn batch(&self, under: &Dealing<'_>, tables: &TensorTables, arranged: &[Arranged], found: &mut Found) {
        let Branch { tp, pp, vpp } = *under.branch;
        let d = self.dimensions;
        let dp = self.problem.network.devices / (tp * pp);
        let micro_batches = match self.rules.batch(under.schedule, pp, dp, under.micro_batch) {
            Ok(micro_batches) => micro_batches,
            Err(rule) => {
                found.counts.add(rule, self.leaves(1));
                return;
            }
        };
        let under_sequence = (d.recompute.len() * d.zero.len() * d.placement.len()) as u64;
        for (index, &sequence_parallel) in d.sequence_parallel.iter().enumerate() {
            if let Err(rule) = self.rules.sequence_parallel(sequence_parallel, tp) {
                found.counts.add(rule, under_sequence);
                continue;
            }
            let Some(compute) = &tables.work[under.index * d.sequence_parallel.len() + index] else {
                found.complete = false;
                continue;
            };
            let overlaps = self.problem.stack.overlap_tensor_backward;
            for Arranged { placement, groups } in arranged {
                let table =
                    groups.as_ref().map(|groups| (groups, compute.with_tensor_group(groups.tensor(), overlaps)));
                for &recompute in &d.recompute {
                    let layout = Layout {
                        tp,
                        pp,
                        vpp,
                        dp,
                        micro_batch: under.micro_batch,
                        sequence_parallel,
                        recompute,
                        zero: Zero::Zero,
                        schedule: under.schedule,
                        placement: *placement,
                    };
                    match &table {
                        Ok((groups, work)) => self.shards(&layout, under.split, micro_batches, work, groups, found),
                        Err(rule) => self.left_out(&layout, **rule, found),
                    }
                }
            }
        }
    }

    /// A placement that is not entered: what would have been valid is counted under the rule that leaves it out.
    fn left_out(&self, layout: &Layout, rule: Rule, found: &mut Found) {
        for &zero in &self.dimensions.zero {
            found.counts.add(self.rules.zero(zero, layout.pp, layout.dp).err().unwrap_or(rule), 1);
        }
    }

    /// The innermost loop: the pipeline part once, the shards on top of it.
    fn shards(
        &self,
        layout: &Layout,
        split: StageSplit,
        micro_batches: u64,
        work: &WorkTable,
        groups: &Groups,
        found: &mut Found,
    ) {
        let context = LayoutContext { problem: self.problem, layout, split, micro_batches, work, groups };
        let mut pipeline = None;
        for &zero in &self.dimensions.zero {
            if let Err(rule) = self.rules.zero(zero, layout.pp, layout.dp) {
                found.counts.add(rule, 1);
                continue;
            }
            let layout = Layout { zero, ..*layout };
            let context = LayoutContext { layout: &layout, ..context };
            let peak_bytes = context.memory().worst().1.total();
            let fits = peak_bytes <= self.problem.accelerator.memory_bytes;
            if !fits {
                found.counts.add(Rule::Memory, 1);
                found.offer_miss(layout, peak_bytes);
                continue;
            }
            let pipeline = pipeline.get_or_insert_with(|| context.pipeline());
            let step_time_s = context.with_data(pipeline).step_time_s();
            found.top.offer(Candidate { step_time_s, peak_bytes, layout });
        }
    }
}

/// A schedule and a micro-batch under a branch.
struct Dealing<'a> {
    branch: &'a Branch,
    split: StageSplit,
    schedule: ScheduleKind,
    micro_batch: u64,
    /// Position of the micro-batch in its list.
    index: usize,
}
