//! The attacker's pages of a lab, served beside the service: a person opens
//! them, and sees whether the attack still works.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use actix_files::Files;
use actix_web::{App, HttpServer, rt};
use anyhow::{Context as _, Result};

/// Serves the folder on a free port of 127.0.0.1 for as long as this process
/// lives, and gives the port; `None` when there is no such folder.
///
/// # Errors
/// When no port can be had.
pub fn serve(folder: &Path) -> Result<Option<u16>> {
    if !folder.is_dir() {
        return Ok(None);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let listener = listener.context("no free port for the attacker's page")?;
    let port = listener.local_addr()?.port();
    let folder = folder.to_path_buf();
    std::thread::spawn(move || rt::System::new().block_on(pages(listener, folder)));
    Ok(Some(port))
}

async fn pages(listener: TcpListener, folder: PathBuf) -> std::io::Result<()> {
    let app = move || App::new().service(Files::new("/", &folder).index_file("index.html"));
    // Ctrl-C ends the command, and this with it.
    let server = HttpServer::new(app).workers(1).disable_signals();
    server.listen(listener)?.run().await
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn the_pages_are_there_and_nothing_above_them() {
        let folder = tempfile::tempdir().unwrap();
        let pages = folder.path().join("attacker");
        assert_eq!(serve(&pages).unwrap(), None);
        std::fs::create_dir(&pages).unwrap();
        std::fs::write(pages.join("index.html"), "ten cats").unwrap();
        std::fs::write(folder.path().join("secret"), "a secret").unwrap();
        let port = serve(&pages).unwrap().unwrap();
        assert!(ask(port, "/").ends_with("ten cats"));
        assert!(!ask(port, "/../secret").contains("a secret"));
        assert!(!ask(port, "/%2e%2e/secret").contains("a secret"));
    }

    #[test]
    fn the_pages_of_all_labs_are_whole() {
        let labs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        let mut found = 0;
        for lab in labs.read_dir().unwrap() {
            let lab = lab.unwrap();
            let Some(port) = serve(&lab.path().join("attacker")).unwrap() else {
                continue;
            };
            found += 1;
            let page = ask(port, "/");
            for part in ["200 OK", "<html lang=", "<title>", "color-scheme"] {
                assert!(page.contains(part), "{lab:?} lacks {part}");
            }
            // Nothing comes from another host.
            for part in page.split(" src=\"").skip(1) {
                let name = part.split('"').next().unwrap();
                let script = ask(port, &format!("/{name}"));
                assert!(script.contains("200 OK"), "{lab:?}: {name}");
                assert!(script.contains("get('service')"), "{lab:?}: {name}");
            }
        }
        assert!(found > 0);
    }

    fn ask(port: u16, path: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}
