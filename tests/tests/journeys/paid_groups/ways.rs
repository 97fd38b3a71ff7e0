//! Ways into a group that cross: links of which nobody knows, and groups that are others by now.

use domain::contact::Contact;
use domain::engine::{Decision, Write};
use domain::scenario::ScenarioState;
use serde_json::json;
use simulators::telegram::Impossible;
use table::keys;
use tests::{TestSystem, journey};

use super::{Club, GROUP, SOON, paid, premium};

/// Something else was written of the contact's run.
async fn change(system: &TestSystem, club: &Club, change: impl FnOnce(&mut ScenarioState)) {
    let (app, key) = (&system.system.app, keys::contact(&club.bot, club.chat));
    let contact: Option<Contact> = app.table.get(&key).await.expect("readable");
    let mut contact = contact.expect("a contact");
    let mut run = contact.run(&premium());
    change(&mut run);
    contact.runs.insert(premium(), run);
    let decision = Decision::new(app.env.id(), app.env.now(), ());
    let decision = decision.write(Write::Replace(contact.into()));
    app.table.commit(&decision).await.expect("committed");
}

#[test]
fn a_link_that_is_the_contacts_no_more_ends_when_someone_comes_by_it() {
    journey(async |system| {
        let (club, _, link) = paid(system, "Thanks", json!({})).await;
        let kept = "https://t.me/+kept";
        change(system, &club, |run| run.invite_link = Some(kept.to_owned())).await;
        let other = system.phone("Eve");
        assert_eq!(system.telegram().join(other, &link), Ok(GROUP));
        system.pass(SOON).await;
        assert!(system.telegram().members(GROUP).is_empty());
        assert_eq!(system.telegram().join(other, &link), Err(Impossible::BadInvite));
        assert_eq!(club.invite(system).await, kept, "theirs stays");
    });
}
