//! Orders of contacts, and the words that were heard about them.

use domain::payment::{ContactOrder, KeptWord, Order, WORD_KEPT};

use crate::error::TableError;
use crate::items::{Attributes, Item, Mark, VERSION, attributes, plain_item, record};
use crate::keys::{self, Key};

plain_item!(Order, "order", |it| keys::order(&it.bot, &it.number), version: it.version);
plain_item!(KeptWord, "kept_word", |it| keys::kept_word(
    &it.bot,
    &it.payment,
    (it.kind, it.said_at)
), expires: Some(it.heard_at + WORD_KEPT));

impl Item for ContactOrder {
    const KIND: &'static str = "contact_order";

    fn key(&self) -> Key {
        keys::contact_order(&self.bot, self.chat_id, &self.scenario)
    }

    fn version(&self) -> Option<u64> {
        Some(self.version)
    }

    // Those that were written before changes were counted have no version in the table: they need only exist.
    fn stands(&self) -> Option<Mark> {
        (self.version > 0).then_some((VERSION, self.version))
    }

    fn encode(&self) -> Result<Attributes, TableError> {
        attributes(self)
    }

    fn decode(attributes: Attributes) -> Result<Self, TableError> {
        record(attributes)
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::BotId;
    use domain::payment::OrderNumber;
    use domain::slug::Slug;

    use super::*;

    #[test]
    fn a_contacts_orders_are_compared_once_they_count_their_changes() {
        let scenario = Slug::parse("premium").expect("a slug");
        let number = OrderNumber::from_random([7; 16]);
        let first = ContactOrder::first(BotId("b".to_owned()), 42, scenario, number);
        assert_eq!(first.stands(), Some((VERSION, 1)));
        let mut old = first.encode().expect("encodes");
        old.remove(VERSION);
        let old = ContactOrder::decode(old).expect("decodes");
        assert_eq!(
            (old.stands(), old.version()),
            (None, Some(0)),
            "it gets a version when it changes"
        );
    }
}
