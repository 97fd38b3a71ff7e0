//! A chat in the simulator, as its person sees it.

use std::time::Duration;

use http::Method;
use indicatif::ProgressBar;
use serde_json::Value;

use super::DemoError;
use super::walk::Walk;
use crate::http_client;

/// What the simulator's deep links have before the bot's name.
const LINKS: &str = "/simulator/t.me/";

/// A person's chat with the bot.
#[derive(Clone, Debug)]
pub(super) struct Chat {
    /// The simulator's control API.
    pub(super) api: String,
    pub(super) bot: String,
    pub(super) payload: String,
    pub(super) id: i64,
}

impl Chat {
    /// The chat that a deep link opens, when it is the simulator's.
    pub(super) fn of_link(link: &str) -> Option<Self> {
        let (base, rest) = link.split_once(LINKS)?;
        let (bot, payload) = rest.split_once("?start=")?;
        Some(Self {
            api: format!("{base}/simulator/api"),
            bot: bot.to_owned(),
            payload: payload.to_owned(),
            id: 0,
        })
    }

    /// The page with the chat.
    pub(super) fn page(&self) -> String {
        self.api.trim_end_matches("/api").to_owned()
    }

    async fn messages(&self, walk: &Walk) -> Result<Vec<Value>, DemoError> {
        let url = format!("{}/chats/{}?bot={}", self.api, self.id, self.bot);
        let answer = http_client::call(&walk.client, Method::GET, &url, &[], None).await?;
        let messages = answer.body["messages"].as_array().cloned().unwrap_or_default();
        Ok(messages.into_iter().filter(|message| message["outgoing"] == true).collect())
    }

    /// What the bot wrote, once it has told of so many offers, or nothing has come for so long.
    pub(super) async fn wait_for(
        &self,
        walk: &Walk,
        offers: usize,
        patience: Duration,
        bar: &ProgressBar,
    ) -> Result<Vec<Value>, DemoError> {
        let (mut messages, mut last_news) = (Vec::new(), walk.env.now());
        loop {
            let now = self.messages(walk).await?;
            if now.len() > messages.len() {
                last_news = walk.env.now();
            }
            messages = now;
            let arrived = offers_in(&messages);
            bar.set_position(u64::try_from(arrived).unwrap_or(u64::MAX));
            if arrived >= offers || walk.env.now().since(last_news) > patience {
                return Ok(messages);
            }
            walk.env.clock.sleep(Duration::from_millis(100)).await;
        }
    }
}

/// How many offers these messages tell of: the first is the confirmation, each of the others has a link
/// for each of its offers.
pub(super) fn offers_in(messages: &[Value]) -> usize {
    let links = |message: &Value| {
        let entities = message["entities"].as_array().into_iter().flatten();
        entities.filter(|entity| entity["type"] == "text_link").count().max(1)
    };
    messages.iter().skip(1).map(links).sum()
}

/// A message as text: its words and its buttons.
pub(super) fn bubble(message: &Value) -> String {
    let mut lines: Vec<String> = Vec::new();
    if message.get("photo").is_some_and(|photo| !photo.is_null()) {
        lines.push("[picture]".to_owned());
    }
    lines.extend(message["text"].as_str().unwrap_or_default().lines().map(str::to_owned));
    let rows = message["reply_markup"]["inline_keyboard"].as_array();
    for row in rows.into_iter().flatten() {
        let buttons = row.as_array().into_iter().flatten();
        let buttons = buttons.filter_map(|button| button["text"].as_str());
        lines.push(buttons.map(|text| format!("[ {text} ]")).collect::<Vec<_>>().join(" "));
    }
    let body = lines.iter().map(|line| format!("  │ {line}"));
    let lines: Vec<String> =
        [vec!["  ┌─".to_owned()], body.collect(), vec!["  └─".to_owned()]].concat();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn offers_are_counted_by_their_links_and_the_confirmation_not_at_all() {
        let link = json!({ "type": "text_link", "url": "https://shop.example/1" });
        let one = json!({ "text": "A lamp", "entities": [{ "type": "bold" }, link] });
        let three = json!({ "text": "3 offers", "entities": [link, link, link] });
        let bare = json!({ "text": "A lamp\nhttp://127.0.0.1/1" });
        let confirmation = json!({ "text": "You are connected!" });
        assert_eq!(offers_in(&[confirmation, one, three, bare]), 5);
        assert_eq!(offers_in(&[]), 0);
    }

    #[test]
    fn a_link_of_the_simulator_opens_a_chat_there_and_a_real_one_does_not() {
        let chat = Chat::of_link("http://127.0.0.1:8080/simulator/t.me/some_bot?start=confirm_a");
        let chat = chat.expect("it is the simulator's");
        assert_eq!(chat.api, "http://127.0.0.1:8080/simulator/api");
        assert_eq!((chat.bot.as_str(), chat.payload.as_str()), ("some_bot", "confirm_a"));
        assert!(Chat::of_link("https://t.me/some_bot?start=confirm_a").is_none());
    }

    #[test]
    fn a_message_shows_its_words_and_buttons() {
        let message = json!({
            "text": "Bike\n100 EUR",
            "reply_markup": { "inline_keyboard": [[{ "text": "Open" }, { "text": "Pause" }]] },
        });
        assert_eq!(bubble(&message), "  ┌─\n  │ Bike\n  │ 100 EUR\n  │ [ Open ] [ Pause ]\n  └─");
    }
}
