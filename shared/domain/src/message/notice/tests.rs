use super::*;
use uuid::Uuid;

fn company() -> CompanyStatus {
    let opt_ins = OptIns { alerts: true, reports: false, device_events: true };
    CompanyStatus { company: "Ada".to_owned(), opt_ins, paused: true }
}

#[test]
fn a_status_names_each_company_and_what_it_tells() {
    let status = Notice::Status { channels: 2, paused: 0, companies: vec![company()] };
    assert_eq!(
        status.text(),
        "Offers: they arrive here.\n“Ada”: alerts, device events (paused: send /start)"
    );
}

fn listed_target(active: bool) -> ListedTarget {
    let target_name = "A name that is too long for a button".to_owned();
    ListedTarget { target_id: TargetId(Uuid::nil()), target_name, active, pages: 1 }
}

#[test]
fn each_listed_target_has_a_button_that_turns_it() {
    let listed =
        Notice::Targets { targets: vec![listed_target(true), listed_target(false)], more: 0 };
    let id = TargetId(Uuid::nil());
    let words = "A name that is too long for a …";
    assert_eq!(
        listed.buttons(),
        [
            (format!("Pause {words}"), Action::PauseTarget(id)),
            (format!("Resume {words}"), Action::ResumeTarget(id)),
        ]
    );
    assert!(listed.text().contains("button – one page, paused"));
}

fn every_notice() -> Vec<Notice> {
    let target_id = TargetId(Uuid::nil());
    let target_name = "Shoes".to_owned();
    vec![
        Notice::Welcome,
        Notice::WelcomeBack,
        Notice::Help,
        Notice::ChannelConnected { target_name: None },
        Notice::ChannelConnected { target_name: Some(target_name.clone()) },
        Notice::ChannelAlreadyConnected,
        Notice::TokenUnusable,
        Notice::Stopped,
        Notice::Resumed,
        Notice::NothingToStop,
        Notice::UnknownCommand,
        Notice::NotUnderstood,
        Notice::TestMessage,
        Notice::TargetPaused { target_id, target_name: target_name.clone() },
        Notice::TargetResumed { target_id, target_name: target_name.clone() },
        Notice::TargetGone,
        Notice::ButtonOutdated,
        Notice::CallbackDone,
        Notice::Watching { target_id, target_name: target_name.clone(), offers: 3 },
        Notice::Invited { target_id, target_name: target_name.clone(), pages: 0 },
        Notice::InviteWaits,
        Notice::Targets { targets: Vec::new(), more: 0 },
        Notice::Targets { targets: vec![listed_target(true), listed_target(false)], more: 2 },
        Notice::PageAdded { target_id, target_name: target_name.clone(), url: "u".to_owned() },
        Notice::AlreadyWatched { target_name },
        Notice::AddRefused { reason: "the address is too long".to_owned() },
        Notice::AddWhat,
        Notice::CompanyLinked { company: "Ada".to_owned() },
        Notice::LinkWithoutToken,
        Notice::Status { channels: 0, paused: 0, companies: Vec::new() },
        Notice::Status { channels: 1, paused: 1, companies: vec![company()] },
        Notice::PaymentReceived { product: "Course".to_owned(), language: Language::Ru },
        Notice::InviteLink { link: "https://t.me/+abc".to_owned(), language: Language::En },
        Notice::BotStopped { username: "AdaBot".to_owned(), reason: "Unauthorized".to_owned() },
    ]
}

#[test]
fn every_notice_says_something_and_is_stored_and_read_back() -> Result<(), serde_json::Error> {
    for notice in every_notice() {
        assert!(!notice.text().is_empty(), "{notice:?}");
        let stored = serde_json::to_string(&notice)?;
        assert_eq!(serde_json::from_str::<Notice>(&stored)?, notice);
    }
    Ok(())
}

#[test]
fn a_paused_watch_offers_to_be_resumed_and_the_other_way_round() {
    let target_id = TargetId(Uuid::max());
    let target_name = "Shoes".to_owned();
    let paused = Notice::TargetPaused { target_id, target_name: target_name.clone() };
    assert_eq!(paused.action(), Some(Action::ResumeTarget(target_id)));
    let resumed = Notice::TargetResumed { target_id, target_name };
    assert_eq!(resumed.action(), Some(Action::PauseTarget(target_id)));
    assert_eq!(Notice::Help.action(), None);
}

#[test]
fn the_number_of_offers_reads_well() {
    for (offers, expected) in [(0, "no offers yet"), (1, "is one offer"), (1200, "are 1200 offers")]
    {
        assert!(watching("Shoes", offers).contains(expected));
    }
}
