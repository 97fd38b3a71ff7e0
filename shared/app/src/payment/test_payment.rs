//! A payment that an admin tries: a page that moves no money, at the bot's own form.

use domain::bot::Bot;
use domain::engine::{Decision, Write};
use domain::ids::UserId;
use domain::payment::{Order, OrderNumber, OrderSource};
use domain::scenario::{Product, Scenario, ScenarioCode};
use payments::prodamus::{LinkError, NewLink, ProdamusApi};
use table::keys;

use super::form::{PaymentForm, open_form};
use crate::answer::{self, Keep};
use crate::scenario::author::{Whose, own_bot, scenario_named};
use crate::{App, AppError};

/// What an admin wants to try.
#[derive(Debug)]
pub struct TestPayment<'a> {
    /// The scenario whose product is paid for.
    pub scenario: &'a str,
    /// Who tries.
    pub by: UserId,
    /// Whether the answer is kept for an `Idempotency-Key`.
    pub keep: Option<Keep<Order>>,
}

/// Makes a link to a page in demo mode. What the service says of a payment there is recorded with its order,
/// never counts, and is told to the company's links: so the whole way is tried.
///
/// # Errors
/// [`AppError::NotFound`] for the bot, [`ScenarioCode::ScenarioNotFound`];
/// [`ScenarioCode::InvalidScenarioState`] for a scenario that sells nothing; [`AppError::Conflict`] for a bot
/// without a form, and for a form that makes no link; [`AppError::Unavailable`] when it does not answer.
pub async fn test_payment(
    app: &App,
    whose: Whose<'_>,
    TestPayment { scenario, by, keep }: TestPayment<'_>,
) -> Result<Order, AppError> {
    let bot = own_bot(app, whose).await?;
    let scenario = scenario_named(app, &bot, scenario).await?;
    let product = scenario.product.as_ref().ok_or_else(|| {
        let code = ScenarioCode::InvalidScenarioState;
        AppError::Scenario { code, message: "the scenario sells nothing".to_owned() }
    })?;
    let no_form = || AppError::Conflict {
        code: "NO_PAYMENT_FORM",
        message: "the bot has no form to pay through".to_owned(),
    };
    let bot = app.table.get::<Bot>(&keys::bot(&bot)).await?.ok_or_else(no_form)?;
    let form = open_form(app, &bot).await?.ok_or_else(no_form)?;
    let api = app.forms.0.as_ref().ok_or_else(no_form)?;
    let order = order(app, (&bot, by), &scenario, product);
    let link = link(api, &form, &order).await?;
    let order = Order { link: Some(link), ..order };
    let now = app.env.now();
    let along = |order: &Order| answer::writes(keep.as_ref(), order, now);
    app.decide_along(along, || async {
        let decision = Decision::new(app.env.id(), app.env.now(), order.clone());
        Ok(decision.write(Write::Create(order.clone().into())))
    })
    .await
}

fn order(app: &App, (bot, by): (&Bot, UserId), scenario: &Scenario, product: &Product) -> Order {
    let mut random = [0; 16];
    app.env.entropy.fill(&mut random);
    // It is nobody's.
    let whose = (bot.id.clone(), 0, scenario.slug.clone());
    let sold = (product.name.clone(), product.price);
    Order {
        form_revision: bot.form_revision,
        source: OrderSource::Test { by },
        ..Order::new(OrderNumber::from_random(random), whose, sold, app.env.now())
    }
}

async fn link(api: &ProdamusApi, form: &PaymentForm, order: &Order) -> Result<String, AppError> {
    let refused = |error: LinkError| {
        let message = error.to_string();
        if error.is_retryable() {
            AppError::Unavailable(message)
        } else {
            AppError::Conflict { code: "PAYMENT_FORM_REFUSED", message }
        }
    };
    let url = api.form(&form.url).map_err(|_| refused(LinkError::Address))?;
    let asked = NewLink {
        order: order.number.as_str(),
        product: &order.product,
        price: order.price,
        currency: Some(&order.currency),
        extra: None,
        return_url: None,
        success_url: None,
        notify: None,
        expires_at: None,
        demo: true,
    };
    let link = api.link(&url, &form.key, &asked).await.map_err(refused)?;
    Ok(link.to_string())
}
