//! A user who has logged in before the load begins.

use std::net::SocketAddr;

use anyhow::Context as _;
use hyper::Method;

use super::plan::Headers;
use crate::exchange;
use crate::jar::Jar;

/// Logs in at the first instance with this form, and gives the header that
/// holds the cookies which were set.
///
/// # Errors
/// When there is no instance, or the answer sets no cookie.
pub async fn log_in(
    instances: Vec<SocketAddr>,
    path: &str,
    form: &[(&str, &str)],
) -> anyhow::Result<Headers> {
    let login = exchange::request(Method::POST, path).with_form(form);
    let addr = *instances.first().context("no instance")?;
    let answer = exchange::exchange(addr, login).await;
    let mut jar = Jar::new();
    jar.take(&answer);
    let cookies = jar
        .header()
        .with_context(|| format!("POST {path} sets no cookie: {answer}"))?;
    Ok(vec![("cookie".to_owned(), cookies)])
}
