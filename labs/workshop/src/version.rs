//! Which version of a lab a reader means.

use anyhow::{Result, bail};
use labkit::exercise::State;

use crate::exercise::Exercise;
use crate::workspace::Lab;

/// Every version of `lab`, in the order in which a chapter tells of them.
///
/// # Errors
/// When the lab's half-fixes cannot be listed.
pub fn all(lab: &Lab) -> Result<Vec<String>> {
    let mut names = vec!["broken".to_owned()];
    names.extend(lab.half_fixes()?);
    names.extend(["fixed", "exercise"].map(str::to_owned));
    Ok(names)
}

/// The version called `name`; without a name, the exercise once it is
/// started, else broken.
///
/// # Errors
/// When the lab has no such version; the message suggests the nearest.
pub fn pick(lab: &Lab, name: Option<&str>) -> Result<String> {
    match name {
        Some(name) => named(lab, name),
        None if Exercise::read(lab)?.state == State::NotStarted => Ok("broken".to_owned()),
        None => Ok("exercise".to_owned()),
    }
}

/// The version called `name`, in either case and with `-` for `_`.
///
/// # Errors
/// When the lab has no such version; the message suggests the nearest.
pub fn named(lab: &Lab, name: &str) -> Result<String> {
    let wanted = name.trim().to_lowercase().replace('-', "_");
    let versions = all(lab)?;
    if versions.contains(&wanted) {
        return Ok(wanted);
    }
    let near = versions
        .iter()
        .map(|version| (strsim::jaro_winkler(version, &wanted), version))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let list = versions.join(", ");
    match near {
        Some((score, version)) if score > 0.75 => bail!(
            "lab {} has no version `{name}`: did you mean {version}? It has {list}",
            lab.id
        ),
        _ => bail!("lab {} has no version `{name}`: it has {list}", lab.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::fixture::Fixture;

    #[test]
    fn versions_are_found_and_typos_get_a_suggestion() {
        let fixture = Fixture::new();
        let lab = fixture.lab();
        assert_eq!(
            all(lab).unwrap(),
            ["broken", "more_workers", "fixed", "exercise"]
        );
        assert_eq!(named(lab, "More-Workers").unwrap(), "more_workers");
        let error = named(lab, "fixd").unwrap_err().to_string();
        assert!(error.contains("did you mean fixed?"), "{error}");
        let error = named(lab, "xyz").unwrap_err().to_string();
        assert!(error.contains("it has broken, more_workers"), "{error}");
    }

    #[test]
    fn the_exercise_is_the_default_once_it_is_started() {
        let fixture = Fixture::new();
        let lab = fixture.lab();
        assert_eq!(pick(lab, None).unwrap(), "broken");
        std::fs::write(lab.dir.join("src/exercise.rs"), "pub fn server() {}").unwrap();
        assert_eq!(pick(lab, None).unwrap(), "exercise");
    }
}
