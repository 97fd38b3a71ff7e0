//! What became of a company's alerts in some days, in words.

use super::{AlertCount, AlertCounts, AlertMessage, Section};
use crate::link::Category;

/// A report on the counts of these last days.
pub fn report(days: u32, counts: &[AlertCount]) -> AlertMessage {
    let title = match days {
        1 => "The last day".to_owned(),
        days => format!("The last {days} days"),
    };
    let sections: Vec<Section> =
        Category::ALL.into_iter().filter_map(|category| section(category, counts)).collect();
    let body = if sections.is_empty() { "There were no alerts." } else { "" };
    AlertMessage { title, body: body.to_owned(), sections }
}

fn section(category: Category, counts: &[AlertCount]) -> Option<Section> {
    let own = counts.iter().filter(|it| it.key.category == category).map(|it| it.counts);
    let all = own.fold(AlertCounts::default(), |all, it| AlertCounts {
        sent: all.sent.saturating_add(it.sent),
        throttled: all.throttled.saturating_add(it.throttled),
        failed: all.failed.saturating_add(it.failed),
    });
    let AlertCounts { sent, throttled, failed } = all;
    let body =
        format!("Messages sent: {sent}\nMessages failed: {failed}\nAlerts throttled: {throttled}");
    (!all.is_empty()).then(|| Section { title: category.plural().to_owned(), body })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::alert::AlertCountKey;
    use crate::ids::{BotId, CompanyId};

    fn count(category: Category, bot: &str, sent: u64, throttled: u64) -> AlertCount {
        let (company_id, day) = (CompanyId(Uuid::from_u128(1)), "2026-11-20".to_owned());
        let key = AlertCountKey { company_id, day, category, bot: BotId(bot.to_owned()) };
        AlertCount { key, counts: AlertCounts { sent, throttled, failed: 0 } }
    }

    #[test]
    fn counts_are_added_up_by_category() {
        let counts = [
            count(Category::Alerts, "a", 2, 0),
            count(Category::Alerts, "b", 3, 0),
            count(Category::Alerts, "-", 0, 4),
            count(Category::Reports, "a", 1, 0),
        ];
        let report = report(7, &counts);
        assert_eq!((report.title.as_str(), report.body.as_str()), ("The last 7 days", ""));
        let parts: Vec<(&str, &str)> =
            report.sections.iter().map(|it| (it.title.as_str(), it.body.as_str())).collect();
        assert_eq!(
            parts,
            [
                ("Alerts", "Messages sent: 5\nMessages failed: 0\nAlerts throttled: 4"),
                ("Reports", "Messages sent: 1\nMessages failed: 0\nAlerts throttled: 0"),
            ]
        );
        assert!(report.faults().is_empty());
    }

    #[test]
    fn days_without_alerts_are_told_too() {
        let report = report(1, &[]);
        assert_eq!((report.title.as_str(), report.sections.len()), ("The last day", 0));
        assert_eq!(report.body, "There were no alerts.");
    }
}
