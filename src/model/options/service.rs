//! The options of the external service.

use crate::model::options::scenarios::SERVICE_RESTARTS;
use crate::model::options::{About, SOUND, UNSOUND};
use crate::model::property::PropertyName as P;

section! {
    /// The external service that containers call, where `container.steps` has `call`: a card network, say. Its effects
    /// are outside of the system, so none of them can be taken back.
    #[derive(Copy)]
    ServiceOptions {
        /// By what the service knows a call again whose effect took place.
        idempotency: Idempotency,
        /// After how many further effects the service forgets the key of a call; 0: never. It stands for a time, as
        /// the model has none (Stripe keeps a key for 24 hours at least). Unsound: what comes again later takes effect again.
        ///
        /// Source: Stripe, "Idempotent requests", <https://docs.stripe.com/api/idempotent_requests>.
        window: u32 => windows(),
        /// What it does with calls while it has failed.
        on_failure: ServiceFailure,
        /// Where it keeps the keys by which it knows a call again.
        keys: KeyStore,
    }
}

/// A step of the containers that calls the service: without one there is none.
const CALLS: &str = "container.steps=store,call,publish,remove";

/// Never, or soon.
fn windows() -> Vec<(u32, About)> {
    let soon = || UNSOUND.needs(&[CALLS]).by("called-anywhere", P::EffectOnce);
    vec![(0, SOUND), (1, soon()), (2, UNSOUND.needs(&[CALLS]))]
}

option! {
    /// Where the external service keeps the keys by which it knows a call again.
    KeyStore {
        /// On disk, or in a table: it still has them when it works again after a failure. Sound.
        Durable,
        /// In memory, or in a cache that loses its last writes when another node takes over (Redis replicates asynchronously): a
        /// failure takes all of them. Unsound: a call that is sent again after it takes effect again.
        ///
        /// Source: "Redis replication", <https://redis.io/docs/latest/operate/oss_and_stack/management/replication/>.
        InMemory = UNSOUND.needs(&[CALLS]).by(SERVICE_RESTARTS, P::EffectOnce),
    }
}

option! {
    /// By what the external service knows a call again.
    Idempotency {
        /// By a key that is made of the record and the stage: however often, and from whichever region, it is called,
        /// there is one effect, and the answer is the same. Sound.
        ByRecord,
        /// By a key that is made for each delivery: a call that is sent again is known, and that for another delivery
        /// of the record is not. Unsound: when the first one took effect, and its reply was lost or its container
        /// died, there are two.
        ByAttempt = UNSOUND.needs(&[CALLS]).by("called-anywhere", P::EffectOnce),
        /// By nothing. Unsound: a call that is sent again takes effect again.
        None = UNSOUND.needs(&[CALLS]).by("called-anywhere", P::EffectOnce),
    }
}

option! {
    /// What a failed external service does with calls.
    ServiceFailure {
        /// Answer that it cannot.
        Reject,
        /// Keep them waiting until it has recovered.
        Hang = SOUND.needs(&[CALLS]).holds_in(&["called-anywhere"]),
    }
}
