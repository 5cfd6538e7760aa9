//! A connection that a visitor keeps between two pages.

use labkit::control::Deadline;
use labkit::subject::Subject;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that is kept.
pub struct Kept(TcpStream);

impl Kept {
    /// Connects.
    pub async fn open(shop: &Subject) -> std::io::Result<Self> {
        Ok(Self(TcpStream::connect(shop.addr()).await?))
    }

    /// Asks for a page, and gives the body of an answer that is a success;
    /// `None` for any other, and when none comes.
    pub async fn get(
        &mut self,
        shop: &Subject,
        path: &str,
    ) -> Option<String> {
        let deadline = Deadline::start(shop.watch());
        tokio::select! {
            biased;
            body = self.exchange(shop, path) => body,
            () = deadline.passed() => None,
        }
    }

    async fn exchange(
        &mut self,
        shop: &Subject,
        path: &str,
    ) -> Option<String> {
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n",
            shop.addr()
        );
        self.0.write_all(head.as_bytes()).await.ok()?;
        let mut read = String::new();
        loop {
            if let Some((head, body)) = read.split_once("\r\n\r\n") {
                let head = head.to_ascii_lowercase();
                let length = head.split("content-length:").nth(1)?;
                let length = length.lines().next()?.trim();
                if body.len() >= length.parse::<usize>().ok()? {
                    let good = head.split(' ').nth(1)?.starts_with('2');
                    return good.then(|| body.to_owned());
                }
            }
            let mut some = [0; 4096];
            let count = self.0.read(&mut some).await.ok()?;
            let some =
                some.get(..count).filter(|some| !some.is_empty())?;
            // The pages here are plain ASCII.
            read.push_str(std::str::from_utf8(some).ok()?);
        }
    }
}
