//! A copy of the project in which every fault can be switched on.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::list::Fault;
use crate::place::{self, Misfit};

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TreeError {
    #[error("{path}: {error}")]
    Io { path: PathBuf, error: io::Error },
    #[error("`git ls-files` does not list the sources: {0}")]
    Unlisted(String),
    #[error("{}", .0.iter().map(Misfit::to_string).collect::<Vec<_>>().join("\nerror: "))]
    Misfits(Vec<Misfit>),
}

/// The files of the project as they are, by their path.
pub(crate) struct Sources(BTreeMap<String, Vec<u8>>);

/// What the copy has in front of its library.
const LIBRARY: &str = "src/lib.rs";

impl Sources {
    /// Every file that git knows or would add, but for this tool.
    pub(crate) fn read(root: &Path) -> Result<Sources, TreeError> {
        let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
        let listed = Command::new("git").args(arguments).current_dir(root).output();
        let listed = listed.map_err(|error| TreeError::Unlisted(error.to_string()))?;
        if !listed.status.success() {
            let message = String::from_utf8_lossy(&listed.stderr).trim().to_owned();
            return Err(TreeError::Unlisted(message));
        }
        let mut files = BTreeMap::new();
        for name in String::from_utf8_lossy(&listed.stdout).split_terminator('\0') {
            let path = root.join(name);
            // A file that was removed is listed until the removal is staged.
            if name.starts_with("planted/") || !path.is_file() {
                continue;
            }
            let text = fs::read(&path).map_err(|error| TreeError::Io { path, error })?;
            files.insert(name.to_owned(), text);
        }
        Ok(Sources(files))
    }

    /// A number for all of it: other sources have another one.
    pub(crate) fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }

    /// The sources with a switch for each fault.
    pub(crate) fn weave(mut self, faults: &[Fault]) -> Result<Sources, TreeError> {
        let mut by_file: BTreeMap<&str, Vec<&Fault>> = BTreeMap::new();
        for fault in faults {
            by_file.entry(&fault.file).or_default().push(fault);
        }
        let mut misfits = Vec::new();
        for (file, faults) in by_file {
            let Some(source) = self.0.get_mut(file) else {
                misfits.extend(faults.iter().map(|fault| Misfit::no_file(fault)));
                continue;
            };
            let text = String::from_utf8_lossy(source).into_owned();
            if file.ends_with(".rs") {
                misfits.extend(place::fragments(&text, &faults));
            }
            match place::weave(&text, &faults) {
                Ok(woven) => *source = woven.into_bytes(),
                Err(found) => misfits.extend(found),
            }
        }
        if !misfits.is_empty() {
            return Err(TreeError::Misfits(misfits));
        }
        if let Some(library) = self.0.get_mut(LIBRARY) {
            library.extend_from_slice(b"\n#[doc(hidden)]\npub mod planted;\n");
        }
        self.0.insert("src/planted.rs".to_owned(), place::SWITCH.as_bytes().to_vec());
        Ok(self)
    }

    /// Writes what differs and removes what is too much, so that cargo builds only what changed, and what a
    /// failing test leaves behind is gone.
    pub(crate) fn write(&self, tree: &Path) -> Result<(), TreeError> {
        let mut present = BTreeSet::new();
        list(tree, tree, &mut present)?;
        for name in present.iter().filter(|name| !self.0.contains_key(*name)) {
            let path = tree.join(name);
            fs::remove_file(&path).map_err(|error| TreeError::Io { path, error })?;
        }
        for (name, text) in &self.0 {
            let path = tree.join(name);
            if present.contains(name) && fs::read(&path).is_ok_and(|present| present == *text) {
                continue;
            }
            let directory = path.parent().unwrap_or(tree);
            let written = fs::create_dir_all(directory).and_then(|()| fs::write(&path, text));
            written.map_err(|error| TreeError::Io { path, error })?;
        }
        Ok(())
    }
}

/// The names of all files below the directory.
fn list(directory: &Path, tree: &Path, found: &mut BTreeSet<String>) -> Result<(), TreeError> {
    if !directory.exists() {
        return Ok(());
    }
    let failed = |error| TreeError::Io { path: directory.to_owned(), error };
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            list(&path, tree, found)?;
        } else if let Ok(name) = path.strip_prefix(tree) {
            found.insert(name.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(files: &[(&str, &str)]) -> Sources {
        let owned = |&(name, text): &(&str, &str)| (name.to_owned(), text.as_bytes().to_vec());
        Sources(files.iter().map(owned).collect())
    }

    fn text(sources: &Sources, name: &str) -> String {
        String::from_utf8_lossy(&sources.0[name]).into_owned()
    }

    fn fault(file: &str) -> Fault {
        let entry =
            format!("number = 3\nfile = '{file}'\noriginal = 'b'\nplanted = 'c'\ncost = ''");
        toml::from_str(&entry).expect("the entry is well-formed")
    }

    #[test]
    fn the_copy_has_the_switch_and_the_faults() {
        let woven = sources(&[(LIBRARY, "mod a;"), ("src/a.rs", "b"), ("src/x.rs", "b")]);
        let woven = woven.weave(&[fault("src/a.rs")]).expect("the fault fits");
        assert_eq!(text(&woven, "src/a.rs"), "(if crate::planted::is(3) { c } else { b })");
        assert_eq!(text(&woven, "src/x.rs"), "b");
        assert!(text(&woven, LIBRARY).ends_with("pub mod planted;\n"));
        assert_eq!(text(&woven, "src/planted.rs"), place::SWITCH);
    }

    #[test]
    fn a_fault_in_a_file_that_is_gone_is_an_error_that_names_it() {
        let error = sources(&[(LIBRARY, "")]).weave(&[fault("src/a.rs")]).err();
        let message = error.expect("there is no such file").to_string();
        assert_eq!(message, "fault 3 does not fit src/a.rs: there is no such file");
    }

    #[test]
    fn what_a_test_leaves_behind_is_gone_and_what_is_unchanged_stays() {
        let tree = tempfile::tempdir().expect("a directory can be made");
        let sources = sources(&[("a/kept.txt", "1"), ("changed.txt", "2")]);
        sources.write(tree.path()).expect("the copy can be written");
        let modified = || tree.path().join("a/kept.txt").metadata().and_then(|of| of.modified());
        let before = modified().expect("the file is there");
        fs::write(tree.path().join("changed.txt"), "3").expect("a file can be written");
        fs::write(tree.path().join("a/left.txt"), "4").expect("a file can be written");
        sources.write(tree.path()).expect("the copy can be written");
        let changed = fs::read_to_string(tree.path().join("changed.txt"));
        assert_eq!(changed.expect("the file is there"), "2");
        assert!(!tree.path().join("a/left.txt").exists());
        assert_eq!(modified().expect("the file is there"), before);
    }
}
