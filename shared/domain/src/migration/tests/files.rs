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

/// Those of a bot of many, as they are printed where the layout is described, without the texts and the
/// pictures that they name.
pub(super) fn printed() -> Files {
    let mut files = Files::new();
    let registry = json!({
        "scenarios": [
            { "id": "default", "name": "Базовый курс", "created_at": "2024-01-15T10:00:00Z", "is_active": true },
            { "id": "premium", "name": "Премиум курс", "created_at": "2024-02-01T10:00:00Z", "is_active": true },
        ],
        "default_scenario_id": "default",
    });
    put_json(&mut files, "scenarios/registry.json", &registry);
    let messages = json!({
        "messages_list": ["msg_1", "msg_2", "msg_3"],
        "messages": {
            "msg_1": {
                "timing": { "hours": 0, "minutes": 0 },
                "template_file": "msg_1.md",
                "photos": ["msg_1_1.PNG", "msg_1_2.PNG"],
                "inline_keyboard": { "button_set_ref": "payment_button" },
            },
            "msg_2": { "timing": { "hours": 1, "minutes": 30 }, "template_file": "msg_2.md" },
            "msg_3": { "timing": { "hours": 24, "minutes": 0 }, "template_file": "msg_3.md" },
        },
    });
    let summary = json!({
        "template_file": "summary.md",
        "photos": ["summary_1.PNG", "summary_2.PNG"],
        "inline_keyboard": { "button_set_ref": "payment_button" },
    });
    for id in ["default", "premium"] {
        let config = json!({
            "id": id,
            "created_at": "2024-02-01T10:00:00Z",
            "prodamus": {
                "product_name": "Премиум доступ",
                "product_price": "1500",
                "paid_content": "Спасибо за оплату премиум!",
                "private_group_id": "-1001234567890",
            },
        });
        put_json(&mut files, &format!("scenarios/{id}/config.json"), &config);
        put_json(&mut files, &format!("scenarios/{id}/messages.json"), &messages);
        put_json(&mut files, &format!("scenarios/{id}/summary.json"), &summary);
    }
    let pay = json!({ "button_sets": { "payment_button": { "rows": [{ "buttons": [
        { "type": "url", "text": "Оплатить {{scenario.product_name}}", "url": "{{user.payment_link}}" },
    ] }] } } });
    put_json(&mut files, "buttons/registry.json", &pay);
    let globals = json!({ "variables": { "bot_name": "Mispilka Bot", "support_link": "https://t.me/support" } });
    put_json(&mut files, "templates/bot_globals.json", &globals);
    put_json(&mut files, "broadcasts/registry.json", &broadcasts());
    put_json(&mut files, "users.json", &users());
    files
}

fn broadcasts() -> Value {
    json!({ "broadcasts": [{
        "id": "bc_1",
        "name": "Объявление",
        "template_file": "bc_1.md",
        "photos": ["bc_1_1.PNG"],
        "inline_keyboard": { "rows": [{ "buttons": [
            { "type": "url", "text": "Подробнее", "url": "https://example.com" },
        ] }] },
        "targeting": { "conditions": ["no_active_scenario", "has_not_paid"] },
        "created_at": "2024-02-01T10:00:00Z",
    }] })
}

fn users() -> Value {
    json!({ "123456": {
        "user_name": "john_doe",
        "reg_time": "2024-01-15T10:00:00Z",
        "scenarios": { "default": {
            "status": "active",
            "current_message_index": 2,
            "last_sent_at": "2024-01-15T12:00:00Z",
            "completed_at": null,
            "payment_date": "2024-01-15T11:00:00Z",
            "payment_link": "https://pay...",
            "invite_link": "https://t.me/+abc",
            "joined_group": true,
            "joined_at": "2024-01-15T11:30:00Z",
        } },
        "active_scenario_id": "default",
    } })
}

/// All files that [`printed`] names and does not have.
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
    for path in named() {
        let is_text = path.contains("/messages/");
        let text = "Привет, {{user.user_name}}! Пишите: {{bot.support_link}}\n";
        put(&mut files, &path, if is_text { text.as_bytes() } else { PNG });
    }
    files
}
