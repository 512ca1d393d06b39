//! Where nothing fits: the layout that misses by least, and what would make it fit.

use serde::Serialize;

use crate::error::CoreError;
use crate::estimate::worst_stage;
use crate::layout::{Layout, LayoutDocument, Recompute, ScheduleKind, Zero};
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
    /// Twice the devices, with the tensor, the pipeline or the data degree doubled.
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
            worst_stage(problem, problem.network.devices, &layout).ok_or_else(|| CoreError::Unsupported {
                what: "a nearest miss that breaks a rule".to_owned(),
                allowed: "a layout that keeps the rules".to_owned(),
            })?;
        let capacity_bytes = problem.accelerator.memory_bytes;
        let devices = problem.network.devices;
        let tries = [
            (Fix::FullRecompute, devices, vec![Layout { recompute: Recompute::Full, ..layout }]),
            (Fix::SequenceParallel, devices, vec![Layout { sequence_parallel: true, ..layout }]),
            (Fix::ZeroThree, devices, vec![Layout { zero: Zero::Three, ..layout }]),
            (Fix::DoubleDevices, 2 * devices, doubled(&layout)),
        ];
        let fits = |devices: u64, changed: &Layout| {
            *changed != layout
                && worst_stage(problem, devices, changed).is_some_and(|(_, bytes)| bytes.total() <= capacity_bytes)
        };
        let fixes = tries
            .into_iter()
            .filter(|(_, devices, changes)| changes.iter().any(|changed| fits(*devices, changed)))
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

/// The layout on twice the devices: one of its degrees doubled, everything else as it was.
fn doubled(layout: &Layout) -> Vec<Layout> {
    let schedule = match layout.schedule {
        ScheduleKind::NoPipeline => ScheduleKind::OneForwardOneBackward,
        with_pipeline => with_pipeline,
    };
    let mut changes = vec![
        Layout { tp: 2 * layout.tp, ..*layout },
        Layout { pp: 2 * layout.pp, schedule, ..*layout },
        Layout { dp: 2 * layout.dp, ..*layout },
    ];
    if layout.dp == 1 {
        // One data rank could share nothing; two can.
        changes.extend([Zero::One, Zero::Two, Zero::Three].map(|zero| Layout { dp: 2, zero, ..*layout }));
    }
    changes
}
