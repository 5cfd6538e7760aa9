//! What pages of others can do to a customer who opens them.

use labkit::client::Answer;
use labkit_browser::{Form, Page};

use crate::customer::{Customer, Seen, form, seen};

/// A page on another site.
pub const OTHER_SITE: &str = "http://localhost:8000/";
/// A page on another port of the bank's host: the same site.
pub const OTHER_PORT: &str = "http://127.0.0.1:8000/";

/// The name of the bank, where it has one.
pub const NAME: &str = "bank.localhost";
/// The name of a page below it, that its users write: the same site.
pub const NAME_BELOW: &str = "blog.bank.localhost";

/// Eve, who knows the bank's forms, and has an account.
#[derive(Debug)]
pub struct Eve {
    home: String,
    /// Her own forms, with all that the bank puts into them.
    transfer: Form,
    logout: Form,
    login: Form,
    /// Her cookies, which pages on another port can plant.
    cookies: Vec<(String, String)>,
    /// Those that she had before she logged in.
    stranger: Vec<(String, String)>,
}

/// What attempts came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// In a word each.
    pub words: Vec<String>,
    /// Whether one did what it was made for.
    pub harmed: bool,
    /// Whether one that was refused changed the browser's cookies, or one
    /// logged its user out.
    pub disturbed: bool,
}

impl Eve {
    /// Eve looks at what the bank shows strangers, and then logs in.
    pub async fn prepares(
        mut eve: Customer,
        home: &str,
    ) -> Option<Self> {
        let stranger = eve.visits().await;
        let login = form(&stranger, "/login")?;
        let stranger = eve.browser.cookies();
        if !eve.logs_in().await {
            return None;
        }
        let page = eve.visits().await;
        Some(Self {
            home: home.to_owned(),
            transfer: form(&page, "/transfer")?,
            logout: form(&page, "/logout")?,
            login,
            cookies: eve.browser.cookies(),
            stranger,
        })
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.home.trim_end_matches('/'))
    }

    /// A form of hers, aimed from another page.
    fn own(&self, form: &Form, path: &str) -> Form {
        let mut form = form.clone();
        form.action = self.at(path);
        form
    }

    /// Her transfer form, filled in.
    pub fn own_transfer(&self) -> Form {
        self.own(&self.transfer, "/transfer")
            .fill("to", "eve")
            .fill("amount", "1")
    }

    /// The login form that she has seen as a stranger, filled in.
    pub fn own_login(&self) -> Form {
        self.own(&self.login, "/login")
            .fill("user", "eve")
            .fill("password", "elder")
    }

    /// A page on another port gives a browser the cookies that she had
    /// before she logged in.
    fn plants_her_session(&self, victim: &mut Customer) {
        for (name, value) in &self.stranger {
            victim
                .browser
                .receive(OTHER_PORT, &cookie_line(name, value));
        }
    }

    /// Her transfer form, with all that the login form had that belongs to
    /// those cookies.
    fn transfer_of_her_session(&self) -> Form {
        let mut form = self.own_transfer();
        for (name, value) in &self.login.fields {
            if form.value(name).is_some() {
                form = form.fill(name, value);
            }
        }
        form
    }

    /// A page on another port gives a stranger the session that she had as
    /// one, and sends money to her once the stranger has logged in on it.
    /// Gives whether it did, and the answer.
    pub async fn takes_money_after_login(
        &self,
        victim: &mut Customer,
    ) -> (bool, Answer) {
        self.plants_her_session(victim);
        victim.logs_in().await;
        sends(victim, OTHER_PORT, &self.transfer_of_her_session()).await
    }

    /// Her button that logs out.
    pub fn own_logout(&self) -> Form {
        self.own(&self.logout, "/logout")
    }

    /// Pages at `url` take money from a customer who is logged in.
    pub async fn takes_money(
        &self,
        victim: &mut Customer,
        url: &str,
    ) -> Outcome {
        let fields = [("to", "eve"), ("amount", "1")];
        let to = self.at("/transfer");
        let mut outcome = Outcome::default();
        let mut has = victim.has().await;
        for (page, name, form) in self.attempts(url, &to, &fields) {
            let (answer, seen) =
                outcome.tries(victim, &page, &form).await;
            let own = seen.user.as_deref() == Some(victim.name);
            outcome.disturbed |= !own;
            let left = if own {
                seen.balance
            } else {
                victim.has().await
            };
            let moved = left < has;
            has = left;
            outcome.harmed |= moved;
            let word = if moved { "moved".to_owned() } else { answer };
            outcome.words.push(format!("{name} {word}"));
        }
        let form = self.own_transfer();
        let planted = if url == OTHER_PORT {
            &self.cookies[..]
        } else {
            &[]
        };
        let mut words = Vec::new();
        for cookie in [None].into_iter().chain(planted.iter().map(Some))
        {
            let mut copy = victim.clone();
            if let Some((name, value)) = cookie {
                copy.browser.receive(url, &cookie_line(name, value));
            }
            let page = Page::at(url);
            let (answer, seen) =
                outcome.tries(&copy, &page, &form).await;
            // With a planted session it may be eve who is logged in.
            let own = seen.user.as_deref() == Some(victim.name);
            let left = if own {
                seen.balance
            } else {
                victim.has().await
            };
            let moved = left < has;
            has = left;
            outcome.harmed |= moved;
            words.push(if moved { "moved".to_owned() } else { answer });
        }
        let word = words.iter().find(|word| *word == "moved");
        let word = word.or(words.first()).cloned().unwrap_or_default();
        outcome.words.push(format!("hers {word}"));
        outcome
    }

    /// A page at `url` sends her form for a customer, who knows the bank as
    /// `home`. Gives whether it cost money, and the answer.
    pub async fn sends_hers(
        &self,
        victim: &mut Customer,
        home: &str,
        url: &str,
    ) -> (bool, Answer) {
        let mut form = self.own_transfer();
        form.action = form.action.replace(&self.home, home);
        sends(victim, url, &form).await
    }

    /// Pages at `url` log a customer in as eve.
    pub async fn logs_in(
        &self,
        victim: &mut Customer,
        url: &str,
    ) -> Outcome {
        let fields = [("user", "eve"), ("password", "elder")];
        let to = self.at("/login");
        let mut attempts = self.attempts(url, &to, &fields);
        attempts.push((Page::at(url), "hers", self.own_login()));
        let mut outcome = Outcome::default();
        for (page, name, form) in attempts {
            let (answer, seen) =
                outcome.tries(victim, &page, &form).await;
            let is_eve = seen.user.as_deref() == Some("eve");
            outcome.harmed |= is_eve;
            let word = if is_eve { "eve".to_owned() } else { answer };
            outcome.words.push(format!("{name} {word}"));
        }
        outcome
    }

    /// Pages at `url` log a customer out.
    pub async fn logs_out(
        &self,
        victim: &mut Customer,
        url: &str,
    ) -> Outcome {
        let to = self.at("/logout");
        let mut attempts = self.attempts(url, &to, &[]);
        attempts.push((Page::at(url), "hers", self.own_logout()));
        let mut outcome = Outcome::default();
        for (page, name, form) in attempts {
            let (answer, seen) =
                outcome.tries(victim, &page, &form).await;
            let gone = seen.user.as_deref() != Some(victim.name);
            outcome.harmed |= gone;
            let word = if gone {
                "logged out".to_owned()
            } else {
                answer
            };
            outcome.words.push(format!("{name} {word}"));
        }
        outcome
    }

    /// The ways of a page at `url` to send these fields.
    fn attempts(
        &self,
        url: &str,
        to: &str,
        fields: &[(&str, &str)],
    ) -> Vec<(Page, &'static str, Form)> {
        let post = Form::post(to, fields);
        vec![
            (Page::at(url), "link", Form::get(to, fields)),
            (Page::at(url), "form", post.clone()),
            (Page::at(url).without_referrer(), "unnamed", post.clone()),
            (Page::at(url).sandboxed(), "boxed", post),
        ]
    }
}

/// A page at `url` sends this form. Gives whether it cost its victim money,
/// and the answer.
async fn sends(
    victim: &mut Customer,
    url: &str,
    form: &Form,
) -> (bool, Answer) {
    let has = victim.has().await;
    // The refusal may end the session of this browser.
    let mut copy = victim.clone();
    let page = copy.browser.submit(&Page::at(url), form).await;
    (victim.has().await < has, page.answer().clone())
}

/// How a cookie is planted: no prefix of its name keeps another port out.
fn cookie_line(name: &str, value: &str) -> String {
    format!("{name}={value}; Path=/; Secure")
}

impl Outcome {
    /// One attempt on a copy of the victim's browser: the answer, and what
    /// the victim sees afterwards.
    async fn tries(
        &mut self,
        victim: &Customer,
        page: &Page,
        form: &Form,
    ) -> (String, Seen) {
        let mut copy = victim.clone();
        let before = copy.browser.cookies();
        let page = copy.browser.submit(page, form).await;
        let answer = page.answer();
        let refused = answer.is_client_error();
        self.disturbed |= refused && copy.browser.cookies() != before;
        let word = match answer.status() {
            Some(status) => status.as_u16().to_string(),
            None => answer.to_string(),
        };
        let home = copy.visits().await;
        (word, seen(&home))
    }
}
