//! An order that is on its way in: the client has sent half of it.

use labkit::control::Deadline;
use labkit::subject::Subject;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request of which the service has the first half.
pub struct Upload {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Upload {
    /// Sends the head and half of the body, and keeps the rest back.
    pub async fn begin(
        shop: &Subject,
        path: &str,
        body: &Value,
    ) -> std::io::Result<Self> {
        let body = body.to_string().into_bytes();
        let (half, rest) = body.split_at(body.len() / 2);
        let head = format!(
            "PUT {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            shop.addr(),
            body.len()
        );
        let mut stream = TcpStream::connect(shop.addr()).await?;
        stream.write_all(&[head.as_bytes(), half].concat()).await?;
        let rest = rest.to_vec();
        Ok(Self { stream, rest })
    }

    /// Sends the rest, and gives the body of an answer that is a success;
    /// `None` for any other, and when none comes.
    pub async fn finish(self, shop: &Subject) -> Option<Value> {
        let deadline = Deadline::start(shop.watch());
        let answer = tokio::select! {
            biased;
            answer = self.exchange() => answer.ok()?,
            () = deadline.passed() => return None,
        };
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let taken = head.split(' ').nth(1)?.starts_with('2');
        let body = body.get(body.find('{')?..=body.rfind('}')?)?;
        serde_json::from_str(body).ok().filter(|_| taken)
    }

    async fn exchange(mut self) -> std::io::Result<String> {
        self.stream.write_all(&self.rest).await?;
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }
}
