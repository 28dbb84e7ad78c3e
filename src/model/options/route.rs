//! Which of several stages gets a record.

option! {
    /// Which of the stages that a stage sends to get a record.
    StageRoute {
        /// All of them.
        All,
        /// One, by the key of the record: keys are dealt to them in turn, those of key 0 to the first. A second stage that sends by
        /// key deals what is left when the key is divided by the number of ways at the first one, and so on; so the ways that a
        /// record takes do not depend on each other.
        ByKey,
    }
}
