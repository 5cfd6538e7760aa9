//! What the markup of a page names: ids, links, and what a browser loads.

use std::cell::RefCell;
use std::collections::BTreeSet;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// What the tokens of a page add up to.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) ids: BTreeSet<String>,
    pub(crate) links: Vec<String>,
    pub(crate) loads: Vec<String>,
    pub(crate) base: Option<String>,
    in_style: bool,
}

/// Takes the tokens of a page: no tree is needed to find its addresses.
#[derive(Debug, Default)]
struct Sink(RefCell<Found>);

/// Reads a page.
pub(crate) fn read(text: &str) -> Found {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(text));
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    // It pauses for no script, because the sink never asks for it.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut found = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                found.note(&tag);
                found.in_style = &*tag.name == "style";
                match &*tag.name {
                    "style" | "noscript" => TokenSinkResult::RawData(RawKind::Rawtext),
                    "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
                    "script" => TokenSinkResult::RawData(RawKind::ScriptData),
                    _ => TokenSinkResult::Continue,
                }
            }
            Token::TagToken(_) => {
                found.in_style = false;
                TokenSinkResult::Continue
            }
            Token::CharacterTokens(css) if found.in_style => {
                found.loads.extend(urls(&css));
                TokenSinkResult::Continue
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

impl Found {
    fn note(&mut self, tag: &Tag) {
        let value = |name: &str| {
            let mut attributes = tag.attrs.iter();
            let found = attributes.find(|attribute| &*attribute.name.local == name);
            found.map(|attribute| attribute.value.to_string())
        };
        self.ids.extend(value("id"));
        self.loads
            .extend(value("style").iter().flat_map(|style| urls(style)));
        match &*tag.name {
            "a" | "area" => self.links.extend(value("href")),
            "base" => self.base = self.base.take().or(value("href")),
            "object" => self.loads.extend(value("data")),
            "link" => {
                let rel = value("rel").unwrap_or_default();
                if rel.split_whitespace().any(|word| FETCHED.contains(&word)) {
                    self.loads.extend(value("href"));
                }
            }
            _ => self.loads.extend(value("src")),
        }
        for attribute in ["srcset", "poster"] {
            let sources = value(attribute).unwrap_or_default();
            let sources = sources
                .split(',')
                .filter_map(|s| s.split_whitespace().next());
            self.loads.extend(sources.map(str::to_owned));
        }
    }
}

/// Links that a browser follows by itself.
const FETCHED: [&str; 10] = [
    "stylesheet",
    "icon",
    "apple-touch-icon",
    "mask-icon",
    "manifest",
    "preload",
    "modulepreload",
    "prefetch",
    "preconnect",
    "dns-prefetch",
];

/// The addresses in a style sheet.
#[must_use]
pub fn urls(css: &str) -> Vec<String> {
    let mut found = Vec::new();
    for part in css.split("url(").skip(1) {
        let url = part.split(')').next().unwrap_or_default();
        found.push(url.trim().trim_matches(['"', '\'']).to_owned());
    }
    for part in css.split("@import ").skip(1) {
        let url = part.split(';').next().unwrap_or_default().trim();
        if url.starts_with(['"', '\'']) {
            found.push(url.trim_matches(['"', '\'']).to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_style_sheet_names_what_it_loads() {
        let css = "@import 'a.css'; b { src: url(\"c.woff2\") } d { src: url( e.png ) }";
        assert_eq!(urls(css), ["c.woff2", "e.png", "a.css"]);
    }
}
