//! The command line as a user meets it: the built binary, in an empty directory of its own.

use std::path::PathBuf;

mod bad_input;
mod campaign;
mod help;
mod idle;
mod minimize;
mod mistakes;
mod outputs;
mod quiet;
mod replay;
mod report;
mod story;
mod streams;
mod sweep;
mod typed;
mod verdict;
mod verify;

use crate::common::program::{program, typing};

/// An empty directory, and the binary in it.
struct Place {
    directory: tempfile::TempDir,
}

/// What a command did.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Done {
    /// The exit status.
    status: Option<i32>,
    /// The standard output.
    stdout: String,
    /// The standard error output.
    stderr: String,
}

impl Place {
    fn new() -> Place {
        let directory = tempfile::tempdir().expect("there is a place for temporary files");
        Place { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        let parent = path.parent().expect("the file is in the directory");
        std::fs::create_dir_all(parent).expect("the directory is writable");
        std::fs::write(path, content).expect("the directory is writable");
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of everything in the directory, in order.
    fn names(&self) -> Vec<String> {
        self.names_in(".")
    }

    /// The names of everything in a directory of it, in order.
    fn names_in(&self, name: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.path(name)).expect("the directory is there");
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.expect("the entry is readable").file_name().to_string_lossy().into_owned()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort_unstable();
        names
    }

    /// Runs the binary with these arguments, separated by spaces.
    fn run(&self, arguments: &str) -> Done {
        self.run_list(&arguments.split_whitespace().collect::<Vec<&str>>())
    }

    /// Runs the binary with these arguments.
    fn run_list(&self, arguments: &[&str]) -> Done {
        self.run_typing(arguments, "")
    }

    /// Runs the binary with these arguments and this standard input.
    fn run_typing(&self, arguments: &[&str], input: &str) -> Done {
        let mut command = program();
        command.args(arguments).current_dir(self.directory.path());
        let output = typing(&mut command, input);
        let text = |bytes| String::from_utf8(bytes).expect("the output is text");
        Done {
            status: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}
