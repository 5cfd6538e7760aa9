//! `/_lab/`: start a run, watch it, stop it.
//!
//! - `POST /_lab/runs` with `{"lab": "01", "version": "broken"}` starts one and
//!   answers `201` with `{"id": "…"}`; `404` for an unknown lab or version,
//!   `409` while the lab has a run.
//! - `GET /_lab/runs/{id}` attaches to it: server-sent events, one page only.
//! - `DELETE /_lab/runs/{id}` stops it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::http::header::{self, ContentType};
use actix_web::web::{self, Bytes};
use actix_web::{HttpResponse, Responder};
use futures_core::Stream;
use serde::{Deserialize, Serialize};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::runs::{Runs, Start, Watcher};

/// A page that has closed is noticed when something is sent to it; so
/// something is sent at least this often.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// A body of a few words is all that a start needs.
const BODY_LIMIT: usize = 1024;

/// The routes below `/_lab`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(BODY_LIMIT))
        .service(web::resource("/runs").route(web::post().to(start)))
        .service(
            web::resource("/runs/{id}")
                .route(web::get().to(watch))
                .route(web::delete().to(stop)),
        )
        .default_service(web::to(|| async {
            plain(HttpResponse::NotFound(), "No such address.")
        }));
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    lab: String,
    version: String,
}

#[derive(Serialize)]
struct Started {
    id: String,
}

async fn start(runs: web::Data<Runs>, wish: web::Json<Wish>) -> HttpResponse {
    match runs.start(&wish.lab, &wish.version) {
        Ok(Start::Started(id)) => HttpResponse::Created().json(Started { id }),
        Ok(Start::Unknown(text)) => plain(HttpResponse::NotFound(), &text),
        Ok(Start::Busy(version)) => plain(
            HttpResponse::Conflict(),
            &format!("This lab is running already: {version}. Stop that run, or wait for its end."),
        ),
        Err(error) => plain(HttpResponse::InternalServerError(), &format!("{error:#}")),
    }
}

async fn watch(runs: web::Data<Runs>, id: web::Path<String>) -> HttpResponse {
    let Some(watcher) = runs.watch(&id) else {
        return plain(
            HttpResponse::NotFound(),
            "No such run, or another page watches it.",
        );
    };
    let mut heartbeat = interval(HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(Frames { watcher, heartbeat })
}

async fn stop(runs: web::Data<Runs>, id: web::Path<String>) -> impl Responder {
    if runs.stop(&id) {
        HttpResponse::NoContent().finish()
    } else {
        plain(HttpResponse::NotFound(), "No such run.")
    }
}

fn plain(mut answer: actix_web::HttpResponseBuilder, text: &str) -> HttpResponse {
    answer
        .content_type(ContentType::plaintext())
        .body(format!("{text}\n"))
}

/// A run's events as the body of an answer. It is dropped when the page goes
/// away, and the watcher in it ends the run.
struct Frames {
    watcher: Watcher,
    heartbeat: Interval,
}

impl Stream for Frames {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Poll::Ready(event) = self.watcher.events.poll_recv(cx) {
            return Poll::Ready(event.map(|event| Ok(event.frame())));
        }
        // A comment line: the page does not see it.
        self.heartbeat
            .poll_tick(cx)
            .map(|_| Some(Ok(Bytes::from_static(b":\n\n"))))
    }
}
