//! The steps of wizards.

use serde::{Deserialize, Serialize};

/// What a wizard asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WizardStep {
    /// The scenario's name.
    ScenarioName,
    /// What it sells.
    ProductName,
    /// What that costs.
    ProductPrice,
    /// What is said to who has paid.
    PaidContent,
    /// The group for who has paid.
    PrivateGroupId,
    /// Whether all of that is right.
    ConfirmGeneral,
    /// Which of it is not.
    EditGeneral,
    /// The summary's text.
    SummaryMessage,
    /// Its photos.
    SummaryPhotos,
    /// Its buttons.
    SummaryButtons,
    /// Whether the summary is right.
    ConfirmSummary,
    /// What of it is not.
    EditSummary,
    /// A message's text.
    MessageText,
    /// Its photos.
    MessagePhotos,
    /// How long after the message before it.
    MessageTiming,
    /// Its buttons.
    MessageButtons,
    /// Whether the message is right.
    ConfirmMessage,
    /// What of it is not.
    EditMessage,
    /// Whether there is another message.
    AddMoreMessages,
    /// Which of the messages that there are is changed.
    ChooseMessage,
    /// Behind which of them a message is moved.
    ChoosePlace,
    /// Whether a message is to be deleted.
    ConfirmDelete,
    /// The broadcast's name.
    BroadcastName,
    /// Its text.
    BroadcastText,
    /// Its photos.
    BroadcastPhotos,
    /// Its buttons.
    BroadcastButtons,
    /// Whom it goes to.
    BroadcastTargeting,
    /// Whether the broadcast is right.
    ConfirmBroadcast,
    /// What of it is not.
    EditBroadcast,
}

/// A part of a wizard that is confirmed as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Section {
    /// The scenario itself.
    General,
    /// Its summary.
    Summary,
    /// A message.
    Message,
    /// A broadcast.
    Broadcast,
}

impl Section {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::General, Self::Summary, Self::Message, Self::Broadcast];

    /// Its fields in the order in which they are asked for.
    pub const fn fields(self) -> &'static [WizardStep] {
        use WizardStep as S;
        match self {
            Self::General => &[
                S::ScenarioName,
                S::ProductName,
                S::ProductPrice,
                S::PaidContent,
                S::PrivateGroupId,
            ],
            Self::Summary => &[S::SummaryMessage, S::SummaryPhotos, S::SummaryButtons],
            Self::Message => {
                &[S::MessageText, S::MessagePhotos, S::MessageTiming, S::MessageButtons]
            }
            Self::Broadcast => &[
                S::BroadcastName,
                S::BroadcastText,
                S::BroadcastPhotos,
                S::BroadcastButtons,
                S::BroadcastTargeting,
            ],
        }
    }

    /// Its field that is the text of a message; none of the scenario itself.
    pub(super) const fn text(self) -> Option<WizardStep> {
        match self {
            Self::General => None,
            Self::Summary => Some(WizardStep::SummaryMessage),
            Self::Message => Some(WizardStep::MessageText),
            Self::Broadcast => Some(WizardStep::BroadcastText),
        }
    }

    /// The step that confirms it.
    pub const fn confirm(self) -> WizardStep {
        match self {
            Self::General => WizardStep::ConfirmGeneral,
            Self::Summary => WizardStep::ConfirmSummary,
            Self::Message => WizardStep::ConfirmMessage,
            Self::Broadcast => WizardStep::ConfirmBroadcast,
        }
    }

    /// The step that chooses one of its fields.
    pub const fn edit(self) -> WizardStep {
        match self {
            Self::General => WizardStep::EditGeneral,
            Self::Summary => WizardStep::EditSummary,
            Self::Message => WizardStep::EditMessage,
            Self::Broadcast => WizardStep::EditBroadcast,
        }
    }
}

/// What answers a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Text,
    Photos,
    Press,
}

impl WizardStep {
    /// The section that it belongs to; none where another message is asked for, chosen, moved or deleted.
    pub fn section(self) -> Option<Section> {
        let of =
            |it: &Section| it.fields().contains(&self) || it.confirm() == self || it.edit() == self;
        Section::ALL.into_iter().find(of)
    }

    /// The field after this one in its section; `None` for the last.
    pub(super) fn next_field(self) -> Option<Self> {
        let fields = self.section()?.fields();
        let at = fields.iter().position(|it| *it == self)?;
        fields.get(at + 1).copied()
    }

    /// Whether a message's text is asked for, which may be the caption of a photo.
    pub(super) const fn is_text_of_message(self) -> bool {
        matches!(self, Self::SummaryMessage | Self::MessageText | Self::BroadcastText)
    }

    /// Whether it may be left out.
    pub(super) const fn is_optional(self) -> bool {
        matches!(
            self,
            Self::ProductName
                | Self::PaidContent
                | Self::PrivateGroupId
                | Self::SummaryMessage
                | Self::SummaryButtons
                | Self::MessageButtons
                | Self::BroadcastButtons
        )
    }

    pub(super) fn answer(self) -> Answer {
        let is_field = self.section().is_some_and(|it| it.fields().contains(&self));
        match self {
            Self::SummaryPhotos | Self::MessagePhotos | Self::BroadcastPhotos => Answer::Photos,
            Self::BroadcastTargeting => Answer::Press,
            _ if is_field => Answer::Text,
            _ => Answer::Press,
        }
    }
}
