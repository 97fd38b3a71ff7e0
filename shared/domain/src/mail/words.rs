//! The words of the mails about accounts and channels, in English and Russian.

use crate::message::{Block, Letter};
use crate::wizard::Language;

/// A mail that asks its reader to open a page.
struct Asking {
    title: String,
    text: String,
    button: &'static str,
    small: &'static str,
}

impl Asking {
    fn letter(self, language: Language, url: &str) -> Letter {
        let Self { title, text, button, small } = self;
        Letter {
            subject: title.clone(),
            blocks: vec![
                Block::Heading(title),
                Block::Text(text),
                Block::Button { label: button.to_owned(), url: url.to_owned() },
                Block::Small(small.to_owned()),
            ],
            language,
        }
    }
}

/// The words of [`Mail::ConfirmChannel`](super::Mail::ConfirmChannel). `url` leads to the page with the button.
pub fn confirm_channel(language: Language, user_name: &str, url: &str) -> Letter {
    let words = match language {
        Language::En => Asking {
            title: "Confirm your e-mail address".to_owned(),
            text: format!(
                "Someone, most likely you, wants the messages of the account “{user_name}” sent to this address."
            ),
            button: "Confirm this address",
            small: "The link works once, for 24 hours. If this was not you, do nothing: without the confirmation nothing is sent here.",
        },
        Language::Ru => Asking {
            title: "Подтвердите адрес электронной почты".to_owned(),
            text: format!(
                "Кто-то, скорее всего вы, хочет получать на этот адрес сообщения учётной записи «{user_name}»."
            ),
            button: "Подтвердить адрес",
            small: "Ссылка действует один раз, в течение 24 часов. Если это были не вы, ничего не делайте: без подтверждения сюда ничего не придёт.",
        },
    };
    words.letter(language, url)
}

/// The words of [`Mail::ResetPassword`](super::Mail::ResetPassword). `url` leads to the page with the form.
pub fn reset_password(language: Language, user_name: &str, url: &str) -> Letter {
    let words = match language {
        Language::En => Asking {
            title: "Set a new password".to_owned(),
            text: format!(
                "Someone, most likely you, has asked to set a new password for the account “{user_name}”."
            ),
            button: "Set a new password",
            small: "The link works once, for one hour. If this was not you, do nothing: your password stays as it is.",
        },
        Language::Ru => Asking {
            title: "Новый пароль".to_owned(),
            text: format!(
                "Кто-то, скорее всего вы, попросил задать новый пароль для учётной записи «{user_name}»."
            ),
            button: "Задать новый пароль",
            small: "Ссылка действует один раз, в течение часа. Если это были не вы, ничего не делайте: пароль останется прежним.",
        },
    };
    words.letter(language, url)
}

/// The words of [`Mail::InviteColleague`](super::Mail::InviteColleague). `url` leads to the page with the form.
pub fn invite_colleague(language: Language, company: &str, inviter: &str, url: &str) -> Letter {
    let words = match language {
        Language::En => Asking {
            title: format!("You are invited to “{company}”"),
            text: format!("{inviter} invites you to join the company “{company}”."),
            button: "Accept the invitation",
            small: "The link works once, for seven days. If you do not know who this is, do nothing.",
        },
        Language::Ru => Asking {
            title: format!("Вас приглашают в «{company}»"),
            text: format!("{inviter} приглашает вас присоединиться к компании «{company}»."),
            button: "Принять приглашение",
            small: "Ссылка действует один раз, в течение семи дней. Если вы не знаете, кто это, ничего не делайте.",
        },
    };
    words.letter(language, url)
}

/// The words of [`Mail::BotStopped`](super::Mail::BotStopped): the bot by its username, what it is called in its
/// company, and why.
pub fn bot_stopped(language: Language, username: &str, slug: &str, reason: &str) -> Letter {
    let (title, what, remedy, small) = match language {
        Language::En => (
            format!("@{username} is stopped"),
            format!(
                "Telegram refuses the token of your bot @{username} (“{slug}”): {reason}. It sends nothing until it has another."
            ),
            "Take its new token from @BotFather and give it to the bot: what waits for it goes out then.",
            "You get this because you are an admin of the bot's company.",
        ),
        Language::Ru => (
            format!("Бот @{username} остановлен"),
            format!(
                "Telegram не принимает токен вашего бота @{username} («{slug}»): {reason}. Пока у него нет другого токена, он ничего не отправляет."
            ),
            "Возьмите новый токен у @BotFather и задайте его боту: всё, что ждёт отправки, уйдёт после этого.",
            "Вы получили это письмо, потому что вы администратор компании, которой принадлежит бот.",
        ),
    };
    Letter {
        subject: title.clone(),
        blocks: vec![
            Block::Heading(title),
            Block::Text(what),
            Block::Text(remedy.to_owned()),
            Block::Small(small.to_owned()),
        ],
        language,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mail_says_in_each_language_what_it_is_about_and_where_to_go() {
        let about = |letter: &Letter| format!("{} {:?}", letter.subject, letter.blocks);
        for language in [Language::En, Language::Ru] {
            let letters = [
                (confirm_channel(language, "ada", "https://e.com/1"), ["ada", "https://e.com/1"]),
                (reset_password(language, "ada", "https://e.com/2"), ["ada", "https://e.com/2"]),
                (
                    invite_colleague(language, "Looms", "ada", "https://e.com/3"),
                    ["ada", "https://e.com/3"],
                ),
                (bot_stopped(language, "ops_bot", "ops", "Unauthorized"), ["@ops_bot", "Unauthor"]),
            ];
            for (letter, named) in letters {
                let said = about(&letter);
                assert_eq!(letter.language, language);
                assert!(named.iter().all(|name| said.contains(name)), "{said}");
                let is_russian = said.chars().any(|c| ('а'..='я').contains(&c));
                assert_eq!(is_russian, language == Language::Ru, "{said}");
            }
        }
    }
}
