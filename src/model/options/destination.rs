//! The options of the record destination.

use crate::model::options::scenarios::{REDRIVEN, TWO_REGIONS_ONE_KEY, WINDOW_PASSES};
use crate::model::options::{About, SOUND, UNSOUND};
use crate::model::property::PropertyName as P;

section! {
    /// The design of the record destination.
    #[derive(Copy)]
    DestinationOptions {
        /// How it tells records apart.
        dedupe: Dedupe,
        /// After how many further arrivals that count the destination forgets an id that it has seen; 0: never. It stands for
        /// a time, as the model has none: that of a table of processed ids whose rows expire. Unsound: a record that comes
        /// again later counts again.
        window: u32 => windows(),
        /// What it does with an older version of a business key than it shows. The default is not sound for
        /// records with keys.
        versions: Versions,
    }
}

/// Never, or soon.
fn windows() -> Vec<(u32, About)> {
    let soon = UNSOUND.by("crash-anywhere", P::EffectOnce);
    vec![(0, SOUND), (1, soon), (2, UNSOUND)]
}

option! {
    /// How the destination tells records apart.
    Dedupe {
        /// By id: each id counts once. Sound.
        ById = SOUND.holds_in(&["copy-repeats"]),
        /// Not at all. Unsound: a record that arrives twice counts twice.
        None = UNSOUND.by("crash-anywhere", P::EffectOnce).by(WINDOW_PASSES, P::EffectOnce),
        /// By the id that the queue gave to the message, such as the `MessageId` of Amazon SQS.
        /// Unsound: a record that is published again, or comes back from the dead letters, is another
        /// message.
        ///
        /// Source: Amazon SQS: messages that are redriven are new messages, with a new `MessageId`,
        /// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html>.
        ByMessageId = UNSOUND.by("crash-anywhere", P::EffectOnce).by(REDRIVEN, P::EffectOnce),
    }
}

option! {
    /// What the destination does with an older version of a business key than it shows.
    Versions {
        /// Shows it: whatever it counted last. Sound for records without business keys only: regions
        /// overtake each other, and a stranded old version arrives after a newer one.
        AsTheyCome = SOUND.by(TWO_REGIONS_ONE_KEY, P::MonotoneVersion),
        /// Counts it, and goes on showing the newer one. Sound.
        Checked = SOUND
            .needs(&["records.keys=1"])
            .holds_in(&[TWO_REGIONS_ONE_KEY])
            .safer_with(&["records.keys=1"]),
    }
}
