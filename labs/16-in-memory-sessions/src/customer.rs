//! A customer with a browser, and what the visits find.

use labkit::bench::{Bench, Stopped};
use labkit::client::{Answer, Jar};

use crate::experiment::{A, ATTEMPTS, INSTANCES};

/// A customer with a browser, somewhere behind the load balancer.
pub struct Customer {
    pub user: &'static str,
    pub password: &'static str,
    pub jar: Jar,
    /// The instance that the first request goes to.
    pub first: usize,
    pub sent: usize,
}

impl Customer {
    pub fn new(
        user: &'static str,
        password: &'static str,
        first: usize,
    ) -> Self {
        let jar = Jar::new();
        Self {
            user,
            password,
            jar,
            first,
            sent: 0,
        }
    }

    /// Where the balancer sends the next request.
    pub fn next(&mut self, bench: &Bench) -> usize {
        let balancer = bench.deployment().balancer;
        let instance =
            balancer.choose(self.sent, self.first, INSTANCES);
        self.sent += 1;
        instance
    }

    /// Gives whether that succeeds.
    pub async fn logs_in(
        &mut self,
        bench: &Bench,
    ) -> Result<bool, Stopped> {
        let shop = bench.instance(self.next(bench))?;
        let login = shop.post("/login").cookies(&self.jar);
        let answer = login.form(&self.form()).send().answer().await;
        self.jar.take(&answer);
        Ok(answer.is_success())
    }

    pub fn form(&self) -> [(&'static str, &'static str); 2] {
        [("user", self.user), ("password", self.password)]
    }

    /// Tries more than once, always at the same instance.
    pub async fn logs_in_at_last(
        &mut self,
        bench: &Bench,
    ) -> Result<bool, Stopped> {
        let shop = bench.instance(self.first)?;
        for _ in 0..ATTEMPTS {
            let login = shop.post("/login").form(&self.form());
            let answer = login.unlogged().await;
            self.jar.take(&answer);
            match answer {
                answer if answer.is_success() => return Ok(true),
                Answer::None => return Ok(false),
                _ => {}
            }
        }
        Ok(false)
    }

    pub async fn logs_out(
        &mut self,
        bench: &Bench,
    ) -> Result<(), Stopped> {
        let shop = bench.instance(self.next(bench))?;
        let logout = shop.post("/logout").cookies(&self.jar);
        let answer = logout.send().answer().await;
        self.jar.take(&answer);
        Ok(())
    }

    /// Asks so many times who is logged in, until an answer stays away.
    pub async fn visits(
        &mut self,
        bench: &Bench,
        count: usize,
    ) -> Result<Found, Stopped> {
        let mut found = Found::default();
        let mut words = Vec::new();
        for _ in 0..count {
            let instance = self.next(bench);
            let shop = bench.instance(instance)?;
            let visit = shop.get("/me").cookies(&self.jar);
            let answer = visit.unlogged().await;
            self.jar.take(&answer);
            found.count(&answer, self.user);
            let letter = if instance == A { 'A' } else { 'B' };
            words.push(format!("{letter} {}", word(&answer)));
            if answer.status().is_none() {
                break;
            }
        }
        bench.fact(words.join(" · "));
        bench.fact(if found.answered < words.len() {
            format!("visit {} has no answer", words.len())
        } else {
            let (user, times) = (self.user, found.times);
            format!("{user} is logged in {times} of {count} times")
        });
        Ok(found)
    }
}

/// What a customer's visits found.
#[derive(Default)]
pub struct Found {
    pub answered: usize,
    /// How often the customer was greeted by name.
    pub times: usize,
    /// How often nobody was logged in.
    pub refused: usize,
}

impl Found {
    pub fn count(&mut self, answer: &Answer, user: &str) {
        self.answered += usize::from(answer.status().is_some());
        self.times += usize::from(answer.is_ok_with(user.as_bytes()));
        self.refused += usize::from(answer.is_client_error());
    }
}

/// The name that a service greets with, or the status.
pub fn word(answer: &Answer) -> String {
    match answer.status() {
        Some(status) if status.is_success() => answer.text(),
        Some(status) => status.as_u16().to_string(),
        None => answer.to_string(),
    }
}
