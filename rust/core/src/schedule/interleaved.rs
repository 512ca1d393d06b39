//! Interleaved 1F1B (Narayanan et al. 2021, arXiv 2104.04473, section 2.2.2): `v` chunks a stage cut the bubble by `v`.

use super::{alternating_pipe_time_s, PipelineSchedule, StageTimes};
use crate::layout::ScheduleKind;

pub(super) struct Interleaved;

impl PipelineSchedule for Interleaved {
    fn kind(&self) -> ScheduleKind {
        ScheduleKind::Interleaved
    }

    fn pipe_time_s(&self, stages: &[StageTimes], micro_batches: f64, chunks: f64) -> f64 {
        alternating_pipe_time_s(stages, micro_batches, chunks)
    }

    fn in_flight(&self, stage: f64, pp: f64, vpp: f64, micro_batches: f64) -> f64 {
        // Warm-up chunks of Megatron's schedule, and the one in work.
        let chunks = 2.0 * (pp - stage - 1.0) + (vpp - 1.0) * pp + 1.0;
        (micro_batches * vpp).min(chunks) / vpp
    }

    fn can_hide_boundaries(&self) -> bool {
        true
    }
}
