//! The words in English.

use super::{Fixed, Words, delay};
use crate::broadcast::Condition;
use crate::fault::ContentFault;
use crate::wizard::{Language, Press, Refusal, WizardStep};

pub(super) const WORDS: Words =
    Words { ask, field, press, condition, refusal, place, fault, fixed, delay: waits };

const TEXT: &str = "Send the text. Markdown and Telegram's own tags are possible, and variables such as {{ user.user_name }} and {{ scenario.product_name }}.";
const PHOTOS: &str = "Send up to ten photos, and press “Done” when there are no more.";
const BUTTONS: &str = "Send the buttons, one row in a line:\nWords | https://example.com\nSeveral in a row: One | https://a.example ; Two | https://b.example\nA shared set: @name";

fn ask(step: WizardStep) -> &'static str {
    match step {
        WizardStep::ScenarioName => "What is the scenario called?",
        WizardStep::ProductName => "What does it sell? Skip this if it sells nothing.",
        WizardStep::ProductPrice => "What does it cost? A whole number of roubles.",
        WizardStep::PaidContent => "What do people get to read when they have paid?",
        WizardStep::PrivateGroupId => {
            "Which private group are they invited to? Send its id, such as -1001234567890. The bot must be an admin there."
        }
        WizardStep::SummaryMessage => {
            "Now the summary: people who have completed the scenario get it on /start.\n\nSend its text, or skip it."
        }
        WizardStep::MessageText | WizardStep::BroadcastText => TEXT,
        WizardStep::SummaryPhotos | WizardStep::MessagePhotos | WizardStep::BroadcastPhotos => {
            PHOTOS
        }
        WizardStep::SummaryButtons | WizardStep::MessageButtons | WizardStep::BroadcastButtons => {
            BUTTONS
        }
        WizardStep::MessageTiming => {
            "How long after the message before it? For example 0, 2:30, 1d 12h, 45m, 10s."
        }
        WizardStep::BroadcastName => "What is the broadcast called? Only admins see that.",
        WizardStep::BroadcastTargeting => {
            "Whom does it go to? All conditions that you choose must hold; without any it goes to everyone."
        }
        WizardStep::ConfirmDelete => {
            "Delete this message? Whoever has not received it yet never will."
        }
        _ => "Is that right?",
    }
}

fn field(step: WizardStep) -> &'static str {
    match step {
        WizardStep::ScenarioName | WizardStep::BroadcastName => "Name",
        WizardStep::ProductName => "Product",
        WizardStep::ProductPrice => "Price",
        WizardStep::PaidContent => "Text after payment",
        WizardStep::PrivateGroupId => "Private group",
        WizardStep::SummaryPhotos | WizardStep::MessagePhotos | WizardStep::BroadcastPhotos => {
            "Photos"
        }
        WizardStep::SummaryButtons | WizardStep::MessageButtons | WizardStep::BroadcastButtons => {
            "Buttons"
        }
        WizardStep::MessageTiming => "Delay",
        WizardStep::BroadcastTargeting => "Recipients",
        _ => "Text",
    }
}

fn press(press: &Press) -> &'static str {
    match press {
        Press::Confirm => "✅ Confirm",
        Press::Edit => "✏️ Edit",
        Press::Back => "← Back",
        Press::Skip => "Skip",
        Press::Done => "Done",
        Press::Clear => "Remove the photos",
        Press::More => "➕ Another message",
        Press::Messages => "💬 Messages",
        Press::Earlier => "↑ Earlier messages",
        Press::Later => "↓ Later messages",
        Press::Delete => "🗑 Delete",
        Press::After => "➕ A message after it",
        Press::Move => "↕️ Move",
        Press::Finish => "💾 Save",
        Press::Field(_) | Press::Toggle(_) | Press::Message(_) | Press::Behind(_) => "",
    }
}

fn condition(condition: &Condition) -> &'static str {
    match condition {
        Condition::NoActiveScenario => "No active scenario",
        Condition::HasNotPaid => "Has not paid",
        Condition::HasPaid => "Has paid",
        Condition::InScenario(_) => "In a scenario",
        Condition::JoinedGroup => "Is in a private group",
        Condition::RegisteredBefore(_) => "Came before a day",
        Condition::RegisteredAfter(_) => "Came after a day",
    }
}

fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::TextExpected => "I need a text here.".to_owned(),
        Refusal::PhotoExpected => "I need a photo here, or the button “Done”.".to_owned(),
        Refusal::PressExpected => "Please press one of the buttons.".to_owned(),
        Refusal::Empty => "There is nothing to see in that.".to_owned(),
        Refusal::TooLong { max } => format!("That is too long: at most {max} characters."),
        Refusal::NotAPrice { max } => format!("The price must be a whole number from 1 to {max}."),
        Refusal::NotAGroup => "The id of a group is -100 and digits behind it.".to_owned(),
        Refusal::NotADelay => {
            "I cannot read that. Write for example 0, 2:30, 1d 12h, 45m or 10s; a year at most."
                .to_owned()
        }
        Refusal::TooManyPhotos { max } => format!("A message has at most {max} photos."),
        Refusal::NotAButton { line } => {
            format!("Line {line} is no button. Write: words | https://example.com")
        }
        Refusal::TooManyMessages { max } => {
            format!("I take at most {max} messages at once. Save now, and go on by /edit_scenario.")
        }
        Refusal::NoMessages => "A scenario needs at least one message.".to_owned(),
        Refusal::MessageGone => "Somebody has deleted this message meanwhile.".to_owned(),
        Refusal::NobodyMatches => {
            "These conditions exclude one another: nobody would get it.".to_owned()
        }
        Refusal::Faulty(fault) => fault.text(Language::En),
    }
}

fn place(field: &str) -> String {
    field.to_owned()
}

fn fault(fault: &ContentFault) -> String {
    fault.to_string()
}

fn fixed(fixed: Fixed) -> &'static str {
    match fixed {
        Fixed::Check => "Please check:",
        Fixed::ChooseField => "What do you want to change?",
        Fixed::AskMore => "Is there another message?",
        Fixed::SavedScenario => "The scenario is saved",
        Fixed::SavedChanges => "The changes are saved",
        Fixed::SavedBroadcast => "The broadcast is saved and has not been sent yet",
        Fixed::Cancelled => "Cancelled. Nothing was saved.",
        Fixed::Expired => {
            "I heard nothing for half an hour and have forgotten this. Nothing was saved."
        }
        Fixed::Outdated => "This button belongs to an earlier question.",
        Fixed::CaptionTaken => "The words below the photo are the text of the message.",
        Fixed::CaptionLeft => {
            "The photo is taken. The words below it are not: the message has a text, which “Edit” changes once the message is shown as a whole."
        }
        Fixed::PhotoLeft => {
            "The words below the photo are the text now. The photo is not taken: choose “Photos” to add it."
        }
        Fixed::Everyone => "everyone",
        Fixed::Nothing => "–",
        Fixed::Photos => "Photos",
        Fixed::Buttons => "Buttons",
        Fixed::Messages => "Messages",
        Fixed::ChooseMessage => {
            "Which message do you want to change? Nothing is changed before you save."
        }
        Fixed::ChoosePlace => {
            "Behind which message does it come? Whoever has received it does not receive it again."
        }
        Fixed::First => "⤴️ Before all",
        Fixed::Added => "New messages",
    }
}

fn waits(seconds: u32) -> String {
    if seconds == 0 { "at once".to_owned() } else { delay(seconds, ["d", "h", "min", "s"]) }
}
