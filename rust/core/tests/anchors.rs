//! Printed numbers of papers that the model must meet on its own: parameters, activations, model states.

use clusterplan_core::layout::{Layout, Placement, Recompute, ScheduleKind, Zero};
use clusterplan_core::memory::Activations;
use clusterplan_core::model::{ModelFlop, ParameterCounts, RankParameters};
use clusterplan_core::{estimate::estimate, Problem};

const GPT3: &str = include_str!("fixtures/gpt3-175b-1024-a100.json");

/// GPT-3 with the unfused attention and the dropout of Korthikanti et al. 2022.
fn korthikanti() -> Problem {
    let text = GPT3
        .replace(r#""kind": "flash""#, r#""kind": "unfused""#)
        .replace(r#""score_saved_bytes": 0"#, r#""score_saved_bytes": 5"#);
    let mut problem = Problem::from_json(&text).expect("the fixture is a valid problem");
    problem.training.dropout = true;
    problem
}

fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * b.abs(), "{a} is not {b}");
}

#[test]
fn gpt3_has_174_6_billion_parameters() {
    assert_eq!(ParameterCounts::of(&korthikanti().model).total, 174_604_259_328);
}

#[test]
fn activation_bytes_are_those_of_equations_1_to_6() {
    let problem = korthikanti();
    let (s, b, h, a) = (2048.0, 1.0, 12288.0, 96.0);
    let scores = 5.0 * a * s / h;
    for t in [1_u64, 2, 4, 8] {
        let ranks = t as f64;
        let without = Activations::of(&problem, t, false, 1);
        close(without.layer, s * b * h * (10.0 + 24.0 / ranks + scores / ranks), 1e-12);
        if t > 1 {
            let with = Activations::of(&problem, t, true, 1);
            close(with.layer, s * b * h / ranks * (34.0 + scores), 1e-12);
            close(with.kept(Recompute::Selective), s * b * h * 34.0 / ranks, 1e-12);
            close(with.kept(Recompute::Full), 2.0 * s * b * h / ranks, 1e-12);
        }
        close(without.kept(Recompute::Full), 2.0 * s * b * h, 1e-12);
    }
}

#[test]
fn states_take_18_bytes_a_parameter_and_6_plus_12_over_dp_with_zero_1() {
    let mut problem = korthikanti();
    problem.stack.largest_zero_with_pipeline = Zero::Three;
    for (zero, bytes) in [(Zero::Zero, 18.0), (Zero::One, 6.0 + 12.0 / 16.0), (Zero::Three, 18.0 / 16.0)] {
        let layout = Layout {
            tp: 8,
            pp: 8,
            vpp: 3,
            dp: 16,
            micro_batch: 1,
            sequence_parallel: true,
            recompute: Recompute::Selective,
            zero,
            schedule: ScheduleKind::Interleaved,
            placement: Placement::DEFAULT,
        };
        let memory = estimate(&problem, &layout).expect("the published layout is valid").memory;
        let middle = memory.stages[1].by_category;
        let parameters = 12.0 * RankParameters::of(&problem.model, 8, 8).layer;
        close(middle.parameters + middle.gradients + middle.optimizer, bytes * parameters, 1e-12);
    }
}

#[test]
fn model_flop_is_narayanan_equation_3_less_half_the_attention() {
    // Without recomputation: 72 B s l h^2 (1 + s/(6h) + V/(12 l h)), its attention term halved for causality.
    let problem = korthikanti();
    let (s, l, h, v) = (2048.0, 96.0, 12288.0, 50257.0);
    let expected = 72.0 * s * l * h * h * (1.0 + s / (12.0 * h) + v / (12.0 * l * h));
    close(ModelFlop::of(&problem.model, 2048).model(s), expected, 1e-12);
}
