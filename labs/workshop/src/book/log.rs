//! What mdBook logs while it builds.
//!
//! mdBook exits 0 on most mistakes and only logs them; here every ERROR and
//! WARN is a problem like any other.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry;

/// Collects messages of mdBook's own crates.
struct Collector(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Collector {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let meta = event.metadata();
        if *meta.level() > Level::WARN || !meta.target().starts_with("mdbook") {
            return;
        }
        let mut message = Message(String::new());
        event.record(&mut message);
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        list.push(format!("mdBook says {}: {}", meta.level(), message.0));
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            let _ = write!(self.0, "{value:?}");
        }
    }
}

/// Runs `work`; returns its result and what was logged at WARN or above.
pub fn collect<T>(work: impl FnOnce() -> T) -> (T, Vec<String>) {
    let list = Arc::new(Mutex::new(Vec::new()));
    let subscriber = registry().with(Collector(Arc::clone(&list)));
    let result = tracing::subscriber::with_default(subscriber, work);
    let messages = std::mem::take(&mut *list.lock().unwrap_or_else(PoisonError::into_inner));
    (result, messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_of_mdbook_are_collected_and_others_are_not() {
        let ((), messages) = collect(|| {
            tracing::warn!(target: "mdbook_html::tree", "unclosed {}", "tag");
            tracing::info!(target: "mdbook_html::tree", "fine");
            tracing::error!(target: "elsewhere", "not ours");
        });
        assert_eq!(messages, ["mdBook says WARN: unclosed tag"]);
    }
}
