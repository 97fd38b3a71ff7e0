//! The words in Russian.

use super::ru_faults::{fault, place};
use super::{Fixed, Words, delay};
use crate::broadcast::Condition;
use crate::wizard::{Language, Press, Refusal, WizardStep};

pub(super) const WORDS: Words =
    Words { ask, field, press, condition, refusal, place, fault, fixed, delay: waits };

const TEXT: &str = "Пришлите текст. Можно использовать Markdown, теги Telegram и переменные, например {{ user.user_name }} и {{ scenario.product_name }}.";
const PHOTOS: &str = "Пришлите до десяти фотографий и нажмите «Готово», когда их больше не будет.";
const BUTTONS: &str = "Пришлите кнопки, по одному ряду в строке:\nТекст | https://example.com\nНесколько в ряду: Раз | https://a.example ; Два | https://b.example\nОбщий набор: @имя";

fn ask(step: WizardStep) -> &'static str {
    match step {
        WizardStep::ScenarioName => "Как называется сценарий?",
        WizardStep::ProductName => "Что он продаёт? Пропустите, если ничего.",
        WizardStep::ProductPrice => "Сколько это стоит? Целое число рублей.",
        WizardStep::PaidContent => "Какой текст получит человек после оплаты?",
        WizardStep::PrivateGroupId => {
            "В какую закрытую группу его пригласить? Пришлите её id, например -1001234567890. Бот должен быть там администратором."
        }
        WizardStep::SummaryMessage => {
            "Теперь итоговое сообщение: его получает по /start тот, кто прошёл сценарий до конца.\n\nПришлите его текст или пропустите."
        }
        WizardStep::MessageText | WizardStep::BroadcastText => TEXT,
        WizardStep::SummaryPhotos | WizardStep::MessagePhotos | WizardStep::BroadcastPhotos => {
            PHOTOS
        }
        WizardStep::SummaryButtons | WizardStep::MessageButtons | WizardStep::BroadcastButtons => {
            BUTTONS
        }
        WizardStep::MessageTiming => {
            "Через сколько после предыдущего сообщения? Например: 0, 2:30, 1д 12ч, 45м, 10с."
        }
        WizardStep::BroadcastName => {
            "Как называется рассылка? Название видят только администраторы."
        }
        WizardStep::BroadcastTargeting => {
            "Кому её отправить? Должны выполняться все выбранные условия; без условий её получат все."
        }
        WizardStep::ConfirmDelete => {
            "Удалить это сообщение? Кто его ещё не получил, уже не получит."
        }
        _ => "Всё верно?",
    }
}

fn field(step: WizardStep) -> &'static str {
    match step {
        WizardStep::ScenarioName | WizardStep::BroadcastName => "Название",
        WizardStep::ProductName => "Продукт",
        WizardStep::ProductPrice => "Цена",
        WizardStep::PaidContent => "Текст после оплаты",
        WizardStep::PrivateGroupId => "Закрытая группа",
        WizardStep::SummaryPhotos | WizardStep::MessagePhotos | WizardStep::BroadcastPhotos => {
            "Фотографии"
        }
        WizardStep::SummaryButtons | WizardStep::MessageButtons | WizardStep::BroadcastButtons => {
            "Кнопки"
        }
        WizardStep::MessageTiming => "Задержка",
        WizardStep::BroadcastTargeting => "Получатели",
        _ => "Текст",
    }
}

fn press(press: &Press) -> &'static str {
    match press {
        Press::Confirm => "✅ Подтвердить",
        Press::Edit => "✏️ Редактировать",
        Press::Back => "← Назад",
        Press::Skip => "Пропустить",
        Press::Done => "Готово",
        Press::Clear => "Убрать фотографии",
        Press::More => "➕ Ещё сообщение",
        Press::Messages => "💬 Сообщения",
        Press::Earlier => "↑ Предыдущие",
        Press::Later => "↓ Следующие",
        Press::Delete => "🗑 Удалить",
        Press::After => "➕ Сообщение после него",
        Press::Move => "↕️ Переместить",
        Press::Finish => "💾 Сохранить",
        Press::Field(_) | Press::Toggle(_) | Press::Message(_) | Press::Behind(_) => "",
    }
}

fn condition(condition: &Condition) -> &'static str {
    match condition {
        Condition::NoActiveScenario => "Нет активного сценария",
        Condition::HasNotPaid => "Ничего не оплачено",
        Condition::HasPaid => "Есть оплата",
        Condition::InScenario(_) => "В сценарии",
        Condition::JoinedGroup => "В закрытой группе",
        Condition::RegisteredBefore(_) => "Появился до даты",
        Condition::RegisteredAfter(_) => "Появился после даты",
    }
}

fn refusal(refusal: &Refusal) -> String {
    match refusal {
        Refusal::TextExpected => "Здесь нужен текст.".to_owned(),
        Refusal::PhotoExpected => "Здесь нужна фотография или кнопка «Готово».".to_owned(),
        Refusal::PressExpected => "Пожалуйста, нажмите одну из кнопок.".to_owned(),
        Refusal::Empty => "В этом ничего не видно.".to_owned(),
        Refusal::TooLong { max } => format!("Слишком длинно: не больше {max} символов."),
        Refusal::NotAPrice { max } => format!("Цена — целое число от 1 до {max}."),
        Refusal::NotAGroup => "Id группы — это -100 и цифры после него.".to_owned(),
        Refusal::NotADelay => {
            "Не могу это прочитать. Напишите, например, 0, 2:30, 1д 12ч, 45м или 10с; не больше года."
                .to_owned()
        }
        Refusal::TooManyPhotos { max } => format!("В сообщении не больше {max} фотографий."),
        Refusal::NotAButton { line } => {
            format!("Строка {line} — не кнопка. Напишите: текст | https://example.com")
        }
        Refusal::TooManyMessages { max } => {
            format!("За один раз не больше {max} сообщений. Сохраните и продолжите через /edit_scenario.")
        }
        Refusal::NoMessages => "В сценарии должно быть хотя бы одно сообщение.".to_owned(),
        Refusal::MessageGone => "Это сообщение тем временем кто-то удалил.".to_owned(),
        Refusal::NobodyMatches => {
            "Эти условия исключают друг друга: рассылку не получит никто.".to_owned()
        }
        Refusal::Faulty(fault) => fault.text(Language::Ru),
    }
}

fn fixed(fixed: Fixed) -> &'static str {
    match fixed {
        Fixed::Check => "Проверьте, пожалуйста:",
        Fixed::ChooseField => "Что изменить?",
        Fixed::AskMore => "Будет ещё сообщение?",
        Fixed::SavedScenario => "Сценарий сохранён",
        Fixed::SavedChanges => "Изменения сохранены",
        Fixed::SavedBroadcast => "Рассылка сохранена и ещё не отправлена",
        Fixed::Cancelled => "Отменено. Ничего не сохранено.",
        Fixed::Expired => "Полчаса не было ответа, и я всё забыл. Ничего не сохранено.",
        Fixed::Outdated => "Эта кнопка относится к другому вопросу.",
        Fixed::CaptionTaken => "Подпись под фотографией стала текстом сообщения.",
        Fixed::CaptionLeft => {
            "Фотография принята. Подпись под ней – нет: у сообщения уже есть текст, изменить его можно кнопкой «Редактировать», когда сообщение будет показано целиком."
        }
        Fixed::PhotoLeft => {
            "Подпись под фотографией стала текстом. Сама фотография не принята: чтобы её добавить, выберите «Фотографии»."
        }
        Fixed::Everyone => "все",
        Fixed::Nothing => "–",
        Fixed::Photos => "Фотографии",
        Fixed::Buttons => "Кнопки",
        Fixed::Messages => "Сообщения",
        Fixed::ChooseMessage => "Какое сообщение изменить? До сохранения ничего не меняется.",
        Fixed::ChoosePlace => {
            "После какого сообщения оно будет? Кто его уже получил, второй раз не получит."
        }
        Fixed::First => "⤴️ Перед всеми",
        Fixed::Added => "Новые сообщения",
    }
}

fn waits(seconds: u32) -> String {
    if seconds == 0 {
        "сразу".to_owned()
    } else {
        delay(seconds, ["дн", "ч", "мин", "с"])
    }
}
