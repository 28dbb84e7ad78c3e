//! A Chromium that tests drive over its DevTools protocol: real clicks and real keys.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

/// Where a Chromium may be; the first that starts is used. `CHROMIUM` names another.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Nobody looks, nothing is fetched, nothing is left behind. Without the sandbox, for in CI
/// containers everything runs as root; the pages are our own.
const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

/// A running browser with one page; it ends with this value.
pub(crate) struct Chromium {
    process: Child,
    requests: ChildStdin,
    messages: Receiver<Vec<u8>>,
    session: String,
    next: u64,
    /// What the console of the page said that it should not have.
    pub(crate) complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Nothing can be done about a browser that does not end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "which browser there is, is a matter of the machine")]
fn start(profile: &Path) -> Child {
    let asked = std::env::var("CHROMIUM");
    let names = asked.as_deref().map_or(NAMES.to_vec(), |asked| vec![asked]);
    let is_there = |name: &&&str| Command::new(name).arg("--version").output().is_ok();
    let Some(name) = names.iter().find(is_there) else {
        panic!(
            "these tests need Chromium, and none of {names:?} can be started: install it \
             (Debian: apt-get install chromium) or give its path in CHROMIUM"
        )
    };
    // It reads requests from descriptor 3 and writes answers to descriptor 4.
    let connect = "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1";
    let mut command = Command::new("sh");
    command.args(["-c", connect, name]).args(FLAGS);
    command.arg(format!("--user-data-dir={}", profile.display()));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().expect("a shell can be started")
}

impl Chromium {
    /// Starts a browser.
    pub(crate) fn new() -> Chromium {
        let profile = tempfile::tempdir().expect("there is room for a profile");
        let mut process = start(profile.path());
        let requests = process.stdin.take().expect("it is piped");
        let stdout = BufReader::new(process.stdout.take().expect("it is piped"));
        let (sender, messages) = channel();
        // Ends with the browser. Each message ends with a zero byte.
        std::thread::spawn(move || {
            let mut received = stdout.split(0).map_while(Result::ok);
            received.all(|message| sender.send(message).is_ok())
        });
        let mut chromium = Chromium {
            process,
            requests,
            messages,
            session: String::new(),
            next: 0,
            complaints: Vec::new(),
            _profile: profile,
        };
        let target = chromium.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = chromium.call("Target.attachToTarget", attach);
        chromium.session = text(&session["sessionId"]);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable"] {
            chromium.call(domain, json!({}));
        }
        chromium
    }

    /// Calls a method of the protocol and waits for its answer; events that come before it are
    /// taken note of.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let mut request = json!({ "id": self.next, "method": method, "params": parameters });
        if !self.session.is_empty() {
            request["sessionId"] = Value::from(self.session.as_str());
        }
        let request = format!("{request}\0");
        self.requests.write_all(request.as_bytes()).expect("the browser listens; did it start?");
        loop {
            let message = self.receive();
            if message["id"] == self.next {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
        }
    }

    fn receive(&mut self) -> Value {
        let message = self.messages.recv_timeout(Duration::from_secs(60));
        let message = message.expect("the browser answers within a minute");
        let message: Value = serde_json::from_slice(&message).expect("it is JSON");
        let parameters = &message["params"];
        match message["method"].as_str() {
            Some("Runtime.exceptionThrown" | "Log.entryAdded" | "Page.javascriptDialogOpening") => {
                self.complaints.push(parameters.to_string());
            }
            Some("Runtime.consoleAPICalled") if parameters["type"] != "log" => {
                self.complaints.push(parameters.to_string());
            }
            Some("Network.requestWillBeSent") => {
                let url = text(&parameters["request"]["url"]);
                if !(url.starts_with("file:") || url.starts_with("data:")) {
                    self.complaints.push(format!("it asks for {url}"));
                }
            }
            Some(_) | None => {}
        }
        message
    }

    /// Opens a page in a window of this size, and waits until it is there.
    pub(crate) fn open(&mut self, page: &Path, (width, height): (u32, u32), scheme: &str) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600
        });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
        self.call("Page.navigate", json!({ "url": format!("file://{}", page.display()) }));
        self.wait("document.readyState === 'complete' && location.protocol === 'file:'");
    }

    /// The value of an expression in the page.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let parameters =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", parameters);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true, by the clock of the page, which paints meanwhile.
    pub(crate) fn wait(&mut self, expression: &str) {
        let looks = format!(
            "new Promise((yes) => {{ let left = 1200; const look = () => {{ \
             if ({expression}) yes(true); else if (left-- > 0) setTimeout(look, 25); \
             else yes(false); }}; look(); }})"
        );
        assert_eq!(self.value(&looks), true, "never: {expression}");
    }

    /// Clicks into the middle of an element, or at a share of its width.
    pub(crate) fn click(&mut self, selector: &str, share: f64) {
        let at = self.value(&format!(
            "(() => {{ const e = document.querySelector({selector:?}); \
             e.scrollIntoView({{ block: 'center', behavior: 'instant' }}); \
             const r = e.getBoundingClientRect(); \
             return [r.left + r.width * {share}, r.top + r.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            self.call(
                "Input.dispatchMouseEvent",
                json!({ "type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1 }),
            );
        }
    }

    /// Presses and releases a key.
    pub(crate) fn press(&mut self, key: &str) {
        let (code, number) = match key {
            " " => ("Space", 32),
            "Tab" => ("Tab", 9),
            "PageUp" => ("PageUp", 33),
            "PageDown" => ("PageDown", 34),
            "End" => ("End", 35),
            "Home" => ("Home", 36),
            "ArrowLeft" => ("ArrowLeft", 37),
            "ArrowRight" => ("ArrowRight", 39),
            "n" => ("KeyN", 78),
            "p" => ("KeyP", 80),
            _ => panic!("no test presses {key}"),
        };
        for kind in ["keyDown", "keyUp"] {
            let mut parameters = json!({
                "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number
            });
            if key.len() == 1 && kind == "keyDown" {
                parameters["text"] = Value::from(key);
            }
            self.call("Input.dispatchKeyEvent", parameters);
        }
    }

    /// Fails if the console complained.
    pub(crate) fn assert_silent(&mut self) {
        // An answer comes after all events that came before it.
        self.value("0");
        assert!(self.complaints.is_empty(), "{:#?}", self.complaints);
    }
}

/// The text of a JSON value.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}
