use super::*;

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
            let plan = Plan { layout: &layout, flow, measures: Measures::of(flow) };
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

#[test]
fn long_names_are_shortened() {
    assert_eq!(shortened("postprocess"), "postprocess");
    assert_eq!(shortened("äöü-a-very-long-name"), "äöü-a-very-…");
}
