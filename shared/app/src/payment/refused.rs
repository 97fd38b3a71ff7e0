//! A form that refuses to make links: the bot's admins hear of it, and not at each message.

use domain::alert::{AlertMessage, LONGEST_WINDOW, throttle_hash};
use domain::bot::Bot;
use domain::ids::BotId;
use domain::link::Category;
use table::keys;

use super::LinkFailed;
use crate::alert::{AlertText, SendAlert, send_alert, window_of};
use crate::{App, AppError};

/// Tells the admins that a bot's form makes no links: once a day, while messages go without them.
pub(super) async fn tell_refused(app: &App, bot: &BotId, refused: &LinkFailed) {
    tracing::warn!(%bot, error = %refused, "the bot's form makes no links");
    if let Err(error) = tell(app, bot, refused).await {
        tracing::warn!(%bot, %error, "the admins could not be told of their form");
    }
}

async fn tell(app: &App, bot: &BotId, refused: &LinkFailed) -> Result<(), AppError> {
    let Some(bot) = app.table.get::<Bot>(&keys::bot(bot)).await? else { return Ok(()) };
    let key = format!("form of bot {}", bot.id);
    // Read first: what is dropped inside a window counts among the company's alerts, and this is one.
    let open = window_of(app, bot.company_id, &throttle_hash(&key)).await?;
    if open.is_some_and(|it| it.is_open(app.env.now())) {
        return Ok(());
    }
    let said = |title, body| AlertMessage { title, body, sections: Vec::new() };
    let english = said(
        format!("The payment form of @{}", bot.username),
        format!(
            "It makes no links to pay at: {refused}. Messages go without them. Look at the form's address and secret key."
        ),
    );
    let russian = said(
        format!("Платёжная форма @{}", bot.username),
        format!(
            "Она не создаёт ссылок на оплату: {refused}. Сообщения уходят без них. Проверьте адрес формы и секретный ключ."
        ),
    );
    let command = SendAlert {
        company_id: bot.company_id,
        category: Category::Alerts,
        text: AlertText::Own { english, russian },
        bot: None,
        throttle: Some((key, LONGEST_WINDOW)),
        keep: None,
    };
    send_alert(app, command).await.map(drop)
}
