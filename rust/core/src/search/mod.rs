//! The whole space, every layout costed, the best ones kept (§10).

mod arrangement;
mod counts;
mod nearest;
mod top;
mod walk;

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde::Serialize;

pub use counts::Counts;
pub use nearest::NearestMiss;
pub use top::{Candidate, Top};

use crate::error::{check, CoreError};
use crate::estimate::{estimate, EstimateDocument};
use crate::layout::Rule;
use crate::problem::Problem;

/// Why a search ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stopped {
    /// The whole space was seen.
    Complete,
    /// Somebody asked it to stop.
    Interrupted,
    /// Its time was over.
    TimeLimit,
}

/// What a search may use.
#[derive(Debug, Clone, Copy)]
pub struct SearchOptions {
    /// How many plans to keep.
    pub top: usize,
    /// Threads; 0 for as many as there are processors, which is also the most.
    pub threads: usize,
    /// Seconds after which to stop with the best so far.
    pub time_limit_s: Option<f64>,
}

/// State shared between a running search and whoever watches it.
#[derive(Debug, Default)]
pub struct Monitor {
    cancelled: AtomicBool,
    seen: AtomicU64,
    total: AtomicU64,
    best_step_time: Mutex<Option<f64>>,
}

impl Monitor {
    /// Asks the search to stop soon.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Layouts seen, size of the space, best step time so far.
    pub fn snapshot(&self) -> (u64, u64, Option<f64>) {
        let best = self.best_step_time.lock().map_or(None, |best| *best);
        (self.seen.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed), best)
    }

    fn record(&self, seen: u64, best: Option<f64>) {
        self.seen.fetch_add(seen, Ordering::Relaxed);
        if let (Some(step_time), Ok(mut known)) = (best, self.best_step_time.lock()) {
            if known.is_none_or(|known| step_time < known) {
                *known = Some(step_time);
            }
        }
    }
}

/// What a search found.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Layouts of the raw space.
    pub space: u64,
    /// Layouts that broke no rule and were costed.
    pub evaluated: u64,
    /// Layouts that a bound made it unnecessary to cost.
    pub pruned: u64,
    /// Layouts ruled out, by the first rule that they broke.
    pub infeasible: Counts,
    /// Wall time.
    pub elapsed_s: f64,
    /// Whether no layout of the space is better than the first plan.
    pub optimal: bool,
    /// Why it ended.
    pub stopped: Stopped,
    /// Threads used.
    pub threads: usize,
    /// The best, fastest first.
    pub plans: Vec<EstimateDocument>,
    /// Where nothing fits: the layout that misses by least.
    pub nearest_miss: Option<NearestMiss>,
}

/// Most plans that can be kept: describing them must not take longer than finding them.
pub const MOST_PLANS: usize = 10_000;
const LONGEST_TIME_LIMIT_S: f64 = 1e9;

impl SearchOptions {
    fn deadline(&self, started: Instant) -> Result<Option<Instant>, CoreError> {
        let Some(limit_s) = self.time_limit_s else { return Ok(None) };
        check::that(
            limit_s > 0.0 && limit_s <= LONGEST_TIME_LIMIT_S,
            "time_limit_s",
            limit_s,
            &format!("above 0 and at most {LONGEST_TIME_LIMIT_S:e}"),
        )?;
        Ok(started.checked_add(Duration::from_secs_f64(limit_s)))
    }

    /// More threads than processors only wait for each other.
    fn threads(&self) -> usize {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        if self.threads == 0 {
            processors
        } else {
            self.threads.min(processors)
        }
    }
}

/// Walks the space of a problem. The answer is the same for any number of threads.
pub fn search(problem: &Problem, options: SearchOptions, monitor: &Monitor) -> Result<Outcome, CoreError> {
    let started = Instant::now();
    check::that((1..=MOST_PLANS).contains(&options.top), "top", options.top, &format!("between 1 and {MOST_PLANS}"))?;
    let deadline = options.deadline(started)?;
    let dimensions = problem.dimensions()?;
    let space = dimensions.raw();
    monitor.total.store(space, Ordering::Relaxed);

    let threads = options.threads();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| CoreError::Threads { threads, reason: error.to_string() })?;
    let expired = AtomicBool::new(false);
    let should_stop = || {
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            expired.store(true, Ordering::Relaxed);
        }
        monitor.cancelled.load(Ordering::Relaxed) || expired.load(Ordering::Relaxed)
    };
    let walker = walk::Walker::new(problem, &dimensions, options.top);
    let found = pool.install(|| walker.run(&should_stop, monitor));

    let mut plans = Vec::with_capacity(found.top.candidates().len());
    for candidate in found.top.candidates() {
        if monitor.cancelled.load(Ordering::Relaxed) && !plans.is_empty() {
            break;
        }
        plans.push(estimate(problem, &candidate.layout)?);
    }
    let described = plans.len() == found.top.candidates().len();
    let stopped = if found.complete && described {
        Stopped::Complete
    } else if monitor.cancelled.load(Ordering::Relaxed) {
        Stopped::Interrupted
    } else {
        Stopped::TimeLimit
    };
    let nearest_miss = match found.nearest {
        Some(miss) if plans.is_empty() => Some(NearestMiss::describe(problem, miss)?),
        _ => None,
    };
    Ok(Outcome {
        space,
        evaluated: found.top.seen() + found.counts.of(Rule::Memory),
        pruned: 0,
        infeasible: found.counts,
        elapsed_s: started.elapsed().as_secs_f64(),
        optimal: found.complete,
        stopped,
        threads,
        plans,
        nearest_miss,
    })
}
