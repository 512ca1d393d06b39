//! The order of work of a pipeline: closed forms of step time and of activations in flight (§8, §9).
//!
//! One file a schedule; [`of`] is the registry.

mod gpipe;
mod interleaved;
mod no_pipeline;
mod one_forward_one_backward;

use crate::layout::ScheduleKind;

/// Seconds of one micro-batch on one stage, or on the stages that are like it.
#[derive(Debug, Clone, Copy, Default)]
pub struct StageTimes {
    /// Forward: computation, exposed communication, half of the exposed boundary exchange.
    pub forward_s: f64,
    /// Backward, recomputation included.
    pub backward_s: f64,
    /// How many stages are like this one.
    pub count: f64,
}

impl StageTimes {
    /// Forward and backward.
    #[must_use]
    pub fn total_s(&self) -> f64 {
        self.forward_s + self.backward_s
    }
}

/// A pipeline schedule.
pub trait PipelineSchedule: Sync {
    /// Which one it is.
    fn kind(&self) -> ScheduleKind;

    /// Seconds from the first forward to the last backward, without fill and drain of the boundary exchanges.
    ///
    /// `stages` are the distinct stages, first to last.
    fn pipe_time_s(&self, stages: &[StageTimes], micro_batches: f64, chunks: f64) -> f64;

    /// Activations that stage `stage` holds at its worst moment, in units of all its layers for one micro-batch.
    fn in_flight(&self, stage: f64, pp: f64, vpp: f64, micro_batches: f64) -> f64;

    /// Micro-batches whose logits wait for their backward: where the last stage alternates, only the one in work.
    fn heads_waiting(&self, _micro_batches: f64) -> f64 {
        1.0
    }

    /// Whether a software that overlaps boundary exchanges hides them under this schedule.
    fn can_hide_boundaries(&self) -> bool {
        false
    }
}

/// The schedule of a kind.
#[must_use]
pub fn of(kind: ScheduleKind) -> &'static dyn PipelineSchedule {
    match kind {
        ScheduleKind::NoPipeline => &no_pipeline::NoPipeline,
        ScheduleKind::Gpipe => &gpipe::Gpipe,
        ScheduleKind::OneForwardOneBackward => &one_forward_one_backward::OneForwardOneBackward,
        ScheduleKind::Interleaved => &interleaved::Interleaved,
    }
}

/// Time of a flushed pipeline whose stages alternate forwards and backwards: the slowest stage does all of its
/// micro-batches, and one micro-batch passes through the chunks of the others
/// (Narayanan et al. 2021, section 2.2: with equal stages (m + (p-1)/v) times the time of a micro-batch).
fn alternating_pipe_time_s(stages: &[StageTimes], micro_batches: f64, chunks: f64) -> f64 {
    let slowest = stages.iter().map(StageTimes::total_s).fold(0.0, f64::max);
    let all: f64 = stages.iter().map(|stage| stage.count * stage.total_s()).sum();
    micro_batches * slowest + (all - slowest) / chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ScheduleKind; 4] =
        [ScheduleKind::NoPipeline, ScheduleKind::Gpipe, ScheduleKind::OneForwardOneBackward, ScheduleKind::Interleaved];

    #[test]
    fn the_registry_returns_what_was_asked_for() {
        for kind in KINDS {
            assert_eq!(of(kind).kind(), kind);
        }
    }

    #[test]
    fn equal_stages_give_the_bubbles_of_the_papers() {
        let (p, m) = (8.0, 32.0);
        let stages = [1.0, p - 2.0, 1.0].map(|count| StageTimes { forward_s: 1.0, backward_s: 2.0, count });
        for (kind, v) in
            [(ScheduleKind::Gpipe, 1.0), (ScheduleKind::OneForwardOneBackward, 1.0), (ScheduleKind::Interleaved, 4.0)]
        {
            let bubble = of(kind).pipe_time_s(&stages, m, v) / (m * 3.0) - 1.0;
            assert!((bubble - (p - 1.0) / (v * m)).abs() < 1e-12, "{kind:?}: {bubble}");
        }
    }

    #[test]
    fn the_first_interleaved_stage_holds_what_korthikanti_says() {
        let (p, v) = (8.0, 3.0);
        let held = of(ScheduleKind::Interleaved).in_flight(0.0, p, v, 64.0);
        assert!((held / p - (1.0 + (p - 1.0) / (p * v))).abs() < 1e-12);
    }

    #[test]
    fn nothing_holds_more_than_all_micro_batches() {
        for kind in KINDS {
            for m in 1..10 {
                for stage in 0..4 {
                    let held = of(kind).in_flight(f64::from(stage), 4.0, 2.0, f64::from(m));
                    assert!(held > 0.0 && held <= f64::from(m), "{kind:?} {m} {stage}: {held}");
                }
            }
        }
    }
}
