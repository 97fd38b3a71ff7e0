//! Onboarding invites: an admin makes them and takes some back, and phones open them, several the same
//! one and one phone several, while processes die. The admin's plan may have less room than there are invites.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use app::AppError;
use app::invite::{CreateInvite, ShownInvite, create_invite, revoke_invite};
use domain::account::{Company, Member, NameClaim, Role, Tier, User};
use domain::engine::{Decision, Write};
use domain::ids::{CompanyId, InviteId, UserId};
use domain::invite::{
    ChatPerson, GuestTarget, InviteStatus, InviteToken, InviteUse, OnboardingInvite,
};
use domain::message::REPEAT_MARK;
use domain::time::Timestamp;
use domain::watch::{Page, Target, Watcher};
use futures::FutureExt;
use futures::future::{join, join_all};
use simulators::telegram::{NewChat, Outcome};
use uuid::Uuid;

use crate::Report;
use crate::alone::alone;
use crate::harness::Harness;
use crate::process::insist;
use crate::world::BEGIN;

/// So many invites of a run.
const INVITES: usize = 5;
/// The phones that open them.
const PHONES: [i64; 3] = [8_000, 8_001, 8_002];
/// Invites are opened so long after they were made.
const SOON: Duration = Duration::from_secs(5);
/// So many targets fit the smaller plan.
const FEW: usize = 3;

/// What was done, as whoever did it saw it.
#[derive(Debug, Default)]
struct Story {
    /// How often each phone opened a link.
    opened: BTreeMap<i64, usize>,
    /// The invites that were opened at all.
    tried: BTreeSet<InviteId>,
    /// The invites that an admin wanted to take back, and whether the answer was that they did.
    revoked: BTreeMap<InviteId, bool>,
}

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Story>>);

impl Told {
    fn lock(&self) -> MutexGuard<'_, Story> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a seed of onboarding invites alone.
///
/// # Panics
/// When the table or a simulator in memory cannot be made.
pub fn onboardings(seed: u64) -> Report {
    let told = Told::default();
    let noted = told.clone();
    let work = move |harness: &Harness, admin: User| {
        let invite = |number| invite(harness.clone(), noted.clone(), admin.clone(), number).boxed();
        (0..INVITES).map(invite).collect()
    };
    alone(seed, |harness| admin(harness).boxed(), work, |harness| judge(harness, told).boxed())
}

/// An admin with a company of their own, and phones.
async fn admin(harness: Harness) -> User {
    for chat_id in PHONES {
        harness.telegram.add_chat(&NewChat::person(Some(chat_id), "Guest")).expect("a new chat");
        harness.telegram.acquaint("hoopoe_bot", chat_id).expect("a known bot");
    }
    let (id, company_id) = (UserId(Uuid::from_u128(81)), CompanyId(Uuid::from_u128(82)));
    let user = User {
        id,
        company_id,
        username: "admin".to_owned(),
        email: None,
        password_hash: None,
        role: Role::Admin,
        tier: if harness.world.chance(0.5) { Tier::Free } else { Tier::Pro },
        timezone: "UTC".to_owned(),
        locale: "en".to_owned(),
        created_at: BEGIN,
        version: 0,
    };
    let name = "Company".to_owned();
    let company = Company { id: company_id, name, created_at: BEGIN, admins: 1, version: 0 };
    let decision = Decision::new(harness.table.env().id(), harness.world.now(), ())
        .write(Write::Create(company.into()))
        .write(Write::Create(Member::of(&user, BEGIN).into()))
        .write(Write::Create(user.clone().into()));
    harness.table.commit(&decision).await.expect("nothing goes wrong yet");
    user
}

/// Makes an invite, has it opened, and perhaps takes it back meanwhile.
async fn invite(harness: Harness, told: Told, admin: User, number: usize) {
    let world = harness.world.clone();
    world.pause(0..30_000).await;
    let company_id = admin.company_id;
    let Some(made) = make(&harness, admin, number).await else { return };
    // Half of the invites are opened, and taken back, at one instant.
    let (together, instant) = (world.chance(0.5), world.now() + SOON);
    let draw = |_| {
        let later = Duration::from_millis(world.between(0, 20_000));
        if together { instant } else { world.now() + later }
    };
    let openings = (0..world.between(1, 4)).map(draw).map(|at| open(&harness, &told, &made, at));
    let openings: Vec<_> = openings.collect();
    let revocation = async {
        if world.chance(0.4) {
            world.sleep_until(draw(0)).await;
            revoke(&harness, &told, company_id, made.invite.id).await;
        }
    };
    join(join_all(openings), revocation).await;
}

/// `None` when the plan is full already.
async fn make(harness: &Harness, admin: User, number: usize) -> Option<ShownInvite> {
    let (made, _) = insist(harness, 0, |app| {
        let command = CreateInvite {
            admin: admin.clone(),
            target_name: Some(format!("watch {number}")),
            page_urls: Some(vec![format!("https://shop.example/{}", number % 2)]),
            bot: None,
            keep: None,
        };
        async move {
            match create_invite(app, command).await {
                Ok(made) => Some(Some(made)),
                Err(AppError::Quota { .. }) => Some(None),
                Err(_) => None,
            }
        }
        .boxed()
    })
    .await;
    made
}

/// One of the phones opens the link.
async fn open(harness: &Harness, told: &Told, made: &ShownInvite, at: Timestamp) {
    let world = &harness.world;
    world.sleep_until(at).await;
    let phone = usize::try_from(world.between(0, 3)).unwrap_or(0);
    let chat_id = PHONES[phone];
    let payload = format!("invite_{}", made.token);
    harness.telegram.start("hoopoe_bot", chat_id, Some(&payload)).expect("a known chat");
    let mut told = told.lock();
    *told.opened.entry(chat_id).or_default() += 1;
    told.tried.insert(made.invite.id);
}

async fn revoke(harness: &Harness, told: &Told, company_id: CompanyId, id: InviteId) {
    let (revoked, _) = insist(harness, 0, |app| {
        async move {
            match revoke_invite(app, company_id, id).await {
                Ok(()) => Some(true),
                Err(AppError::Conflict { code: "INVITE_USED", .. }) => Some(false),
                Err(_) => None,
            }
        }
        .boxed()
    })
    .await;
    harness.world.count(if revoked { "invite revoked" } else { "invite used before" });
    told.lock().revoked.insert(id, revoked);
}

async fn judge(harness: Harness, told: Told) -> Vec<String> {
    let invites: Vec<OnboardingInvite> = harness.table.scan().await.unwrap_or_default();
    let used: Vec<InviteUse> = invites.iter().filter_map(|invite| invite.used).collect();
    let story = std::mem::take(&mut *told.lock());
    let mut wrong = Vec::new();
    fates(&harness, &story, &invites, &mut wrong);
    people(&harness, &used, &mut wrong).await;
    targets(&harness, &used, &mut wrong).await;
    let tokens: Vec<InviteToken> = harness.table.scan().await.unwrap_or_default();
    let open = invites.iter().filter(|invite| invite.used.is_none()).count();
    equal("tokens of unused invites", tokens.len(), open, &mut wrong);
    answers(&harness, &story, &used, &mut wrong).await;
    wrong
}

/// Who was told that an invite is revoked was told the truth, and whoever opened one first came in.
fn fates(harness: &Harness, story: &Story, invites: &[OnboardingInvite], wrong: &mut Vec<String>) {
    let full = invites.iter().filter(|invite| invite.used.is_some()).count() >= FEW;
    for invite in invites {
        let (id, status) = (invite.id, invite.status(harness.world.now()));
        let fits = match (story.revoked.get(&id), status) {
            (Some(true), InviteStatus::Revoked) | (Some(false) | None, InviteStatus::Used) => true,
            (None, InviteStatus::Open) => !story.tried.contains(&id) || full,
            _ => false,
        };
        if !fits {
            let said = story.revoked.get(&id);
            wrong.push(format!("invite {id} is {status:?}, and its revocation said {said:?}"));
        }
        if invite.used.is_some() {
            harness.world.count("invite used");
        } else if status == InviteStatus::Open && story.tried.contains(&id) {
            harness.world.count("invite without room");
        }
    }
}

/// Each chat that came in is one person, whole.
async fn people(harness: &Harness, used: &[InviteUse], wrong: &mut Vec<String>) {
    let came: BTreeSet<UserId> = used.iter().map(|it| it.user_id).collect();
    let table = &harness.table;
    let persons: Vec<ChatPerson> = table.scan().await.unwrap_or_default();
    let of_chats: BTreeSet<UserId> = persons.iter().map(|person| person.user_id).collect();
    if came != of_chats {
        wrong.push(format!("{came:?} came in, and the chats are {persons:?}"));
    }
    let users = table.scan::<User>().await.unwrap_or_default().len();
    let members = table.scan::<Member>().await.unwrap_or_default().len();
    let names = table.scan::<NameClaim>().await.unwrap_or_default().len();
    let links = table.scan::<domain::channel::ChatLink>().await.unwrap_or_default().len();
    let channels = table.scan::<domain::channel::Channel>().await.unwrap_or_default().len();
    // The admin has no name that is claimed here, and no chat.
    equal("users", users, came.len() + 1, wrong);
    equal("members", members, came.len() + 1, wrong);
    equal("names", names, came.len(), wrong);
    equal("links of chats", links, came.len(), wrong);
    equal("channels", channels, came.len(), wrong);
}

/// Each invite that was used made one target, whole.
async fn targets(harness: &Harness, used: &[InviteUse], wrong: &mut Vec<String>) {
    let table = &harness.table;
    let targets: Vec<Target> = table.scan().await.unwrap_or_default();
    let of_invites: BTreeSet<_> = used.iter().map(|it| (it.target_id, it.channel_id)).collect();
    let heard = targets
        .iter()
        .flat_map(|target| target.recipients().map(|(_, channel_id)| (target.id, channel_id)));
    let there: BTreeSet<_> = heard.collect();
    if of_invites != there {
        wrong.push(format!("the targets are {there:?}, and those of the invites {of_invites:?}"));
    }
    let guests = table.scan::<GuestTarget>().await.unwrap_or_default().len();
    let watchers = table.scan::<Watcher>().await.unwrap_or_default().len();
    let pages: Vec<Page> = table.scan().await.unwrap_or_default();
    let counted: u64 = pages.iter().map(|page| u64::from(page.active_targets)).sum();
    equal("targets", targets.len(), used.len(), wrong);
    equal("targets of guests", guests, used.len(), wrong);
    equal("watchers", watchers, used.len(), wrong);
    equal("targets counted on pages", usize::try_from(counted).unwrap_or(0), used.len(), wrong);
}

/// Each press of START was answered once, and whoever came in was welcomed: copies are marked.
async fn answers(harness: &Harness, story: &Story, used: &[InviteUse], wrong: &mut Vec<String>) {
    let persons: Vec<ChatPerson> = harness.table.scan().await.unwrap_or_default();
    let entries = harness.telegram.entries(0, usize::MAX);
    for chat_id in PHONES {
        let person = persons.iter().find(|person| person.chat_id == chat_id);
        let came = |it: &&InviteUse| Some(it.user_id) == person.map(|person| person.user_id);
        let sent = entries.iter().filter(|it| it.chat_id == Some(chat_id));
        let sent = sent.filter(|it| it.outcome == Outcome::Sent && it.text.is_some());
        let texts: Vec<&str> = sent.filter_map(|it| it.text.as_deref()).collect();
        let welcomes = texts.iter().filter(|text| text.contains("You are invited to"));
        let welcomes: Vec<&str> = welcomes.copied().collect();
        let opened = story.opened.get(&chat_id).copied().unwrap_or_default();
        for (what, came, wanted) in
            [("answers", &texts, opened), ("welcomes", &welcomes, used.iter().filter(came).count())]
        {
            let unmarked = came.iter().filter(|text| !text.contains(REPEAT_MARK)).count();
            if unmarked > wanted || came.len() < wanted {
                wrong.push(format!("{chat_id} got {what} {came:?}, {wanted} expected"));
            }
        }
    }
}

fn equal(what: &str, found: usize, wanted: usize, wrong: &mut Vec<String>) {
    if found != wanted {
        wrong.push(format!("{found} {what}, {wanted} expected"));
    }
}
