//! One instance for each tenant, so that none can harm another.
//!
//! A limiter is made for many tenants, and one instance may serve 100,000 of them. Then they share its memory, its time
//! and its end: whatever stops it stops all of them, until it is made anew from what was saved. With an instance each,
//! what stops one is an error for that one alone.
//!
//! | | one shared instance | an instance each |
//! | --- | --- | --- |
//! | memory for one more tenant | at most 400 bytes | some tens of KiB |
//! | one more tenant | nothing to do | some microseconds, once |
//! | pools that tenants share (`global-pool`) | one ledger knows them all | none knows of others: use `nodes`, or share |
//! | a guest that loops, grows or traps | stops all | stops one |
//! | what is saved | one state of at most 64 KiB, least known first left out | 64 KiB for each |
//!
//! So: share where the tenants share a quota and there are many of them; separate them where one quota is one tenant's,
//! or where tenants bring components or configurations of their own. docs/performance.md has the figures of one
//! machine, `cargo bench -p headroom-bench --bench instances` those of yours.

use crate::error::Error;
use crate::limits::Guard;
use crate::planner::Planner;
use crate::types::InstantMs;
use std::collections::HashMap;

/// The planners of many tenants, each made when it is first asked for.
///
/// An instance that stopped stays, and each call of its tenant is [`Error::Stopped`], until [`Tenants::restart`]: a new
/// one that knows nothing would send before the server allows it.
///
/// ```
/// use headroom_host::{PlannerComponent, Tenants};
///
/// let file = std::env::var("HEADROOM_PLANNER")?; // written by `cargo xtask build-guest`
/// let component = PlannerComponent::from_file(file)?;
/// let mut tenants = Tenants::new(1_000, move |_| component.instantiate(|config| config.quota = 65_000, 7));
/// let now = 1_770_034_800_000;
/// let saved = tenants.get("one")?.save(now)?;
/// tenants.restart("one", Some(&saved.bytes), now)?; // as after a trap
/// assert_eq!(tenants.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Tenants<T: 'static = Guard> {
    most: usize,
    make: Make<T>,
    planners: HashMap<String, Planner<T>>,
}

type Make<T> = Box<dyn FnMut(&str) -> Result<Planner<T>, Error> + Send>;

impl<T: 'static> Tenants<T> {
    /// At most `most` instances at once, which `make` makes for the tenants that it is told.
    pub fn new(most: usize, make: impl FnMut(&str) -> Result<Planner<T>, Error> + Send + 'static) -> Self {
        Self { most, make: Box::new(make), planners: HashMap::new() }
    }

    /// The tenant's instance, which is made if there is none.
    ///
    /// # Errors
    /// [`Error::Full`] if there are as many as there may be; what making it gives. The tenant has none then.
    pub fn get(&mut self, tenant: &str) -> Result<&mut Planner<T>, Error> {
        // Looked up twice because a name is not copied for one that is there.
        if !self.planners.contains_key(tenant) {
            self.check_room()?;
            let planner = (self.make)(tenant)?;
            self.planners.insert(tenant.to_owned(), planner);
        }
        self.planners.get_mut(tenant).ok_or(Error::NoSuchCall)
    }

    /// Gives the tenant a new instance that knows what was `saved`, if anything was. Open calls are gone.
    ///
    /// # Errors
    /// As [`Tenants::get`]; [`Error::State`] if it does not take what was saved. The tenant then has what it had.
    pub fn restart(&mut self, tenant: &str, saved: Option<&[u8]>, now: InstantMs) -> Result<&mut Planner<T>, Error> {
        if !self.planners.contains_key(tenant) {
            self.check_room()?;
        }
        let mut planner = (self.make)(tenant)?;
        if let Some(saved) = saved {
            planner.restore(saved, now)?.map_err(Error::State)?;
        }
        Ok(self.planners.entry(tenant.to_owned()).insert_entry(planner).into_mut())
    }

    /// Takes the tenant's instance out, to be dropped or saved first. The tenant's next call makes another.
    pub fn evict(&mut self, tenant: &str) -> Option<Planner<T>> {
        self.planners.remove(tenant)
    }

    /// The tenants whose instance stopped, in order.
    #[must_use]
    pub fn stopped(&self) -> Vec<&str> {
        let stopped = self.planners.iter().filter(|(_, planner)| planner.stopped().is_some());
        let mut names: Vec<_> = stopped.map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// How many instances there are, with those that stopped.
    #[must_use]
    pub fn len(&self) -> usize {
        self.planners.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.planners.is_empty()
    }

    fn check_room(&self) -> Result<(), Error> {
        if self.planners.len() < self.most {
            return Ok(());
        }
        Err(Error::Full { because: format!("all `{}` tenants are there: evict one, or allow more", self.most) })
    }
}
