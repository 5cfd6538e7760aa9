//! What a lab is: its versions, its claims, its experiment and its load.

use std::future::Future;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use actix_web::dev::Server;

use crate::bench::{Bench, Stopped};
use crate::deployment::Deployment;
use crate::env::Env;
use crate::ground::GroundFuture;
use crate::load::LoadPlan;

/// A version's `server` function, boxed.
pub type ServerFuture = Pin<Box<dyn Future<Output = anyhow::Result<Server>>>>;

/// An experiment under way.
pub type ExperimentFuture<'a> = Pin<Box<dyn Future<Output = Result<(), Stopped>> + Send + 'a>>;

/// One failure mode: the same small service several times, and the
/// experiment that tells the versions apart.
#[derive(Debug)]
pub struct Lab {
    /// The number, two digits.
    pub id: &'static str,
    /// The failure's name, as in the chapter's heading.
    pub title: &'static str,
    /// The lab's folder (`env!("CARGO_MANIFEST_DIR")`).
    pub dir: &'static str,
    /// Every claim, in the order in which transcripts list them.
    pub claims: &'static [Claim],
    /// Broken, the half-fixes and fixed.
    pub versions: &'static [Version],
    /// The learner's version. Only the proof's program compiles it in.
    pub exercise: Option<Version>,
    /// Makes what the service depends on, anew for every run:
    /// [`ground::none`](crate::ground::none) for nothing.
    pub ground: fn() -> GroundFuture,
    /// Drives one version and judges every claim.
    pub experiment: for<'a> fn(&'a mut Bench) -> ExperimentFuture<'a>,
    /// The load behind the chapter's figure.
    pub load: fn() -> LoadPlan,
}

/// A promise to the users of the service, which an experiment finds kept or
/// broken. The words are the same for all versions and name no repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The promise, at most 56 columns: it stands in transcripts of 72.
    pub promise: &'static str,
    /// What it means to a user when the promise is broken; one sentence.
    pub matters: &'static str,
}

/// One version of the service.
#[derive(Debug)]
pub struct Version {
    /// `broken`, `fixed`, `exercise`, or the half-fix's file stem.
    pub name: &'static str,
    /// Its part in the lab.
    pub kind: Kind,
    /// The source that was compiled.
    pub source: &'static str,
    /// Starts it on a listener that is already bound.
    pub serve: fn(Env, TcpListener) -> ServerFuture,
    /// How it is deployed.
    pub deployment: Deployment,
}

/// The part that a version plays in its lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The failure as people write it.
    Broken,
    /// A tempting repair that still fails a claim.
    HalfFix,
    /// The reference repair.
    Fixed,
    /// The learner's own.
    Exercise,
}

/// A [`Version`] from a module of the lab that has a `server` function.
///
/// ```text
/// version!(Broken, "broken", broken, "broken.rs")
/// version!(HalfFix, "sticky", half_fixes::sticky, "half_fixes/sticky.rs", DEPLOYMENT)
/// ```
///
/// With a fifth argument, the module's constant of that name says how the
/// version is deployed.
#[macro_export]
macro_rules! version {
    ($kind:ident, $name:literal, $($module:ident)::+, $file:literal) => {
        $crate::version!(@ $kind, $name, $($module)::+, $file, $crate::Deployment::DEFAULT)
    };
    ($kind:ident, $name:literal, $($module:ident)::+, $file:literal, $deployment:ident) => {
        $crate::version!(@ $kind, $name, $($module)::+, $file, $($module)::+::$deployment)
    };
    (@ $kind:ident, $name:literal, $($module:ident)::+, $file:literal, $deployment:expr) => {
        $crate::Version {
            name: $name,
            kind: $crate::Kind::$kind,
            source: include_str!($file),
            serve: |env, listener| Box::pin($($module)::+::server(env, listener)),
            deployment: $deployment,
        }
    };
}

impl Lab {
    /// Every version, the exercise last.
    pub fn all(&'static self) -> impl Iterator<Item = &'static Version> {
        self.versions.iter().chain(&self.exercise)
    }

    /// The version of that name.
    #[must_use]
    pub fn version(&'static self, name: &str) -> Option<&'static Version> {
        self.all().find(|v| v.name == name)
    }

    /// The one version of a kind that exists once.
    #[must_use]
    pub fn the(&'static self, kind: Kind) -> Option<&'static Version> {
        self.all().find(|v| v.kind == kind)
    }

    /// The half-fixes.
    pub fn half_fixes(&self) -> impl Iterator<Item = &'static Version> {
        self.versions.iter().filter(|v| v.kind == Kind::HalfFix)
    }

    /// The root of the repository: two folders above the lab's.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        let dir = Path::new(self.dir);
        dir.ancestors().nth(2).unwrap_or(dir).to_path_buf()
    }

    /// The lab's folder as a reader types it from the root.
    #[must_use]
    pub fn folder(&self) -> String {
        let name = Path::new(self.dir).file_name().unwrap_or_default();
        format!("labs/{}", name.to_string_lossy())
    }
}

impl Version {
    /// The file of its committed transcript, without `.snap`.
    #[must_use]
    pub fn snapshot_name(&self) -> String {
        match self.kind {
            Kind::HalfFix => format!("half-fix-{}", self.name),
            _ => self.name.to_owned(),
        }
    }
}
