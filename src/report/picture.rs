//! The architecture as a drawing, laid out from the topology: the published picture, for any
//! number of regions and stages.
//!
//! The drawing is SVG. Every machine is a group with its number in `data-m`; what it shows is
//! filled in by the page that the drawing is part of.
//!
//! ```
//! use active_active::plan::Plan;
//! use active_active::report::picture::{Flow, draw};
//! use active_active::scenario::builtin;
//!
//! let plan = Plan::new(&builtin::scenario("baseline")?)?;
//! let svg = draw(&plan.layout, Flow::Right, "mine");
//! assert!(svg.contains("aria-label=\"The system: 2 regions with 5 stages each\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod edges;
#[cfg(test)]
mod tests;

use std::fmt::Write;

use crate::model::id::{MachineId, QueueId, RegionId, StageId};
use crate::model::layout::{Layout, Place};
use crate::report::markup::escape;

/// Which way records flow through the drawing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// From left to right: for wide screens.
    Right,
    /// From top to bottom: for narrow ones.
    Down,
}

/// Lengths in the units of the drawing. *Along* is the way of the records, *across* the other one.
#[derive(Clone, Copy, Debug)]
struct Measures {
    /// From one machine of the pipeline to the next.
    pitch: f64,
    /// The ends of the drawing and the machines there.
    end: f64,
    /// From the edge of a region's band to its pipeline.
    margin: f64,
    /// From the pipeline to the tables.
    table: f64,
    /// From the tables to the other edge of the band.
    inner: f64,
    /// Between two bands.
    gap: f64,
    /// Between the last band and the other edge, where the replication is that is not between two.
    below: f64,
    /// From one of several containers of a stage to the next.
    rival: f64,
    /// From a stage to the lane beside it, in which nothing stands.
    lane: f64,
}

impl Measures {
    fn of(flow: Flow, regions: usize) -> Measures {
        match flow {
            // So that three regions with three containers each fit a screen.
            Flow::Right if regions > 2 => Measures {
                margin: 46.0,
                table: 66.0,
                inner: 30.0,
                gap: 24.0,
                below: 50.0,
                ..Measures::of(Flow::Right, 2)
            },
            Flow::Right => Measures {
                pitch: 74.0,
                end: 50.0,
                margin: 52.0,
                table: 82.0,
                inner: 34.0,
                gap: 56.0,
                below: 56.0,
                rival: 56.0,
                lane: 33.0,
            },
            Flow::Down => Measures {
                pitch: 60.0,
                end: 40.0,
                margin: 38.0,
                table: 74.0,
                inner: 32.0,
                gap: 54.0,
                below: 54.0,
                rival: 58.0,
                lane: 39.0,
            },
        }
    }
}

/// From the edge of a region's band to its pipeline where ways lead past the next queue.
const MARGIN_OF_DETOURS: f64 = 58.0;

/// From the pipeline to such ways: one after the other.
const LANES: [f64; 3] = [42.0, 46.0, 50.0];

/// Along, from a container to where such a way turns off, beside the label.
const BEHIND_LABEL: f64 = 44.0;

/// Along, from where it turns in to its queue.
const BEFORE_QUEUE: f64 = 30.0;

/// Where everything is.
struct Plan<'a> {
    layout: &'a Layout,
    flow: Flow,
    measures: Measures,
}

/// A place in the drawing: along the flow, and across it.
type Spot = (f64, f64);

/// Draws the machines of a layout. `class` tells the drawing from others on the same page.
pub fn draw(layout: &Layout, flow: Flow, class: &str) -> String {
    let plan = Plan::new(layout, flow);
    let (width, height) = plan.turned((plan.length(), plan.breadth()));
    let mut svg = format!(
        "<svg class=\"picture {class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" \
         style=\"--w:{width}px;--h:{height}px\" aria-label=\"The system: {} regions with {} stages each\">\n",
        layout.regions,
        layout.stages.len()
    );
    for region in layout.region_ids() {
        svg += &plan.band(region);
    }
    svg += "<g class=\"edges\">";
    plan.edges().into_iter().for_each(|(class, from, to)| svg += &plan.line(class, from, to));
    plan.detours().iter().for_each(|corners| svg += &plan.bent("way", corners));
    plan.copies().into_iter().for_each(|(from, to)| svg += &plan.copy(from, to));
    svg += "</g>\n";
    for (index, &place) in layout.places().iter().enumerate() {
        svg += &plan.machine(MachineId(index as u16), place);
    }
    svg += "<g class=\"travellers\"></g>\n</svg>\n";
    svg
}

impl<'a> Plan<'a> {
    fn new(layout: &'a Layout, flow: Flow) -> Plan<'a> {
        let mut measures = Measures::of(flow, layout.regions);
        if !layout.shape.is_line() {
            measures.margin = MARGIN_OF_DETOURS;
        }
        Plan { layout, flow, measures }
    }
}

impl Plan<'_> {
    /// How long the drawing is, along the flow.
    fn length(&self) -> f64 {
        let pipeline = (2 * self.layout.stages.len()) as f64 * self.measures.pitch;
        2.0 * self.ends() + pipeline
    }

    /// From the edge of the drawing to the first queue.
    fn ends(&self) -> f64 {
        self.measures.end + 2.0 * self.measures.pitch
    }

    /// The room that the containers of a stage take beyond that of one, where they are the most.
    fn rivals(&self) -> f64 {
        let most = self.layout.stage_ids().map(|stage| self.layout.containers_of(stage)).max();
        (most.unwrap_or(1) - 1) as f64 * self.measures.rival
    }

    fn band_breadth(&self) -> f64 {
        self.measures.margin + self.rivals() + self.measures.table + self.measures.inner
    }

    fn band_start(&self, region: RegionId) -> f64 {
        4.0 + region.index() as f64 * (self.band_breadth() + self.measures.gap)
    }

    fn breadth(&self) -> f64 {
        let regions = self.layout.regions as f64;
        let below = if self.has_middle() { 0.0 } else { self.measures.below };
        8.0 + regions * self.band_breadth() + (regions - 1.0) * self.measures.gap + below
    }

    /// Two regions mirror each other, with the replication between their tables.
    fn has_middle(&self) -> bool {
        self.layout.regions == 2
    }

    fn is_mirrored(&self, region: RegionId) -> bool {
        self.has_middle() && region.0 == 1
    }

    /// Across: a distance from the outer edge of a band.
    fn across(&self, region: RegionId, distance: f64) -> f64 {
        let start = self.band_start(region);
        match self.is_mirrored(region) {
            true => start + self.band_breadth() - distance,
            false => start + distance,
        }
    }

    fn queue(&self, queue: QueueId) -> Spot {
        let (region, position) = self.layout.queue_place(queue);
        let along = self.ends() + (2 * position) as f64 * self.measures.pitch;
        (along, self.across(region, self.measures.margin + self.rivals() / 2.0))
    }

    fn stage(&self, stage: StageId) -> f64 {
        self.ends() + (2 * stage.index() + 1) as f64 * self.measures.pitch
    }

    fn container(&self, region: RegionId, stage: StageId, number: usize) -> Spot {
        let distance = self.measures.margin + number as f64 * self.measures.rival;
        (self.stage(stage), self.across(region, distance))
    }

    fn table(&self, region: RegionId, stage: StageId) -> Spot {
        let distance = self.measures.margin + self.rivals() + self.measures.table;
        (self.stage(stage), self.across(region, distance))
    }

    fn replicator(&self, stage: StageId) -> Spot {
        let last = RegionId(self.layout.regions as u8 - 1);
        let middle = match self.has_middle() {
            true => self.band_start(last) - self.measures.gap / 2.0,
            false => self.band_start(last) + self.band_breadth() + self.measures.below / 2.0,
        };
        (self.stage(stage), middle)
    }

    fn spot(&self, place: Place) -> Spot {
        let (middle, end) = (self.breadth() / 2.0, self.length());
        match place {
            // The driver is no part of the system: it has no place in the drawing.
            Place::Driver => (0.0, 0.0),
            Place::Source => (self.measures.end, middle),
            Place::InDns => (self.measures.end + self.measures.pitch, middle),
            Place::OutDns => (end - self.measures.end - self.measures.pitch, middle),
            Place::Destination => (end - self.measures.end, middle),
            Place::Queue(id) => self.queue(id),
            Place::Container(id) => {
                let (region, stage) = self.layout.container_place(id);
                self.container(region, stage, self.layout.container_number(id))
            }
            Place::Table(id) => {
                let (region, stage) = self.layout.table_place(id);
                self.table(region, stage)
            }
            Place::Replicator(id) => self.replicator(StageId(id.0 as u8)),
            Place::Service => self.service(),
        }
    }

    /// The external service stands outside of the regions, between two stages.
    fn service(&self) -> Spot {
        let (_, middle) = self.replicator(StageId(0));
        let queues = 2 * (self.layout.stages.len() / 2);
        (self.ends() + queues as f64 * self.measures.pitch, middle)
    }

    /// From along and across to x and y.
    fn turned(&self, (along, across): Spot) -> (f64, f64) {
        match self.flow {
            Flow::Right => (along, across),
            Flow::Down => (across, along),
        }
    }

    fn line(&self, class: &str, from: Spot, to: Spot) -> String {
        let ((x1, y1), (x2, y2)) = (self.turned(from), self.turned(to));
        format!("<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>")
    }

    /// A line of replication. It runs beside what stands between a table and its replicator: other
    /// regions, unless there are two.
    fn copy(&self, from: Spot, to: Spot) -> String {
        let lane = if self.has_middle() { 0.0 } else { self.measures.lane };
        self.bent("copy", &[from, (from.0 + lane, from.1), (to.0 + lane, to.1), to])
    }

    fn bent(&self, class: &str, corners: &[Spot]) -> String {
        let point = |&corner: &Spot| {
            let (x, y) = self.turned(corner);
            format!("{x},{y}")
        };
        let points: Vec<String> = corners.iter().map(point).collect();
        format!("<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "))
    }

    /// The background of a region, with its name.
    fn band(&self, region: RegionId) -> String {
        let from = self.ends() - self.measures.pitch * 0.52;
        let length = self.length() - 2.0 * from;
        let (x, y) = self.turned((from, self.band_start(region)));
        let (width, height) = self.turned((length, self.band_breadth()));
        let label_y = match self.is_mirrored(region) && self.flow == Flow::Right {
            true => y + height - 9.0,
            false => y + 16.0,
        };
        // Where the flow goes down, a label at the outer edge would lie on the first queue.
        let at_far_edge = self.flow == Flow::Down && !self.is_mirrored(region);
        let (label_x, anchor) = match at_far_edge {
            true => (x + width - 12.0, "end"),
            false => (x + 12.0, "start"),
        };
        format!(
            "<g class=\"region\" data-r=\"{}\"><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" \
             height=\"{height}\" rx=\"10\"/><text x=\"{label_x}\" y=\"{label_y}\" \
             text-anchor=\"{anchor}\">region {region}</text></g>\n",
            region.index()
        )
    }

    fn machine(&self, machine: MachineId, place: Place) -> String {
        if place == Place::Driver {
            return String::new();
        }
        let (x, y) = self.turned(self.spot(place));
        let name = escape(self.layout.name(machine));
        let kind = place.kind().name();
        let mut svg = format!(
            "<g class=\"m {kind}\" data-m=\"{}\" transform=\"translate({x} {y})\">\
             <title>{name}</title>",
            machine.index()
        );
        svg += match place {
            Place::Driver | Place::Source | Place::Destination => {
                "<rect class=\"body\" x=\"-27\" y=\"-19\" width=\"54\" height=\"38\" rx=\"19\"/>"
            }
            Place::InDns | Place::OutDns => {
                "<path class=\"body\" d=\"M-26 0 L0 -21 L26 0 L0 21 Z\"/>"
            }
            Place::Queue(_) => {
                "<path class=\"body\" d=\"M-20 -15 H20 a6 15 0 0 1 0 30 H-20 a6 15 0 0 1 0 -30 Z\"/>\
                 <path class=\"lid\" d=\"M20 -15 a6 15 0 0 0 0 30\"/>"
            }
            Place::Container(_) => {
                "<rect class=\"body\" x=\"-21\" y=\"-19\" width=\"42\" height=\"38\" rx=\"7\"/>"
            }
            Place::Table(_) => {
                "<path class=\"body\" d=\"M-19 -12 a19 6 0 0 1 38 0 V12 a19 6 0 0 1 -38 0 Z\"/>\
                 <path class=\"lid\" d=\"M-19 -12 a19 6 0 0 0 38 0\"/>"
            }
            Place::Service => {
                "<rect class=\"body\" x=\"-24\" y=\"-15\" width=\"48\" height=\"30\" rx=\"3\"/>"
            }
            Place::Replicator(_) => {
                "<rect class=\"body\" x=\"-24\" y=\"-11\" width=\"48\" height=\"22\" rx=\"11\"/>"
            }
        };
        // Below the lid of a table.
        let y = if matches!(place, Place::Table(_)) { 10 } else { 4 };
        let _ = write!(svg, "<text class=\"value\" y=\"{y}\"></text>");
        if let Some(label) = self.label(place) {
            let y = if matches!(place, Place::Queue(_)) { 24 } else { 31 };
            let _ = write!(svg, "<text class=\"label\" y=\"{y}\">{}</text>", escape(&label));
        }
        if let Some(name) = self.name_of_all(place) {
            let _ = write!(
                svg,
                "<text class=\"label of-all\" x=\"-21\" y=\"-25\">{}</text>",
                escape(&name)
            );
        }
        svg + "<g class=\"dots\"></g></g>\n"
    }

    /// The stage, above the leftmost of its containers: side by side there is room for their numbers only.
    fn name_of_all(&self, place: Place) -> Option<String> {
        let Place::Container(id) = place else { return None };
        let (region, stage) = self.layout.container_place(id);
        let (number, count) = (self.layout.container_number(id), self.layout.containers_of(stage));
        let leftmost = if self.is_mirrored(region) { count - 1 } else { 0 };
        let is_it = self.flow == Flow::Down && count > 1 && number == leftmost;
        is_it.then(|| shortened(&self.layout.stages[stage.index()]))
    }

    /// What is written below a machine; queues, tables and replicators are known by their places.
    fn label(&self, place: Place) -> Option<String> {
        match place {
            Place::Source => Some("source".to_owned()),
            Place::InDns => Some("in-dns".to_owned()),
            Place::OutDns => Some("out-dns".to_owned()),
            Place::Destination => Some("destination".to_owned()),
            Place::Service => Some("service".to_owned()),
            Place::Container(id) => {
                let (_, stage) = self.layout.container_place(id);
                let number = self.layout.container_number(id);
                let name = shortened(&self.layout.stages[stage.index()]);
                match self.layout.containers_of(stage) {
                    1 => Some(name),
                    _ if self.flow == Flow::Down => Some((number + 1).to_string()),
                    _ => Some(format!("{name} {}", number + 1)),
                }
            }
            Place::Driver | Place::Queue(_) | Place::Table(_) | Place::Replicator(_) => None,
        }
    }
}

/// Where a machine stands among the lanes: records pass from the first to the last.
pub(super) fn order(place: Place, layout: &Layout) -> (u8, u8, usize, u8) {
    match place {
        Place::Driver => (0, 0, 0, 0),
        Place::Source => (1, 0, 0, 0),
        Place::InDns => (2, 0, 0, 0),
        Place::Queue(id) => {
            let (region, position) = layout.queue_place(id);
            (3, region.0, position, 0)
        }
        Place::Container(id) => {
            let (region, stage) = layout.container_place(id);
            (3, region.0, stage.index(), 1)
        }
        Place::Table(id) => {
            let (region, stage) = layout.table_place(id);
            (3, region.0, stage.index(), 2)
        }
        Place::Replicator(id) => (4, 0, id.index(), 0),
        Place::Service => (4, 1, 0, 0),
        Place::OutDns => (5, 0, 0, 0),
        Place::Destination => (6, 0, 0, 0),
    }
}

/// A name that fits below a machine.
fn shortened(name: &str) -> String {
    const LETTERS_MAX: usize = 12;
    if name.chars().count() <= LETTERS_MAX {
        return name.to_owned();
    }
    let start: String = name.chars().take(LETTERS_MAX - 1).collect();
    format!("{start}…")
}
