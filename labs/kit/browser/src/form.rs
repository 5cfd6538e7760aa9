//! A form on a page, and what a browser sends for it.

use hyper::Method;

use crate::tree::Element;

/// A form, filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// Where it is sent, as the page says.
    pub action: String,
    /// `GET` or `POST`.
    pub method: Method,
    /// `enctype`, when it is `text/plain`; else the form is urlencoded.
    pub plain: bool,
    /// Names and values, in their order.
    pub fields: Vec<(String, String)>,
}

impl Form {
    /// A form with these fields that is posted.
    #[must_use]
    pub fn post(action: &str, fields: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self {
            action: action.to_owned(),
            method: Method::POST,
            plain: false,
            fields: fields.iter().map(own).collect(),
        }
    }

    /// The same, sent as a query.
    #[must_use]
    pub fn get(action: &str, fields: &[(&str, &str)]) -> Self {
        Self {
            method: Method::GET,
            ..Self::post(action, fields)
        }
    }

    /// The same with `enctype="text/plain"`, which looks like JSON when
    /// name and value are chosen for it.
    #[must_use]
    pub fn as_plain_text(mut self) -> Self {
        self.plain = true;
        self
    }

    /// The user writes `value` into the field of that name.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        let mut fields = self.fields.iter_mut();
        match fields.find(|(own, _)| own == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    /// The value of a field.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn content_type(&self) -> &'static str {
        if self.plain {
            "text/plain"
        } else {
            "application/x-www-form-urlencoded"
        }
    }

    pub(crate) fn encoded(&self) -> String {
        if self.plain && self.method == Method::POST {
            let lines = self.fields.iter().map(|(n, v)| format!("{n}={v}\r\n"));
            return lines.collect();
        }
        let lines = |text: &str| text.replace("\r\n", "\n").replace('\n', "\r\n");
        let fields = self.fields.iter();
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields.map(|(n, v)| (lines(n), lines(v))))
            .finish()
    }
}

/// The form of a `form` element, as it would be sent untouched.
pub(crate) fn of(element: &Element) -> Form {
    let is = |name: &str, wanted: &str| {
        let value = element.attribute(name).unwrap_or_default();
        value.trim().eq_ignore_ascii_case(wanted)
    };
    let method = if is("method", "post") {
        Method::POST
    } else {
        Method::GET
    };
    let fields = element.descendants().into_iter().filter_map(field);
    Form {
        action: element.attribute("action").unwrap_or_default().to_owned(),
        method,
        plain: is("enctype", "text/plain"),
        fields: fields.collect(),
    }
}

fn field(element: &Element) -> Option<(String, String)> {
    let name = element.attribute("name")?;
    if name.is_empty() || element.attribute("disabled").is_some() {
        return None;
    }
    let value = match element.name.as_str() {
        "input" => {
            let kind = element.attribute("type").unwrap_or("text");
            let kind = kind.to_ascii_lowercase();
            let off = ["checkbox", "radio"].contains(&kind.as_str())
                && element.attribute("checked").is_none();
            // Buttons are sent when they are pressed, and files otherwise.
            let left_out = ["submit", "button", "image", "reset", "file"];
            if off || left_out.contains(&kind.as_str()) {
                return None;
            }
            let default = if kind == "checkbox" { "on" } else { "" };
            element.attribute("value").unwrap_or(default).to_owned()
        }
        "textarea" => element.text(),
        "select" => {
            let options = element.descendants();
            let mut options = options.iter().filter(|option| option.name == "option");
            let selected = options
                .clone()
                .find(|option| option.attribute("selected").is_some());
            let option = selected.or_else(|| options.next())?;
            match option.attribute("value") {
                Some(value) => value.to_owned(),
                None => option.text().trim().to_owned(),
            }
        }
        _ => return None,
    };
    Some((name.to_owned(), value))
}
