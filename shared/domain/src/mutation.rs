//! One switch per rule of the engine that breaks it: the simulation must notice each.
//!
//! Compiled only with the `mutations` feature, which only the simulation asks for; without it every
//! question is `false` at compile time. See `docs/engine.md` for the rules.

/// The rules of the engine, in the order of `docs/engine.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// 1. A cancelled timer's hint does nothing. Broken: the owner's generation is not compared.
    OwnersGeneration,
    /// 2. No timer lands behind the cursor. Broken: the bucket is the due time alone.
    BucketAheadOfCursor,
    /// 3. Two windows that overlap. Broken: the clock's forward pass hands nothing over.
    ForwardPass,
    /// 4. No timer stays in a minute that has passed. Broken: the backward pass only moves the cursor.
    BackwardPass,
    /// 5. What kills its worker dies. Broken: receives are not counted.
    CountedReceives,
    /// 6. What is left of a run moves its timer ahead. Broken: it is acknowledged and left.
    RestMovesAhead,
    /// 7. An ambiguous commit is sent again as it is. Broken: under a new token.
    SameToken,
    /// 8. Pending timers have no TTL. Broken: they have one.
    NoTtl,
    /// 9. Hand-over is awaited. Broken: it is dropped.
    HandOverAwaited,
    /// 10. The worker sleeps the rest of a delay. Broken: it sends at once.
    SleepTheRest,
    /// 11. A recurring run writes its next timer first after now. Broken: one period after the last.
    NextAfterNow,
    /// 12. A page's timer goes when all its deliveries have their end. Broken: after one pass.
    PageUntilDone,
    /// 13. A claim comes before a send. Broken: nothing is claimed.
    ClaimBeforeSend,
    /// 14. A live claim is respected. Broken: leases last no time.
    LeaseRespected,
    /// 15. What was done is skipped, what follows is not. Broken: a page that is done writes no next.
    DoneStillFollows,
    /// 16. Unknown is sent again marked. Broken: without the mark.
    UnknownMarked,
    /// 17. One offer on two pages is one message. Broken: the page is part of the key.
    OfferOnce,
    /// 18. Messages of one decision go in order. Broken: all at once.
    InOrder,
    /// 19. The channel's status is read at send time. Broken: it is not looked at.
    StatusAtSendTime,
    /// 20. Slots are booked on their version. Broken: without a condition.
    BookedOnVersion,
    /// 21. A 429 holds the bot for everyone. Broken: the clock stays.
    ThrottleHolds,
    /// 22. People go ahead of bulk. Broken: they wait for a free bot, as bulk does.
    PeopleFirst,
    /// 23. No claim close to the deadline. Broken: until the deadline itself.
    DeadlineMargin,
    /// Scenarios 1. A contact's position is a place. Broken: it is an index into the outline.
    PlacesKept,
    /// Scenarios 2. A step moves the position. Broken: it stays before the first step.
    PositionMoves,
    /// Scenarios 3. What was received does not come again. Broken: it is not looked at.
    ReceivedOnce,
    /// Scenarios 4. A step waits for its delay. Broken: for two seconds less.
    DelayWaited,
    /// Scenarios 5. A run that was stopped waits what was left. Broken: the whole delay again.
    TimeLeftKept,
    /// Scenarios 6. A step of unknown fate is held. Broken: it goes again.
    UnknownHeld,
    /// Scenarios 7. An edit moves the timers that it concerns. Broken: they stay.
    EditMovesTimers,
    /// Scenarios 8. Whoever takes the bot back goes on. Broken: without a timer.
    ReturnGoesOn,
    /// People 1. An invite brings one person in. Broken: it is not spent.
    InviteSpent,
    /// People 2. An address is confirmed once. Broken: the mailed token is not spent.
    TokenSpent,
    /// People 3. Of alerts under one key one goes in its window. Broken: the window is not looked at.
    WindowLookedAt,
    /// People 4. A failed payment is waited for, not longer. Broken: nobody looks when the wait is over.
    WaitEnds,
}

impl Rule {
    /// Those of scenarios, which runs of scenarios must notice.
    pub const SCENARIOS: [Self; 8] = [
        Self::PlacesKept,
        Self::PositionMoves,
        Self::ReceivedOnce,
        Self::DelayWaited,
        Self::TimeLeftKept,
        Self::UnknownHeld,
        Self::EditMovesTimers,
        Self::ReturnGoesOn,
    ];

    /// Those of people, which runs of what they do must notice.
    pub const PEOPLE: [Self; 4] =
        [Self::InviteSpent, Self::TokenSpent, Self::WindowLookedAt, Self::WaitEnds];

    /// Those of the engine.
    pub const ALL: [Self; 23] = [
        Self::OwnersGeneration,
        Self::BucketAheadOfCursor,
        Self::ForwardPass,
        Self::BackwardPass,
        Self::CountedReceives,
        Self::RestMovesAhead,
        Self::SameToken,
        Self::NoTtl,
        Self::HandOverAwaited,
        Self::SleepTheRest,
        Self::NextAfterNow,
        Self::PageUntilDone,
        Self::ClaimBeforeSend,
        Self::LeaseRespected,
        Self::DoneStillFollows,
        Self::UnknownMarked,
        Self::OfferOnce,
        Self::InOrder,
        Self::StatusAtSendTime,
        Self::BookedOnVersion,
        Self::ThrottleHolds,
        Self::PeopleFirst,
        Self::DeadlineMargin,
    ];
}

#[cfg(feature = "mutations")]
thread_local! {
    static BROKEN: std::cell::Cell<Option<Rule>> = const { std::cell::Cell::new(None) };
}

/// Breaks a rule on this thread, or none.
#[cfg(feature = "mutations")]
pub fn break_rule(rule: Option<Rule>) {
    BROKEN.set(rule);
}

/// Whether this rule is broken on this thread.
#[cfg(feature = "mutations")]
pub fn broken(rule: Rule) -> bool {
    BROKEN.get() == Some(rule)
}

/// Whether this rule is broken: never.
#[cfg(not(feature = "mutations"))]
#[inline]
pub const fn broken(_: Rule) -> bool {
    false
}
