//! Who works for the shop.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{
    AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE,
};
use actix_web::{HttpResponse, ResponseError};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

const STAFF: [(&str, &str); 2] = [("ada", "apple"), ("bob", "berry")];

/// The answer to whoever does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotStaff;

impl fmt::Display for NotStaff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("for staff only")
    }
}

impl ResponseError for NotStaff {
    fn status_code(&self) -> StatusCode {
        StatusCode::UNAUTHORIZED
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::Unauthorized()
            .insert_header((WWW_AUTHENTICATE, "Basic realm=\"orders\""))
            .body(self.to_string())
    }
}

/// Admits whoever has a name and the password of the shop's staff. This
/// stands for the table of staff, which holds hashes of passwords.
///
/// # Errors
/// When they have not.
pub fn admit(headers: &HeaderMap) -> Result<(), NotStaff> {
    let login = login(headers).ok_or(NotStaff)?;
    let known = STAFF
        .iter()
        .any(|(name, password)| login == format!("{name}:{password}"));
    if known { Ok(()) } else { Err(NotStaff) }
}

/// What a browser sends in the Basic scheme: `name:password`.
fn login(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, login) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    String::from_utf8(BASE64_STANDARD.decode(login.trim()).ok()?).ok()
}
