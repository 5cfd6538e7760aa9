//! Who may use the register.

use actix_web::http::StatusCode;
use actix_web::http::header::{ContentType, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The tills' token, `maple-4711`, as its SHA-256: who reads the program
/// finds no token that works.
const TILLS: [u8; 32] = [
    188, 11, 145, 57, 254, 171, 157, 26, 4, 106, 9, 238, 62, 4, 61,
    167, 234, 175, 190, 34, 64, 254, 202, 169, 122, 205, 87, 199, 11,
    201, 136, 34,
];

/// Whether it is the tills' token.
#[must_use]
pub fn may_enter(token: &str) -> bool {
    Sha256::digest(token)[..] == TILLS
}

/// No valid token came with the request.
#[derive(Debug, Error)]
#[error("no valid token")]
pub struct Unauthorized;

impl ResponseError for Unauthorized {
    fn status_code(&self) -> StatusCode {
        StatusCode::UNAUTHORIZED
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status_code())
            .content_type(ContentType::plaintext())
            .insert_header((WWW_AUTHENTICATE, "Bearer"))
            .body(self.to_string())
    }
}
