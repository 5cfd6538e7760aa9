//! Whether a server answers in its own protocol.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::process;
use crate::service::Service;

/// Waits until the server answers in its own protocol.
pub(super) async fn answers(service: Service, addr: SocketAddr) {
    loop {
        if answer(service, addr).await.is_some() {
            return;
        }
        process::pause(Duration::from_millis(10)).await;
    }
}

async fn answer(service: Service, addr: SocketAddr) -> Option<()> {
    // What a client says first: PING, or a PostgreSQL startup message.
    const STARTUP: &[u8] = b"\0\0\0\x27\0\x03\0\0user\0labkit\0database\0postgres\0\0";
    let (hello, good): (&[u8], &[u8]) = match service {
        // Without a password the answer is an error, and an answer.
        Service::Redis => (b"*1\r\n$4\r\nPING\r\n", b"+-"),
        Service::PostgreSql => (STARTUP, b"RE"),
    };
    let mut stream = tokio::net::TcpStream::connect(addr).await.ok()?;
    stream.write_all(hello).await.ok()?;
    let mut reply = [0; 256];
    let length = stream.read(&mut reply).await.ok()?;
    let reply = &reply[..length];
    let says = |words: &[u8]| reply.windows(words.len()).any(|window| window == words);
    // "the database system is starting up", and Redis's counterpart.
    let early = says(b"C57P03\0") || reply.starts_with(b"-LOADING");
    (good.contains(reply.first()?) && !early).then_some(())
}
