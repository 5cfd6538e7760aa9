//! Where the shop is: its name, its certificate, and who comes from where.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use labkit::ground::Folder;
use labkit::port::Reserved;
use labkit::upstream::{Reply, StubUpstream};
use labkit::{Ground, Tls};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
};

/// The shop's name.
pub const NAME: &str = "shop.example";

/// Where users find it.
pub const URL: &str = "https://shop.example";

/// Where the proxy in front of the shop connects from.
pub const PROXY: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Where everybody else does.
pub const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// The proxy, and a network of more of them.
const PROXIES: &str = "127.0.0.1/32,10.0.0.0/8";

/// The certificate that the shop's one is signed with, in PEM.
pub struct Authority(pub String);

/// A certificate, a port for HTTPS, and a service that sends mails.
pub async fn ground() -> anyhow::Result<Ground> {
    std::net::TcpListener::bind((STRANGER, 0)).with_context(|| {
        format!(
            "{STRANGER} is no address of this machine. On macOS: \
             sudo ifconfig lo0 alias {STRANGER}"
        )
    })?;
    let mut ground = Ground::new();
    ground.env.public_url = Some(URL.to_owned());
    ground.env.trusted_proxies = Some(PROXIES.to_owned());

    let reserved = Reserved::new()?;
    let folder = Folder::new()?;
    let (cert, key) = certificate(&mut ground, &folder)?;
    let addr = reserved.addr();
    ground.env.tls = Some(Tls { addr, cert, key });
    ground.keep(folder);
    ground.keep(reserved);

    let accounts = StubUpstream::bind().await?;
    accounts.answer(Reply::Status(202));
    ground.env.upstream_url = Some(accounts.url());
    ground.keep(accounts);
    Ok(ground)
}

/// Makes the shop's certificate and key, as an authority would.
fn certificate(
    ground: &mut Ground,
    folder: &Folder,
) -> anyhow::Result<(PathBuf, PathBuf)> {
    let mut params = valid("an authority of its own", Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority =
        CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;

    let mut params = valid(NAME, vec![NAME.to_owned()])?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::ServerAuth];
    let own = KeyPair::generate()?;
    let cert = params.signed_by(&own, &authority)?;

    let write = |name: &str, text: String| {
        let path = folder.path(name);
        std::fs::write(&path, text).map(|()| path)
    };
    let chain = cert.pem() + &authority.pem();
    ground.keep(Authority(authority.pem()));
    Ok((
        write("cert.pem", chain)?,
        write("key.pem", own.serialize_pem())?,
    ))
}

/// From yesterday on, for ninety days.
fn valid(
    name: &str,
    hosts: Vec<String>,
) -> anyhow::Result<CertificateParams> {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = (SystemTime::now() - DAY).into();
    params.not_after = (SystemTime::now() + 89 * DAY).into();
    Ok(params)
}
