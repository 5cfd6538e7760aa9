//! A logical database of a given server that this run has for itself.
//!
//! The claim is a key in the database that the given URL names. It holds host
//! and process, so that what a dead run left is cleared by the next one.

use anyhow::{Context, bail};
use redis::{Cmd, cmd};
use rustix::process::Pid;
use url::Url;

use labkit::table;

/// What the names of claims begin with.
const PREFIX: &str = "labkit:claim:";

/// The highest number that is tried; servers have 16 databases by default.
const MOST: u32 = 64;

/// A claimed database, which is emptied and given back on drop.
#[derive(Debug)]
pub struct Claim {
    /// Where the claims are kept.
    url: Url,
    database: u32,
    owner: String,
}

impl Claim {
    /// Claims an empty database.
    ///
    /// # Errors
    /// When the server does not answer, or none of its databases is empty.
    pub async fn take(url: &Url) -> anyhow::Result<Self> {
        let url = url.clone();
        let taken = tokio::task::spawn_blocking(move || Self::take_now(url));
        taken.await?
    }

    fn take_now(url: Url) -> anyhow::Result<Self> {
        let mut home = connect(&url)?;
        let own = url.path().trim_matches('/').parse().unwrap_or(0);
        let owner = format!("{}:{}", host(), std::process::id());
        for database in (1..MOST).filter(|number| *number != own) {
            let key = format!("{PREFIX}{database}");
            let held: Option<String> = cmd("GET").arg(&key).query(&mut home)?;
            let dead = held.as_deref().is_some_and(is_dead);
            if held.is_some() && !dead {
                continue;
            }
            let mut there = url.clone();
            there.set_path(&database.to_string());
            // A number beyond the server's last ends the search.
            let Ok(mut there) = connect(&there) else {
                break;
            };
            if dead {
                // What a run of ours left, and nobody else's.
                run(&mut home, cmd("DEL").arg(&key))?;
                run(&mut there, &cmd("FLUSHDB"))?;
            }
            let taken: Option<String> = cmd("SET")
                .arg(&key)
                .arg(&owner)
                .arg("NX")
                .query(&mut home)?;
            if taken.is_none() {
                continue;
            }
            let keys: u64 = cmd("DBSIZE").query(&mut there)?;
            if keys == 0 {
                return Ok(Self {
                    url,
                    database,
                    owner,
                });
            }
            run(&mut home, cmd("DEL").arg(&key))?;
        }
        bail!("has no empty database for a lab: give it one, or unset the variable")
    }

    /// Its number.
    pub fn database(&self) -> u32 {
        self.database
    }

    fn give_back(&self) -> anyhow::Result<()> {
        let mut home = connect(&self.url)?;
        let key = format!("{PREFIX}{}", self.database);
        let holder: Option<String> = cmd("GET").arg(&key).query(&mut home)?;
        if holder.as_deref() == Some(&self.owner) {
            let mut there = self.url.clone();
            there.set_path(&self.database.to_string());
            run(&mut connect(&there)?, &cmd("FLUSHDB"))?;
            run(&mut home, cmd("DEL").arg(&key))?;
        }
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Err(error) = self.give_back() {
            eprintln!(
                "labkit: Redis database {} is not cleared: {error:#}",
                self.database
            );
        }
    }
}

fn connect(url: &Url) -> anyhow::Result<redis::Connection> {
    let client = redis::Client::open(url.as_str())?;
    let timeout = std::time::Duration::from_secs(5);
    client
        .get_connection_with_timeout(timeout)
        .context("does not answer")
}

fn run(connection: &mut redis::Connection, command: &Cmd) -> anyhow::Result<()> {
    command.query::<()>(connection)?;
    Ok(())
}

fn host() -> String {
    let name = rustix::system::uname();
    name.nodename().to_string_lossy().into_owned()
}

/// Whether the process that a claim names ran here and lives no more.
fn is_dead(owner: &str) -> bool {
    let Some((its_host, process)) = owner.rsplit_once(':') else {
        return false;
    };
    let process = process.parse().ok().and_then(Pid::from_raw);
    its_host == host() && process.is_some_and(|process| !table::alive(process))
}
