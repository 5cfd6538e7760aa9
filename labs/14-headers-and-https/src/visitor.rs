//! Those who come to the shop: by HTTP or by HTTPS, from anywhere or as the
//! proxy that stands in front of it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use labkit::Bench;
use labkit::bench::Stopped;
use labkit::client::Answer;
use labkit::control::{Deadline, Watch};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;
use tokio_rustls::TlsConnector;

use crate::site::{Authority, NAME, PROXY, STRANGER};

/// A request.
pub type Request = hyper::Request<Full<Bytes>>;

/// The largest body that is taken.
const LIMIT: usize = 1 << 20;

/// Who brings a request, and to which listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A stranger, by HTTP.
    Http,
    /// A stranger, by HTTPS.
    Https,
    /// The proxy, by HTTP.
    Proxy,
}

/// The shop as its visitors see it.
#[derive(Clone)]
pub struct Shop {
    plain: SocketAddr,
    tls: SocketAddr,
    connector: TlsConnector,
    watch: Watch,
}

impl Shop {
    /// The running service, once it listens for HTTPS. Only the service
    /// itself knows when.
    pub async fn open(bench: &Bench) -> Result<Self, Stopped> {
        let subject = bench.subject()?;
        let Authority(authority) = bench.ground()?;
        let shop = Self {
            plain: subject.addr(),
            tls: https(bench)?,
            connector: connector(authority)?,
            watch: subject.watch().clone(),
        };
        let deadline = Deadline::start(&shop.watch);
        let listens = async {
            while TcpStream::connect(shop.tls).await.is_err() {
                sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::select! {
            biased;
            () = listens => Ok(shop),
            () = deadline.passed() => {
                Err(Stopped::new("nobody listens at TLS_ADDR"))
            }
        }
    }

    /// Sends a request on a connection of its own.
    pub async fn ask(&self, way: Way, request: Request) -> Answer {
        let exchange = async {
            match way {
                Way::Http => self.plain(STRANGER, request).await,
                Way::Proxy => self.plain(PROXY, request).await,
                Way::Https => self.encrypted(request).await,
            }
        };
        let deadline = Deadline::start(&self.watch);
        tokio::select! {
            biased;
            answer = exchange => answer.unwrap_or(Answer::Closed),
            () = deadline.passed() => Answer::None,
        }
    }

    async fn plain(
        &self,
        from: Ipv4Addr,
        request: Request,
    ) -> Option<Answer> {
        exchange(connect(from, self.plain).await?, request).await
    }

    async fn encrypted(&self, request: Request) -> Option<Answer> {
        let stream = connect(STRANGER, self.tls).await?;
        let name = ServerName::try_from(NAME).ok()?;
        let stream = self.connector.connect(name, stream).await.ok()?;
        exchange(stream, request).await
    }

    /// Sends what is no request, and gives the answer's head: what the
    /// server says by itself, before any layer of the service.
    pub async fn garbled(&self) -> Option<Vec<String>> {
        let exchange = async {
            let mut stream = connect(STRANGER, self.plain).await?;
            let garbled =
                b"GET / HTTP/1.1\r\ncontent-length: x\r\n\r\n";
            stream.write_all(garbled).await.ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.ok()?;
            let lines = answer.lines().take_while(|l| !l.is_empty());
            let names = lines.map(|line| match line.split_once(':') {
                Some((name, _)) => name.to_lowercase(),
                None => line.to_owned(),
            });
            let mut names: Vec<String> = names.collect();
            names.get_mut(1..)?.sort();
            Some(names)
        };
        let deadline = Deadline::start(&self.watch);
        tokio::select! {
            biased;
            names = exchange => names,
            () = deadline.passed() => None,
        }
    }
}

fn https(bench: &Bench) -> Result<SocketAddr, Stopped> {
    let reserved = bench.ground::<labkit::port::Reserved>()?;
    Ok(reserved.addr())
}

fn connector(authority: &str) -> anyhow::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    let authority =
        CertificateDer::from_pem_slice(authority.as_bytes());
    roots.add(authority.context("the authority's certificate")?)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn connect(from: Ipv4Addr, to: SocketAddr) -> Option<TcpStream> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.bind(SocketAddr::from((from, 0))).ok()?;
    let stream = socket.connect(to).await.ok()?;
    stream.set_nodelay(true).ok()?;
    Some(stream)
}

/// Any error on the way means the same: no whole answer came.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    mut request: Request,
) -> Option<Answer> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .ok()?;
    let connection = tokio::spawn(connection);
    let headers = request.headers_mut();
    headers
        .entry(HOST)
        .or_insert(HeaderValue::from_static(NAME));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    let answer = async {
        let (head, body) =
            sender.send_request(request).await.ok()?.into_parts();
        let body = Limited::new(body, LIMIT).collect().await.ok()?;
        Some(Answer::Response {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes(),
        })
    }
    .await;
    connection.abort();
    answer
}
