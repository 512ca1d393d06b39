//! Who sends how much over which level in one step: the composition of the step, counted in bytes instead of seconds.

use serde::Serialize;

use super::data::data_traffic;
use super::overlap::Communication;
use super::step::LayoutContext;
use super::Prepared;
use crate::error::CoreError;
use crate::hardware::{ends_by_level, members_by_level, Group, Network, Pricing, MAXIMUM_LEVELS};
use crate::layout::Layout;
use crate::problem::Problem;

/// Bytes of a kind at one level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelTraffic {
    /// The level.
    pub name: String,
    /// Out of all devices together, one way, in one step.
    pub total_bytes: f64,
    /// Out of one device of the stage that sends most.
    pub largest_bytes_per_device: f64,
}

/// What one kind of group sends in a step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KindTraffic {
    /// The part of time that it belongs to.
    pub kind: &'static str,
    /// Ranks of a group.
    pub ranks: u64,
    /// Their distance.
    pub stride: u64,
    /// Members of one group inside one block of each level.
    pub members: Vec<u64>,
    /// The levels through whose ports the traffic leaves a device.
    pub ports: Vec<String>,
    /// Seconds on the slowest stage, exposed and hidden.
    pub seconds: f64,
    /// By level, inner to outer.
    pub levels: Vec<LevelTraffic>,
}

/// The traffic of a layout.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrafficDocument {
    /// Kinds of group with more than one rank.
    pub kinds: Vec<KindTraffic>,
}

/// Counts the bytes at one level instead of the seconds.
struct Meter<'a> {
    group: &'a Group,
    level: usize,
}

impl Pricing for Meter<'_> {
    fn all_gather(&self, bytes: f64) -> f64 {
        let gather = self.group.gather();
        if gather.moves(bytes) {
            gather.fastest(bytes).bytes_at(self.level, bytes)
        } else {
            0.0
        }
    }

    fn reduce_scatter(&self, bytes: f64) -> f64 {
        self.all_gather(bytes)
    }

    fn all_reduce(&self, bytes: f64) -> f64 {
        let reduction = self.group.reduction();
        if reduction.moves(bytes) {
            reduction.fastest(bytes).bytes_at(self.level, bytes)
        } else {
            0.0
        }
    }

    /// Neighbours are looked at one by one ([`neighbours`]): not every pair of stages crosses the same level.
    fn point_to_point(&self, _bytes: f64) -> f64 {
        0.0
    }

    fn ports(&self) -> u8 {
        self.group.ports()
    }
}

/// Sum over devices and largest of one device, of one level.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    total: f64,
    largest: f64,
}

impl Count {
    fn add(&mut self, devices: f64, bytes: f64) {
        self.total += devices * bytes;
        self.largest = self.largest.max(bytes);
    }
}

/// The traffic of one layout.
///
/// A layout that breaks a rule of the space is an error.
pub fn traffic(problem: &Problem, layout: &Layout) -> Result<TrafficDocument, CoreError> {
    let prepared = Prepared::new(problem, layout)?;
    let Prepared { split, micro_batches, network, compute, groups } = &prepared;
    let (split, micro_batches) = (*split, *micro_batches);
    let overlaps = problem.stack.overlap_tensor_backward;
    let work = compute.with_tensor_group(&groups.tensor, overlaps);
    let costs = LayoutContext { problem, layout, split, micro_batches, work: &work, groups }.costs();

    let steps = micro_batches as f64;
    let per_stage = (layout.tp * layout.dp) as f64;
    let mut pipeline = neighbours(network, layout, groups.pipeline.stride, work.boundary_bytes * steps);
    let [mut tensor, mut data, mut shared] = [[Count::default(); MAXIMUM_LEVELS]; 3];
    for level in 0..network.levels.len() {
        let groups = groups.map(|group| Meter { group, level });
        let work = compute.with_tensor_group(&groups.tensor, overlaps);
        let context = LayoutContext { problem, layout, split, micro_batches, work: &work, groups: &groups };
        for (index, alike) in split.distinct() {
            let devices = alike as f64 * per_stage;
            let stage = context.stage(index, alike as f64, 0.0, false);
            tensor[level].add(devices, total(stage.tensor) * steps);
            let states =
                data_traffic(&problem.stack, &groups.data, layout.zero, &context.data_stage(index, &stage), steps);
            data[level].add(devices, total(states));
            let is_end = index == 0 || index + 1 == split.stages;
            shared[level].add(devices, if is_end { groups.tied_table(&problem.stack) } else { 0.0 });
            if layout.pp > 1 {
                let gathered = 2.0 * layout.vpp as f64 * work.boundary_gather * steps;
                pipeline[level].total += devices * gathered;
                pipeline[level].largest += if index == 0 { gathered } else { 0.0 };
            }
        }
    }
    let ends_s = groups.tied_table(&problem.stack);
    let kind = |kind, group: &Group, seconds: f64, counts: &[Count]| KindTraffic {
        kind,
        ranks: group.ranks,
        stride: group.stride,
        members: if kind == "embedding_comm" {
            ends_by_level(network, groups.pipeline.ranks, groups.pipeline.stride)
        } else {
            members_by_level(network, group.ranks, group.stride)
        },
        ports: named_ports(network, group.ports()),
        seconds,
        levels: network
            .levels
            .iter()
            .zip(counts)
            .map(|(level, count)| LevelTraffic {
                name: level.name.clone(),
                total_bytes: count.total,
                largest_bytes_per_device: count.largest,
            })
            .collect(),
    };
    let kinds = [
        kind("tensor_comm", &groups.tensor, total(costs.tensor), &tensor),
        kind("pipeline_comm", &groups.pipeline, total(costs.pipeline), &pipeline),
        kind("data_comm", &groups.data, total(costs.data) - ends_s, &data),
        kind("embedding_comm", &groups.ends, ends_s, &shared),
    ];
    let sends = |kind: &KindTraffic| kind.ranks > 1 && (kind.kind != "embedding_comm" || ends_s > 0.0);
    Ok(TrafficDocument { kinds: kinds.into_iter().filter(sends).collect() })
}

fn total(traffic: Communication) -> f64 {
    traffic.exposed + traffic.hidden
}

fn named_ports(network: &Network, mask: u8) -> Vec<String> {
    let used = network.levels.iter().enumerate().filter(|(index, _)| mask >> index & 1 == 1);
    used.map(|(_, level)| level.name.clone()).collect()
}

/// Boundary exchanges, pair by pair: `bytes` go with every chunk to the next stage and back.
fn neighbours(network: &Network, layout: &Layout, stride: u64, bytes: f64) -> [Count; MAXIMUM_LEVELS] {
    let mut counts = [Count::default(); MAXIMUM_LEVELS];
    let (pp, chunks) = (layout.pp, layout.vpp as f64);
    if pp == 1 {
        return counts;
    }
    for device in 0..network.devices {
        let stage = device / stride % pp;
        let mut sent = [0.0; MAXIMUM_LEVELS];
        let mut pass = |peer: u64, chunks: f64| {
            let outermost = network
                .levels
                .iter()
                .position(|level| device / level.group_devices == peer / level.group_devices)
                .unwrap_or(network.levels.len() - 1);
            for level in &mut sent[network.port_of(outermost)..=outermost] {
                *level += chunks * bytes;
            }
        };
        // The last stage hands all chunks but the last on to the first stage; gradients go the other way.
        let (first, last) = (device - stage * stride, device + (pp - 1 - stage) * stride);
        if stage + 1 < pp {
            pass(device + stride, chunks);
        } else if chunks > 1.0 {
            pass(first, chunks - 1.0);
        }
        if stage > 0 {
            pass(device - stride, chunks);
        } else if chunks > 1.0 {
            pass(last, chunks - 1.0);
        }
        for (count, bytes) in counts.iter_mut().zip(sent) {
            count.add(1.0, bytes);
        }
    }
    counts
}
