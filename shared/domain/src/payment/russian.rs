//! What admins are told about payments, in Russian.

use super::News;
use super::effect::NOT_HONOURED;

/// What admins read.
pub(super) fn news(news: &News) -> String {
    match news {
        News::UnknownOrder { payment, sum } => format!(
            "Платёж {payment} на сумму {sum} не относится ни к одному заказу этого бота. Он записан, по нему ничего не выдано ({NOT_HONOURED})."
        ),
        News::WrongAmount { payment, sum, price } => format!(
            "Сумма платежа {payment} – {sum}, а заказ стоит {price}. Он записан, по нему ничего не выдано ({NOT_HONOURED})."
        ),
        News::WrongProduct { payment, sum } => format!(
            "Платёж {payment} на сумму {sum} – за другой продукт, не тот, что в заказе. Он записан, по нему ничего не выдано ({NOT_HONOURED})."
        ),
        News::NothingToGive { payment, sum, product } => format!(
            "Платёж {payment} на сумму {sum} – за «{product}», но сценарий удалён или продукта в нём больше нет. Платёж засчитан, плательщику отправлена благодарность: выдайте оплаченное сами или верните деньги."
        ),
        News::PaidTwice { payment, sum } => format!(
            "Платёж {payment} на сумму {sum} – за то, что плательщик уже оплатил или получил раньше. Он засчитан, повторно ничего не выдано: один из двух платежей стоит вернуть."
        ),
        News::Refunded { payment, sum, revoked: true } => {
            format!("Платёж {payment} на сумму {sum} возвращён. То, что было по нему выдано, отозвано.")
        }
        News::Refunded { payment, sum, revoked: false } => {
            format!("Платёж {payment} на сумму {sum} возвращён. Ничего не отозвано.")
        }
        News::RefundedPartly { payment, sum, left } => format!(
            "Из платежа {payment} возвращено {sum}, осталось {left}. Ничего не отозвано: это произойдёт, когда будет возвращена вся сумма."
        ),
        News::RefundUnclear { payment, sum } => format!(
            "По платежу {payment} возвращено {sum}: это больше цены заказа, в другой валюте, или такой платёж неизвестен. Ничего не отозвано."
        ),
        News::Contradicted { payment } => format!(
            "Платёж {payment} был засчитан, а теперь сообщается, что он отклонён или отменён. Ничего не отозвано: проверьте его в Prodamus."
        ),
        News::NoInvite { group, reason } => format!(
            "Не удалось создать ссылку в группу {group}: {reason}. Всё остальное, что полагается за оплату, отправлено. Бот должен быть администратором группы с правом приглашать; после этого оплативший получит ссылку по /start."
        ),
        News::NotTakenOut { group, person, reason } => format!(
            "Участник {person} не оплатил группу {group}, или его платёж возвращён, но удалить его из группы не удалось: {reason}. Бот должен быть администратором группы с правом блокировать. Удалите участника сами."
        ),
        News::Demo { sum } => format!(
            "Платёж на сумму {sum} пришёл от формы в демо-режиме. Деньги не переведены, по нему ничего не выдано."
        ),
        News::WrongSignature => {
            "Уведомление о заказе отклонено: его подпись не подходит ни к одному секретному ключу формы этого бота, нынешнему или прежнему. Если вы сменили ключ в Prodamus, задайте его и здесь: Prodamus повторяет уведомления два дня.".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;
    use crate::contact::Language;

    /// The news after another; without one, the first.
    fn next(before: Option<&News>) -> Option<News> {
        let (payment, sum) = (|| "771".to_owned(), Decimal::new(149_999, 2));
        let (group, reason) = (-100_500, || "not enough rights".to_owned());
        Some(match before {
            None => News::UnknownOrder { payment: payment(), sum },
            Some(News::UnknownOrder { .. }) => {
                News::WrongAmount { payment: payment(), sum, price: Decimal::from(1_500) }
            }
            Some(News::WrongAmount { .. }) => News::WrongProduct { payment: payment(), sum },
            Some(News::WrongProduct { .. }) => {
                News::NothingToGive { payment: payment(), sum, product: "Course".to_owned() }
            }
            Some(News::NothingToGive { .. }) => News::PaidTwice { payment: payment(), sum },
            Some(News::PaidTwice { .. }) => {
                News::Refunded { payment: payment(), sum, revoked: true }
            }
            Some(News::Refunded { revoked: true, .. }) => {
                News::Refunded { payment: payment(), sum, revoked: false }
            }
            Some(News::Refunded { revoked: false, .. }) => {
                News::RefundedPartly { payment: payment(), sum, left: Decimal::ONE }
            }
            Some(News::RefundedPartly { .. }) => News::RefundUnclear { payment: payment(), sum },
            Some(News::RefundUnclear { .. }) => News::Contradicted { payment: payment() },
            Some(News::Contradicted { .. }) => News::NoInvite { group, reason: reason() },
            Some(News::NoInvite { .. }) => {
                News::NotTakenOut { group, person: 42, reason: reason() }
            }
            Some(News::NotTakenOut { .. }) => News::Demo { sum },
            Some(News::Demo { .. }) => News::WrongSignature,
            Some(News::WrongSignature) => return None,
        })
    }

    #[test]
    fn all_news_of_payments_is_told_in_the_admins_language() {
        let mut lines = Vec::new();
        for news in std::iter::successors(next(None), |it| next(Some(it))) {
            let (english, russian) = (news.text(Language::En), news.text(Language::Ru));
            assert!(!english.contains(|c: char| matches!(c, 'а'..='я')), "{english}");
            assert!(russian.contains(|c: char| matches!(c, 'а'..='я')), "{russian}");
            lines.push(format!("{english}\n    {russian}"));
        }
        insta::assert_snapshot!(lines.join("\n"));
    }
}
