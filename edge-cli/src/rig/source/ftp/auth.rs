//! Who may come in, and how often one may try.

use super::client::Client;
use super::settings::Login;
use async_trait::async_trait;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use unftp_core::auth::{AuthenticationError, Authenticator, Credentials, Principal};

/// The wait after a first wrong password; doubled with each of the next.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// How often the wait is doubled.
const DOUBLINGS: u32 = 3;

/// After so long without a wrong password, earlier ones are forgotten.
const FORGOTTEN: Duration = Duration::from_secs(300);

/// Most addresses that are remembered for their wrong passwords.
const MOST: usize = 1_024;

/// The one login of a server, and who failed at it.
#[derive(Debug)]
pub(super) struct Gate {
    login: Login,
    failures: Mutex<HashMap<IpAddr, Failures>>,
}

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Gate {
    pub(super) fn new(login: Login) -> Self {
        Self { login, failures: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a wrong password; gives how long its sender is to wait.
    fn failed(&self, address: IpAddr) -> Duration {
        let mut all = self.lock();
        all.retain(|_, failures| failures.last.elapsed() < FORGOTTEN);
        if all.len() >= MOST && !all.contains_key(&address) {
            return FIRST_WAIT * (1 << DOUBLINGS);
        }
        let last = Instant::now();
        let failures = all.entry(address).or_insert(Failures { count: 0, last });
        let wait = FIRST_WAIT * (1 << failures.count.min(DOUBLINGS));
        *failures = Failures { count: failures.count.saturating_add(1), last };
        wait
    }
}

/// The gate as one client finds it.
///
/// libunftp's own count of failed logins begins anew with each connection that is not of
/// its own accepting; this one does not.
#[derive(Debug)]
pub(super) struct Visitor {
    pub(super) gate: Arc<Gate>,
    pub(super) client: Arc<Client>,
}

#[async_trait]
impl Authenticator for Visitor {
    async fn authenticate(
        &self,
        name: &str,
        given: &Credentials,
    ) -> Result<Principal, AuthenticationError> {
        let password = given.password.as_deref().unwrap_or_default();
        let address = self.client.address();
        if !self.gate.login.admits(name.as_bytes(), password.as_bytes()) {
            let wait = self.gate.failed(address.ip());
            tracing::warn!("{address}: a wrong name or password");
            tokio::time::sleep(wait).await;
            return Err(AuthenticationError::BadPassword);
        }
        self.gate.lock().remove(&address.ip());
        self.client.logged_in();
        tracing::debug!("{address}: logged in");
        Ok(Principal { username: name.to_owned() })
    }

    fn name(&self) -> &'static str {
        "edgecull"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_tries_again_waits_longer() {
        let gate = Gate::new(Login::Anonymous);
        let [one, two] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        let waits: Vec<_> = (0..6).map(|_| gate.failed(one).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 8, 8]);
        assert_eq!(gate.failed(two).as_secs(), 1);
    }

    #[test]
    fn those_who_failed_do_not_fill_the_memory() {
        let gate = Gate::new(Login::Anonymous);
        for n in 0..2 * MOST as u32 {
            let _ = gate.failed(IpAddr::from(n.to_be_bytes()));
        }
        assert_eq!(gate.lock().len(), MOST);
    }
}
