//! The network (network.md): collectives by hand, tiers that merge, tori, placements.

use clusterplan_core::hardware::{
    Collective, Group, Level, LevelKind, Library, Network, Operation, PointToPoint, Pricing,
};
use clusterplan_core::layout::Placement;

fn level(name: &str, kind: LevelKind, group_devices: u64, bytes_per_s: f64) -> Level {
    Level {
        name: name.to_owned(),
        kind,
        group_devices,
        bytes_per_s,
        collective_efficiency: 1.0,
        all_to_all_efficiency: 1.0,
        point_to_point_efficiency: 1.0,
        latency_s: 0.0,
        half_saturation_bytes: 0.0,
        degree_shares: Vec::new(),
        pair_share: 1.0,
        port_devices: 1,
        in_network_gain: 1.0,
        in_network_min_ranks: 6,
        wraps: kind == LevelKind::Ring,
        shares_inner_link: name == "spine",
    }
}

fn network(devices: u64, levels: Vec<Level>) -> Network {
    let library = Library {
        name: "test".to_owned(),
        tree_efficiency: 0.5,
        pat: false,
        pat_step_s: 0.0,
        pat_rank_s: 0.0,
        pat_efficiency: 1.0,
        bruck: false,
        all_to_all_concurrency: 1,
    };
    Network { devices, host_devices: 8, collective_base_s: 0.0, library, levels }
}

fn superpod(devices: u64) -> Network {
    let switch = |name, devices, rate| level(name, LevelKind::Switch, devices, rate);
    network(devices, vec![switch("nvswitch", 8, 450e9), switch("leaf", 256, 50e9), switch("spine", 2048, 50e9)])
}

fn torus(axes: [u64; 3]) -> Network {
    let mut devices = 1;
    let levels = ["x", "y", "z"].iter().zip(axes).map(|(name, axis)| {
        devices *= axis;
        level(name, LevelKind::Ring, devices, 200e9)
    });
    let levels = levels.collect();
    network(axes.iter().product(), levels)
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-12 * b.abs(), "{a} != {b}");
}

#[test]
fn a_group_inside_a_host_sees_only_the_switch() {
    let group = Group::new(&superpod(256), 8, 1);
    close(group.all_gather(1e9), 1e9 * 7.0 / 8.0 / 450e9);
    close(group.all_reduce(1e9), 2e9 * 7.0 / 8.0 / 450e9);
}

#[test]
fn a_data_group_across_hosts_owns_one_rail_a_rank() {
    let group = Group::new(&superpod(256), 32, 8);
    close(group.all_gather(1e9), 1e9 * 31.0 / 32.0 / 50e9);
}

#[test]
fn a_group_of_whole_hosts_shares_the_work_of_the_rails() {
    // A ring with a channel a rail: each network card carries an eighth of what NVLink carries.
    let group = Group::new(&superpod(256), 256, 1);
    close(group.all_gather(8e9), 8e9 * (255.0 / 256.0) / 8.0 / 50e9);
}

#[test]
fn an_all_to_all_across_hosts_leaves_by_one_card_a_device() {
    let network = superpod(256);
    let exchange = Collective::new(&network, Operation::AllToAll, 256, 1);
    close(exchange.seconds(1e9), 1e9 * 248.0 / 256.0 / 50e9);
}

#[test]
fn two_hosts_exchange_halves_and_the_switches_add_up_inside() {
    let mut network = superpod(16);
    network.library.tree_efficiency = 1.0;
    network.levels[0].in_network_gain = 2.0;
    // Across: half of an eighth each way; inside: reduce-scatter and all-gather at twice the rate.
    let across: f64 = 2.0 * 1e9 * 0.5 / 8.0 / 50e9;
    close(Group::new(&network, 16, 1).all_reduce(1e9), across.max(2.0 * 1e9 * 7.0 / 8.0 / 900e9));
}

#[test]
fn whole_axes_work_together() {
    let network = torus([4, 8, 16]);
    close(Group::new(&network, 4, 1).all_gather(1e9), 1e9 * 0.75 / 200e9);
    close(Group::new(&network, 32, 1).all_gather(1e9), 1e9 * 31.0 / 32.0 / 400e9);
    close(Group::new(&network, 512, 1).all_gather(1e9), 1e9 * 511.0 / 512.0 / 600e9);
    // Half of an axis has no way around; every second device of one shares its links with another group.
    close(Group::new(&network, 2, 1).all_gather(1e9), 1e9 * 0.5 / 100e9);
    close(Group::new(&network, 2, 2).all_gather(1e9), 1e9 * 0.5 / 100e9);
    // On a closed axis of 8 data travels 2 links on average.
    let exchange = Collective::new(&torus([8, 1, 1]), Operation::AllToAll, 8, 1);
    close(exchange.seconds(1e9), 1e9 * 2.0 / 200e9);
}

#[test]
fn uplinks_are_free_of_those_whose_neighbour_is_near() {
    let mut network = superpod(2048);
    network.levels[2].bytes_per_s = 50e9 / 7.0;
    // Four stages inside each leaf: one in four crosses the spine, which has a seventh of the rate.
    let hop = PointToPoint::new(&network, 32, 64).expect("neighbours");
    close(hop.seconds(1e9), 1e9 * 7.0 / 4.0 / 50e9);
    let alone = PointToPoint::new(&network, 8, 256).expect("neighbours");
    close(alone.seconds(1e9), 1e9 * 7.0 / 50e9);
}

#[test]
fn one_rank_has_no_traffic() {
    let group = Group::new(&superpod(8), 1, 1);
    assert!(group.all_gather(1e9) == 0.0 && group.all_reduce(1e9) == 0.0 && group.ports() == 0);
    assert!(PointToPoint::new(&superpod(8), 1, 8).is_none());
}

#[test]
fn equal_tiers_merge_into_one() {
    let mut merged = superpod(2048);
    merged.levels.remove(1);
    merged.levels[1].shares_inner_link = false;
    for (ranks, stride) in [(16, 8), (256, 8), (2, 1024), (64, 32)] {
        let (two, one) = (Group::new(&superpod(2048), ranks, stride), Group::new(&merged, ranks, stride));
        close(two.all_gather(1e9), one.all_gather(1e9));
        close(two.all_reduce(1e9), one.all_reduce(1e9));
    }
}

#[test]
fn parts_of_the_half_saturation_size_take_twice_as_long() {
    let mut network = superpod(8);
    network.levels[0].half_saturation_bytes = 9e6 / 8.0;
    close(Group::new(&network, 8, 1).all_gather(9e6), 2.0 * 9e6 * 7.0 / 8.0 / 450e9);
}

#[test]
fn axes_of_one_length_are_arranged_once() {
    assert_eq!(torus([4, 8, 16]).distinct_axis_orders().len(), 6);
    assert_eq!(torus([4, 8, 8]).distinct_axis_orders().len(), 3);
    assert_eq!(torus([8, 8, 8]).distinct_axis_orders().len(), 1);
    assert_eq!(superpod(256).distinct_axis_orders().len(), 1);
    let placement = Placement::try_from("tp-dp-pp@zxy".to_owned()).expect("a placement");
    let arranged = torus([4, 8, 16]).with_axes(placement.axes);
    assert_eq!(arranged.levels.iter().map(|level| level.group_devices).collect::<Vec<_>>(), [16, 64, 512]);
    assert!(superpod(256).check_axes(placement.axes).is_err());
}
