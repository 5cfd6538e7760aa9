//! A customer of the bank, with a browser.

use labkit::client::Answer;
use labkit_browser::{Browser, Dom, Form, Page};

/// Somebody who uses the bank by its own pages.
#[derive(Debug, Clone)]
pub struct Customer {
    pub name: &'static str,
    password: &'static str,
    pub browser: Browser,
    home: String,
}

/// What the page at `/` shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Who is logged in.
    pub user: Option<String>,
    /// What that customer has.
    pub balance: Option<u32>,
}

impl Customer {
    pub fn new(
        name: &'static str,
        password: &'static str,
        browser: Browser,
        home: &str,
    ) -> Self {
        let home = home.to_owned();
        Self {
            name,
            password,
            browser,
            home,
        }
    }

    /// Opens the page at `/`.
    pub async fn visits(&mut self) -> Page {
        self.browser.visit(&self.home).await
    }

    /// What it shows now.
    pub async fn sees(&mut self) -> Seen {
        seen(&self.visits().await)
    }

    /// What it has, as long as it is this customer who is logged in.
    pub async fn has(&mut self) -> Option<u32> {
        let seen = self.sees().await;
        let own = seen.user.as_deref() == Some(self.name);
        seen.balance.filter(|_| own)
    }

    /// Fills in the login form, with that password.
    pub async fn tries(&mut self, password: &str) -> Option<Answer> {
        let page = self.visits().await;
        let form = form(&page, "/login")?
            .fill("user", self.name)
            .fill("password", password);
        let page = self.browser.submit(&page, &form).await;
        Some(page.answer().clone())
    }

    /// Whether the login form, filled in, logs the customer in.
    pub async fn logs_in(&mut self) -> bool {
        self.tries(self.password).await;
        self.sees().await.user.as_deref() == Some(self.name)
    }

    /// Fills in the form that sends money.
    pub async fn sends(
        &mut self,
        to: &str,
        amount: u32,
    ) -> Option<Answer> {
        let page = self.visits().await;
        self.sends_from(&page, to, amount).await
    }

    /// The same on a page that is open already.
    pub async fn sends_from(
        &mut self,
        page: &Page,
        to: &str,
        amount: u32,
    ) -> Option<Answer> {
        let form = form(page, "/transfer")?
            .fill("to", to)
            .fill("amount", &amount.to_string());
        let page = self.browser.submit(page, &form).await;
        Some(page.answer().clone())
    }

    /// Whether the button that logs out does so.
    pub async fn logs_out(&mut self) -> bool {
        let page = self.visits().await;
        let Some(form) = form(&page, "/logout") else {
            return false;
        };
        self.browser.submit(&page, &form).await;
        self.sees().await == Seen::default()
    }
}

/// What a page of the bank shows.
pub fn seen(page: &Page) -> Seen {
    let dom = Dom::of(page.answer());
    let text = |id: &str| dom.by_id(id).map(|found| found.text());
    Seen {
        user: text("user"),
        balance: text("balance").and_then(|text| text.parse().ok()),
    }
}

/// The form of a page that is sent to `path`, with all its fields.
pub fn form(page: &Page, path: &str) -> Option<Form> {
    let forms = Dom::of(page.answer()).forms();
    let mut forms = forms.into_iter();
    forms.find(|form| page.resolve(&form.action).path() == path)
}
