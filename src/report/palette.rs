//! Which colours stand for what.

use anstyle::{AnsiColor, Style};

/// The styles of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Palette {
    /// What is as it should be.
    pub good: Style,
    /// A violation, or a fault.
    pub bad: Style,
    /// What the reader must not overlook.
    pub loud: Style,
    /// What can be skipped.
    pub faint: Style,
    /// What the eye should find first.
    pub strong: Style,
}

impl Palette {
    /// No colours at all.
    pub const PLAIN: Palette = Palette {
        good: Style::new(),
        bad: Style::new(),
        loud: Style::new(),
        faint: Style::new(),
        strong: Style::new(),
    };

    /// The sixteen colours that every terminal has.
    pub const COLOURS: Palette = Palette {
        good: AnsiColor::Green.on_default(),
        bad: AnsiColor::Red.on_default().bold(),
        loud: AnsiColor::Yellow.on_default().bold(),
        faint: Style::new().dimmed(),
        strong: Style::new().bold(),
    };
}

/// The text in the style.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_has_no_escape_codes() {
        assert_eq!(paint(Palette::PLAIN.bad, "x"), "x");
        assert!(paint(Palette::COLOURS.bad, "x").contains("\x1b["));
    }
}
