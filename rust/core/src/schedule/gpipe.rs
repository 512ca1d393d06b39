//! `GPipe` (Huang et al. 2019, arXiv 1811.06965): all forwards, a flush, all backwards.

use super::{PipelineSchedule, StageTimes};
use crate::layout::ScheduleKind;

pub(super) struct Gpipe;

impl PipelineSchedule for Gpipe {
    fn kind(&self) -> ScheduleKind {
        ScheduleKind::Gpipe
    }

    fn pipe_time_s(&self, stages: &[StageTimes], micro_batches: f64, _chunks: f64) -> f64 {
        let phase = |time: fn(&StageTimes) -> f64| {
            let slowest = stages.iter().map(time).fold(0.0, f64::max);
            let all: f64 = stages.iter().map(|stage| stage.count * time(stage)).sum();
            micro_batches * slowest + (all - slowest)
        };
        phase(|stage| stage.forward_s) + phase(|stage| stage.backward_s)
    }

    fn heads_waiting(&self, micro_batches: f64) -> f64 {
        micro_batches
    }

    fn in_flight(&self, _stage: f64, _pp: f64, _vpp: f64, micro_batches: f64) -> f64 {
        micro_batches
    }
}
