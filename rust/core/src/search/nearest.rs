//! Where nothing fits: the layout that misses by least, and what would make it fit.

use serde::Serialize;

use crate::error::CoreError;
use crate::estimate::{Groups, LayoutContext, WorkTable};
use crate::layout::{self, Layout, LayoutDocument, Recompute, Rules, Zero};
use crate::memory::MemoryBytes;
use crate::problem::Problem;

/// A change that would make the nearest layout fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fix {
    /// Recompute every layer.
    FullRecompute,
    /// Split the sequence over the tensor ranks.
    SequenceParallel,
    /// Shard all model states.
    #[serde(rename = "zero_3")]
    ZeroThree,
    /// Twice the data ranks, same tensor and pipeline degrees and micro-batch.
    DoubleDevices,
}

/// The valid layout that misses by least.
#[derive(Debug, Clone, Serialize)]
pub struct NearestMiss {
    /// The layout.
    pub layout: LayoutDocument,
    /// What its worst stage needs.
    pub needed_bytes: f64,
    /// What the device has.
    pub capacity_bytes: f64,
    /// The worst stage, 0-based.
    pub stage: u64,
    /// The category that takes most there.
    pub largest_category: &'static str,
    /// Changes of which each alone would make it fit.
    pub fixes: Vec<Fix>,
}

impl NearestMiss {
    pub(super) fn describe(problem: &Problem, layout: Layout) -> Result<Self, CoreError> {
        let (stage, bytes) =
            worst(problem, problem.network.devices, &layout).ok_or_else(|| CoreError::Unsupported {
                what: "a nearest miss that breaks a rule".to_owned(),
                allowed: "a layout that keeps the rules".to_owned(),
            })?;
        let capacity_bytes = problem.accelerator.memory_bytes;
        let devices = problem.network.devices;
        let tries = [
            (
                Fix::FullRecompute,
                devices,
                Layout {
                    recompute: Recompute::Full,
                    ..layout
                },
            ),
            (
                Fix::SequenceParallel,
                devices,
                Layout {
                    sequence_parallel: true,
                    ..layout
                },
            ),
            (
                Fix::ZeroThree,
                devices,
                Layout {
                    zero: Zero::Three,
                    ..layout
                },
            ),
            (
                Fix::DoubleDevices,
                2 * devices,
                Layout {
                    dp: 2 * layout.dp,
                    ..layout
                },
            ),
        ];
        let fixes = tries
            .into_iter()
            .filter(|(_, _, changed)| *changed != layout)
            .filter(|(_, devices, changed)| {
                worst(problem, *devices, changed).is_some_and(|(_, bytes)| bytes.total() <= capacity_bytes)
            })
            .map(|(fix, _, _)| fix)
            .collect();
        Ok(Self {
            layout: LayoutDocument::from(&layout),
            needed_bytes: bytes.total(),
            capacity_bytes,
            stage,
            largest_category: bytes.largest(),
            fixes,
        })
    }
}

/// The worst stage of a layout on `devices` devices, if it keeps the rules. Memory does not depend on the network.
fn worst(problem: &Problem, devices: u64, layout: &Layout) -> Option<(u64, MemoryBytes)> {
    let rules = Rules {
        devices,
        ..problem.rules()
    };
    let (split, micro_batches) = layout::check(rules, layout).ok()?;
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
    Some(context.memory().worst())
}
