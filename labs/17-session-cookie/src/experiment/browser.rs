//! A browser at `https://shop.example`, behind the load balancer.

use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Call, Jar};

use super::set_cookie::SetCookie;

/// A browser, and what it was told to keep.
#[derive(Debug, Clone, Default)]
pub struct Browser {
    jar: Jar,
    /// Every cookie that was set, also those that it did not take.
    told: Vec<SetCookie>,
}

impl Browser {
    /// One that has been nowhere.
    pub fn new() -> Self {
        Self::default()
    }

    /// The cookies as they stand in the browser's own tools: whoever sits
    /// at the computer copies them.
    pub fn copied(&self) -> Self {
        Self {
            jar: self.jar.clone(),
            told: Vec::new(),
        }
    }

    /// The same cookies, with one character changed in the middle of each.
    pub fn altered(&self) -> String {
        let cookies = self.jar.header().unwrap_or_default();
        let altered = cookies.split("; ").map(|cookie| {
            let (name, value) =
                cookie.split_once('=').unwrap_or_default();
            let middle = value.len() / 2;
            let change = |(n, letter)| match (n == middle, letter) {
                (false, letter) => letter,
                (true, 'x') => 'y',
                (true, _) => 'x',
            };
            let value: String =
                value.chars().enumerate().map(change).collect();
            format!("{name}={value}")
        });
        altered.collect::<Vec<_>>().join("; ")
    }

    /// Every cookie that was set so far.
    pub fn told(&self) -> &[SetCookie] {
        &self.told
    }

    /// `GET`, at that instance, without a line of the transcript.
    pub async fn get(
        &mut self,
        bench: &Bench,
        instance: usize,
        path: &str,
    ) -> Result<Answer, Stopped> {
        let call = bench.instance(instance)?.get(path);
        let answer = self.dress(call).unlogged().await;
        self.take(&answer);
        Ok(answer)
    }

    /// Sends a form to that instance. A redirect is not followed.
    pub async fn post(
        &mut self,
        bench: &Bench,
        instance: usize,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<Answer, Stopped> {
        let call = bench.instance(instance)?.post(path).form(form);
        let answer = self.dress(call).send().answer().await;
        self.take(&answer);
        Ok(answer)
    }

    /// The cookies, and what the load balancer adds.
    fn dress(&self, call: Call) -> Call {
        call.header("x-forwarded-proto", "https").cookies(&self.jar)
    }

    /// Takes what a browser would take.
    fn take(&mut self, answer: &Answer) {
        let mut taken = answer.clone();
        let Answer::Response { headers, .. } = &mut taken else {
            return;
        };
        let lines: Vec<_> =
            headers.get_all("set-cookie").iter().cloned().collect();
        headers.remove("set-cookie");
        for line in lines {
            let text = String::from_utf8_lossy(line.as_bytes());
            let Some(cookie) = SetCookie::parse(&text) else {
                continue;
            };
            if cookie.is_taken() {
                headers.append("set-cookie", line);
            }
            if !cookie.ends() {
                self.told.push(cookie);
            }
        }
        self.jar.take(&taken);
    }
}
