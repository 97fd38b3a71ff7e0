//! What people do in the app: start a bot, write, press buttons, block it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::deed::Deed;
use super::files;
use super::journal::Record;
use super::model::{Chat, ChatKind, Message, Standing};
use super::state::State;
use super::{Telegram, views};

/// A picture of a person has at most so many bytes.
const MAX_PICTURE: usize = 10 << 20;

/// A chat to be made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewChat {
    /// Any id of the right sign; the next free one if unsaid.
    #[serde(default)]
    pub id: Option<i64>,
    /// What it is.
    pub kind: ChatKind,
    /// A person's first name or a group's title.
    #[serde(default, alias = "title", alias = "first_name")]
    pub name: Option<String>,
    /// Without the `@`.
    #[serde(default)]
    pub username: Option<String>,
}

impl NewChat {
    /// A person.
    pub fn person(id: Option<i64>, name: &str) -> Self {
        Self { id, kind: ChatKind::Private, name: Some(name.to_owned()), username: None }
    }

    /// A group.
    pub fn group(id: Option<i64>, title: &str) -> Self {
        Self { id, kind: ChatKind::Group, name: Some(title.to_owned()), username: None }
    }
}

/// Something that cannot be done in the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Impossible {
    /// There is no such bot.
    #[error("there is no such bot")]
    UnknownBot,
    /// The username is taken, or none that a bot may have.
    #[error("a bot's username is free, has 5-32 of A-Z, a-z, 0-9 and _, and ends with bot")]
    BadUsername,
    /// There is no such chat.
    #[error("there is no such chat")]
    UnknownChat,
    /// The id is taken, or has the wrong sign.
    #[error("the id is taken or not one of this kind of chat")]
    BadId,
    /// The message is not there, or no longer kept.
    #[error("there is no such message")]
    UnknownMessage,
    /// The message has no button with this data.
    #[error("the message has no such button")]
    UnknownButton,
    /// The person blocked the bot, or the bot is not in the group.
    #[error("the bot is blocked or not in the chat")]
    NotTogether,
    /// The account is deleted, or the group became a supergroup.
    #[error("the chat is closed")]
    Closed,
    /// Groups do not do this, or people do not.
    #[error("this kind of chat does not do that")]
    WrongKind,
    /// Telegram's start parameter: 1-64 of `A-Z a-z 0-9 _ -`.
    #[error("a start payload is 1-64 of A-Z, a-z, 0-9, _ and -")]
    BadPayload,
    /// A link into a group is unknown, ended or used up.
    #[error("the link into the group does not work (any more)")]
    BadInvite,
    /// The person is banned from the group.
    #[error("the person is banned from the group")]
    Barred,
    /// A text is 1-4096 characters.
    #[error("a text is 1-4096 characters")]
    BadText,
    /// It is no picture, or too large.
    #[error("a picture is a JPEG, PNG, WebP or GIF of at most 10 MB")]
    BadPicture,
}

impl Telegram {
    /// Makes a person or a group.
    pub fn add_chat(&self, new: &NewChat) -> Result<Chat, Impossible> {
        self.with(|state| {
            let id = new.id.unwrap_or_else(|| state.next_chat_id(new.kind));
            let fits = if new.kind == ChatKind::Private { id > 0 } else { id < 0 };
            if !fits || state.chats.contains_key(&id) || state.bots.contains_key(&id) {
                return Err(Impossible::BadId);
            }
            let name = new.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(
                || match new.kind {
                    ChatKind::Private => format!("Person {id}"),
                    _ => format!("Group {}", -id),
                },
            );
            let username = new.username.clone().filter(|name| !name.is_empty()).map(Into::into);
            let chat = Chat {
                id,
                kind: new.kind,
                name: name.into(),
                username,
                language: None,
                deactivated: false,
                migrated_to: None,
            };
            state.commit(vec![Record::Chat { chat: chat.clone() }]);
            Ok(chat)
        })
    }

    /// Puts bot and chat together without a word: as if the person had started
    /// the bot long ago, or the bot had been in the group all along.
    pub fn acquaint(&self, bot: &str, chat_id: i64) -> Result<(), Impossible> {
        self.deed(bot, chat_id, |deed| {
            let standing = deed.standing(Standing::Member);
            deed.state.commit(vec![standing]);
            Ok(())
        })
    }

    /// The START button, or START behind a deep link. A person who had blocked
    /// the bot unblocks it by that; a group takes the bot in.
    pub fn start(
        &self,
        bot: &str,
        chat_id: i64,
        payload: Option<&str>,
    ) -> Result<Message, Impossible> {
        let fits = |c: u8| c.is_ascii_alphanumeric() || c == b'_' || c == b'-';
        if payload.is_some_and(|text| !(1..=64).contains(&text.len()) || !text.bytes().all(fits)) {
            return Err(Impossible::BadPayload);
        }
        self.deed(bot, chat_id, |deed| {
            let is_private = deed.chat.kind == ChatKind::Private;
            let mut records = Vec::new();
            match deed.state.link(deed.bot_id, chat_id).standing {
                Standing::Member => {}
                // The very first start of a person comes as a message only.
                Standing::Stranger if is_private => records.push(deed.standing(Standing::Member)),
                _ => records.extend(deed.moves_to(Standing::Member)),
            }
            deed.state.commit(records);
            let command = if is_private {
                "/start".to_owned()
            } else {
                format!("/start@{}", deed.username())
            };
            let text =
                payload.map_or_else(|| command.clone(), |payload| format!("{command} {payload}"));
            Ok(deed.say(&text, None))
        })
    }

    /// A person writes into a chat with the bot. In a group it may be any person;
    /// by default it is a member without a chat of their own.
    pub fn say(
        &self,
        bot: &str,
        chat_id: i64,
        text: &str,
        from: Option<i64>,
    ) -> Result<Message, Impossible> {
        if text.trim().is_empty() || text.chars().count() > 4_096 {
            return Err(Impossible::BadText);
        }
        self.deed(bot, chat_id, |deed| {
            deed.turn_to_the_bot()?;
            Ok(deed.say(text, from))
        })
    }

    /// A person sends the bot a picture, with words below it or without.
    pub fn show(
        &self,
        bot: &str,
        chat_id: i64,
        picture: impl Into<Bytes>,
        caption: &str,
    ) -> Result<Message, Impossible> {
        let picture = picture.into();
        if caption.chars().count() > 1_024 {
            return Err(Impossible::BadText);
        }
        if !files::media_type(&picture).starts_with("image/") || picture.len() > MAX_PICTURE {
            return Err(Impossible::BadPicture);
        }
        self.deed(bot, chat_id, |deed| {
            deed.turn_to_the_bot()?;
            Ok(deed.show(picture, caption))
        })
    }

    /// The bytes of a file that was sent, while they are kept, and what they are.
    pub fn file(&self, file_id: &str) -> Option<(Bytes, &'static str)> {
        let found = self.with(|state| state.files.get(file_id));
        found.map(|bytes| (bytes.clone(), files::media_type(&bytes)))
    }

    /// A bot may send a file by this name from now on, as if it had been sent it long ago: a photo's, as they
    /// are made here.
    pub fn acquaint_with_file(&self, bot: &str, file_id: &str) -> Result<(), Impossible> {
        let file_id = files::without_size(file_id).to_owned();
        self.with(|state| {
            let bot_id = state.bot_named(bot).ok_or(Impossible::UnknownBot)?;
            state.commit(vec![Record::FileKnown { bot_id, file_id }]);
            Ok(())
        })
    }

    /// From now on no bot knows a file by what it was called, as when its files are another bot's.
    pub fn forget_files(&self) {
        self.with(|state| state.commit(vec![Record::FilesForgotten]));
    }

    /// A person answers a message of the chat.
    pub fn reply(
        &self,
        bot: &str,
        chat_id: i64,
        message_id: i64,
        text: &str,
    ) -> Result<Message, Impossible> {
        self.deed(bot, chat_id, |deed| {
            deed.turn_to_the_bot()?;
            if deed.state.message(deed.bot_id, chat_id, message_id).is_none() {
                return Err(Impossible::UnknownMessage);
            }
            Ok(deed.post(|message| {
                text.clone_into(&mut message.text);
                message.reply_to = Some(message_id);
            }))
        })
    }

    /// A person sends a sticker.
    pub fn send_sticker(&self, bot: &str, chat_id: i64) -> Result<Message, Impossible> {
        let sticker = json!({
            "file_id": "CAACAgIAAx0", "file_unique_id": "AgADx0", "type": "regular", "width": 512,
            "height": 512, "is_animated": false, "is_video": false,
        });
        self.deed(bot, chat_id, |deed| {
            deed.turn_to_the_bot()?;
            Ok(deed.post(|message| message.service = Some(json!({ "sticker": sticker }))))
        })
    }

    /// A person presses an inline button; the id of the callback query.
    pub fn press(
        &self,
        bot: &str,
        chat_id: i64,
        message_id: i64,
        data: &str,
    ) -> Result<String, Impossible> {
        self.deed(bot, chat_id, |deed| deed.press(message_id, data))
    }

    /// A person blocks the bot, or a group throws it out.
    pub fn block(&self, bot: &str, chat_id: i64) -> Result<(), Impossible> {
        let gone = |kind| {
            if kind == ChatKind::Private { Standing::Blocked } else { Standing::Kicked }
        };
        self.deed(bot, chat_id, |deed| {
            deed.stand(gone(deed.chat.kind));
            Ok(())
        })
    }

    /// A person unblocks the bot, or a group takes it in.
    pub fn unblock(&self, bot: &str, chat_id: i64) -> Result<(), Impossible> {
        self.deed(bot, chat_id, |deed| {
            deed.stand(Standing::Member);
            Ok(())
        })
    }

    /// A person sets the language of their app, such as `ru`.
    pub fn speak(&self, chat_id: i64, language: &str) -> Result<(), Impossible> {
        self.with(|state| {
            let chat = state.chats.get(&chat_id).cloned().ok_or(Impossible::UnknownChat)?;
            if chat.kind != ChatKind::Private {
                return Err(Impossible::WrongKind);
            }
            let language = Some(language.into());
            state.commit(vec![Record::Chat { chat: Chat { language, ..chat } }]);
            Ok(())
        })
    }

    /// A person deletes their account.
    pub fn deactivate(&self, chat_id: i64) -> Result<(), Impossible> {
        self.with(|state| {
            let chat = state.chats.get(&chat_id).cloned().ok_or(Impossible::UnknownChat)?;
            if chat.kind != ChatKind::Private {
                return Err(Impossible::WrongKind);
            }
            state.commit(vec![Record::Chat { chat: Chat { deactivated: true, ..chat } }]);
            Ok(())
        })
    }

    /// A group becomes a supergroup; its new id.
    pub fn migrate(&self, chat_id: i64) -> Result<i64, Impossible> {
        let now = self.now_ms();
        self.with(|state| {
            let old = state.chats.get(&chat_id).cloned().ok_or(Impossible::UnknownChat)?;
            if old.kind != ChatKind::Group {
                return Err(Impossible::WrongKind);
            }
            if old.migrated_to.is_some() {
                return Err(Impossible::Closed);
            }
            let id = state.next_chat_id(ChatKind::Supergroup);
            let new = Chat { id, kind: ChatKind::Supergroup, ..old.clone() };
            let moved = Chat { migrated_to: Some(id), ..old };
            state.commit(vec![
                Record::Chat { chat: new.clone() },
                Record::Chat { chat: moved.clone() },
            ]);
            let links: Vec<_> =
                state.links.iter().filter(|((_, chat), _)| *chat == chat_id).collect();
            let mut bots: Vec<_> =
                links.into_iter().map(|((bot, _), link)| (*bot, link.standing)).collect();
            bots.sort_unstable_by_key(|(bot, _)| *bot);
            for (bot_id, standing) in bots {
                state.commit(vec![Record::Standing { bot_id, chat_id: id, standing }]);
                if standing == Standing::Member {
                    let mut note = |chat: &Chat, fields| {
                        let chat = chat.clone();
                        Deed { state, bot_id, chat, now }.note(fields);
                    };
                    note(&moved, json!({ "migrate_to_chat_id": id }));
                    note(&new, json!({ "migrate_from_chat_id": chat_id }));
                }
            }
            Ok(id)
        })
    }

    /// A person joins (`true`) or leaves a group: a `chat_member` update for the
    /// bots in it that ask for those.
    pub fn membership(
        &self,
        bot: &str,
        chat_id: i64,
        person: i64,
        joins: bool,
    ) -> Result<(), Impossible> {
        self.deed(bot, chat_id, |deed| {
            if deed.chat.kind == ChatKind::Private {
                return Err(Impossible::WrongKind);
            }
            let user = views::user(deed.state, person);
            let status = |is_in: bool| if is_in { "member" } else { "left" };
            let update =
                deed.member_update("chat_member", &user, &user, status(!joins), status(joins));
            deed.state.commit(update.into_iter().collect());
            Ok(())
        })
    }

    pub(super) fn deed<T>(
        &self,
        bot: &str,
        chat_id: i64,
        act: impl FnOnce(&mut Deed<'_>) -> Result<T, Impossible>,
    ) -> Result<T, Impossible> {
        let now = self.now_ms();
        self.with(|state| {
            let bot_id = state.bot_named(bot).ok_or(Impossible::UnknownBot)?;
            let chat = state.chats.get(&chat_id).cloned().ok_or(Impossible::UnknownChat)?;
            if chat.deactivated || chat.migrated_to.is_some() {
                return Err(Impossible::Closed);
            }
            act(&mut Deed { state, bot_id, chat, now })
        })
    }
}

impl State {
    /// A bot by its username or its id.
    pub(super) fn bot_named(&self, name: &str) -> Option<i64> {
        let name = name.trim_start_matches('@');
        let mut bots = self.bots.values().map(|bot| &bot.account);
        let found =
            bots.find(|bot| bot.username.eq_ignore_ascii_case(name) || bot.id.to_string() == name);
        found.map(|bot| bot.id)
    }
}
