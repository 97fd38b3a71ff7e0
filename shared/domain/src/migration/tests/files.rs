//! Files as bots have them.

use super::*;

/// Those of a bot of one scenario, with entries of its older kind.
pub(super) fn single() -> Files {
    let mut files = Files::new();
    let messages = json!({
        "messages_list": ["welcome", "story", "offer"],
        "messages": {
            "start": { "inline_keyboard": { "rows": [{ "buttons": [
                { "type": "callback", "text": "Согласен", "callback_data": "accept" },
                { "type": "callback", "text": "Нет", "callback_data": "decline" },
            ] }] } },
            "welcome": { "timing": [0, 5] },
            "story": { "timing": { "hours": 23, "minutes": 30 }, "template_file": "istoriya.md" },
            "offer": { "timing": [1, 0], "url_button": ["{{payment_link}}", "Купить за {{payment_price}} ₽"] },
            "group_invite": { "inline_keyboard": { "rows": [{ "buttons": [
                { "type": "url", "text": "В группу", "url": "{{invite_link}}" },
            ] }] } },
        },
    });
    put_json(&mut files, "data/messages.json", &messages);
    put(&mut files, "messages/start.md", "Привет! Можно присылать письма?");
    put(&mut files, "messages/welcome.md", "<b>Добро пожаловать</b>\r\nв курс\n");
    put(
        &mut files,
        "messages/istoriya.md",
        "История со <a href=\"https://example.com/\">ссылкой</a>",
    );
    put(&mut files, "messages/offer.md", "Курс стоит {{payment_price}} ₽: {{ payment_link }}");
    put(&mut files, "messages/group_invite.md", "Оплата получена");
    put(&mut files, "assets/images/welcome.PNG", PNG);
    let user = |left: &[&str], under_way: bool| {
        json!({
            "user_name": "olya",
            "reg_time": "2024-01-15T10:00:00.123456+03:00",
            "is_messaging": under_way,
            "messages_list": left,
        })
    };
    let mut users = json!({
        "1": user(&["offer", "story", "welcome"], true),
        "2": user(&["offer", "story"], true),
        "3": user(&["offer", "story", "welcome"], false),
        "4": user(&["offer"], false),
        "5": user(&[], false),
        "6": user(&["offer", "story"], false),
    });
    users["6"]["payment_date"] = json!("2024-02-01T12:00:00Z");
    users["6"]["payment_link"] = json!("https://pay.example/6");
    users["6"]["invite_link"] = json!("https://t.me/+six");
    users["6"]["joined_group"] = json!(true);
    users["6"]["joined_at"] = json!("2024-02-01T12:10:00Z");
    users["6"]["payment_info"] = json!({ "customer_phone": "+70000000000" });
    put_json(&mut files, "data/users.json", &users);
    let schedule = json!({
        "1": "2024-03-05T09:00:00Z",
        "2": "2024-02-20T09:00:00+03:00",
        "6": "2024-02-02T09:00:00Z",
    });
    put_json(&mut files, "data/schedule_backup.json", &schedule);
    files
}

/// Those of a bot of many, word for word as they are printed where the layout is described, without the texts and
/// the pictures that they name. Of the two scenarios the registry names one, and the other has a configuration.
pub(super) fn printed() -> Files {
    let mut files = Files::new();
    put(&mut files, "scenarios/registry.json", include_str!("printed/registry.json"));
    put(&mut files, "scenarios/premium/config.json", include_str!("printed/config.json"));
    for id in ["default", "premium"] {
        let of = |name: &str| format!("scenarios/{id}/{name}.json");
        put(&mut files, &of("messages"), include_str!("printed/messages.json"));
        put(&mut files, &of("summary"), include_str!("printed/summary.json"));
    }
    put(&mut files, "buttons/registry.json", include_str!("printed/buttons.json"));
    put(&mut files, "templates/bot_globals.json", include_str!("printed/bot_globals.json"));
    put(&mut files, "broadcasts/registry.json", include_str!("printed/broadcasts.json"));
    put(&mut files, "users.json", include_str!("printed/users.json"));
    files
}

/// All texts and pictures that [`printed`] names and does not have.
pub(super) fn named() -> Vec<String> {
    let mut named = Vec::new();
    for id in ["default", "premium"] {
        for text in ["msg_1", "msg_2", "msg_3", "summary"] {
            named.push(format!("scenarios/{id}/messages/{text}.md"));
        }
        for photo in ["msg_1_1", "msg_1_2", "summary_1", "summary_2"] {
            named.push(format!("scenarios/{id}/photos/{photo}.PNG"));
        }
    }
    named
        .extend(["broadcasts/messages/bc_1.md", "broadcasts/photos/bc_1_1.PNG"].map(str::to_owned));
    named.sort();
    named
}

/// [`printed`], completed.
pub(super) fn complete() -> Files {
    let mut files = printed();
    let config = json!({
        "id": "default",
        "prodamus": { "product_name": "Базовый курс", "product_price": "990" },
    });
    put_json(&mut files, "scenarios/default/config.json", &config);
    for path in named() {
        let is_text = path.contains("/messages/");
        let text = "Привет, {{user.user_name}}! Пишите: {{bot.support_link}}\n";
        put(&mut files, &path, if is_text { text.as_bytes() } else { PNG });
    }
    files
}
