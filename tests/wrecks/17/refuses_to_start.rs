//! A service that does not start.

use std::net::TcpListener;

use actix_web::dev::Server;

use crate::Env;

/// The service, on a listener that is bound already.
pub async fn server(
    _env: Env,
    _listener: TcpListener,
) -> anyhow::Result<Server> {
    anyhow::bail!("no such table: customers")
}
