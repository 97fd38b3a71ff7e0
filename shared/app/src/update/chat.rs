//! What a chat is: whose channels, and which companies' link.

use std::collections::HashMap;

use domain::account::Company;
use domain::channel::{Channel, ChatLink, StoppedChat};
use domain::engine::Write;
use domain::ids::{BotId, CompanyId};
use domain::link::{ChatCompany, TelegramLink};
use domain::update::Receivers;
use table::{TableError, keys};

use crate::App;

/// A chat with a bot.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    /// Which channels it is.
    pub(crate) links: Vec<ChatLink>,
    /// Those channels, of all users.
    pub(crate) channels: Vec<Channel>,
    /// The links that it is, of all companies.
    pub(crate) companies: Vec<TelegramLink>,
    /// A stop that outlived the channel or link that it silenced.
    pub(crate) stop: Option<StoppedChat>,
}

/// What companies are called.
#[derive(Debug)]
pub(crate) struct Names(HashMap<CompanyId, String>);

impl Names {
    /// What a link's company is called; the company of a link that is told of is there.
    pub(crate) fn name_of(&self, link: &TelegramLink) -> String {
        self.0.get(&link.company_id).cloned().unwrap_or_default()
    }
}

impl Chat {
    /// Reads it.
    pub(crate) async fn read(app: &App, bot: &BotId, chat_id: i64) -> Result<Self, TableError> {
        let table = &app.table;
        let pk = keys::chat(bot, chat_id);
        let links: Vec<ChatLink> = table.query_all(&pk, keys::CHAT_LINKS).await?;
        let of_companies: Vec<ChatCompany> = table.query_all(&pk, keys::CHAT_COMPANIES).await?;
        let channel = |link: &ChatLink| keys::channel(link.user_id, link.channel_id);
        let company = |it: &ChatCompany| keys::telegram_link(it.company_id, it.link_id);
        let channel_keys: Vec<_> = links.iter().map(channel).collect();
        let company_keys: Vec<_> = of_companies.iter().map(company).collect();
        let stop_key = keys::stopped_chat(bot, chat_id);
        let wanted = channel_keys.iter().chain(&company_keys).chain([&stop_key]);
        let wanted: Vec<_> = wanted.cloned().collect();
        let mut found = table.get_all(&wanted).await?;
        let (mut channels, mut companies) = (Vec::new(), Vec::new());
        for key in &channel_keys {
            channels.extend(found.take(key)?);
        }
        for key in &company_keys {
            // A link that has moved on is no longer this chat's.
            let link: Option<TelegramLink> = found.take(key)?;
            companies.extend(link.filter(|it| it.chat_id == Some(chat_id) && it.bot == *bot));
        }
        let mut stop = found.take(&stop_key)?;
        // What a link led to has just gone: its stop may have been written after it was looked for.
        if stop.is_none() && channels.len() + companies.len() < links.len() + of_companies.len() {
            stop = table.get(&stop_key).await?;
        }
        Ok(Self { links, channels, companies, stop })
    }

    /// What takes back a stop that outlived what it silenced, when the person has done something in the
    /// chat by which they want to hear again.
    pub(crate) async fn unstop(
        app: &App,
        bot: &BotId,
        chat_id: i64,
    ) -> Result<Option<Write>, TableError> {
        let stop = app.table.get::<StoppedChat>(&keys::stopped_chat(bot, chat_id)).await?;
        Ok(stop.map(|stop| Write::Remove(stop.into())))
    }

    /// Who receives here.
    pub(crate) fn receivers(&self) -> Receivers<'_> {
        Receivers { channels: &self.channels, links: &self.companies, stop: self.stop.as_ref() }
    }

    /// What its companies are called.
    pub(crate) async fn companies(&self, app: &App) -> Result<Names, TableError> {
        let keys: Vec<_> = self.companies.iter().map(|it| keys::company(it.company_id)).collect();
        let mut found = app.table.get_all(&keys).await?;
        let mut names = HashMap::new();
        for key in &keys {
            if let Some(company) = found.take::<Company>(key)? {
                names.insert(company.id, company.name);
            }
        }
        Ok(Names(names))
    }
}
