//! The network as a device sees it: levels, inner to outer (§6).

use serde::Deserialize;

use crate::error::{check, CoreError};
use crate::layout::{AxisOrder, MOST_AXES};

/// Most levels that a network may have.
pub const MAXIMUM_LEVELS: usize = 8;

/// How the members of a level are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LevelKind {
    /// Any pair at full rate, or at the shares that the level lists.
    Switch,
    /// An axis of a torus.
    Ring,
}

/// One level.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Name, for messages.
    pub name: String,
    /// How members are joined.
    pub kind: LevelKind,
    /// Devices that are reached without leaving the level (G).
    pub group_devices: u64,
    /// One-direction bandwidth of a device at this level, after oversubscription.
    pub bytes_per_s: f64,
    /// Share of it that collectives reach.
    pub collective_efficiency: f64,
    /// Share of it that an all-to-all reaches.
    pub all_to_all_efficiency: f64,
    /// Share of it that a single transfer reaches.
    pub point_to_point_efficiency: f64,
    /// Seconds of a hop, software included.
    pub latency_s: f64,
    /// Part of an array, of one rank, at which the bandwidth term takes twice its asymptote.
    pub half_saturation_bytes: f64,
    /// The share of the bandwidth that a group of so many members can use; none listed: all of it.
    pub degree_shares: Vec<(u64, f64)>,
    /// The share of the bandwidth that leads to one neighbour.
    pub pair_share: f64,
    /// Devices that share one port; its whole rate is there for one that is alone at it.
    pub port_devices: u64,
    /// Gain of an all-reduce done in the switches.
    pub in_network_gain: f64,
    /// Least members here for which the library uses it.
    pub in_network_min_ranks: u64,
    /// Whether a ring closes.
    pub wraps: bool,
    /// Whether its traffic leaves the device through the port of the level inside it (spine over leaf: one NIC).
    pub shares_inner_link: bool,
}

/// How the library of collectives behaves.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Name, for messages.
    pub name: String,
    /// Bandwidth of a tree over that of a ring.
    pub tree_efficiency: f64,
    /// Whether it has the parallel aggregated tree for groups of one rank a host.
    pub pat: bool,
    /// Its seconds a doubling.
    pub pat_step_s: f64,
    /// Its seconds a rank.
    pub pat_rank_s: f64,
    /// Its bandwidth over that of a ring.
    pub pat_efficiency: f64,
    /// Whether it has Bruck's all-to-all.
    pub bruck: bool,
    /// Peers that a pairwise all-to-all serves at once.
    pub all_to_all_concurrency: u64,
}

/// The network (`network` in the problem document).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Devices of the job.
    pub devices: u64,
    /// Devices of a host.
    pub host_devices: u64,
    /// Seconds of any collective before the first byte.
    pub collective_base_s: f64,
    /// How collectives are done.
    pub library: Library,
    /// Levels, inner to outer.
    pub levels: Vec<Level>,
}

impl Library {
    fn validate(&self) -> Result<(), CoreError> {
        check::positive("network.library.tree_efficiency", self.tree_efficiency)?;
        check::positive("network.library.pat_efficiency", self.pat_efficiency)?;
        check::not_negative("network.library.pat_step_s", self.pat_step_s)?;
        check::not_negative("network.library.pat_rank_s", self.pat_rank_s)?;
        check::at_least_one("network.library.all_to_all_concurrency", self.all_to_all_concurrency)
    }
}

impl Level {
    fn validate(&self, index: usize) -> Result<(), CoreError> {
        let field = |key: &str| format!("network.levels[{index}].{key}");
        check::positive(&field("bytes_per_s"), self.bytes_per_s)?;
        check::positive(&field("collective_efficiency"), self.collective_efficiency)?;
        check::positive(&field("all_to_all_efficiency"), self.all_to_all_efficiency)?;
        check::positive(&field("point_to_point_efficiency"), self.point_to_point_efficiency)?;
        check::positive(&field("pair_share"), self.pair_share)?;
        check::at_least_one(&field("port_devices"), self.port_devices)?;
        check::not_negative(&field("latency_s"), self.latency_s)?;
        check::not_negative(&field("half_saturation_bytes"), self.half_saturation_bytes)?;
        check::that(
            self.in_network_gain.is_finite() && self.in_network_gain >= 1.0,
            &field("in_network_gain"),
            self.in_network_gain,
            "1 or more",
        )?;
        for &(_, share) in &self.degree_shares {
            check::positive(&field("degree_shares"), share)?;
        }
        check::that(
            self.degree_shares.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1),
            &field("degree_shares"),
            "out of order",
            "pairs of members and share, both ascending",
        )
    }

    /// The share of the bandwidth that `degree` members at this level can use.
    pub(super) fn degree_share(&self, degree: f64) -> f64 {
        let fitting = self.degree_shares.iter().rev().find(|&&(listed, _)| listed as f64 <= degree);
        fitting.or(self.degree_shares.first()).map_or(1.0, |&(_, share)| share)
    }
}

impl Network {
    /// Checks ranges and that levels nest.
    pub fn validate(&self) -> Result<(), CoreError> {
        check::at_least_one("network.devices", self.devices)?;
        check::at_most("network.devices", self.devices, 1 << 20)?;
        check::at_least_one("network.host_devices", self.host_devices)?;
        check::not_negative("network.collective_base_s", self.collective_base_s)?;
        self.library.validate()?;
        check::that(
            (1..=MAXIMUM_LEVELS).contains(&self.levels.len()),
            "network.levels",
            self.levels.len(),
            &format!("between 1 and {MAXIMUM_LEVELS} levels"),
        )?;
        check::that(
            self.axes() <= MOST_AXES,
            "network.levels",
            format!("{} rings", self.axes()),
            &format!("at most {MOST_AXES} rings inside"),
        )?;
        let mut inner = 0;
        for (index, level) in self.levels.iter().enumerate() {
            check::that(
                level.group_devices > inner,
                &format!("network.levels[{index}].group_devices"),
                level.group_devices,
                &format!("above {inner}, the devices of the level inside it"),
            )?;
            inner = level.group_devices;
            level.validate(index)?;
            check::that(
                !level.shares_inner_link || (index > 0 && self.levels[index - 1].kind == LevelKind::Switch),
                &format!("network.levels[{index}].shares_inner_link"),
                level.shares_inner_link,
                "false: the level inside it is no switch",
            )?;
        }
        check::that(
            inner >= self.devices,
            "network.levels",
            inner,
            &format!("levels that reach all {} devices", self.devices),
        )
    }

    /// The first level of the port run of level `index`: where its traffic leaves the device.
    pub(crate) fn port_of(&self, index: usize) -> usize {
        (1..=index).rev().find(|&level| !self.levels[level].shares_inner_link).unwrap_or(0)
    }

    /// How many of the innermost levels are axes of a torus, which a placement may reorder.
    #[must_use]
    pub fn axes(&self) -> usize {
        self.levels.iter().take_while(|level| level.kind == LevelKind::Ring).count()
    }

    /// Whether an order of axes names only axes that the network has.
    pub fn check_axes(&self, order: AxisOrder) -> Result<(), CoreError> {
        let axes = self.axes();
        check::that(
            order == AxisOrder::AS_LISTED || order.named() == axes,
            "placement",
            format!("an order of {} axes", order.named()),
            &format!("one without @, or with all {axes} axes of the network"),
        )
    }

    /// Whether ranks at these distances fill axes one after another: neither a stride nor a whole group may cover part
    /// of one axis and part of another.
    #[must_use]
    pub fn tiles_axes(&self, boundaries: impl IntoIterator<Item = u64>) -> bool {
        let axes = &self.levels[..self.axes()];
        boundaries.into_iter().all(|boundary| {
            axes.iter().all(|axis| boundary % axis.group_devices == 0 || axis.group_devices % boundary == 0)
        })
    }

    /// The same network with its axes in another order.
    #[must_use]
    pub fn with_axes(&self, order: AxisOrder) -> Self {
        let axes = self.axes();
        let order = order.axes().iter().map(|&axis| usize::from(axis)).filter(|&axis| axis < axes);
        let length = |axis: usize| {
            let below = if axis == 0 { 1 } else { self.levels[axis - 1].group_devices };
            self.levels[axis].group_devices / below
        };
        let mut reordered = self.clone();
        let mut group_devices = 1;
        for (position, axis) in order.enumerate() {
            group_devices *= length(axis);
            reordered.levels[position] = Level { group_devices, ..self.levels[axis].clone() };
        }
        reordered
    }

    /// Whether nothing but the names of levels differs.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let unnamed = |level: &Level| Level { name: String::new(), ..level.clone() };
        self.levels.len() == other.levels.len()
            && self.levels.iter().zip(&other.levels).all(|(own, their)| unnamed(own) == unnamed(their))
    }

    /// The orders of the axes that differ: axes of one length and rate may change places unseen.
    #[must_use]
    pub fn distinct_axis_orders(&self) -> Vec<AxisOrder> {
        let mut known: Vec<(AxisOrder, Self)> = Vec::new();
        for order in AxisOrder::all(self.axes()) {
            let arranged = self.with_axes(order);
            if !known.iter().any(|(_, earlier)| earlier.is_like(&arranged)) {
                known.push((order, arranged));
            }
        }
        known.into_iter().map(|(order, _)| order).collect()
    }
}
