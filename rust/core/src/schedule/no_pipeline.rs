//! One stage: micro-batches one after another, gradients accumulated.

use super::{PipelineSchedule, StageTimes};
use crate::layout::ScheduleKind;

pub(super) struct NoPipeline;

impl PipelineSchedule for NoPipeline {
    fn kind(&self) -> ScheduleKind {
        ScheduleKind::NoPipeline
    }

    fn pipe_time_s(&self, stages: &[StageTimes], micro_batches: f64, _chunks: f64) -> f64 {
        stages.iter().map(|stage| micro_batches * stage.total_s()).sum()
    }

    fn in_flight(&self, _stage: f64, _pp: f64, _vpp: f64, _micro_batches: f64) -> f64 {
        1.0
    }
}
