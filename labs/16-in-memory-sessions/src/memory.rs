//! A session store in memory. actix-session ships none; this is the one that
//! services write for themselves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix_session::storage::{
    LoadError, SaveError, SessionKey, SessionStore, UpdateError,
    generate_session_key,
};
use actix_web::cookie::time::Duration;

type State = HashMap<String, String>;

/// Sessions in the memory of this process. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<HashMap<String, State>>>);

impl MemoryStore {
    fn sessions(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SessionStore for MemoryStore {
    async fn load(
        &self,
        key: &SessionKey,
    ) -> Result<Option<State>, LoadError> {
        Ok(self.sessions().get(key.as_ref()).cloned())
    }

    async fn save(
        &self,
        state: State,
        _ttl: &Duration,
    ) -> Result<SessionKey, SaveError> {
        let key = generate_session_key();
        self.sessions().insert(key.as_ref().to_owned(), state);
        Ok(key)
    }

    async fn update(
        &self,
        key: SessionKey,
        state: State,
        _ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        self.sessions().insert(key.as_ref().to_owned(), state);
        Ok(key)
    }

    async fn update_ttl(
        &self,
        _key: &SessionKey,
        _ttl: &Duration,
    ) -> anyhow::Result<()> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        self.sessions().remove(key.as_ref());
        Ok(())
    }
}
