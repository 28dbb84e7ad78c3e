//! Where a fault stands in a source file, and the switch that is put there.

use std::collections::BTreeMap;
use std::ops::Range;

use syn::visit::{self, Visit};

use crate::list::Fault;

/// A fault that does not fit the sources any more.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("fault {number} does not fit {file}: {problem}")]
pub(crate) struct Misfit {
    pub(crate) number: u16,
    pub(crate) file: String,
    pub(crate) problem: String,
}

/// The module that says which fault is planted in this process.
pub(crate) const SWITCH: &str = r#"//! Which fault is planted in this process.

use std::sync::OnceLock;

/// Whether the fault with this number is planted: the environment variable `PLANTED` names it.
#[inline]
pub fn is(number: u16) -> bool {
    static PLANTED: OnceLock<u16> = OnceLock::new();
    let planted = PLANTED.get_or_init(|| {
        let number = std::env::var("PLANTED").ok();
        number.map_or(0, |number| number.parse().expect("PLANTED is the number of a fault"))
    });
    *planted == number
}
"#;

impl Misfit {
    fn new(fault: &Fault, problem: String) -> Misfit {
        Misfit { number: fault.number, file: fault.file.clone(), problem }
    }

    /// The file of the fault is gone.
    pub(crate) fn no_file(fault: &Fault) -> Misfit {
        Misfit::new(fault, "there is no such file".to_owned())
    }
}

/// The source with a switch at the place of each of these faults, which are all of this file; or those that do
/// not fit.
pub(crate) fn weave(source: &str, faults: &[&Fault]) -> Result<String, Vec<Misfit>> {
    // Faults in one place share a switch.
    let mut places: BTreeMap<(usize, usize), Vec<&Fault>> = BTreeMap::new();
    let mut misfits = Vec::new();
    for fault in faults {
        match find(source, fault) {
            Ok(place) => places.entry((place.start, place.end)).or_default().push(fault),
            Err(misfit) => misfits.push(misfit),
        }
    }
    let mut woven = String::with_capacity(source.len() * 2);
    let mut done = 0;
    for (&(start, end), faults) in &places {
        if start < done {
            let problem = "it overlaps another fault that does not replace the same text";
            misfits.push(Misfit::new(faults[0], problem.to_owned()));
            continue;
        }
        woven.push_str(&source[done..start]);
        woven.push_str(&switch(&source[start..end], faults));
        done = end;
    }
    woven.push_str(&source[done..]);
    if misfits.is_empty() { Ok(woven) } else { Err(misfits) }
}

/// Those of the faults with which a source that was Rust no longer is: they replace a part of a statement or of an
/// arm of a `match`.
pub(crate) fn fragments(source: &str, faults: &[&Fault]) -> Vec<Misfit> {
    let is_rust = |text: &str| syn::parse_file(text).is_ok();
    // `&& b` is Rust by itself, and a name in a block of its own is none behind it: neither compiles.
    let is_part = |text: &str| ["&&", "||", "let "].iter().any(|begin| text.starts_with(begin));
    let breaks = |fault: &&&Fault| {
        is_part(fault.original.trim())
            || weave(source, &[**fault]).is_ok_and(|woven| !is_rust(&woven)) && is_rust(source)
    };
    let is_constant = |fault: &Fault| {
        let woven = weave(source, &[fault]).ok();
        woven
            .and_then(|woven| syn::parse_file(&woven).ok())
            .is_some_and(|file| asks_in_const(&file))
    };
    let problem = |fault: &&Fault| {
        if breaks(&fault) {
            return Some("it is no whole statement, and no whole expression");
        }
        is_constant(fault).then_some("it is in a constant, which can ask for no switch")
    };
    let misfit = |fault: &&Fault| Some(Misfit::new(fault, problem(fault)?.to_owned()));
    faults.iter().filter_map(misfit).collect()
}

/// Whether a switch is asked for where only constants may stand: that is Rust, and does not compile.
fn asks_in_const(file: &syn::File) -> bool {
    let mut constants = Constants::default();
    constants.visit_file(file);
    constants.asks
}

/// Looks for switches in constants.
#[derive(Default)]
struct Constants {
    is_inside: bool,
    asks: bool,
}

impl Constants {
    fn within(&mut self, is_inside: bool, look: impl FnOnce(&mut Constants)) {
        let before = std::mem::replace(&mut self.is_inside, is_inside);
        look(self);
        self.is_inside = before;
    }
}

impl<'a> Visit<'a> for Constants {
    fn visit_item_const(&mut self, item: &'a syn::ItemConst) {
        self.within(true, |inside| visit::visit_item_const(inside, item));
    }

    fn visit_item_static(&mut self, item: &'a syn::ItemStatic) {
        self.within(true, |inside| visit::visit_item_static(inside, item));
    }

    fn visit_impl_item_const(&mut self, item: &'a syn::ImplItemConst) {
        self.within(true, |inside| visit::visit_impl_item_const(inside, item));
    }

    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        let is_const = item.sig.constness.is_some();
        self.within(is_const, |inside| visit::visit_item_fn(inside, item));
    }

    fn visit_impl_item_fn(&mut self, item: &'a syn::ImplItemFn) {
        let is_const = item.sig.constness.is_some();
        self.within(is_const, |inside| visit::visit_impl_item_fn(inside, item));
    }

    // It is called later, as that of a static that is made when it is asked for.
    fn visit_expr_closure(&mut self, closure: &'a syn::ExprClosure) {
        self.within(false, |inside| visit::visit_expr_closure(inside, closure));
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.asks |= self.is_inside && path.segments.iter().any(|part| part.ident == "planted");
        visit::visit_path(self, path);
    }
}

/// Where the original of the fault is.
fn find(source: &str, fault: &Fault) -> Result<Range<usize>, Misfit> {
    let once = |text: &str, found: &[Range<usize>]| match found {
        [] => Err(Misfit::new(fault, format!("`{}` is not there", text.trim()))),
        [found] => Ok(found.clone()),
        _ => Err(Misfit::new(fault, format!("`{}` is there {} times", text.trim(), found.len()))),
    };
    let Some(after) = &fault.after else {
        return once(&fault.original, &occurrences(source, &fault.original));
    };
    let from = once(after, &occurrences(source, after))?.end;
    let first = occurrences(&source[from..], &fault.original).into_iter().next();
    let behind = first.map(|place| place.start + from..place.end + from);
    once(&fault.original, behind.as_slice())
}

/// Every place of the text. Blanks and line breaks are alike, so indentation does not matter.
fn occurrences(source: &str, text: &str) -> Vec<Range<usize>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((first, rest)) = words.split_first() else { return Vec::new() };
    let ends = |start: usize| {
        let mut end = start + first.len();
        for word in rest {
            let behind = &source[end..];
            let next = behind.trim_start();
            if next.len() == behind.len() || !next.starts_with(word) {
                return None;
            }
            end += behind.len() - next.len() + word.len();
        }
        Some(end)
    };
    let starts = source.match_indices(first).map(|(start, _)| start);
    let places = starts.filter_map(|start| ends(start).map(|end| start..end));
    // A name is not the end of a longer one, nor its beginning.
    let is_name = |char: char| char.is_alphanumeric() || char == '_';
    let is_whole = |place: &Range<usize>| {
        let (before, inside, behind) =
            (&source[..place.start], &source[place.clone()], &source[place.end..]);
        let joins = |left: &str, right: &str| left.ends_with(is_name) && right.starts_with(is_name);
        !joins(before, inside) && !joins(inside, behind)
    };
    places.filter(is_whole).collect()
}

fn switch(original: &str, faults: &[&Fault]) -> String {
    let mut text = String::new();
    for fault in faults {
        // The command line is a crate of its own.
        let is_cli = fault.file.starts_with("src/cli") || fault.file == "src/main.rs";
        let root = if is_cli { "active_active" } else { "crate" };
        let Fault { number, planted, .. } = fault;
        text.push_str(&format!("if {root}::planted::is({number}) {{ {planted} }} else "));
    }
    text.push_str(&format!("{{ {original} }}"));
    if faults[0].is_of_statements() { text } else { format!("({text})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(number: u16, after: Option<&str>, original: &str, planted: &str) -> Fault {
        Fault {
            number,
            file: "src/a.rs".to_owned(),
            after: after.map(str::to_owned),
            original: original.to_owned(),
            planted: planted.to_owned(),
            cost: String::new(),
            caught_by: None,
            equivalent: None,
            area: "model".to_owned(),
        }
    }

    fn problem(source: &str, faults: &[&Fault]) -> String {
        weave(source, faults).expect_err("it does not fit")[0].to_string()
    }

    #[test]
    fn an_expression_becomes_a_choice() {
        let woven = weave("let a = b < c;", &[&fault(3, None, "b < c", "b <= c")]);
        let expected = "let a = (if crate::planted::is(3) { b <= c } else { b < c });";
        assert_eq!(woven.as_deref(), Ok(expected));
    }

    #[test]
    fn statements_can_be_left_out() {
        let woven = weave("a();\n    b();\nc()", &[&fault(3, None, "a(); b();", "")]);
        let expected = "if crate::planted::is(3) {  } else { a();\n    b(); }\nc()";
        assert_eq!(woven.as_deref(), Ok(expected));
    }

    #[test]
    fn faults_in_one_place_share_a_switch() {
        let (one, other) = (fault(3, None, "b", "c"), fault(4, None, "b", "d"));
        let expected = "a + (if crate::planted::is(3) { c } else \
                        if crate::planted::is(4) { d } else { b })";
        assert_eq!(weave("a + b", &[&one, &other]).as_deref(), Ok(expected));
    }

    #[test]
    fn an_original_that_is_gone_or_ambiguous_is_an_error_that_names_the_fault() {
        let gone = problem("a", &[&fault(3, None, "b", "c")]);
        assert_eq!(gone, "fault 3 does not fit src/a.rs: `b` is not there");
        let ambiguous = problem("b + b", &[&fault(3, None, "b", "c")]);
        assert_eq!(ambiguous, "fault 3 does not fit src/a.rs: `b` is there 2 times");
        let no_anchor = problem("b + b", &[&fault(3, Some("fn x("), "b", "c")]);
        assert_eq!(no_anchor, "fault 3 does not fit src/a.rs: `fn x(` is not there");
    }

    #[test]
    fn an_anchor_tells_equal_texts_apart() {
        let second = fault(3, Some("fn y()"), "b", "c");
        let woven = weave("fn x() { b } fn y() { b }", &[&second]);
        let expected = "fn x() { b } fn y() { (if crate::planted::is(3) { c } else { b }) }";
        assert_eq!(woven.as_deref(), Ok(expected));
    }

    #[test]
    fn a_part_of_a_statement_is_an_error_that_names_the_fault() {
        let source = "fn a() { if b { c() } }";
        let (whole, part) = (fault(3, None, "c()", "d()"), fault(4, None, "if b {", "if e {"));
        let found = fragments(source, &[&whole, &part]);
        let expected = "fault 4 does not fit src/a.rs: it is no whole statement, and no whole \
                        expression";
        assert_eq!(found.iter().map(Misfit::to_string).collect::<Vec<_>>(), [expected]);
    }

    /// They read as Rust in their place, and do not compile there: the whole list could not be run.
    #[test]
    fn an_operator_with_one_side_and_a_name_are_parts() {
        let source = "fn a() { let b = c(); if b && d() { e(b) } }";
        let parts = [fault(3, None, "&& d()", ""), fault(4, None, "let b = c();", "let b = d();")];
        assert_eq!(fragments(source, &parts.each_ref()).len(), 2);
        assert_eq!(fragments(source, &[&fault(5, None, "d()", "true")]).len(), 0);
    }

    /// They read as Rust in their place, too.
    #[test]
    fn a_switch_in_a_constant_is_an_error_that_names_the_fault() {
        let source = "const A: u8 = 1; const fn b() -> u8 { 2 } static C: Lazy = Lazy::new(|| 3);";
        let [one, two, three] = ["1", "2", "3"].map(|text| fault(3, None, text, "9"));
        let expected =
            "fault 3 does not fit src/a.rs: it is in a constant, which can ask for no switch";
        for constant in [&one, &two] {
            let found = fragments(source, &[constant]);
            assert_eq!(found.iter().map(Misfit::to_string).collect::<Vec<_>>(), [expected]);
        }
        assert_eq!(fragments(source, &[&three]).len(), 0);
    }

    #[test]
    fn a_name_is_not_found_inside_a_longer_one() {
        let found = occurrences("next(); next_one(); the_next()", "next");
        assert_eq!(found, vec![0..4]);
    }

    #[test]
    fn overlapping_faults_are_refused() {
        let (one, other) = (fault(3, None, "a + b", "a"), fault(4, None, "b + c", "c"));
        let overlap = problem("a + b + c", &[&one, &other]);
        assert!(overlap.starts_with("fault 4 does not fit src/a.rs: it overlaps"), "{overlap}");
    }
}
