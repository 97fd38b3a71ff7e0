//! `/link <token>` and `/start link_<token>`: the chat that sends it becomes the link that waits for it.

use domain::account::{Company, Member, SecretHash};
use domain::engine::Write;
use domain::ids::UserId;
use domain::link::{
    Binding, Bound, BoundBy, CompanyChat, Holder, LINK_PREFIX, LinkToken, TelegramLink, decide_bind,
};
use table::{TableError, keys};

use crate::update::Chat;
use crate::{App, AppError, menu};

/// A chat that shows a token.
#[derive(Clone)]
pub struct BindLink {
    /// The chat, and the bot that was written to.
    pub by: BoundBy,
    /// The token as it came, with `link_` before it or without.
    pub token: String,
    /// What is written in the same transaction, whatever becomes of the token: that the update was
    /// handled. When one of these fails, the answer is [`AppError::Repeated`].
    pub extra_writes: Vec<Write>,
}

/// Spends a link's token and tells the chat. Used, expired and unknown tokens, and those of other
/// companies' links, get one and the same answer.
///
/// # Errors
/// [`AppError::Repeated`], or the table does not answer; then nothing was changed.
pub async fn bind_link(app: &App, command: BindLink) -> Result<Bound, AppError> {
    let along = |_: &Bound| command.extra_writes.clone();
    let decide = || async {
        let found = find(app, &command).await?;
        let ids = (app.env.id(), app.env.id());
        let mut decision = decide_bind(ids, app.env.now(), &command.by, found.as_ref());
        if decision.reply == Bound::Linked {
            let BoundBy { bot, chat_id, .. } = &command.by;
            decision.writes.extend(Chat::unstop(app, bot, *chat_id).await?);
            if let Some(user_id) = found.as_ref().and_then(person) {
                decision.jobs.extend(menu::of_chat(app, (bot, *chat_id), user_id).await?);
            }
        }
        Ok(decision)
    };
    app.decide_along(along, decide).await
}

/// Whose link it is then: a chat that was somebody's stays theirs.
fn person(found: &Binding) -> Option<UserId> {
    let held = found.holder.as_ref().and_then(|it| it.link.as_ref()).and_then(|it| it.user_id);
    found.link.user_id.or(held)
}

async fn find(app: &App, command: &BindLink) -> Result<Option<Binding>, TableError> {
    let token = command.token.strip_prefix(LINK_PREFIX).unwrap_or(&command.token);
    let key = keys::link_token(&SecretHash::of(token));
    let Some(token) = app.table.get::<LinkToken>(&key).await? else { return Ok(None) };
    let link = keys::telegram_link(token.company_id, token.link_id);
    let place = keys::company_chat(token.company_id, command.by.chat_id);
    let company = keys::company(token.company_id);
    let mut found = app.table.get_all(&[link.clone(), place.clone(), company.clone()]).await?;
    let Some(link) = found.take::<TelegramLink>(&link)? else { return Ok(None) };
    // Whoever has left the company links nothing for it, also before a job has taken their links away.
    if let Some(user_id) = link.user_id {
        let member = keys::member(link.company_id, user_id);
        if app.table.get::<Member>(&member).await?.is_none() {
            return Ok(None);
        }
    }
    let company = found.take::<Company>(&company)?.map_or_else(String::new, |it| it.name);
    let holder = match found.take::<CompanyChat>(&place)? {
        None => None,
        Some(place) if place.link_id == link.id => Some(Holder { place, link: Some(link.clone()) }),
        Some(place) => {
            let key = keys::telegram_link(place.company_id, place.link_id);
            Some(Holder { link: app.table.get(&key).await?, place })
        }
    };
    Ok(Some(Binding { token, link, company, holder }))
}
