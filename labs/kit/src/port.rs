//! A port for a listener that the service binds itself: a second one, say.
//!
//! The first one is bound by the harness, see [`subject`](crate::subject).

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port of loopback that nobody else gets by chance.
///
/// On Linux a socket is bound to it that does not listen. It allows another
/// one to be bound beside it, as every server does (`SO_REUSEADDR`), and the
/// kernel hands the port out to nobody. Elsewhere the port was free a moment
/// ago.
#[derive(Debug)]
pub struct Reserved {
    addr: SocketAddr,
    _socket: Option<TcpSocket>,
}

impl Reserved {
    /// Reserves a free port.
    ///
    /// # Errors
    /// When there is none.
    pub fn new() -> std::io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let addr = socket.local_addr()?;
        let _socket = cfg!(target_os = "linux").then_some(socket);
        Ok(Self { addr, _socket })
    }

    /// Where the service is to listen.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn a_reserved_port_is_closed_until_a_server_listens_on_it() {
        let reserved = Reserved::new().unwrap();
        assert!(TcpStream::connect(reserved.addr()).is_err());
        let server = TcpListener::bind(reserved.addr()).unwrap();
        TcpStream::connect(reserved.addr()).unwrap();
        // A restarted server gets it again.
        drop(server);
        TcpListener::bind(reserved.addr()).unwrap();
    }
}
