//! 1F1B with flush (`PipeDream`-Flush; Narayanan et al. 2021, arXiv 2104.04473, section 2.2.1).

use super::{alternating_pipe_time_s, PipelineSchedule, StageTimes};
use crate::layout::ScheduleKind;

pub(super) struct OneForwardOneBackward;

impl PipelineSchedule for OneForwardOneBackward {
    fn kind(&self) -> ScheduleKind {
        ScheduleKind::OneForwardOneBackward
    }

    fn pipe_time_s(&self, stages: &[StageTimes], micro_batches: f64, _chunks: f64) -> f64 {
        alternating_pipe_time_s(stages, micro_batches, 1.0)
    }

    fn in_flight(&self, stage: f64, pp: f64, _vpp: f64, micro_batches: f64) -> f64 {
        micro_batches.min(pp - stage)
    }
}
