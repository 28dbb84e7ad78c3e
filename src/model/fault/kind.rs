//! What can happen to something, one kind a row.

use crate::model::fault::Target;

/// The table of the kinds of faults: the variant, the word of scenario files, what is said of the target, which targets
/// it can happen to, what is said of others, and what it [is](Trait).
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal said $said:literal
        to $to:expr, else $remedy:literal is [$($trait:ident)*];)+) => {
        /// What happens to it.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum FaultKind { $($(#[$doc])* $kind,)+ }

        impl FaultKind {
            /// Whether a container of another release, or of the same one, takes the place of the container.
            pub(crate) fn replaces(self) -> bool {
                matches!(self, FaultKind::Deploy | FaultKind::Rollback)
            }

            /// The kind as scenario files write it.
            pub fn name(self) -> &'static str {
                match self { $(FaultKind::$kind => $name,)+ }
            }

            /// What is told of the target: "… is paused".
            pub(crate) fn said(self) -> &'static str {
                match self { $(FaultKind::$kind => $said,)+ }
            }

            /// Whether it can happen to the target.
            pub fn can_happen_to(self, target: Target) -> bool {
                let can_happen: fn(Target) -> bool = match self { $(FaultKind::$kind => $to,)+ };
                can_happen(target)
            }

            /// What to write instead where it cannot happen.
            pub(crate) fn remedy(self) -> &'static str {
                match self { $(FaultKind::$kind => $remedy,)+ }
            }

            /// Whether it is that.
            pub(crate) fn is(self, what: Trait) -> bool {
                let traits: &[Trait] = match self { $(FaultKind::$kind => &[$(Trait::$trait),*],)+ };
                traits.contains(&what)
            }
        }
    };
}

/// What a fault may be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Trait {
    /// A healing ends it, and nothing is gone then.
    Undone,
    /// It concerns the target alone, which keeps all that it has; a message can tell the target of it.
    Local,
    /// It can stop a container: itself, or one that depends on what failed.
    Stops,
}

kinds! {
    /// The container takes no further message until it is recovered; it keeps what it has.
    Pause "pause" said "is paused"
        to |target| matches!(target, Target::Container(_)),
        else "only containers can; write 'fail' for anything else" is [Undone Local Stops];
    /// The container dies: its memory is lost, its delivery comes back.
    Crash "crash" said "crashes"
        to |target| matches!(target, Target::Container(_)),
        else "only containers can; write 'fail' for anything else" is [Undone Stops];
    /// It refuses (a table may also hang) until it is recovered; it loses nothing.
    Fail "fail" said "fails"
        to |target| !matches!(target, Target::Container(_)),
        else "containers 'pause' or 'crash'" is [Undone Local Stops];
    /// The DNS name no longer resolves to the region.
    Offline "offline" said "goes offline"
        to |target| matches!(target, Target::Dns(..)),
        else "only 'in-dns@REGION' and 'out-dns@REGION' can" is [Undone Local];
    /// What it holds is gone for good, and so is what it had on its way to other regions. A table
    /// goes on empty; a region does not go on at all.
    Lose "lose" said "is lost for good"
        to |target| matches!(target, Target::Table(_) | Target::Region(_)),
        else "regional tables and '@REGION' can be lost" is [];
    /// The writer of a global database moves as planned, and nothing is lost. Nothing happens while the
    /// writer does not work, or while it moves already.
    Switchover "switchover" said "is to be switched over"
        to |target| matches!(target, Target::Writer(..)),
        else "only a global database has a writer; set store.stages.STAGE = \"aurora\" for its stage" is [];
    /// The writer of a global database moves at once, and what was not replicated is lost.
    Failover "failover" said "fails over"
        to |target| matches!(target, Target::Writer(..)),
        else "only a global database has a writer; set store.stages.STAGE = \"aurora\" for its stage" is [];
    /// A container of the new release takes the place of the container, which finishes what it has or stops at once
    /// ([`OnStop`](crate::model::options::OnStop)). One that is paused, has crashed or has stopped is replaced by one that
    /// works: a deployment ends its fault.
    ///
    /// Source: Amazon ECS, "Amazon ECS services": the service scheduler starts another task in the place of one that fails or
    /// stops, and a deployment replaces all tasks of the service.
    Deploy "deploy" said "is replaced by one of the new release"
        to |target| matches!(target, Target::Container(_)),
        else "only containers are; write 'deploy STAGE@REGION'" is [];
    /// A container of the old release takes its place again, in the same way.
    Rollback "rollback" said "is replaced by one of the old release"
        to |target| matches!(target, Target::Container(_)),
        else "only containers are; write 'rollback STAGE@REGION'" is [];
}
