"""Drawings: everything on the page, no text over another, valid XML, the same bytes every time."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from xml.etree import ElementTree

import pytest

from clusterplan.catalog.clusters import list_clusters, load_cluster
from clusterplan.errors import MissingExtraError, SpecError
from clusterplan.reports.drawing import draw_cluster
from clusterplan.reports.drawing.letters import broken, text_width
from clusterplan.reports.drawing.looks import shown
from clusterplan.reports.drawing.scene import Line, Rectangle, Scene, Text, bounds_of
from clusterplan.reports.drawing.svg import svg_text
from clusterplan.topology.levels import build_network
from clusterplan.topology.ranks import build_rank_map

from .making import cluster, tier

SVG = "{http://www.w3.org/2000/svg}"
CABLES = [[f"host{host}", f"leaf{host // 4}", "400Gb/s"] for host in range(8)]
CABLES += [["leaf0", "spine", "800Gb/s"], ["leaf1", "spine", "800Gb/s"]]
MODULE = {"name": "module", "devices": 2, "kind": "mesh", "bandwidth": "400GB/s", "latency": "1us"}
ICI = {"technology": "ici", "link_bandwidth": "100GB/s", "latency": "1us"}
OWN = {
    "cables": lambda: cluster(8, fabric={"links": CABLES}),
    "ring": lambda: cluster(scale_up={"kind": "ring", "wraps": True}),
    "open-ring": lambda: cluster(scale_up={"kind": "ring"}),
    "modules": lambda: cluster(scale_up={"kind": "mesh", "inside": [MODULE]}),
    "no-cards": lambda: cluster(nics=None),
    "one-device": lambda: cluster(1, 1, nics=None),
    "64-in-a-host": lambda: cluster(4, 64, scale_up={"kind": "mesh"}, nics={"count": 4, "bandwidth": "100Gb/s"}),
    "dragonfly": lambda: cluster(
        400, tiers=[tier("group", 40, 10), tier("all", 1, 40, links_per_pair=2, link_bandwidth="200Gb/s")]
    ),
    "hosts-in-pairs": lambda: cluster(6, tiers=[tier("all", 1, 6, links_per_pair=1, link_bandwidth="200Gb/s")]),
    "sixteen-rails": lambda: cluster(
        4, 16, nics={"count": 16, "bandwidth": "200Gb/s"}, fabric={"rails": True, "tiers": [tier("leaf", 1, 4)]}
    ),
    "two-cards-a-rail": lambda: cluster(
        4, nics={"count": 16, "bandwidth": "200Gb/s"}, fabric={"rails": True, "tiers": [tier("leaf", 1, 4)]}
    ),
    "mesh-with-two-cards-each": lambda: cluster(
        4, scale_up={"kind": "mesh"}, nics={"count": 16, "bandwidth": "200Gb/s"}, tiers=[tier("leaf", 1, 4)]
    ),
    "descending-torus": lambda: cluster(
        32,
        8,
        torus={**ICI, "axes": [16, 4, 4], "link_bandwidth": ["50GB/s", "40GB/s", "30GB/s"], "host_axes": [4, 1, 2]},
        nics={"count": 16, "bandwidth": "100Gb/s"},
    ),
    "flat-torus": lambda: cluster(32, 1, torus={**ICI, "axes": [8, 1, 4]}, nics=None),
    "line": lambda: cluster(12, 1, torus={**ICI, "axes": [12]}, nics=None),
    "odd-torus": lambda: cluster(16 * 20 * 27, 1, torus={**ICI, "axes": [16, 20, 27]}, nics=None),
    "long-names": lambda: cluster(
        4, name="n" * 190, tiers=[tier("a-very-long-name-of-a-tier-of-switches" * 4, 1, 4)], title="many words " * 60
    ),
    "markup": lambda: cluster(4, name='<a> & "b"', title="1 < 2 & ]]>", tiers=[tier("</svg>", 1, 4)]),
}


def drawings() -> list[str]:
    return [*list_clusters(), *OWN]


def scene_of(name: str, level: str = "both") -> Scene:
    return draw_cluster(OWN[name]() if name in OWN else load_cluster(name), level=level)


@pytest.mark.parametrize("name", drawings())
def test_everything_is_legible(name):
    scene = scene_of(name)
    assert 1000 < scene.width < 1400 and 200 < scene.height < 2500
    assert len(scene.items) < 2500
    for item in scene.items:
        left, top, right, bottom = bounds_of(item)
        assert left >= 0 and top >= 0 and right <= scene.width and bottom <= scene.height, item
    texts = [(bounds_of(item), item) for item in scene.items if isinstance(item, Text)]
    assert len(texts) > 5 and all(item.size >= 12 and item.text for _, item in texts)
    for (one, first), (other, second) in combinations(texts, 2):
        across = min(one[2], other[2]) - max(one[0], other[0])
        down = min(one[3], other[3]) - max(one[1], other[1])
        assert across <= 1 or down <= 1, (first.text, second.text)
    if name not in OWN:
        assert not [item.text for _, item in texts if item.text.endswith("..")]


@pytest.mark.parametrize("name", drawings())
def test_svg_is_valid_and_says_what_it_is(name):
    for level in ("host", "fabric", "both"):
        scene = scene_of(name, level)
        text = svg_text(scene)
        root = ElementTree.fromstring(text)
        assert root.tag == f"{SVG}svg" and root[0].tag == f"{SVG}title" and root[0].text == scene.title
        assert len(root) == len(scene.items) + 3
        assert text == svg_text(scene_of(name, level))
        assert "nan" not in text and "inf," not in text


def words_of(name: str, level: str = "both") -> str:
    return "\n".join(item.text for item in scene_of(name, level).items if isinstance(item, Text))


def test_what_is_drawn():
    words = words_of("dgx-h100-superpod")
    assert "450 GB/s" in words and "400 Gb/s" in words and "102.4 TB/s" in words and "leaf rail 7" in words
    assert "spine x 8" in words and "bisection bandwidth 409.6 TB/s" in words
    assert "oversubscription 7:1" in words_of("meta-24k-roce")
    assert "32 of 40 groups drawn" in words_of("dragonfly")
    words = words_of("tpu-v5p-pod")
    assert {"x = 16", "y = 20", "z = 28"} <= set(words.splitlines()) and "wrap-around" in words
    assert "wrap-around" not in words_of("open-ring")
    assert "7 read in their source; 1 recalled" in words_of("tpu-v5p-pod")
    assert "core" in words_of("dgx-a100-superpod", "fabric") and "card 3" not in words_of("dgx-a100-superpod", "fabric")
    assert "core" not in words_of("dgx-a100-superpod", "host")


def test_axes_are_named_as_the_levels_are():
    words = words_of("descending-torus").splitlines()
    assert {"x = 4", "y = 4", "z = 16"} <= set(words)
    assert {"x: 4 chips, 40 GB/s a link one way, closed", "y: 4 chips, 30 GB/s a link one way, closed"} <= set(words)
    assert {"z: 16 chips, 50 GB/s a link one way, closed", "ici: torus of 16 x 4 x 4"} <= set(words)
    assert {"x: 1 of 4 chips, 40 GB/s a link one way", "z: 4 of 16 chips, 50 GB/s a link one way"} <= set(words)
    words = words_of("flat-torus").splitlines()
    assert {"x = 4", "y = 8"} <= set(words) and not any(word.startswith("z") for word in words)


@pytest.mark.parametrize("name", ["descending-torus", "tpu-v5e-pod", "aws-trn2-ultraserver"])
def test_devices_of_a_host_are_numbered_as_in_the_map_of_the_ranks(name):
    spec = OWN[name]() if name in OWN else load_cluster(name)
    network = build_network(spec, spec.domain_devices)
    ranks = build_rank_map(spec, network, tp=spec.domain_devices, dp=1, pp=1, placement="tp-dp-pp")
    inside = {place.device: place.coordinates for place in ranks.places() if place.host == 0}
    boxes = {}
    for item in scene_of(name, "host").items:
        if isinstance(item, Text) and item.text.startswith("device "):
            boxes[int(item.text.split()[1])] = (round(item.x), round(item.y))
    assert len(boxes) == len(inside) == spec.host.accelerators
    # Devices that differ along one axis only are in line on the page.
    longest = max(range(len(ranks.axes)), key=lambda axis: (len({at[axis] for at in inside.values()}), -axis))
    for one, other in combinations(inside, 2):
        apart = [axis for axis in range(len(ranks.axes)) if inside[one][axis] != inside[other][axis]]
        if apart == [longest]:
            assert boxes[one][1] == boxes[other][1]


def test_cards_of_a_device_are_on_one_rail():
    assert "8 rails: the cards of device i of every host are" in words_of("two-cards-a-rail", "fabric")
    scene = scene_of("two-cards-a-rail", "host")
    cards = [item for item in scene.items if isinstance(item, Rectangle) and item.stroke_width == 2.0]
    assert len(cards) == 16 and [card.stroke for card in cards[::2]] == [card.stroke for card in cards[1::2]]


def test_links_inside_a_host_are_counted():
    def lines(name: str, colours: set[str]) -> int:
        return sum(isinstance(item, Line) and item.colour in colours for item in scene_of(name, "host").items)

    purple = {"#7c3aed", "#a78bda"}
    # The samples of the legends are lines too.
    assert lines("dgx1-v100", purple) == 16 + 2 + 1
    assert lines("mi300x-8x400", purple) == 28 + 1 + 1
    assert lines("ring", purple) == 8 + 1 + 1


def test_rails_have_colours_of_their_own():
    scene = scene_of("dgx-h100-superpod", "fabric")
    leaves = [item for item in scene.items if isinstance(item, Rectangle) and item.stroke_width > 2]
    assert len({leaf.stroke for leaf in leaves}) == 8


def test_a_level_that_there_is_not():
    with pytest.raises(SpecError, match="'rack' is not one of host, fabric, both"):
        draw_cluster(load_cluster("dgx1-v100"), level="rack")


def test_letters():
    assert broken("about 450 GB/s a device", text_width("about 450", 12), 12) == ["about", "450 GB/s", "a device"]
    assert shown(3, 8) == [0, 1, 2]


@pytest.mark.parametrize("name", ["dgx1-v100", "tpu-v5e-pod", "juwels-booster", "markup"])
def test_png(tmp_path, name):
    image = pytest.importorskip("PIL.Image")
    from clusterplan.reports.drawing.png import write_png

    scene, path = scene_of(name), tmp_path / "picture.png"
    write_png(scene, path)
    with image.open(path) as picture:
        assert picture.format == "PNG" and picture.size == (round(2 * scene.width), round(2 * scene.height))
        assert len(picture.getcolors(2**24)) > 50
    with pytest.raises(SpecError, match="no such file"):
        write_png(scene, tmp_path / "nowhere" / "picture.png")


def test_a_missing_pillow_is_named(tmp_path, monkeypatch):
    from clusterplan.reports.drawing.png import write_png

    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingExtraError, match="needs Pillow") as caught:
        write_png(scene_of("dgx1-v100"), tmp_path / "picture.png")
    assert caught.value.hint == "pip install 'clusterplan[draw]'"


def test_an_svg_needs_no_heavy_library():
    code = (
        "import sys; from clusterplan.catalog.clusters import load_cluster; "
        "from clusterplan.reports.drawing import draw_cluster; from clusterplan.reports.drawing.svg import svg_text; "
        "svg_text(draw_cluster(load_cluster('dgx-h100-superpod'))); "
        "print(sorted({'networkx', 'numpy', 'PIL', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
