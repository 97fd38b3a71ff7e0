//! What an input does to a wizard.

use super::messages::LISTED;
use super::step::Answer;
use super::{
    Before, Draft, General, Input, NewMessage, Outcome, Press, Refusal, Section, StepEdit,
    WIZARD_LIFE, Wizard, WizardButton, WizardCommand, WizardKind, WizardNotice, WizardSay,
    WizardStep,
};
use crate::broadcast::{Condition, Targeting};
use crate::scenario::{ContentRules, MAX_PHOTOS, Photo, Product, StepContent, check_content};
use crate::time::Timestamp;

impl Wizard {
    /// Takes what came from the chat. What does not fit is answered with the reason and the question
    /// once more.
    pub fn handle(self, input: Input, rules: ContentRules<'_>, now: Timestamp) -> Outcome {
        if self.kind != WizardKind::CreateBroadcast {
            return self.take(input, rules, now);
        }
        let names = rules.names.clone().outside_scenarios();
        self.take(input, ContentRules { names: &names, ..rules }, now)
    }

    fn take(mut self, input: Input, rules: ContentRules<'_>, now: Timestamp) -> Outcome {
        if now >= self.expires_at {
            return ended(WizardNotice::Expired);
        }
        self.expires_at = now + WIZARD_LIFE;
        match (input, self.step.answer()) {
            (Input::Cancel, _) => ended(WizardNotice::Cancelled),
            (Input::Press(data), _) => match data.parse::<WizardButton>() {
                Ok(it) if it.token == self.token && self.presses().contains(&it.press) => {
                    self.pressed(it.press, rules)
                }
                _ => self.asking(vec![WizardNotice::Outdated]),
            },
            (Input::Chosen { step, found }, _) => self.chosen(step, found),
            (Input::Text(text), Answer::Text) => match self.draft.set(self.step, &text, rules) {
                Ok(()) => self.next(),
                Err(reasons) => self.refused(reasons),
            },
            (Input::Photo { id, caption }, Answer::Photos) => self.with_photo(id, caption, rules),
            (Input::Photo { id, caption: Some(caption) }, Answer::Text)
                if self.step.is_text_of_message() =>
            {
                self.with_captioned(id, &caption, rules)
            }
            (_, Answer::Text) => self.refused(vec![Refusal::TextExpected]),
            (_, Answer::Photos) => self.refused(vec![Refusal::PhotoExpected]),
            (_, Answer::Press) => self.refused(vec![Refusal::PressExpected]),
        }
    }

    /// The question, after what is said before it.
    pub(super) fn asking(self, before: Vec<WizardNotice>) -> Outcome {
        let before = before.into_iter().map(WizardSay::plain);
        let says = before.chain([self.question()]).collect();
        Outcome { says, wizard: Some(self), commands: Vec::new() }
    }

    pub(super) fn refused(self, reasons: Vec<Refusal>) -> Outcome {
        self.asking(vec![WizardNotice::Refused { reasons }])
    }

    pub(super) fn go(self, step: WizardStep) -> Outcome {
        self.go_after(step, Vec::new())
    }

    /// To another question, after what is said before it. Buttons of the one before are outdated.
    pub(super) fn go_after(mut self, step: WizardStep, before: Vec<WizardNotice>) -> Outcome {
        self.step = step;
        self.token = self.token.wrapping_add(1);
        self.asking(before)
    }

    /// To the next field, or back to the confirmation that asked for this one alone.
    fn next(self) -> Outcome {
        self.next_after(Vec::new())
    }

    /// The same, after what is said before it.
    fn next_after(mut self, before: Vec<WizardNotice>) -> Outcome {
        let Some(section) = self.step.section() else { return self.asking(before) };
        // A product that there was not has no price yet.
        let new_product = self.step == WizardStep::ProductName && self.draft.lacks_price();
        let editing = std::mem::take(&mut self.editing) && !new_product;
        let mut next = self.step.next_field().filter(|_| !editing);
        while let Some(field) = next.filter(|it| !self.has_field(*it)) {
            next = field.next_field();
        }
        self.go_after(next.unwrap_or(section.confirm()), before)
    }

    /// A photo where photos are asked for. What stands below it is the message's text if that has none yet.
    fn with_photo(
        mut self,
        id: String,
        caption: Option<String>,
        rules: ContentRules<'_>,
    ) -> Outcome {
        if self.draft.content.photos.len() >= MAX_PHOTOS {
            return self.refused(vec![Refusal::TooManyPhotos { max: MAX_PHOTOS }]);
        }
        self.draft.content.photos.push(Photo::FileId(id));
        let Some(caption) = caption else { return self.asking(Vec::new()) };
        let text = self.step.section().and_then(Section::text);
        match text.filter(|_| self.draft.content.text.is_empty()) {
            None => self.asking(vec![WizardNotice::CaptionLeft]),
            Some(text) => match self.draft.set(text, &caption, rules) {
                Ok(()) => self.asking(vec![WizardNotice::CaptionTaken]),
                Err(reasons) => self.refused(reasons),
            },
        }
    }

    /// A photo where a message's text is asked for: what stands below it is the text, and the photo the
    /// message's first. Where the text alone is to be changed, the photos stay as they are.
    fn with_captioned(mut self, id: String, caption: &str, rules: ContentRules<'_>) -> Outcome {
        if let Err(reasons) = self.draft.set(self.step, caption, rules) {
            return self.refused(reasons);
        }
        if self.editing {
            return self.next_after(vec![WizardNotice::PhotoLeft]);
        }
        self.draft.content.photos.push(Photo::FileId(id));
        self.next_after(vec![WizardNotice::CaptionTaken])
    }

    /// A button of the question was pressed.
    fn pressed(mut self, press: Press, rules: ContentRules<'_>) -> Outcome {
        let section = self.step.section();
        match (press, section) {
            (Press::Confirm, Some(section)) => self.confirmed(section, rules),
            (Press::Edit, Some(section)) => self.go(section.edit()),
            (Press::Back, _) if self.step == WizardStep::ConfirmMessage => self.show_messages(),
            (Press::Back, Some(section)) => {
                self.editing = false;
                self.go(section.confirm())
            }
            (Press::Field(field), _) => {
                self.editing = true;
                self.go(field)
            }
            (Press::Skip, _) => self.skipped(),
            (Press::Clear, _) => {
                self.draft.content.photos.clear();
                self.asking(Vec::new())
            }
            (Press::Toggle(condition), _) => {
                self.draft.toggle(condition);
                self.asking(Vec::new())
            }
            (Press::Done, _) if !self.draft.targeting().check("", |_| true).is_empty() => {
                self.refused(vec![Refusal::NobodyMatches])
            }
            (Press::Done, _) => self.next(),
            (Press::More | Press::After, _) => self.begin_new_message(),
            (Press::Finish, _) => self.finished(),
            (Press::Messages, _) => self.show_messages(),
            (Press::Earlier, _) => {
                let from = self.draft.listed_from.saturating_sub(LISTED);
                self.listing_from(from)
            }
            (Press::Later, _) => {
                let from = self.draft.listed_from + LISTED;
                self.listing_from(from)
            }
            (Press::Move, _) => self.go(WizardStep::ChoosePlace),
            (Press::Behind(number), _) => self.placed(number),
            (Press::Delete, _) => self.go(WizardStep::ConfirmDelete),
            // Of the questions outside sections only the one about a deletion has this button.
            (Press::Confirm, None) => self.deleted(),
            // From that one, and from where a place is chosen.
            (Press::Back, None) => self.go(WizardStep::ConfirmMessage),
            // A message that is chosen comes as an input of its own.
            (Press::Edit, None) | (Press::Message(_), _) => self.asking(Vec::new()),
        }
    }

    fn skipped(mut self) -> Outcome {
        if self.step != WizardStep::SummaryMessage {
            self.draft.clear(self.step);
            return self.next();
        }
        self.editing = false;
        self.draft.summary = None;
        self.draft.content = StepContent::default();
        self.after_summary()
    }

    fn after_summary(self) -> Outcome {
        match self.kind {
            WizardKind::EditScenario { .. } => self.show_messages(),
            WizardKind::CreateScenario | WizardKind::CreateBroadcast => {
                self.go(WizardStep::MessageText)
            }
        }
    }

    /// A section is right. It is checked as a whole once more: the bot's variables and sets may have
    /// changed since.
    fn confirmed(mut self, section: Section, rules: ContentRules<'_>) -> Outcome {
        if section == Section::General {
            return match self.draft.summary.clone() {
                Some(summary) => {
                    self.draft.content = summary;
                    self.go(WizardStep::ConfirmSummary)
                }
                None => self.go(WizardStep::SummaryMessage),
            };
        }
        let errors = check_content("", &self.draft.content, rules);
        if !errors.is_empty() {
            return self.refused(errors.into_iter().map(Refusal::from).collect());
        }
        if section == Section::Broadcast {
            return self.finished();
        }
        if section == Section::Message && self.draft.open.is_some() {
            return self.kept();
        }
        let content = std::mem::take(&mut self.draft.content);
        if section == Section::Summary {
            self.draft.summary = Some(content);
            return self.after_summary();
        }
        let delay = std::mem::take(&mut self.draft.delay);
        let after = self.draft.after.take();
        self.draft.messages.push(NewMessage { content, delay, after });
        let next = self.after_message();
        self.go(next)
    }

    fn finished(self) -> Outcome {
        let messages = self.draft.messages.len();
        if self.kind == WizardKind::CreateScenario && messages == 0 {
            return self.refused(vec![Refusal::NoMessages]);
        }
        let (kind, name) = (self.kind.clone(), self.draft.name.clone());
        let saved = WizardNotice::Saved { kind, name, messages };
        Outcome { commands: commands(self.kind, self.draft), ..ended(saved) }
    }
}

/// What is saved of a wizard at its end.
fn commands(kind: WizardKind, draft: Draft) -> Vec<WizardCommand> {
    let (targeting, product) = (draft.targeting(), draft.product());
    let moves = draft.moves();
    let Draft { name, private_group_id, summary, messages, content, edits, before, .. } = draft;
    let mut commands = Vec::new();
    let mut deleted = Vec::new();
    match kind {
        WizardKind::CreateBroadcast => {
            return vec![WizardCommand::CreateBroadcast { name, content, targeting }];
        }
        WizardKind::CreateScenario => {
            commands.push(WizardCommand::CreateScenario { name, product, private_group_id });
            commands.extend(summary.map(|it| WizardCommand::SetSummary { summary: Some(it) }));
        }
        WizardKind::EditScenario { slug } => {
            let after = General { name, product, private_group_id };
            let Before { general, summary: was } = before.map_or_else(
                // Of a wizard that began without it, all is taken.
                || Before { general: General::default(), summary: None },
                |it| *it,
            );
            commands.push(WizardCommand::UpdateScenario { slug, before: general, after });
            if summary != was {
                commands.push(WizardCommand::SetSummary { summary });
            }
            let (gone, changed): (Vec<_>, Vec<_>) = edits.into_iter().partition(|it| it.is_deleted);
            let change = |StepEdit { step, fixes, .. }| WizardCommand::ChangeStep { step, fixes };
            commands.extend(changed.into_iter().map(change));
            commands.extend(moves);
            deleted = gone;
        }
    }
    commands.extend(messages.into_iter().map(WizardCommand::AddStep));
    // Last: what is added or moved may stand behind one of them.
    commands.extend(deleted.into_iter().map(|it| WizardCommand::DeleteStep { step: it.step }));
    commands
}

fn ended(notice: WizardNotice) -> Outcome {
    Outcome { wizard: None, says: vec![WizardSay::plain(notice)], commands: Vec::new() }
}

impl Draft {
    fn targeting(&self) -> Targeting {
        Targeting { conditions: self.conditions.clone() }
    }

    fn product(&self) -> Option<Product> {
        let (name, price) = (self.product_name.clone()?, self.product_price?);
        Some(Product { name, price, paid_content: self.paid_content.clone() })
    }

    fn lacks_price(&self) -> bool {
        self.product_name.is_some() && self.product_price.is_none()
    }

    fn toggle(&mut self, condition: Condition) {
        match self.conditions.iter().position(|it| *it == condition) {
            Some(at) => {
                self.conditions.remove(at);
            }
            None => self.conditions.push(condition),
        }
    }
}
