//! Layouts a second, on one thread: `cargo bench -p clusterplan-core`.

use clusterplan_core::estimate::{ComputeTable, Groups, LayoutContext};
use clusterplan_core::layout::{self, Layout, Placement, Recompute, ScheduleKind, Zero};
use clusterplan_core::search::{search, Monitor, SearchOptions};
use clusterplan_core::Problem;
use divan::counter::ItemsCount;
use divan::Bencher;

const GPT3: &str = include_str!("../tests/fixtures/gpt3-175b-1024-a100.json");

fn main() {
    divan::main();
}

fn gpt3() -> Problem {
    let mut problem = Problem::from_json(GPT3).expect("the fixture is a valid problem");
    // Memory for everything, so that every valid layout is costed in full instead of being dropped early.
    problem.accelerator.memory_bytes = 1e15;
    problem
}

fn options(threads: usize) -> SearchOptions {
    SearchOptions { top: 10, threads, time_limit_s: None }
}

/// The whole space of GPT-3 175B on 1,024 devices; items are layouts costed in full.
#[divan::bench(args = [1, 2])]
fn whole_space(bencher: Bencher<'_, '_>, threads: usize) {
    let problem = gpt3();
    let evaluated = search(&problem, options(threads), &Monitor::default()).expect("the space is valid").evaluated;
    bencher.counter(ItemsCount::new(evaluated)).bench(|| search(&problem, options(threads), &Monitor::default()));
}

/// One layout from ready tables: the inner loop.
#[divan::bench]
fn one_layout(bencher: Bencher<'_, '_>) {
    let problem = gpt3();
    let layout = Layout {
        tp: 8,
        pp: 8,
        vpp: 3,
        dp: 16,
        micro_batch: 1,
        sequence_parallel: true,
        recompute: Recompute::None,
        zero: Zero::One,
        schedule: ScheduleKind::Interleaved,
        placement: Placement::DEFAULT,
    };
    let (split, micro_batches) = layout::check(problem.rules(), &layout).expect("the layout keeps the rules");
    let groups = Groups::new(&problem.model, &problem.network, layout.tp, layout.pp, layout.placement);
    let work = ComputeTable::new(&problem, layout.tp, layout.sequence_parallel, layout.micro_batch)
        .with_tensor_group(groups.tensor(), problem.stack.overlap_tensor_backward);
    bencher.counter(ItemsCount::new(1_u64)).bench(|| {
        let context = LayoutContext {
            problem: divan::black_box(&problem),
            layout: &layout,
            split,
            micro_batches,
            work: &work,
            groups: &groups,
        };
        (context.memory().worst().1.total(), context.costs().step_time_s())
    });
}
