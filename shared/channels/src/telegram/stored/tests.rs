use std::sync::Arc;

use domain::button::{Rendered as Keyboard, RenderedButton, RenderedDoes};
use domain::markup::{MAX_CAPTION, MAX_TEXT, Rendered};
use domain::message::REPEAT_MARK;
use futures::executor::block_on;
use serde_json::json;

use super::*;
use crate::stub::{Answer, Asked, Steps, Stub, answer};

type Failure = Box<dyn std::error::Error>;

fn object(key: &str) -> Photo {
    Photo::Object(key.to_owned())
}

fn photo(words: &str) -> Part {
    let text = words.to_owned();
    let caption = Rendered { html: text.clone(), plain: text, units: words.len() };
    Part::Photo { photo: object("a.png"), caption, buttons: Keyboard::default() }
}

fn files(keys: &[&str]) -> Stored {
    let bytes = |key: &&str| ((*key).to_owned(), Bytes::from(format!("bytes of {key}")));
    let files = keys.iter().map(bytes).collect();
    Stored { files, boundary: "b".to_owned(), ..Stored::default() }
}

fn known(key: &str, id: &str) -> Stored {
    let known = BTreeMap::from([(key.to_owned(), id.to_owned())]);
    Stored { known, ..Stored::default() }
}

fn message(id: i64, file_id: &str) -> Value {
    json!({ "message_id": id, "photo": [{ "file_id": "small" }, { "file_id": file_id }] })
}

fn ok(result: &Value) -> Answer {
    answer(200, json!({ "ok": true, "result": result }).to_string())
}

fn refused(description: &str) -> Answer {
    let body = json!({ "ok": false, "error_code": 400, "description": description });
    answer(400, body.to_string())
}

type Sent = (Result<Delivered, WrongFile>, Vec<Asked>);

fn send(answers: Vec<Answer>, part: &Part, stored: &Stored) -> Result<Sent, Failure> {
    send_part(answers, (part, false), stored)
}

fn send_part(answers: Vec<Answer>, part: (&Part, bool), stored: &Stored) -> Result<Sent, Failure> {
    send_by(&Steps::of(0), answers, part, stored)
}

fn send_by(
    clock: &Steps,
    answers: Vec<Answer>,
    part: (&Part, bool),
    stored: &Stored,
) -> Result<Sent, Failure> {
    let stub = Arc::new(Stub::answering(answers));
    let api = TelegramApi::new(stub.clone(), "https://api.example/");
    let token = BotToken::parse("123:secret-token")?;
    let sent = block_on(api.send_part(&token, 42, part, stored, Patience::begin(clock)));
    Ok((sent, stub.asked()))
}

fn delivered(message_id: i64, file_ids: &[(&str, &str)]) -> Delivered {
    let file_ids = file_ids.iter().map(|(key, id)| ((*key).to_owned(), (*id).to_owned()));
    Delivered { outcome: Outcome::Sent { message_id }, file_ids: file_ids.collect() }
}

#[test]
fn a_photo_that_telegram_does_not_have_goes_along_and_its_largest_size_is_told()
-> Result<(), Failure> {
    let (sent, asked) =
        send(vec![ok(&message(7, "large"))], &photo("<b>x</b>"), &files(&["a.png"]))?;
    assert_eq!(sent, Ok(delivered(7, &[("a.png", "large")])));
    let [(path, Value::String(body))] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(path, "/bot123:secret-token/sendPhoto");
    for field in [
        "name=\"chat_id\"\r\n\r\n42\r\n",
        "name=\"photo\"\r\n\r\nattach://photo0\r\n",
        "name=\"caption\"\r\n\r\n<b>x</b>\r\n",
        "name=\"photo0\"; filename=\"photo0\"\r\n",
        "\r\n\r\nbytes of a.png\r\n--b--\r\n",
    ] {
        assert!(body.contains(field), "{field} in {body}");
    }
    Ok(())
}

#[test]
fn an_album_takes_along_what_telegram_does_not_have() -> Result<(), Failure> {
    let photos = ["a", "b", "c", "b"].map(object).to_vec();
    let stored = Stored { known: known("a", "id of a").known, ..files(&["b", "c"]) };
    let messages = json!([message(7, "A"), message(8, "B"), message(9, "C"), message(10, "B")]);
    let album = Part::Album { photos, caption: Rendered::default() };
    let (sent, asked) = send(vec![ok(&messages)], &album, &stored)?;
    assert_eq!(sent, Ok(delivered(7, &[("b", "B"), ("c", "C")])));
    let [(path, Value::String(body))] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(path, "/bot123:secret-token/sendMediaGroup");
    let media = "[{\"media\":\"id of a\",\"type\":\"photo\"},{\"media\":\"attach://photo0\",\"type\":\"photo\"},\
                 {\"media\":\"attach://photo1\",\"type\":\"photo\"},{\"media\":\"attach://photo0\",\"type\":\"photo\"}]";
    assert!(body.contains(media), "{body}");
    assert_eq!(body.matches("filename=").count(), 2, "each goes once: {body}");
    Ok(())
}

#[test]
fn the_words_of_an_album_stand_below_its_first_photo_alone() -> Result<(), Failure> {
    let photos = ["a", "b"].map(object).to_vec();
    let stored = Stored {
        known: ["a", "b"].map(|it| (it.to_owned(), format!("id of {it}"))).into(),
        ..Stored::default()
    };
    let caption = Rendered { html: "<b>x</b>".to_owned(), plain: "x".to_owned(), units: 1 };
    let album = Part::Album { photos, caption };
    let messages = json!([message(7, "id of a"), message(8, "id of b")]);
    let (sent, asked) = send(vec![ok(&messages)], &album, &stored)?;
    assert_eq!(sent, Ok(delivered(7, &[])));
    let media = json!([
        { "type": "photo", "media": "id of a", "caption": "<b>x</b>", "parse_mode": "HTML" },
        { "type": "photo", "media": "id of b" },
    ]);
    assert_eq!(asked[0].1["media"], media);
    let answers =
        vec![refused("Bad Request: PHOTO_INVALID_DIMENSIONS"), ok(&json!({ "message_id": 9 }))];
    let (sent, asked) = send(answers, &album, &files(&["a", "b"]))?;
    assert_eq!(sent, Ok(delivered(9, &[])));
    assert_eq!(asked[1].1["text"], "<b>x</b>", "its words are not lost");
    Ok(())
}

#[test]
fn a_photo_that_telegram_has_is_called_by_its_name() -> Result<(), Failure> {
    let stored = known("a.png", "id of a");
    let (sent, asked) = send(vec![ok(&message(7, "id of a"))], &photo("x"), &stored)?;
    assert_eq!(sent, Ok(delivered(7, &[])));
    assert_eq!(asked[0].1["photo"], "id of a");
    Ok(())
}

#[test]
fn a_name_that_telegram_does_not_know_is_told_and_nothing_else_is_sent() -> Result<(), Failure> {
    for words in [
        "Bad Request: wrong file identifier/HTTP URL specified",
        "Bad Request: wrong remote file identifier specified: Wrong string length",
    ] {
        let (sent, asked) = send(vec![refused(words)], &photo("x"), &known("a.png", "old"))?;
        assert_eq!((sent, asked.len()), (Err(WrongFile), 1), "{words}");
    }
    Ok(())
}

#[test]
fn of_a_file_that_telegram_does_not_take_the_words_go_alone() -> Result<(), Failure> {
    let answers =
        || vec![refused("Bad Request: PHOTO_INVALID_DIMENSIONS"), ok(&json!({ "message_id": 8 }))];
    let (sent, asked) = send(answers(), &photo("words"), &files(&["a.png"]))?;
    assert_eq!(sent, Ok(delivered(8, &[])));
    assert_eq!(asked[1].1["text"], "words");
    let (sent, asked) = send(answers(), &photo(""), &files(&["a.png"]))?;
    let outcome = sent.map(|it| it.outcome);
    assert!(matches!(outcome, Ok(Outcome::ContentRefused { .. })), "{outcome:?}");
    assert_eq!(asked.len(), 1);
    Ok(())
}

#[test]
fn a_repeat_is_marked_where_telegram_takes_the_mark_and_its_words_are_never_cut()
-> Result<(), Failure> {
    let mark = REPEAT_MARK.len() + 2;
    let words = |units: usize| {
        let text = "x".repeat(units);
        Rendered { html: text.clone(), plain: text, units }
    };
    let photo = |caption| Part::Photo { photo: object("a"), caption, buttons: Keyboard::default() };
    let album = |caption| Part::Album { photos: ["a", "a"].map(object).to_vec(), caption };
    let text = |text| Part::Text { text, buttons: Keyboard::default() };
    let known = known("a", "id of a");
    for (part, is_marked) in [
        (photo(words(MAX_CAPTION - mark)), true),
        (photo(words(MAX_CAPTION - mark + 1)), false),
        (album(words(MAX_CAPTION - mark)), true),
        (album(words(MAX_CAPTION)), false),
        (text(words(MAX_TEXT - mark)), true),
        (text(words(MAX_TEXT)), false),
    ] {
        let one = json!({ "message_id": 7 });
        let sent = if matches!(part, Part::Album { .. }) { json!([one]) } else { one };
        let (_, asked) = send_part(vec![ok(&sent)], (&part, true), &known)?;
        let body = &asked[0].1;
        let says = [&body["text"], &body["caption"], &body["media"][0]["caption"]];
        let says = says.iter().find_map(|it| it.as_str()).unwrap_or_default();
        assert_eq!(says.contains(REPEAT_MARK), is_marked, "{}", says.len());
        assert!(says.ends_with(part.plain()), "{says}");
    }
    Ok(())
}

#[test]
fn words_that_are_too_long_below_a_photo_are_not_lost() -> Result<(), Failure> {
    for words in ["Bad Request: message caption is too long", "Bad Request: MEDIA_CAPTION_TOO_LONG"]
    {
        let answers = vec![refused(words), ok(&json!({ "message_id": 8 }))];
        let (sent, asked) =
            send_part(answers, (&photo("words"), true), &known("a.png", "id of a"))?;
        assert_eq!(sent, Ok(delivered(8, &[])), "{words}");
        let says = asked[1].1["text"].as_str().unwrap_or_default();
        assert!(says.contains(REPEAT_MARK) && says.ends_with("\n\nwords"), "{says}");
    }
    Ok(())
}

#[test]
fn bare_words_leave_the_mark_out_rather_than_be_cut() -> Result<(), Failure> {
    let plain = "x".repeat(MAX_TEXT);
    let text = Rendered { html: plain.clone(), units: MAX_TEXT, plain };
    let part = Part::Text { text, buttons: Keyboard::default() };
    let answers =
        vec![refused("Bad Request: can't parse entities"), ok(&json!({ "message_id": 8 }))];
    let (_, asked) = send_part(answers, (&part, true), &Stored::default())?;
    assert_eq!(asked[1].1["text"].as_str(), Some(part.plain()));
    Ok(())
}

#[test]
fn of_a_message_that_is_refused_as_much_of_the_form_goes_as_telegram_takes() -> Result<(), Failure>
{
    let button = RenderedButton {
        text: "Pay".to_owned(),
        does: RenderedDoes::Url("https://pay.example/1".to_owned()),
    };
    let buttons = Keyboard { rows: vec![vec![button]] };
    let caption = Rendered { html: "<b>x</b>".to_owned(), plain: "x".to_owned(), units: 1 };
    let text = Part::Text { text: caption.clone(), buttons: buttons.clone() };
    let photo = Part::Photo { photo: object("a.png"), caption, buttons };
    let (photo_fault, markup_fault) = ("PHOTO_INVALID_DIMENSIONS", "can't parse entities");
    let button_fault = "BUTTON_URL_INVALID";
    let unbuttoned = ("sendPhoto", "<b>x</b>", true, false);
    let words = ("sendMessage", "<b>x</b>", true, true);
    let unbuttoned_words = ("sendMessage", "<b>x</b>", true, false);
    let (bare, last) = (("sendMessage", "x", false, true), ("sendMessage", "x", false, false));
    for (part, faults, expected) in [
        (&photo, &[photo_fault][..], &[words][..]),
        (&photo, &[photo_fault, markup_fault], &[words, bare]),
        (&photo, &[photo_fault, markup_fault, button_fault], &[words, bare, last]),
        (&photo, &[photo_fault, button_fault], &[words, unbuttoned_words]),
        (&photo, &[photo_fault, button_fault, markup_fault], &[words, unbuttoned_words, last]),
        (&photo, &[button_fault], &[unbuttoned]),
        (&photo, &[button_fault, photo_fault], &[unbuttoned, unbuttoned_words]),
        (&photo, &[button_fault, photo_fault, markup_fault], &[unbuttoned, unbuttoned_words, last]),
        (&text, &[markup_fault], &[bare]),
        (&text, &[button_fault], &[unbuttoned_words]),
        (&text, &[button_fault, markup_fault], &[unbuttoned_words, last]),
        (&text, &["Wrong HTTP URL", "Wrong HTTP URL"], &[bare, last]),
    ] {
        let refusals = faults.iter().map(|it| refused(&format!("Bad Request: {it}")));
        let answers = refusals.chain([ok(&json!({ "message_id": 8 }))]).collect();
        let (sent, asked) = send(answers, part, &known("a.png", "id of a"))?;
        assert_eq!(sent, Ok(delivered(8, &[])), "{faults:?}");
        let forms = asked[1..].iter().map(|(path, body)| {
            let has = |field: &str| body.get(field).is_some();
            let method = path.rsplit('/').next().unwrap_or_default();
            let says = body["text"].as_str().or(body["caption"].as_str()).unwrap_or_default();
            (method, says, has("parse_mode"), has("reply_markup"))
        });
        assert_eq!(forms.collect::<Vec<_>>(), expected, "{faults:?}");
    }
    Ok(())
}

#[test]
fn a_photo_whose_button_is_refused_goes_without_it_even_where_it_has_no_words()
-> Result<(), Failure> {
    let button = RenderedButton { text: "Go".to_owned(), does: RenderedDoes::Nothing };
    let buttons = Keyboard { rows: vec![vec![button]] };
    let part = Part::Photo { photo: object("a.png"), caption: Rendered::default(), buttons };
    let refusal = || refused("Bad Request: BUTTON_DATA_INVALID");
    let answers = vec![refusal(), ok(&message(7, "large"))];
    let (sent, asked) = send(answers, &part, &files(&["a.png"]))?;
    assert_eq!(sent, Ok(delivered(7, &[("a.png", "large")])));
    let bodies = asked.iter().map(|(_, body)| body.as_str().unwrap_or_default());
    let has_buttons: Vec<bool> = bodies.map(|it| it.contains("reply_markup")).collect();
    assert_eq!(has_buttons, [true, false]);
    let (sent, asked) = send(vec![refusal(), refusal()], &part, &files(&["a.png"]))?;
    let outcome = sent.map(|it| it.outcome);
    assert!(matches!(outcome, Ok(Outcome::ContentRefused { .. })), "{outcome:?}");
    assert_eq!(asked.len(), 2, "nothing more can be left out");
    Ok(())
}

#[test]
fn after_slow_refusals_no_other_form_is_tried_and_the_message_may_go_again() -> Result<(), Failure>
{
    let button = RenderedButton { text: "Go".to_owned(), does: RenderedDoes::Nothing };
    let buttons = Keyboard { rows: vec![vec![button]] };
    let caption = Rendered { html: "<b>x</b>".to_owned(), plain: "x".to_owned(), units: 1 };
    let part = Part::Photo { photo: object("a.png"), caption, buttons };
    let faults = ["PHOTO_INVALID_DIMENSIONS", "can't parse entities", "BUTTON_URL_INVALID"];
    for (seconds, requests) in [(1, 4), (2, 3), (3, 2), (6, 1), (8, 1)] {
        let refusals = faults.iter().map(|it| refused(&format!("Bad Request: {it}")));
        let answers = refusals.chain([ok(&json!({ "message_id": 8 }))]).collect();
        let stored = known("a.png", "id of a");
        let (sent, asked) = send_by(&Steps::of(seconds), answers, (&part, false), &stored)?;
        assert_eq!(asked.len(), requests, "{seconds} s each");
        match sent.map(|it| it.outcome) {
            Ok(Outcome::Sent { .. }) => assert_eq!(requests, 4),
            Ok(Outcome::NotSent { reason }) => {
                assert!(reason.contains(faults[requests - 1]), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
    Ok(())
}

#[test]
fn what_has_no_other_form_is_refused_for_good_however_slowly() -> Result<(), Failure> {
    let answers = vec![refused("Bad Request: PHOTO_INVALID_DIMENSIONS")];
    let stored = known("a.png", "id of a");
    let (sent, _) = send_by(&Steps::of(8), answers, (&photo(""), false), &stored)?;
    let outcome = sent.map(|it| it.outcome);
    assert!(matches!(outcome, Ok(Outcome::ContentRefused { .. })), "{outcome:?}");
    Ok(())
}
