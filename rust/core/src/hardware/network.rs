//! The network as a device sees it: levels, inner to outer (§6).

use serde::Deserialize;

use crate::error::{check, CoreError};

/// Most levels that a network may have.
pub const MAXIMUM_LEVELS: usize = 8;

/// How the members of a level are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LevelKind {
    /// Any pair at full rate.
    Switch,
    /// One link per pair; a group uses only the links to its members.
    Mesh,
    /// An axis of a torus.
    Ring,
}

/// One level.
#[derive(Debug, Clone, Deserialize)]
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
    /// Share of it that a single transfer reaches.
    pub point_to_point_efficiency: f64,
    /// Seconds of a hop, software included.
    pub latency_s: f64,
    /// Array size at which the bandwidth term takes 1.5 times its asymptote; twice for tiny arrays.
    pub half_saturation_bytes: f64,
    /// Gain of an all-reduce done in the switches.
    pub in_network_gain: f64,
    /// Least ranks for which the library uses it.
    pub in_network_min_ranks: u64,
    /// Whether a ring closes.
    pub wraps: bool,
    /// Whether its traffic leaves the device through the port of the level inside it (spine over leaf: one NIC).
    pub shares_inner_link: bool,
}

/// The network (`network` in the problem document).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Devices of the job.
    pub devices: u64,
    /// Devices of a host.
    pub host_devices: u64,
    /// Seconds of any collective before the first byte.
    pub collective_base_s: f64,
    /// Levels, inner to outer.
    pub levels: Vec<Level>,
}

impl Network {
    /// Checks ranges and that levels nest.
    pub fn validate(&self) -> Result<(), CoreError> {
        check::at_least_one("network.devices", self.devices)?;
        check::at_most("network.devices", self.devices, 1 << 20)?;
        check::at_least_one("network.host_devices", self.host_devices)?;
        check::not_negative("network.collective_base_s", self.collective_base_s)?;
        check::that(
            (1..=MAXIMUM_LEVELS).contains(&self.levels.len()),
            "network.levels",
            self.levels.len(),
            &format!("between 1 and {MAXIMUM_LEVELS} levels"),
        )?;
        let mut inner = 0;
        for (index, level) in self.levels.iter().enumerate() {
            let field = |key: &str| format!("network.levels[{index}].{key}");
            check::that(
                level.group_devices > inner,
                &field("group_devices"),
                level.group_devices,
                &format!("above {inner}, the devices of the level inside it"),
            )?;
            inner = level.group_devices;
            check::positive(&field("bytes_per_s"), level.bytes_per_s)?;
            check::positive(&field("collective_efficiency"), level.collective_efficiency)?;
            check::positive(&field("point_to_point_efficiency"), level.point_to_point_efficiency)?;
            check::not_negative(&field("latency_s"), level.latency_s)?;
            check::not_negative(&field("half_saturation_bytes"), level.half_saturation_bytes)?;
            check::that(
                level.in_network_gain.is_finite() && level.in_network_gain >= 1.0,
                &field("in_network_gain"),
                level.in_network_gain,
                "1 or more",
            )?;
        }
        check::that(
            inner >= self.devices,
            "network.levels",
            inner,
            &format!("levels that reach all {} devices", self.devices),
        )
    }
}
