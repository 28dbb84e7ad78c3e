//! The diagram as a drawing that stands for itself: in a page, in a README, light and dark.

use std::fmt::Write;

use crate::report::markup::escape;
use crate::report::sequence::{Item, Row, Sequence};
use crate::report::story::Mark;

/// All names begin with `sq`, so that the drawing can stand in a page with a style of its own.
const STYLE: &str = "\
.sq{--sq-paper:#fff;--sq-ink:#1d1f23;--sq-soft:#5d626b;--sq-line:#c9c6bf;--sq-accent:#2456c4;\
--sq-bad:#c0322a;--sq-good:#27734a;font-family:ui-sans-serif,system-ui,'Segoe UI','Liberation \
Sans',Arial,sans-serif}\
@media(prefers-color-scheme:dark){.sq{--sq-paper:#1b1e24;--sq-ink:#e7e5df;--sq-soft:#a0a5ae;\
--sq-line:#454a54;--sq-accent:#84a9ff;--sq-bad:#ff7b6e;--sq-good:#74c79a}}\
.sq-paper{fill:var(--sq-paper)}\
.sq text{fill:var(--sq-ink);font-size:11.5px}\
.sq .sq-step{fill:var(--sq-soft);text-anchor:end;font-size:10.5px}\
.sq .sq-name{text-anchor:middle;font-weight:600}\
.sq .sq-label{text-anchor:middle;paint-order:stroke;stroke:var(--sq-paper);stroke-width:4px;\
stroke-linejoin:round}\
.sq-lane{stroke:var(--sq-line);stroke-dasharray:2 4}\
.sq-arrow{stroke:var(--sq-accent);stroke-width:1.4;fill:none}\
.sq-pending{stroke:var(--sq-soft);stroke-width:1.4;stroke-dasharray:5 4;fill:none}\
.sq-head{fill:var(--sq-accent)}\
.sq-open{fill:var(--sq-soft)}\
.sq-box{fill:var(--sq-paper);stroke:var(--sq-soft)}\
.sq-fault{stroke:var(--sq-bad);stroke-width:1.6}.sq .sq-fault-text{fill:var(--sq-bad);text-anchor:middle;\
font-weight:600}\
.sq-good{stroke:var(--sq-good)}.sq .sq-good-text{fill:var(--sq-good);text-anchor:middle}\
.sq .sq-note-text{text-anchor:middle}\
.sq-end{fill:var(--sq-bad)}.sq .sq-end-text{fill:var(--sq-paper);text-anchor:middle;font-weight:600}";

/// From the left edge to the first lane, for the numbers of the steps.
const LEFT: f64 = 52.0;
const ROW: f64 = 27.0;
/// How wide a bold letter is at most on average.
const BOLD: f64 = 7.1;

struct Lanes {
    head: f64,
    pitch: f64,
}

impl Sequence {
    /// The diagram as SVG.
    pub fn to_svg(&self) -> String {
        let names: Vec<Vec<String>> = self.lanes.iter().map(|name| wrapped(name, 15)).collect();
        let longest = names.iter().flatten().map(|line| line.chars().count()).max().unwrap_or(0);
        let lines = names.iter().map(Vec::len).max().unwrap_or(0);
        let lanes = Lanes {
            head: 16.0 + 14.0 * lines as f64,
            pitch: (longest as f64 * BOLD + 12.0).max(92.0),
        };
        // Notes may be wider than the lanes.
        let widest = self.rows.iter().map(|row| width_of(&row.item)).fold(0.0, f64::max);
        let width = (LEFT + self.lanes.len() as f64 * lanes.pitch + 8.0).max(widest + 16.0);
        let rows = self.rows.len() + usize::from(self.omitted > 0);
        let height = lanes.head + (rows as f64 + 0.6) * ROW;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sq\" width=\"{width:.0}\" \
             height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\">\
             <title>{}</title><style>{STYLE}</style>\n\
             <rect class=\"sq-paper\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n",
            escape(&self.title)
        );
        for (lane, name) in names.iter().enumerate() {
            let x = lanes.x(lane);
            let top = lanes.head;
            let _ = write!(
                svg,
                "<line class=\"sq-lane\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{top}\" y2=\"{height:.0}\"/>"
            );
            for (line, text) in name.iter().enumerate() {
                let y = 17.0 + 14.0 * line as f64;
                let text = escape(text);
                let _ = write!(svg, "<text class=\"sq-name\" x=\"{x:.1}\" y=\"{y}\">{text}</text>");
            }
            svg.push('\n');
        }
        if self.omitted > 0 {
            let y = lanes.head + 0.7 * ROW;
            let words = format!("… {} earlier steps left out", self.omitted);
            let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"{y:.1}\">{words}</text>");
        }
        for index in 0..self.rows.len() {
            svg += &self.drawn(index, &lanes, width);
        }
        svg + "</svg>\n"
    }

    fn y(&self, row: usize, lanes: &Lanes) -> f64 {
        lanes.head + ((row + usize::from(self.omitted > 0)) as f64 + 0.7) * ROW
    }

    fn drawn(&self, index: usize, lanes: &Lanes, width: f64) -> String {
        let row = &self.rows[index];
        let y = self.y(index, lanes);
        let mut svg = format!("<g><title>{}</title>", escape(&row.text));
        if let Some(step) = row.step {
            let _ = write!(
                svg,
                "<text class=\"sq-step\" x=\"{:.0}\" y=\"{:.1}\">{step}</text>",
                LEFT - 12.0,
                y + 4.0
            );
        }
        svg += &match &row.item {
            Item::Arrow { from, to, sent, label } => {
                // A message that waited for long would cross all that happened meanwhile, and a box its label.
                let is_box = |row: &Row| !matches!(row.item, Item::Arrow { .. });
                let near = sent.filter(|&sent| {
                    index - sent <= 2 && !self.rows[sent + 1..index].iter().any(is_box)
                });
                let start = near.map_or(y, |sent| self.y(sent, lanes) + 5.0);
                arrow((lanes.x(*from), start), (lanes.x(*to), y), label, "sq-arrow", "sq-head")
            }
            Item::Pending { from, to, label } => {
                let label = format!("{label} (not handled)");
                arrow((lanes.x(*from), y), (lanes.x(*to), y), &label, "sq-pending", "sq-open")
            }
            Item::Note { lane, mark, label } => {
                let (class, text) = match mark {
                    Mark::Fault | Mark::Unexpected => ("sq-box sq-fault", "sq-fault-text"),
                    Mark::Recovery => ("sq-box sq-good", "sq-good-text"),
                    Mark::Heading | Mark::Step => ("sq-box", "sq-note-text"),
                };
                let middle = lane.map_or(width / 2.0, |lane| lanes.x(lane));
                boxed(middle, y, width, label, class, text)
            }
            Item::Violation { label } => {
                boxed(width / 2.0, y, width, label, "sq-end", "sq-end-text")
            }
        };
        svg + "</g>\n"
    }
}

impl Lanes {
    fn x(&self, lane: usize) -> f64 {
        LEFT + (lane as f64 + 0.5) * self.pitch
    }
}

fn arrow(
    (x1, y1): (f64, f64),
    (x2, y2): (f64, f64),
    label: &str,
    class: &str,
    head: &str,
) -> String {
    let label = escape(label);
    if (x1 - x2).abs() < 1.0 {
        return format!(
            "<path class=\"{class}\" d=\"M{x1:.1} {:.1}h26v9h-22\"/>\
             <text class=\"sq-label\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
            y2 - 7.0,
            x1 + 60.0,
            y2 + 4.0
        );
    }
    let length = (x2 - x1).hypot(y2 - y1);
    let (along_x, along_y) = ((x2 - x1) / length, (y2 - y1) / length);
    let back = |by: f64, side: f64| {
        (x2 - along_x * by - along_y * side, y2 - along_y * by + along_x * side)
    };
    let ((ax, ay), (bx, by)) = (back(8.0, 3.6), back(8.0, -3.6));
    format!(
        "<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>\
         <path class=\"{head}\" d=\"M{x2:.1} {y2:.1}L{ax:.1} {ay:.1}L{bx:.1} {by:.1}Z\"/>\
         <text class=\"sq-label\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
        f64::midpoint(x1, x2),
        f64::midpoint(y1, y2) - 3.0
    )
}

/// A text in a box, moved as far as it has to be to lie inside of the drawing.
fn boxed(middle: f64, y: f64, width: f64, label: &str, class: &str, text: &str) -> String {
    let room = label.chars().count() as f64 * BOLD + 16.0;
    let middle = middle
        .clamp((room / 2.0 + 4.0).min(width / 2.0), (width - room / 2.0 - 4.0).max(width / 2.0));
    format!(
        "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{room:.1}\" height=\"20\" rx=\"6\"/>\
         <text class=\"{text}\" x=\"{middle:.1}\" y=\"{:.1}\">{}</text>",
        middle - room / 2.0,
        y - 10.0,
        y + 4.0,
        escape(label)
    )
}

fn width_of(item: &Item) -> f64 {
    match item {
        Item::Note { label, .. } | Item::Violation { label } => {
            label.chars().count() as f64 * BOLD + 16.0
        }
        Item::Arrow { .. } | Item::Pending { .. } => 0.0,
    }
}

/// A name in lines of at most so many letters, broken after its dashes where it has any.
fn wrapped(name: &str, letters: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in name.split_inclusive('-') {
        let line = lines.last_mut().expect("there is a line");
        if !line.is_empty() && line.chars().count() + part.chars().count() > letters {
            lines.push(part.to_owned());
        } else {
            line.push_str(part);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_broken_at_dashes() {
        assert_eq!(
            wrapped("postprocess-outbound-queue@1", 15),
            ["postprocess-", "outbound-", "queue@1"]
        );
        assert_eq!(wrapped("in-dns", 15), ["in-dns"]);
    }

    #[test]
    fn markup_in_a_row_is_text() {
        let item = Item::Violation { label: "<b>".to_owned() };
        let rows = vec![Row { step: Some(1), text: "</svg>".to_owned(), item }];
        let sequence = Sequence { title: "\"&".to_owned(), lanes: vec![], rows, omitted: 0 };
        let svg = sequence.to_svg();
        assert!(!svg.contains("<b>") && svg.matches("</svg>").count() == 1, "{svg}");
    }
}
