//! Places, names and numbers belong together.

use super::*;

#[test]
fn every_machine_is_found_by_its_place_and_its_name() {
    let stages = ["a", "b", "c"].map(str::to_owned).to_vec();
    for (regions, containers) in [(2, [1, 1, 1]), (3, [2, 2, 2]), (3, [1, 3, 2]), (8, [8, 8, 8])] {
        let containers = containers.to_vec();
        let layout = Layout::new(regions, stages.clone(), containers).with_service(true);
        for (index, &place) in layout.places().iter().enumerate() {
            let machine = MachineId(index as u16);
            assert_eq!(layout.machine(place), machine);
            assert_eq!(layout.find(layout.name(machine)), Some(machine));
        }
    }
}

#[test]
fn stages_can_have_different_numbers_of_containers() {
    let stages = ["a", "b", "c"].map(str::to_owned).to_vec();
    let layout = Layout::new(2, stages, vec![1, 3, 2]);
    let second = RegionId(1);
    assert_eq!(layout.containers(), 12);
    for (stage, containers) in [1, 3, 2].into_iter().enumerate() {
        let stage = StageId(stage as u8);
        let rivals: Vec<ContainerId> = layout.rivals(second, stage).collect();
        assert_eq!((layout.containers_of(stage), rivals.len()), (containers, containers));
        for (number, id) in rivals.into_iter().enumerate() {
            assert_eq!(layout.container(second, stage, number), id);
            assert_eq!(layout.container_place(id), (second, stage));
            assert_eq!(layout.container_number(id), number);
        }
    }
    let named = ["a-container@2", "b-container-3@1", "c-container-2@2"];
    assert!(named.iter().all(|name| layout.find(name).is_some()), "{:?}", layout.names());
}

#[test]
fn default_names_are_those_of_the_published_architecture() {
    let stages = ["inbound", "preprocess", "core", "postprocess", "outbound"];
    let layout = Layout::new(2, stages.map(str::to_owned).to_vec(), vec![1; 5]);
    let names: Vec<String> = (0..6).map(|position| layout.queue_name(position)).collect();
    let expected = [
        "inbound-queue",
        "inbound-preprocess-queue",
        "preprocess-core-queue",
        "core-postprocess-queue",
        "postprocess-outbound-queue",
        "outbound-queue",
    ];
    assert_eq!(names, expected);
    assert_eq!(layout.machines(), 5 + 2 * (6 + 5 + 5) + 5);
    assert!(layout.find("preprocess-container@1").is_some());
}
