//! Requests under construction, and the words for their answers.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::Method;
use hyper::body::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use labkit::client::Answer;

use crate::visitor::Request;

/// What nobody gets by HTTP.
pub const SECRET: &str = "A-1001";

/// A page of the orders.
pub const ORDERS: &str = "/orders?page=2&from=a%2Fb";

/// A `GET`; of a path, or of a whole address.
pub fn get(target: &str) -> Request {
    request(Method::GET, target, "")
}

/// A form, encoded as a browser does.
pub fn form(path: &str, fields: &[(&str, &str)]) -> Request {
    let pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            format!("{name}={}", value.replace('@', "%40"))
        })
        .collect();
    let request = request(Method::POST, path, &pairs.join("&"));
    with(request, "content-type", "application/x-www-form-urlencoded")
}

/// A bare request.
pub fn request(method: Method, target: &str, body: &str) -> Request {
    let mut request = Request::new(Bytes::from(body.to_owned()).into());
    *request.method_mut() = method;
    *request.uri_mut() = target.parse().unwrap_or_default();
    request
}

/// The same with another header.
pub fn with(mut request: Request, name: &str, value: &str) -> Request {
    let name: Option<HeaderName> = name.parse().ok();
    if let (Some(name), Ok(value)) =
        (name, HeaderValue::from_str(value))
    {
        request.headers_mut().append(name, value);
    }
    request
}

/// The same as one of the staff sends it.
pub fn as_staff(request: Request) -> Request {
    let login = BASE64_STANDARD.encode("ada:apple");
    with(request, "authorization", &format!("Basic {login}"))
}

/// The same as the proxy brings it to the shop, from that address.
pub fn proxied(request: Request, scheme: &str, from: &str) -> Request {
    let request = with(request, "x-forwarded-proto", scheme);
    with(request, "x-forwarded-for", from)
}

/// `308 https://shop.example/`, or the status and the content type.
pub fn words(answer: &Answer) -> String {
    match (answer.status(), answer.header("location")) {
        (Some(status), Some(to)) => format!("{} {to}", status.as_u16()),
        _ => answer.to_string(),
    }
}
