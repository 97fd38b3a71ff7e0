use proptest::prelude::*;

use super::*;
use crate::contact::{Contact, Language};
use crate::engine::{Record, Write};
use crate::scenario::ScenarioState;

pub(super) const NOW: Timestamp = Timestamp::from_millis(1_000_000);

pub(super) fn order() -> Order {
    let whose = (BotId("b".to_owned()), 42, Slug::parse("premium").expect("a slug"));
    let sold = ("Premium course".to_owned(), Decimal::from(1_500));
    let order = Order::new(OrderNumber::from_random([7; 16]), whose, sold, NOW);
    Order { form_revision: 1, version: 3, ..order }
}

pub(super) fn word(payment: &str, kind: WordKind) -> Word {
    Word {
        payment: payment.to_owned(),
        order: Some(order().number.to_string()),
        kind,
        sum: Decimal::new(150_000, 2),
        currency: None,
        products: vec![" Premium  course".to_owned()],
        demo: false,
        at: Some(Timestamp::from_millis(500)),
    }
}

fn told(words: &[Word]) -> (Order, Vec<Outcome>) {
    let mut order = order();
    let mut outcomes = Vec::new();
    for word in words {
        let (after, outcome) = decide(Some(&order), word, NOW);
        order = after.unwrap_or(order);
        outcomes.push(outcome);
    }
    (order, outcomes)
}

#[test]
fn a_payment_is_honoured_once() {
    let paid = word("1", WordKind::Paid);
    let (order, outcomes) = told(&[paid.clone(), paid.clone(), paid]);
    assert_eq!(outcomes, [Outcome::Honoured, Outcome::Known, Outcome::Known]);
    assert_eq!((order.status, order.heard.len()), (OrderStatus::Paid, 1));
    assert_eq!(order.paid_at, Some(Timestamp::from_millis(500)));
    assert_eq!(order.revenue(), Decimal::from(1_500));
    let (after, _) = decide(Some(&order), &word("1", WordKind::Paid), NOW);
    assert_eq!(after, None, "nothing is written for what is known");
}

#[test]
fn what_does_not_fit_is_recorded_and_does_not_count() {
    for (change, outcome) in [
        (Word { sum: Decimal::ONE, ..word("1", WordKind::Paid) }, Outcome::WrongAmount),
        (Word { sum: Decimal::from(1_501), ..word("1", WordKind::Paid) }, Outcome::WrongAmount),
        (
            Word { currency: Some("usd".to_owned()), ..word("1", WordKind::Paid) },
            Outcome::WrongAmount,
        ),
        (
            Word { products: vec!["Basic".to_owned()], ..word("1", WordKind::Paid) },
            Outcome::WrongProduct,
        ),
        (Word { demo: true, ..word("1", WordKind::Paid) }, Outcome::Demo),
        (word("1", WordKind::Denied), Outcome::Denied),
        (word("1", WordKind::Canceled), Outcome::Canceled),
        (word("1", WordKind::Refunded), Outcome::RefundUnknown),
        (word("1", WordKind::Other), Outcome::Noted),
    ] {
        let (order, outcomes) = told(&[change]);
        assert_eq!(outcomes, [outcome]);
        assert_eq!((order.status, order.heard.len()), (OrderStatus::Open, 1), "{outcome:?}");
        assert_eq!(order.revenue(), Decimal::ZERO);
    }
    assert_eq!(decide(None, &word("1", WordKind::Paid), NOW), (None, Outcome::UnknownOrder));
    let old_code = Word { currency: Some("RUR".to_owned()), ..word("1", WordKind::Paid) };
    let unnamed = Word { products: Vec::new(), ..word("2", WordKind::Paid) };
    assert_eq!(told(&[old_code, unnamed]).1, [Outcome::Honoured, Outcome::PaidTwice]);
}

#[test]
fn refunds_are_of_their_payment() {
    let (paid, refund) = (|it| word(it, WordKind::Paid), |it| word(it, WordKind::Refunded));
    for (words, outcomes, status) in [
        (
            vec![paid("1"), refund("1"), refund("1")],
            vec![Outcome::Honoured, Outcome::Refunded, Outcome::Known],
            OrderStatus::Refunded,
        ),
        (
            vec![refund("1"), paid("1")],
            vec![Outcome::RefundUnknown, Outcome::RefundedBefore],
            OrderStatus::Refunded,
        ),
        (
            vec![paid("1"), paid("2"), refund("2")],
            vec![Outcome::Honoured, Outcome::PaidTwice, Outcome::RefundedOne],
            OrderStatus::Paid,
        ),
        (
            vec![paid("1"), refund("1"), paid("2")],
            vec![Outcome::Honoured, Outcome::Refunded, Outcome::Honoured],
            OrderStatus::Paid,
        ),
        (
            vec![paid("1"), Word { sum: Decimal::ONE, ..refund("1") }],
            vec![Outcome::Honoured, Outcome::RefundedPartly],
            OrderStatus::Paid,
        ),
        (
            vec![paid("1"), Word { demo: true, ..refund("1") }],
            vec![Outcome::Honoured, Outcome::Demo],
            OrderStatus::Paid,
        ),
        (
            vec![paid("1"), word("1", WordKind::Canceled)],
            vec![Outcome::Honoured, Outcome::Contradicted],
            OrderStatus::Paid,
        ),
    ] {
        let (order, found) = told(&words);
        assert_eq!((found, order.status), (outcomes, status));
    }
}

#[test]
fn what_goes_back_in_parts_is_no_revenue_and_all_of_it_is_a_refund() {
    let half = |at: i64| Word {
        sum: Decimal::from(750),
        at: Some(Timestamp::from_millis(at)),
        ..word("1", WordKind::Refunded)
    };
    let paid = word("1", WordKind::Paid);
    let (order, outcomes) = told(&[paid.clone(), half(600), half(600)]);
    assert_eq!(outcomes, [Outcome::Honoured, Outcome::RefundedPartly, Outcome::Known]);
    assert_eq!((order.status, order.revenue()), (OrderStatus::Paid, Decimal::from(750)));
    let word = half(600);
    let told_of = effects(Some(&order), &word, Outcome::RefundedPartly, &Terms::default());
    let (payment, sum, left) = ("1".to_owned(), word.sum, Decimal::from(750));
    assert_eq!(told_of, [Effect::Tell(News::RefundedPartly { payment, sum, left })]);
    for words in [
        [paid.clone(), half(600), half(700), half(700)],
        [half(700), half(600), paid.clone(), half(600)],
    ] {
        let (order, _) = told(&words);
        assert_eq!((order.status, order.revenue()), (OrderStatus::Refunded, Decimal::ZERO));
    }
    let (order, outcomes) = told(&[paid.clone(), half(600), half(700), half(800)]);
    assert_eq!(outcomes[2..], [Outcome::Refunded, Outcome::Noted], "no more than all went back");
    assert_eq!(order.revenue(), Decimal::ZERO);
    let dollars = Word { currency: Some("usd".to_owned()), ..half(600) };
    let (order, outcomes) = told(&[paid, dollars]);
    assert_eq!(outcomes, [Outcome::Honoured, Outcome::RefundUnknown]);
    assert_eq!(order.revenue(), Decimal::from(1_500));
}

#[test]
fn what_follows_is_what_the_scenario_gives() {
    let terms = Terms {
        private_group: Some(-100),
        on_payment: OnPayment::Complete,
        on_refund: OnRefund::Revoke,
        gone: false,
    };
    let paid = word("1", WordKind::Paid);
    let (order, _) = told(std::slice::from_ref(&paid));
    let sum = paid.sum;
    let follows = |outcome, terms: &Terms| effects(Some(&order), &paid, outcome, terms);
    assert_eq!(
        follows(Outcome::Honoured, &terms),
        [
            Effect::Paid { at: Timestamp::from_millis(500) },
            Effect::SendPaidContent,
            Effect::SendInvite { group: -100 },
            Effect::CompleteRun,
        ]
    );
    let bare = Terms::default();
    assert_eq!(follows(Outcome::Honoured, &bare).len(), 2, "it goes on, and there is no group");
    let payment = || "1".to_owned();
    let product = order.product.clone();
    let nothing = News::NothingToGive { payment: payment(), sum, product };
    assert_eq!(
        follows(Outcome::Honoured, &Terms::of_none()),
        [
            Effect::Paid { at: Timestamp::from_millis(500) },
            Effect::SendPaidContent,
            Effect::Tell(nothing),
        ],
        "the admins hear that there is nothing to give"
    );
    assert_eq!(
        follows(Outcome::Refunded, &terms),
        [
            Effect::Unpaid,
            Effect::Revoke { group: -100 },
            Effect::Tell(News::Refunded { payment: payment(), sum, revoked: true }),
        ]
    );
    let keeps = Terms { on_refund: OnRefund::Keep, ..terms };
    assert_eq!(
        follows(Outcome::Refunded, &keeps),
        [Effect::Unpaid, Effect::Tell(News::Refunded { payment: payment(), sum, revoked: false })]
    );
    assert_eq!(follows(Outcome::Known, &terms), []);
    for outcome in [Outcome::WrongAmount, Outcome::WrongProduct, Outcome::Demo, Outcome::PaidTwice]
    {
        let follows = follows(outcome, &terms);
        assert!(matches!(follows.as_slice(), [Effect::Tell(_)]), "{outcome:?}: {follows:?}");
    }
    let stray = |kind| effects(None, &word("1", kind), Outcome::UnknownOrder, &bare).len();
    assert_eq!(
        (stray(WordKind::Paid), stray(WordKind::Refunded), stray(WordKind::Denied)),
        (1, 1, 0)
    );
}

#[test]
fn a_refund_takes_back_where_it_was_given_and_nothing_of_a_scenario_that_is_deleted() {
    let paid = word("1", WordKind::Paid);
    let (order, _) = told(std::slice::from_ref(&paid));
    let follows = |terms: &Terms| effects(Some(&order), &paid, Outcome::Refunded, terms);
    let news =
        |revoked| Effect::Tell(News::Refunded { payment: "1".to_owned(), sum: paid.sum, revoked });
    let kept = [Effect::Unpaid, news(false)];
    assert_eq!(follows(&Terms::of_none()), kept, "nobody knows what to end");
    let let_in = ScenarioState { group: Some(-200), ..ScenarioState::default() };
    let revoked = [Effect::Unpaid, Effect::Revoke { group: -200 }, news(true)];
    for private_group in [Some(-100), None] {
        let terms = Terms { private_group, ..Terms::default() };
        assert_eq!(follows(&terms.given_in(&let_in)), revoked);
        let keeps = Terms { on_refund: OnRefund::Keep, ..terms };
        assert_eq!(follows(&keeps.given_in(&let_in)), kept);
    }
    assert_eq!(follows(&Terms::of_none().given_in(&let_in)), kept);
}

#[test]
fn who_left_gets_a_fresh_link_and_who_was_removed_does_not() {
    let at = Timestamp::from_millis;
    let (joined, after) = decide_move(GroupAccess::default(), Move::Joined, at(1), true);
    assert_eq!(
        (joined.joined_group, joined.joined_at, after),
        (true, Some(at(1)), AfterMove::Nothing)
    );
    let (left, after) = decide_move(joined, Move::Left, at(2), true);
    assert_eq!((left.joined_group, after), (false, AfterMove::FreshLink));
    assert_eq!(left.joined_at, Some(at(1)), "when they joined stays known");
    assert_eq!(decide_move(joined, Move::Left, at(2), false).1, AfterMove::Nothing);
    let (removed, after) = decide_move(joined, Move::Removed, at(3), true);
    assert_eq!((removed.removed, after), (true, AfterMove::Nothing));
    assert!(!removed.may_have_link(true) && left.may_have_link(true));
    assert_eq!(decide_move(removed, Move::Left, at(4), true).1, AfterMove::Nothing);
    let (back, _) = decide_move(removed, Move::Joined, at(5), true);
    assert!(back.may_have_link(true), "someone let them in again");
    let (taken_out, after) = decide_move(joined, Move::TakenOut, at(3), false);
    assert_eq!((taken_out.joined_group, taken_out.removed), (false, false));
    assert_eq!(after, AfterMove::Nothing, "their money went back");
    assert_eq!(decide_move(joined, Move::TakenOut, at(3), true).1, AfterMove::FreshLink);
    for (before, after, by, what) in [
        (Standing::Out, Standing::In, Actor::Person, Some(Move::Joined)),
        (Standing::Banned, Standing::In, Actor::Other, Some(Move::Joined)),
        (Standing::In, Standing::Out, Actor::Person, Some(Move::Left)),
        (Standing::In, Standing::Out, Actor::Other, Some(Move::Removed)),
        (Standing::In, Standing::Banned, Actor::Other, Some(Move::Removed)),
        (Standing::Out, Standing::Banned, Actor::Other, Some(Move::Removed)),
        (Standing::In, Standing::Out, Actor::Bot, Some(Move::TakenOut)),
        (Standing::In, Standing::Banned, Actor::Bot, Some(Move::TakenOut)),
        (Standing::Out, Standing::Banned, Actor::Bot, None),
        (Standing::In, Standing::In, Actor::Other, None),
        (Standing::Out, Standing::Out, Actor::Person, None),
        (Standing::Banned, Standing::Out, Actor::Other, None),
    ] {
        assert_eq!(Move::between(before, after, by), what, "{before:?} {after:?} {by:?}");
    }
}

fn bot() -> crate::bot::Bot {
    crate::bot::Bot {
        id: order().bot,
        company_id: crate::ids::CompanyId(uuid::Uuid::nil()),
        slug: Slug::parse("shop").expect("a slug"),
        telegram_id: 7,
        username: "ShopBot".to_owned(),
        secrets: Sealed::new("sealed"),
        webhook_secret: crate::account::SecretHash::of("s"),
        form: None,
        earlier_forms: Vec::new(),
        form_revision: 0,
        status: crate::bot::BotStatus::Active,
        default_chat: None,
        created_at: NOW,
        version: 0,
    }
}

/// What a word about an order makes of it and of its contact; what became of it, and how many jobs follow.
fn heed(
    order: &mut Order,
    contact: &mut Option<Contact>,
    word: &Word,
    terms: &Terms,
) -> (Outcome, usize) {
    let id = uuid::Uuid::nil;
    let ids = WordIds {
        decision: crate::ids::DecisionId(id()),
        alert: crate::ids::AlertId(id()),
        fanout: crate::ids::JobId(id()),
        message: crate::ids::JobId(id()),
    };
    let (bot, raw) = (bot(), Sealed::new("sealed"));
    let (before, known) = (order.clone(), contact.clone());
    let heeded = Heeded {
        bot: &bot,
        order: Some(&before),
        contact: known.as_ref(),
        before: None,
        word,
        raw: &raw,
        terms,
    };
    let decision = decide_word(ids, NOW, heeded);
    for write in decision.writes {
        match write {
            Write::Replace(Record::Order(after)) => *order = after,
            Write::Create(Record::Contact(after)) | Write::Replace(Record::Contact(after)) => {
                *contact = Some(after);
            }
            _ => {}
        }
    }
    (decision.reply, decision.jobs.len())
}

#[test]
fn whoever_pays_two_orders_is_given_once_and_keeps_access_until_both_went_back() {
    let terms = Terms { private_group: Some(-100), ..Terms::default() };
    let other = Order { number: OrderNumber::from_random([8; 16]), ..order() };
    let mut orders = [order(), other];
    let mut contact = None;
    let mut outcomes = Vec::new();
    for (which, kind) in
        [(0, WordKind::Paid), (1, WordKind::Paid), (0, WordKind::Refunded), (1, WordKind::Refunded)]
    {
        let word = word(&which.to_string(), kind);
        let (outcome, jobs) = heed(&mut orders[which], &mut contact, &word, &terms);
        let run = contact.as_ref().expect("known by the payment").run(&order().scenario);
        outcomes.push((outcome, run.payment_date.is_some(), jobs));
    }
    assert!(orders.iter().all(|it| it.status == OrderStatus::Refunded), "both were paid");
    assert_eq!(
        outcomes,
        [
            (Outcome::Honoured, true, 1),
            (Outcome::PaidTwice, true, 1),
            (Outcome::RefundedOne, true, 1),
            (Outcome::Refunded, false, 2),
        ]
    );
}

#[test]
fn the_admins_are_told_of_whom_the_news_is() {
    let test = OrderSource::Test { by: UserId(uuid::Uuid::nil()) };
    let test = Order { source: test, ..order() };
    let number = order().number;
    let of = format!("Scenario: premium\nOrder: {number}");
    for (order, said) in [
        (Some(order()), vec![format!("Contact: 42\n{of}")]),
        (Some(test), vec![of]),
        (None, Vec::new()),
    ] {
        let news = (&News::Demo { sum: Decimal::ONE }, order.as_ref().map(Whom::from));
        let ids = (crate::ids::AlertId(uuid::Uuid::nil()), crate::ids::JobId(uuid::Uuid::nil()));
        let (alert, _) = alert_of(&bot(), news, ids, NOW);
        let Write::Create(Record::Alert(alert)) = alert else { panic!("no alert") };
        let bodies = |it: crate::alert::AlertMessage| -> Vec<String> {
            it.sections.into_iter().map(|it| it.body).collect()
        };
        assert_eq!(bodies(alert.message_in(Language::En).clone()), said);
        let russian = |it: String| {
            let words = [("Contact", "Контакт"), ("Scenario", "Сценарий"), ("Order", "Заказ")];
            words.iter().fold(it, |it, (english, russian)| it.replace(english, russian))
        };
        let said: Vec<String> = said.into_iter().map(russian).collect();
        assert_eq!(bodies(alert.message_in(Language::Ru).clone()), said);
    }
}

#[test]
fn who_has_paid_elsewhere_before_keeps_what_they_have_when_a_second_payment_goes_back() {
    let slug = order().scenario;
    let moved_in = Contact::new(order().bot, 42, NOW);
    let run = ScenarioState { payment_date: Some(NOW), ..ScenarioState::default() };
    let (mut order, mut contact) = (order(), Some(moved_in.with(&slug, run)));
    let mut heed = |kind| heed(&mut order, &mut contact, &word("1", kind), &Terms::default()).0;
    assert_eq!(heed(WordKind::Paid), Outcome::PaidTwice);
    assert_eq!(heed(WordKind::Refunded), Outcome::RefundedOne);
    assert!(contact.expect("a contact").run(&slug).payment_date.is_some());
}

#[test]
fn who_was_removed_and_pays_another_order_is_let_in_again() {
    let slug = order().scenario;
    let access = GroupAccess { removed: true, ..GroupAccess::default() };
    let run = ScenarioState { payment_date: Some(NOW), access, ..ScenarioState::default() };
    let contact = Contact::new(order().bot, 42, NOW).with(&slug, run);
    let (mut order, mut contact) = (order(), Some(contact));
    let paid = word("1", WordKind::Paid);
    let (outcome, _) = heed(&mut order, &mut contact, &paid, &Terms::default());
    assert_eq!(outcome, Outcome::Honoured);
    assert!(!contact.expect("a contact").run(&slug).access.removed);
}

#[test]
fn an_order_number_is_one_in_its_own_spelling_only() {
    let number = OrderNumber::from_random([0xab; 16]);
    assert_eq!(OrderNumber::parse(number.as_str()), Some(number.clone()));
    assert_eq!(OrderNumber::from_random([0; 16]).as_str().len(), 32);
    for text in ["", "ab", &number.as_str().to_uppercase(), &format!("{number}0")] {
        assert_eq!(OrderNumber::parse(text), None, "{text}");
    }
}

fn some_word() -> impl Strategy<Value = Word> {
    let kind = prop::sample::select(vec![
        WordKind::Paid,
        WordKind::Paid,
        WordKind::Refunded,
        WordKind::Denied,
        WordKind::Canceled,
        WordKind::Other,
    ]);
    let sum = prop::sample::select(vec![150_000_i64, 150_000, 75_000, 1]);
    (1..4_u8, kind, sum, any::<bool>(), 0..5_i64, prop::bool::weighted(0.2)).prop_map(
        |(payment, kind, cents, named, at, demo)| Word {
            sum: Decimal::new(cents, 2),
            products: if named { vec!["Premium course".to_owned()] } else { Vec::new() },
            demo,
            at: Some(Timestamp::from_millis(at)),
            ..word(&payment.to_string(), kind)
        },
    )
}

proptest! {
    #[test]
    fn the_same_words_come_to_the_same_order_however_they_come(
        words in prop::collection::vec(some_word(), 1..12),
        (again, shuffled) in any::<u64>().prop_flat_map(|_| (
            prop::collection::vec(any::<prop::sample::Index>(), 0..12),
            any::<[u8; 32]>(),
        )),
    ) {
        let (once, outcomes) = told(&words);
        let mut other: Vec<Word> = words.clone();
        other.extend(again.iter().map(|it| words[it.index(words.len())].clone()));
        // A permutation that does not depend on the words.
        let rank = |at: usize| shuffled[at % 32].wrapping_mul(31).wrapping_add(shuffled[(at * 7 + 3) % 32]);
        let mut keyed: Vec<(u8, Word)> =
            other.into_iter().enumerate().map(|(at, it)| (rank(at), it)).collect();
        keyed.sort_by_key(|(rank, _)| *rank);
        let other: Vec<Word> = keyed.into_iter().map(|(_, it)| it).collect();
        let (twice, again) = told(&other);
        prop_assert_eq!(&once, &twice);
        // It is honoured only when it was not paid, and each refund in between is one more time.
        for outcomes in [outcomes, again] {
            let count = |of: Outcome| outcomes.iter().filter(|it| **it == of).count();
            let (honoured, refunded) = (count(Outcome::Honoured), count(Outcome::Refunded));
            prop_assert!(honoured == refunded || honoured == refunded + 1);
            prop_assert_eq!(honoured == refunded + 1, once.is_paid());
        }
        let right = |it: &Heard, kind| it.fit == Fit::Right && it.kind == kind;
        let back = |paid: &Heard| -> Decimal {
            let back = once.heard.iter().filter(|it| it.kind == WordKind::Refunded && it.payment == paid.payment);
            back.filter(|it| matches!(it.fit, Fit::Right | Fit::Part)).map(|it| it.sum).sum()
        };
        let live = once.heard.iter().any(|paid| right(paid, WordKind::Paid) && back(paid) < paid.sum);
        prop_assert_eq!(once.is_paid(), live);
        prop_assert!(once.heard.iter().all(|it| it.fit != Fit::Demo || !once.live_payments().any(|live| live == it)));
    }
}
