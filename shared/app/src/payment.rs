//! Payments of contacts: links to pay at, and what is heard of what was paid.

mod form;
mod link;
mod receive;
mod refused;
mod test_payment;

use payments::prodamus::{FormUrl, FormUrlError, ProdamusApi};

pub(crate) use form::form_change;
pub use form::{FormInput, NewForm, PaymentForm};
pub(crate) use link::link_for;
pub use link::{LinkFailed, NewOrder, payment_link};
pub use receive::{ReceiveError, receive};
pub use test_payment::{TestPayment, test_payment};

/// How forms are asked for links, if they are.
#[derive(Clone, Debug, Default)]
pub struct Forms(Option<ProdamusApi>);

impl Forms {
    /// By this API.
    pub const fn by(api: ProdamusApi) -> Self {
        Self(Some(api))
    }

    /// Reads the address of a form.
    fn form(&self, text: &str) -> Result<FormUrl, FormUrlError> {
        match &self.0 {
            Some(api) => api.form(text),
            None => FormUrl::parse(text, None),
        }
    }
}
