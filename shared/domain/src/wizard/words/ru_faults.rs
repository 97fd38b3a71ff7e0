//! What is wrong with a text or a button, in Russian.

use crate::fault::ContentFault;
use crate::template::{Fault, Flaw};

/// Where a fault is: `buttons.rows[0].buttons[1].url` is the address of the second button of the first row.
/// What is no field, such as the name of a step, stays as it is.
pub(super) fn place(field: &str) -> String {
    field.split('.').map(part).collect::<Vec<_>>().join(", ")
}

fn part(part: &str) -> String {
    let numbered = part.split_once('[').and_then(|(name, rest)| {
        let number = rest.strip_suffix(']')?.parse::<usize>().ok()?;
        Some((name, number.checked_add(1)?))
    });
    if let Some((name, number)) = numbered {
        let what = match name {
            "photos" => "фотография",
            "rows" => "ряд",
            "buttons" => "кнопка",
            "conditions" => "условие",
            other => other,
        };
        return format!("{what} {number}");
    }
    let what = match part {
        "name" => "название",
        "text" => "текст",
        "paid_content" => "текст после оплаты",
        "product" => "продукт",
        "summary" => "итоговое сообщение",
        "consent" => "согласие",
        "photos" => "фотографии",
        "buttons" => "кнопки",
        "rows" => "ряды",
        "url" => "адрес",
        "callback_data" => "данные",
        "button_set_ref" => "набор кнопок",
        "targeting" => "получатели",
        "conditions" => "условия",
        "default_scenario" => "основной сценарий",
        other => other,
    };
    what.to_owned()
}

pub(super) fn fault(fault: &ContentFault) -> String {
    match fault {
        ContentFault::Template(Fault { line, column, flaw }) => {
            format!("строка {line}, символ {column}: {}", flaw_words(flaw))
        }
        ContentFault::Nothing => "здесь ничего не видно".to_owned(),
        ContentFault::NothingWithoutValues => {
            "без значений переменных здесь ничего не видно".to_owned()
        }
        ContentFault::TooLong { max } => format!("не больше {max} символов"),
        ContentFault::TextTooLong { max, units } => format!(
            "не больше {max} символов в том виде, в каком текст видит человек; с самыми длинными значениями их {units}"
        ),
        ContentFault::WordsTooLong { max, units } => {
            format!("не больше {max} символов; с самыми длинными значениями их {units}")
        }
        ContentFault::TooMany { max } => format!("не больше {max}"),
        ContentFault::NoneOrTooMany { max } => format!("должно быть от 1 до {max}"),
        ContentFault::EmptyOrTooLong { max } => format!("от 1 до {max} байт"),
        ContentFault::TooManyBytes { max } => format!("не больше {max} байт"),
        ContentFault::TooManyBytesInAll { max } => {
            format!("сообщение целиком занимает не больше {max} байт")
        }
        ContentFault::NoAddress => "нужен адрес, например https://example.com/".to_owned(),
        ContentFault::NoSuchSet { set } => format!("набора кнопок {set} нет"),
        ContentFault::SetOfScenarios { fault: inner } => {
            format!(
                "в наборе есть кнопка, которой в рассылке быть не может: {}",
                self::fault(inner)
            )
        }
        ContentFault::NoSuchScenario { scenario } => format!("сценария {scenario} нет"),
        ContentFault::NoScenario => "такого сценария у этого бота нет".to_owned(),
        ContentFault::Contradiction => "исключает другое условие: не подойдёт никто".to_owned(),
        ContentFault::StepGone => {
            "удалено; нажмите на его номер, и всё, что с ним должно было стать, отменится"
                .to_owned()
        }
    }
}

fn flaw_words(flaw: &Flaw) -> String {
    match flaw {
        Flaw::TooLong { max } => format!("не больше {max} символов"),
        Flaw::NotOpened => "`}}` без `{{` перед ними".to_owned(),
        Flaw::NotClosed => "`{{` без `}}` после них".to_owned(),
        Flaw::Statement => {
            "возможно только `{{ scope.variable }}`: ни операторов, ни комментариев".to_owned()
        }
        Flaw::NoVariable => {
            "между скобками нужна переменная, например `{{ user.user_name }}`".to_owned()
        }
        Flaw::NoScope { name } => {
            format!("перед `{name}` нужна область: `bot.`, `scenario.` или `user.`")
        }
        Flaw::TooManyParts { found } => {
            format!("в `{found}` слишком много частей: нужны только область и переменная")
        }
        Flaw::UnknownScope { scope } => {
            format!("области `{scope}` нет; есть bot, scenario, user")
        }
        Flaw::UnknownVariable { variable, known } => {
            format!("переменной `{variable}` нет; есть {known}")
        }
        Flaw::OfScenario { variable } => {
            format!("`{variable}` относится к сценарию, а рассылка ни к одному не относится")
        }
        Flaw::OnlyVariable => {
            "возможна только переменная, например `{{ user.user_name }}`".to_owned()
        }
        // Why is known in English alone.
        Flaw::Unreadable { .. } => {
            "это не переменная: нужна область и имя, например `{{ user.user_name }}`".to_owned()
        }
    }
}
