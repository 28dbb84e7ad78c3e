//! Text that goes into HTML, XML, SVG or a script element, whatever it contains.

use serde::Serialize;

/// The text as the content of an element or of an attribute in double quotes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // XML has no way to write the other control characters.
            letter if letter.is_control() && !matches!(letter, '\n' | '\t') => {
                escaped.push('\u{fffd}')
            }
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// The data as JSON that can stand inside a script element: no `<` is left that could end it.
pub(super) fn script_json(data: &impl Serialize) -> String {
    let json = serde_json::to_string(data).expect("the data has only strings as keys");
    // Outside of strings JSON has none of these letters.
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = "</script><!-- <script> ]]> \"quoted\" 'it' & \u{2028} \u{7} ü 🦀";

    #[test]
    fn markup_in_a_text_is_no_markup() {
        let escaped = escape(NASTY);
        assert!(!escaped.contains(['<', '>', '"', '\'', '\u{7}']), "{escaped}");
        assert!(escaped.contains("&amp; ") && escaped.contains("ü 🦀"), "{escaped}");
    }

    #[test]
    fn json_in_a_script_element_does_not_end_it_and_stays_the_same() {
        let json = script_json(&[NASTY]);
        assert!(!json.contains(['<', '>', '&']), "{json}");
        let back: [String; 1] = serde_json::from_str(&json).expect("it is JSON");
        assert_eq!(back[0], NASTY);
    }
}
