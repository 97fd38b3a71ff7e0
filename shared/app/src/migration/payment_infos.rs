//! What a payment service had said of contacts before they moved in: kept sealed, and as long, as what it says
//! here.

use domain::engine::Write;
use domain::migration::{Finding, PaymentInfo};
use domain::payment::{KeptWord, Outcome};
use payments::prodamus::{Fields, Mode, Notification};
use runtime::seal::SealError;
use secrecy::ExposeSecret;
use table::keys;

use super::apply::{Applied, Importer};
use super::progress::{Progress, Stage};
use crate::AppError;

/// What became of a word of before.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Became {
    Kept,
    /// It is here already.
    Known,
    /// There is no key to seal it with.
    NoKey,
    /// It cannot be read.
    Unread(Finding),
}

impl Importer<'_> {
    /// Keeps what was said. Nothing follows of it: what it did is in the contacts' runs.
    pub(super) async fn payment_infos(
        &self,
        applied: &mut Applied,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), AppError> {
        let total = self.migration.payment_infos.len();
        for (n, info) in self.migration.payment_infos.values().enumerate() {
            match self.payment_info(info).await? {
                Became::Kept => applied.payments += 1,
                Became::Known => {}
                Became::NoKey => applied.payments_left_out += 1,
                Became::Unread(finding) => {
                    applied.payments_left_out += 1;
                    applied.payments_unread.push(finding);
                }
            }
            progress(Progress { stage: Stage::Payments, done: n + 1, total });
        }
        Ok(())
    }

    async fn payment_info(&self, info: &PaymentInfo) -> Result<Became, AppError> {
        let app = self.app;
        let said = match read(info) {
            Ok(said) => said,
            Err(why) => return Ok(Became::Unread(info.finding(format!("is left out: {why}")))),
        };
        let word = said.word();
        let key = keys::kept_word(self.bot, &word.payment, (word.kind, word.at));
        if app.table.get::<KeptWord>(&key).await?.is_some() {
            return Ok(Became::Known);
        }
        let about = KeptWord::about(self.bot, &word.payment);
        let raw = match app.sealer.seal(&about, said.raw.expose_secret()).await {
            Ok(raw) => raw,
            Err(SealError::NoKey) => return Ok(Became::NoKey),
            Err(error) => return Err(error.into()),
        };
        let kept = KeptWord {
            bot: self.bot.clone(),
            payment: word.payment,
            kind: word.kind,
            said_at: word.at,
            order: None,
            sum: word.sum,
            outcome: Outcome::Noted,
            raw,
            heard_at: app.env.now(),
        };
        self.write(vec![Write::Create(kept.into())]).await?;
        Ok(Became::Kept)
    }
}

/// A word as it was posted then, or why it is none. That names fields, never what they hold.
fn read(info: &PaymentInfo) -> Result<Notification, String> {
    let fields = Fields::read("application/json", info.expose().as_bytes());
    let fields = fields.map_err(|error| error.to_string())?;
    Notification::read(&fields, Mode::Live).map_err(|error| error.to_string())
}
