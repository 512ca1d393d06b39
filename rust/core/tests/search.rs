//! The promises of a search: everything is counted, the answer does not depend on threads, it stops when asked.

use std::time::{Duration, Instant};

use clusterplan_core::estimate::estimate;
use clusterplan_core::layout::Rule;
use clusterplan_core::search::{search, Monitor, Outcome, SearchOptions, Stopped, MOST_PLANS};
use clusterplan_core::Problem;

const GPT3: &str = include_str!("fixtures/gpt3-175b-1024-a100.json");

fn problem() -> Problem {
    Problem::from_json(GPT3).expect("the fixture is a valid problem")
}

fn run(problem: &Problem, top: usize, threads: usize) -> Outcome {
    search(problem, SearchOptions { top, threads, time_limit_s: None }, &Monitor::default())
        .expect("the space is valid")
}

#[test]
fn every_layout_of_the_space_is_accounted_for() {
    let outcome = run(&problem(), MOST_PLANS, 2);
    assert!(outcome.optimal && outcome.stopped == Stopped::Complete);
    let feasible = outcome.evaluated - outcome.infeasible.of(Rule::Memory);
    assert_eq!(outcome.infeasible.total() + feasible, outcome.space);
    assert_eq!(outcome.plans.len() as u64, feasible.min(MOST_PLANS as u64));
    assert!(outcome.plans.len() > 1000 && outcome.evaluated > outcome.plans.len() as u64);
    for pair in outcome.plans.windows(2) {
        assert!(pair[0].step_time_s <= pair[1].step_time_s);
    }
}

#[test]
fn one_thread_and_two_find_the_same() {
    let (one, two) = (run(&problem(), 50, 1), run(&problem(), 50, 2));
    assert_eq!(one.plans, two.plans);
    assert_eq!((one.infeasible, one.evaluated, one.space), (two.infeasible, two.evaluated, two.space));
}

#[test]
fn what_the_search_ranks_is_what_the_estimate_says() {
    let problem = problem();
    for plan in run(&problem, 200, 2).plans {
        let layout = plan.layout.layout(problem.network.devices).expect("plans are layouts of the job");
        assert_eq!(estimate(&problem, &layout).expect("plans keep the rules"), plan);
        let parts = plan.time_s;
        let sum = parts.forward
            + parts.backward
            + parts.recompute
            + parts.optimizer
            + parts.tensor_comm
            + parts.pipeline_comm
            + parts.data_comm
            + parts.bubble
            + parts.other;
        assert!((sum - plan.step_time_s).abs() <= 1e-12 * sum);
        assert!(plan.fits && plan.memory.peak_bytes <= plan.memory.capacity_bytes);
    }
}

#[test]
fn where_nothing_fits_the_nearest_miss_is_named() {
    let mut problem = problem();
    problem.accelerator.memory_bytes = 1e9;
    let outcome = run(&problem, 5, 2);
    assert!(outcome.plans.is_empty());
    let miss = outcome.nearest_miss.expect("some layout is valid");
    assert!(miss.needed_bytes > miss.capacity_bytes);
}

#[test]
fn a_cancelled_search_says_so_and_keeps_what_it_has() {
    let monitor = Monitor::default();
    monitor.cancel();
    let options = SearchOptions { top: 5, threads: 2, time_limit_s: None };
    let outcome = search(&problem(), options, &monitor).expect("cancelling is no error");
    assert!(!outcome.optimal && outcome.stopped == Stopped::Interrupted);
}

#[test]
fn a_time_limit_stops_a_search() {
    let started = Instant::now();
    let options = SearchOptions { top: 5, threads: 1, time_limit_s: Some(1e-9) };
    let outcome = search(&problem(), options, &Monitor::default()).expect("a limit is no error");
    assert_eq!(outcome.stopped, Stopped::TimeLimit);
    assert!(!outcome.optimal && started.elapsed() < Duration::from_secs(1));
}
