use super::*;
use crate::model::shape::{Next, Shape};

fn stages(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("stage-{number}")).collect()
}

#[test]
fn every_machine_but_the_driver_is_drawn_once() {
    for (regions, count, containers) in [(2, 5, 1), (3, 1, 4), (8, 16, 8)] {
        let layout =
            Layout::new(regions, stages(count), vec![containers; count]).with_service(true);
        for flow in [Flow::Right, Flow::Down] {
            let svg = draw(&layout, flow, "x");
            for machine in 1..layout.machines() {
                let group = format!("data-m=\"{machine}\"");
                assert_eq!(svg.matches(&group).count(), 1, "{machine}");
            }
            assert!(!svg.contains("data-m=\"0\""));
        }
    }
}

/// No two machines lie on each other, and none lies outside.
#[test]
fn machines_have_room() {
    let different = (2, 3, vec![1, 3, 2]);
    let same = [(2, 5, 1), (2, 1, 8), (3, 2, 2), (8, 16, 3)];
    let same = same.map(|(regions, count, containers)| (regions, count, vec![containers; count]));
    for (regions, count, containers) in same.into_iter().chain([different]) {
        let layout = Layout::new(regions, stages(count), containers).with_service(true);
        for flow in [Flow::Right, Flow::Down] {
            let plan = Plan::new(&layout, flow);
            let spots: Vec<Spot> =
                layout.places()[1..].iter().map(|&place| plan.turned(plan.spot(place))).collect();
            let (width, height) = plan.turned((plan.length(), plan.breadth()));
            for (index, &(x, y)) in spots.iter().enumerate() {
                assert!((27.0..=width - 27.0).contains(&x), "{x} of {width}");
                assert!((20.0..=height - 11.0).contains(&y), "{y} of {height}");
                for &(other_x, other_y) in &spots[..index] {
                    let apart = (x - other_x).abs() >= 46.0 || (y - other_y).abs() >= 40.0;
                    assert!(apart, "{flow:?} {regions}: ({x} {y}) ({other_x} {other_y})");
                }
            }
        }
    }
}

/// A way that leads past machines crosses none of them and no label below one, up to those of its ends.
#[test]
fn ways_lead_past_machines_and_labels() {
    let all = |positions: &[u8]| Next { positions: positions.to_vec(), divisor: None };
    let shape = [all(&[1, 2, 4]), all(&[4]), all(&[]), all(&[4])];
    for regions in [2, 3] {
        let layout =
            Layout::new(regions, stages(4), vec![1; 4]).with_shape(Shape::new(shape.to_vec()));
        for flow in [Flow::Right, Flow::Down] {
            let plan = Plan::new(&layout, flow);
            assert_eq!(plan.detours().len(), 3 * regions);
            for detour in plan.detours() {
                let [_, _, from, to, _, _] = detour.map(|corner| plan.turned(corner));
                let (left, right) = (from.0.min(to.0), from.0.max(to.0));
                let (top, bottom) = (from.1.min(to.1), from.1.max(to.1));
                for &place in &layout.places()[1..] {
                    let (x, y) = plan.turned(plan.spot(place));
                    // A machine with its label.
                    let beside = x + 40.0 < left || right < x - 40.0;
                    let above = y + 36.0 < top || bottom < y - 22.0;
                    assert!(beside || above, "{flow:?} {place:?}: {detour:?}");
                }
            }
        }
    }
    let line = Layout::new(2, stages(4), vec![1; 4]);
    assert!(Plan::new(&line, Flow::Right).detours().is_empty());
}

#[test]
fn long_names_are_shortened() {
    assert_eq!(shortened("postprocess"), "postprocess");
    assert_eq!(shortened("äöü-a-very-long-name"), "äöü-a-very-…");
}
